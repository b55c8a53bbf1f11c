/* A worker's pool of packet copies, and the list of what goes out; included by driver.h. */
#ifndef P4GATE_COPIES_H
#define P4GATE_COPIES_H

#include "packet.h"

/* Hand over what is in `out`; the copies among it are free again. */
static inline void deliver(struct worker *w)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < w->out_count; i++)
        bytes += w->out[i].length;
    w->sent += w->out_count;
    w->sent_bytes += bytes;
    w->deliver(w->deliver_context, w->out, w->out_count);
    w->out_count = 0;
    while (w->sent_copies) {
        struct packet_copy *c = w->sent_copies;
        w->sent_copies = c->next;
        c->next = w->free_copies;
        w->free_copies = c;
    }
}

static inline void copy_free(struct worker *w, struct packet_copy *c)
{
    c->next = w->free_copies;
    w->free_copies = c;
}

static inline void copy_sent(struct worker *w, struct packet_copy *c)
{
    c->next = w->sent_copies;
    w->sent_copies = c;
}

/* NULL: all are in use, even after what was sent has been delivered. */
static inline struct packet_copy *copy_take(struct worker *w)
{
    if (!w->free_copies && w->sent_copies)
        deliver(w);
    struct packet_copy *c = w->free_copies;
    if (c)
        w->free_copies = c->next;
    return c;
}

static inline void copy_wait(struct worker *w, struct packet_copy *c)
{
    c->next = NULL;
    *w->waiting_end = c;
    w->waiting_end = &c->next;
}

static inline struct packet_copy *copy_next(struct worker *w)
{
    struct packet_copy *c = w->waiting;
    if (c) {
        w->waiting = c->next;
        if (!w->waiting)
            w->waiting_end = &w->waiting;
    }
    return c;
}

/* A packet that has just arrived: bytes, nothing parsed, metadata 0. */
static inline void begin_packet(struct packet *p, uint8_t *bytes, uint32_t length, uint16_t port)
{
    p->frame = (struct frame){
        .start = bytes,
        .payload = bytes,
        .end = bytes + length,
        .length = length,
        .ingress_length = length,
        .truncate = UINT32_MAX,
        .ingress_port = port,
    };
    reset_headers(p);
}

#endif
