/* What actions of every program call; included by generated code after struct packet and the standard metadata. */
#ifndef P4GATE_ACTIONS_H
#define P4GATE_ACTIONS_H

#include "packet.h"
#include "registers.h"

static inline void mark_to_drop(struct worker *w, struct packet *p)
{
    set_egress_spec(p, w->pipeline->drop_port);
    set_mcast_grp(p, 0);
}

static inline void copy_valid(struct packet *p, unsigned to, unsigned from)
{
    if (is_valid(p, from))
        set_valid(p, to);
    else
        set_invalid(p, to);
}

static inline void copy_varbit(uint16_t *to_length, uint8_t *to, size_t to_room, const uint16_t *length, const uint8_t *bytes,
                               size_t room)
{
    (void)room;
    *to_length = *length <= to_room ? *length : (uint16_t)to_room;
    memmove(to, bytes, *to_length);
}

/* What a checksum calls payload: the bytes that were not parsed, as far as they will be sent. */
static inline size_t payload_length(const struct packet *p)
{
    size_t n = (size_t)(p->frame.end - p->frame.payload);
    return n < p->frame.truncate ? n : p->frame.truncate;
}

static inline uint64_t hash_modulo(uint64_t hash, uint64_t size)
{
    return size ? hash % size : 0;
}

static inline unsigned __int128 register_read128(struct registers *r, uint64_t index)
{
    uint64_t word[2];
    register_read_wide(r, index, word);
    return (unsigned __int128)word[0] << 64 | word[1];
}

static inline void register_write128(struct registers *r, uint64_t index, unsigned __int128 value)
{
    uint64_t word[2] = {(uint64_t)(value >> 64), (uint64_t)value};
    register_write_wide(r, index, word);
}

static inline int value_set_contains(const struct pipeline *pipeline, unsigned set, const uint64_t *key, unsigned words)
{
    const struct value_set *s = atomic_load_explicit(&pipeline->value_sets[set], memory_order_acquire);
    if (!s || s->words != words)
        return 0;
    for (uint32_t i = 0; i < s->count; i++) {
        const uint64_t *value = s->value_mask + (size_t)i * 2 * words, *mask = value + words;
        uint64_t difference = 0;
        for (unsigned k = 0; k < words; k++)
            difference |= (key[k] & mask[k]) ^ value[k];
        if (!difference)
            return 1;
    }
    return 0;
}

/* log_msg: the message's index and its values go to the control thread, which knows the text. */
static inline void log_message(struct worker *w, unsigned index, const __int128 *values, unsigned count)
{
    uint8_t *b = ring_reserve(w->to_cpu, RING_LOG, index, 0, 16 * count);
    if (!b)
        return;
    if (count)
        memcpy(b, values, 16 * count);
    ring_publish(w->to_cpu);
}

/* assert and assume: BMv2 ends the process; a switch that others depend on reports it and drops the packet. */
static inline void assertion_failed(struct worker *w, struct packet *p, unsigned index)
{
    log_message(w, index, NULL, 0);
    p->frame.exited = 1;
    p->frame.failed = DROP_ASSERTION;
}

#define TURNS_MAX (1u << 20) /* of loops, for a packet in ingress and in egress */

/* A loop goes round: true if it may not, since the program has too often. BMv2 goes on for ever; here others wait. */
static inline int out_of_turns(struct worker *w, struct packet *p)
{
    if (++w->turns <= TURNS_MAX)
        return 0;
    p->frame.exited = 1;
    p->frame.failed = DROP_LOOP_LIMIT;
    return 1;
}

#endif
