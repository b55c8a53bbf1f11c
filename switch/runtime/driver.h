/* One burst through the program, as simple_switch would take each packet (docs/simple_switch.md of behavioral-model):
 *
 *   parse -> verify checksums -> ingress
 *     -> clone I2E -> digest -> resubmit | multicast | drop | unicast
 *     -> egress -> clone E2E -> drop | deparse -> recirculate | send
 *
 * Included at the end of the generated file: parse, ingress, egress, deparse ... are static and known here; MAY_X says what
 * the program asks for at all. What must come back to ingress or egress (clones of clones, resubmits, recirculations) waits in
 * the worker's queue of copies until the burst is done; replicas and ingress clones go through egress at once. All copies come
 * from the worker's pool, none is allocated here.
 */
#ifndef P4GATE_DRIVER_H
#define P4GATE_DRIVER_H

#include "actions.h"
#include "copies.h"
#include "notes.h"

#define MAY_WAIT (MAY_CLONE || MAY_RESUBMIT || MAY_RECIRCULATE)
#define MAY_COPY (MAY_WAIT || MAY_MULTICAST)

/* ---- sending */

static inline void send_packet(struct worker *w, struct packet *p)
{
    uint32_t length = (uint32_t)(p->frame.end - p->frame.start);
    if (length > p->frame.truncate)
        length = p->frame.truncate;
    if (w->pipeline->cpu_port && p->frame.egress_port == w->pipeline->cpu_port) {
        note(w, p, "to the CPU", p->frame.egress_port);
        note_sent(w, p, length);
        w->sent++;
        w->sent_bytes += length;
        uint8_t *b = ring_reserve(w->to_cpu, RING_PACKET_IN, 0, p->frame.ingress_port, length);
        if (b) {
            memcpy(b, p->frame.start, length);
            ring_publish(w->to_cpu);
        }
        if (MAY_COPY && p->frame.copy)
            copy_free(w, p->frame.copy);
        return;
    }
    note_sent(w, p, length);
    w->out[w->out_count++] = (struct packet_out){p->frame.start, length, p->frame.egress_port};
    if (MAY_COPY && p->frame.copy)
        copy_sent(w, p->frame.copy);
    if (w->out_count == BURST)
        deliver(w);
}

static inline void drop_packet(struct worker *w, struct packet *p, enum drop_reason why)
{
    w->drops[why]++;
    count_drop(w, p, why);
    note(w, p, "dropped", why);
    if (MAY_COPY && p->frame.copy)
        copy_free(w, p->frame.copy);
}

/* ---- copies */

/* A copy of p with its headers and metadata, and its payload, whose bytes before the payload are not kept. */
static struct packet *copy_with_headers(struct worker *w, const struct packet *p)
{
    struct packet_copy *c = copy_take(w);
    if (!c) {
        w->drops[DROP_NO_COPY]++;
        note(w, p, "no copy", DROP_NO_COPY);
        return NULL;
    }
    struct packet *q = c->context;
    size_t payload = (size_t)(p->frame.end - p->frame.payload);
    memcpy(q, p, sizeof *q);
    q->frame.copy = c;
    q->frame.payload = q->frame.start = c->buffer + PACKET_HEADROOM;
    q->frame.end = q->frame.payload + payload;
    q->frame.truncate = UINT32_MAX;
    q->frame.clone_session = q->frame.resubmit_list = q->frame.recirculate_list = 0;
    q->frame.exited = 0;
    own_headers(q);
    memcpy(q->frame.payload, p->frame.payload, payload);
    return q;
}

/* A copy of the bytes from `start` on, with nothing else: to be parsed. */
static struct packet *copy_bytes(struct worker *w, const struct packet *p, const uint8_t *start, size_t length)
{
    struct packet_copy *c = copy_take(w);
    if (!c) {
        w->drops[DROP_NO_COPY]++;
        note(w, p, "no copy", DROP_NO_COPY);
        return NULL;
    }
    struct packet *q = c->context;
    begin_packet(q, c->buffer + PACKET_HEADROOM, (uint32_t)length, p->frame.ingress_port);
    q->frame.copy = c;
    q->frame.passes = p->frame.passes;
    memcpy(q->frame.start, start, length);
    return q;
}

static inline int may_pass_again(struct worker *w, struct packet *p)
{
    if (p->frame.passes < PASSES_MAX)
        return 1;
    w->drops[DROP_PASS_LIMIT]++;
    note(w, p, "dropped", DROP_PASS_LIMIT);
    return 0;
}

static void leave(struct worker *w, struct packet *p, uint16_t port);

/* `truncate`: bytes to send at most of each replica. */
static void replicate(struct worker *w, struct packet *p, const struct replica_list *list, uint32_t truncate)
{
    if (!list || list->count == 0) {
        w->drops[DROP_NO_REPLICA]++;
        note(w, p, "dropped", DROP_NO_REPLICA);
        return;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        struct packet *q = copy_with_headers(w, p);
        if (!q)
            continue;
        q->frame.truncate = truncate;
        set_egress_rid(q, list->replica[i].rid);
        note_arrival(w, q, p, "replica");
        leave(w, q, list->replica[i].port);
    }
}

static inline const struct replica_list *multicast_group(const struct worker *w, uint32_t group)
{
    return atomic_load_explicit(&w->pipeline->multicast[group], memory_order_acquire);
}

/* The clones of q, which is a copy made for this and is used up. */
static void send_clones(struct worker *w, struct packet *q, const struct clone_session *session)
{
    if (session->priority)
        set_priority(q, session->priority);
    replicate(w, q, session->replicas, session->truncate ? session->truncate : UINT32_MAX);
    copy_free(w, q->frame.copy);
}

static void clone_ingress(struct worker *w, struct packet *p)
{
    const struct clone_session *s =
        atomic_load_explicit(&w->pipeline->clone[p->frame.clone_session & (CLONE_REQUESTED - 1)], memory_order_acquire);
    note(w, p, s ? "clone session" : "unknown clone session", p->frame.clone_session & (CLONE_REQUESTED - 1));
    if (!s || !may_pass_again(w, p))
        return;
    struct packet *q = copy_bytes(w, p, p->frame.start, (size_t)(p->frame.end - p->frame.start));
    if (!q)
        return;
    q->frame.passes++;
    q->frame.length = q->frame.ingress_length = p->frame.ingress_length;
    note_arrival(w, q, p, "ingress clone");
    set_ingress_port(q, p->frame.ingress_port); /* the parser may ask for it */
    note_enter(w, q);
    parse(w, q);
    note_parsed(w, q);
    memset(&q->metadata, 0, sizeof q->metadata);
    keep_fields(q, p, p->frame.clone_list);
    set_instance_type(q, INGRESS_CLONE);
    send_clones(w, q, s);
}

static void clone_egress(struct worker *w, struct packet *p)
{
    const struct clone_session *s =
        atomic_load_explicit(&w->pipeline->clone[p->frame.clone_session & (CLONE_REQUESTED - 1)], memory_order_acquire);
    note(w, p, s ? "clone session" : "unknown clone session", p->frame.clone_session & (CLONE_REQUESTED - 1));
    if (!s || !may_pass_again(w, p))
        return;
    struct packet *q = copy_with_headers(w, p);
    if (!q)
        return;
    q->frame.passes++;
    memset(&q->metadata, 0, sizeof q->metadata);
    note_arrival(w, q, p, "egress clone");
    keep_fields(q, p, p->frame.clone_list);
    set_instance_type(q, EGRESS_CLONE);
    q->frame.egress_session = s;
    copy_wait(w, q->frame.copy); /* through egress after this one: a clone may clone again */
}

/* ---- egress */

ALWAYS_INLINE void leave_now(struct worker *w, struct packet *p, uint16_t port)
{
    uint64_t now = (w->now_ns - w->pipeline->start_ns) / 1000;
    p->frame.egress_port = port;
    set_enq_timestamp(p, now);
    set_egress_timestamp(p, now);
    set_deq_timedelta(p, 0);
    set_egress_port(p, port);
    if (MAY_DROP_IN_EGRESS)
        set_egress_spec(p, w->pipeline->drop_port + 1u); /* anything but the drop port */
    set_packet_length(p, p->frame.length);
    note_egress(w, p);
    egress(w, p, 1);
    if (MAY_CLONE && p->frame.clone_session)
        clone_egress(w, p);
    if (MAY_FAIL && p->frame.failed) {
        drop_packet(w, p, (enum drop_reason)p->frame.failed);
        return;
    }
    if (MAY_DROP_IN_EGRESS && get_egress_spec(p) == w->pipeline->drop_port) {
        drop_packet(w, p, DROP_BY_PROGRAM_EGRESS);
        return;
    }
    note_deparse(w, p);
    if (!deparse(w, p)) {
        drop_packet(w, p, DROP_TOO_LONG);
        return;
    }
    if (!MAY_RECIRCULATE || !p->frame.recirculate_list) {
        send_packet(w, p);
        return;
    }
    size_t length = (size_t)(p->frame.end - p->frame.start);
    if (length > PACKET_LENGTH_MAX) {
        drop_packet(w, p, DROP_TOO_LONG);
        return;
    }
    if (may_pass_again(w, p)) {
        struct packet *q = copy_bytes(w, p, p->frame.start, length);
        if (q) {
            keep_fields(q, p, p->frame.recirculate_list);
            set_instance_type(q, RECIRCULATED);
            set_packet_length(q, length);
            q->frame.passes++;
            note_arrival(w, q, p, "recirculated");
            copy_wait(w, q->frame.copy);
        }
    }
    if (MAY_COPY && p->frame.copy)
        copy_free(w, p->frame.copy);
}

static void leave(struct worker *w, struct packet *p, uint16_t port)
{
    leave_now(w, p, port);
}

/* ---- ingress */

/* What the program says when it calls digest: every call is a message, with the values of now (v1model; P4Runtime, "DigestEntry").
 * BMv2 sends the last call only, with the values at the end of ingress, which are the same: p4c copies them first. */
static inline void digest_now(struct worker *w, const struct packet *p, unsigned list)
{
    note(w, p, "digest", list);
    send_digest(w, p, list);
}

static inline void enter(struct worker *w, struct packet *p)
{
    note_enter(w, p);
    parse(w, p);
    note_parsed(w, p);
    set_parser_error(p, p->frame.parser_error);
    set_checksum_error(p, (uint64_t)checksums_wrong(w, p));
    note_ingress(w, p);
}

/* After ingress, in simple_switch's order. */
static void manage_traffic(struct worker *w, struct packet *p)
{
    if (MAY_CLONE && p->frame.clone_session) {
        clone_ingress(w, p);
        p->frame.clone_session = p->frame.clone_list = 0;
    }
    if (MAY_FAIL && p->frame.failed) {
        drop_packet(w, p, (enum drop_reason)p->frame.failed);
        return;
    }
    p->frame.exited = 0;
    if (MAY_RESUBMIT && p->frame.resubmit_list) {
        if (may_pass_again(w, p)) {
            struct packet *q = copy_bytes(w, p, p->frame.start, (size_t)(p->frame.end - p->frame.start));
            if (q) {
                q->frame.length = q->frame.ingress_length = p->frame.ingress_length;
                keep_fields(q, p, p->frame.resubmit_list);
                set_instance_type(q, RESUBMITTED);
                set_packet_length(q, p->frame.ingress_length);
                q->frame.passes++;
                note_arrival(w, q, p, "resubmitted");
                copy_wait(w, q->frame.copy);
            }
        }
        drop_packet(w, p, DROP_RESUBMITTED);
        return;
    }
    uint32_t group = (uint32_t)get_mcast_grp(p);
    if (MAY_MULTICAST && group) {
        set_instance_type(p, REPLICATION);
        note(w, p, "multicast", group);
        replicate(w, p, group < MULTICAST_GROUPS ? multicast_group(w, group) : NULL, UINT32_MAX);
        if (MAY_COPY && p->frame.copy)
            copy_free(w, p->frame.copy);
        return;
    }
    uint16_t port = (uint16_t)get_egress_spec(p);
    if (port == w->pipeline->drop_port) {
        drop_packet(w, p, DROP_BY_PROGRAM_INGRESS);
        return;
    }
    set_instance_type(p, NORMAL);
    leave_now(w, p, port);
}

/* Copies that wait: clones to their egress, resubmitted and recirculated packets to ingress. */
static void process_waiting(struct worker *w)
{
    struct packet_copy *c;
    while ((c = copy_next(w)) != NULL) {
        struct packet *p = c->context;
        if (p->frame.egress_session) {
            const struct clone_session *s = p->frame.egress_session;
            p->frame.egress_session = NULL;
            send_clones(w, p, s);
        } else {
            enter(w, p);
            ingress(w, p, 1);
            manage_traffic(w, p);
        }
    }
}

/* Packets that go through the stages together: enough for their cache misses to overlap, few enough for their contexts to
 * stay in the first-level cache meanwhile. */
#define GROUP 32

static void process_group(struct worker *w, struct packet_in *in, unsigned count)
{
    struct packet *packets = w->contexts;
    uint64_t now = (w->now_ns - w->pipeline->start_ns) / 1000;
    uint64_t bytes = 0;
    for (unsigned i = 0; i < count; i++) {
        struct packet *p = &packets[i];
        bytes += in[i].length;
        begin_packet(p, in[i].data, in[i].length, in[i].port);
        set_ingress_port(p, in[i].port);
        set_packet_length(p, in[i].length);
        set_ingress_timestamp(p, now);
        note_arrival(w, p, NULL, "received");
        enter(w, p);
    }
    w->received_bytes += bytes;
    ingress(w, packets, count);
    for (unsigned i = 0; i < count; i++)
        manage_traffic(w, &packets[i]);
}

static void process_burst(struct worker *w, struct packet_in *in, unsigned count)
{
    w->received += count;
    for (unsigned i = 0; i < count; i += GROUP)
        process_group(w, in + i, count - i < GROUP ? count - i : GROUP);
    if (MAY_WAIT && w->waiting)
        process_waiting(w);
    if (w->out_count)
        deliver(w);
}

#endif
