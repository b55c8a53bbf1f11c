/* Two token buckets and what they make of a packet: RFC 2698 (two rates, three colours), RFC 2697 (one rate). No threads here.
 *
 * A bucket is not refilled step by step: the tokens credited since the origin are rate * time rounded down, as in BMv2, so that
 * rounding never accumulates. The origin moves up by whole seconds, in which every rate credits a whole number of tokens. Less than a
 * second remains, and a rate is kept as whole tokens a nanosecond and the rest as a fraction of 2^64, rounded up: what that
 * rounding adds in a second is less than 1/10^9 of a token, the distance of any inexact credit to the next whole number. So a credit
 * is two products of 64 bits, without a division, and exact.
 */
#ifndef P4GATE_METER_BUCKETS_H
#define P4GATE_METER_BUCKETS_H

#include <stdint.h>

enum meter_color { METER_GREEN = 0, METER_YELLOW = 1, METER_RED = 2 };
enum meter_kind { METER_OFF, METER_TWO_RATE, METER_SINGLE_RATE }; /* METER_OFF: always green */

#define METER_SECOND 1000000000u

struct meter_buckets {
    uint64_t start;  /* ns: the origin of credit */
    uint32_t latest; /* ns since then, less than a second: the latest time seen */
    uint32_t kind;
    uint64_t cir_fraction, pir_fraction; /* tokens a nanosecond: these / 2^64 ... */
    uint32_t cir_whole, pir_whole;       /* ... and these */
    int64_t committed, peak;             /* tokens at the latest time; single rate: `peak` is the excess bucket */
    int64_t cburst, pburst;
};

/* Tokens that a rate credits between two times, in ns since the origin, up to a second. */
static inline int64_t meter_credit(uint32_t whole, uint64_t fraction, uint64_t from, uint64_t to)
{
    uint64_t before = (uint64_t)((unsigned __int128)from * fraction >> 64);
    return (int64_t)((to - from) * whole + (uint64_t)((unsigned __int128)to * fraction >> 64) - before);
}

/* Tokens come in. Two rates: what is over the brim is lost; single rate: what the committed bucket cannot hold goes to the excess
 * bucket. */
static inline void meter_fill(struct meter_buckets *b, int64_t committed_credit, int64_t peak_credit)
{
    int64_t committed = b->committed + committed_credit, peak = b->peak + peak_credit;
    if (b->kind == METER_SINGLE_RATE && committed > b->cburst)
        peak += committed - b->cburst;
    b->committed = committed < b->cburst ? committed : b->cburst;
    b->peak = peak < b->pburst ? peak : b->pburst;
}

/* Time passes, to `ns` after the origin, less than a second. It never steps back: a worker that read the clock before another one
 * executed the meter finds what that one left. */
static inline void meter_refill(struct meter_buckets *b, uint64_t ns)
{
    if (ns <= b->latest)
        return;
    meter_fill(b, meter_credit(b->cir_whole, b->cir_fraction, b->latest, ns),
               meter_credit(b->pir_whole, b->pir_fraction, b->latest, ns));
    b->latest = (uint32_t)ns;
}

/* What a packet of `amount` tokens becomes now: RFC 2698 §3, RFC 2697 §3. */
static inline enum meter_color meter_color_of(const struct meter_buckets *b, int64_t amount, enum meter_color color)
{
    if (__builtin_expect(b->kind == METER_TWO_RATE, 1)) {
        if (__builtin_expect(color == METER_GREEN && b->peak >= amount && b->committed >= amount, 1))
            return METER_GREEN;
        return color != METER_RED && b->peak >= amount ? METER_YELLOW : METER_RED;
    }
    if (b->kind == METER_OFF || (color == METER_GREEN && b->committed >= amount))
        return METER_GREEN;
    return color != METER_RED && b->peak >= amount ? METER_YELLOW : METER_RED;
}

/* Red spends nothing, yellow from the second bucket, green from the first; with two rates from both. */
static inline void meter_spend(struct meter_buckets *b, int64_t amount, enum meter_color result)
{
    if (result == METER_RED || b->kind == METER_OFF)
        return;
    if (result == METER_GREEN)
        b->committed -= amount;
    if (result == METER_YELLOW || b->kind == METER_TWO_RATE)
        b->peak -= amount;
}

#endif
