/* Two-rate three-colour meters in bytes by hand: RFC 2698, with the arithmetic of switch/runtime/meter.c, whose results it gives
 * to the token, for one worker: no lock, and a clock that does not step back. */
#ifndef BY_HAND_POLICERS_H
#define BY_HAND_POLICERS_H

#include "maps.h"

#define SECOND 1000000000u
#define TOKENS_MAX (INT64_C(1) << 62) /* more is over any brim */
#define BURST_MAX (INT64_C(1) << 61)

struct count {
    uint64_t packets, bytes;
};

INLINE void count(struct count *c, uint32_t bytes)
{
    c->packets++;
    c->bytes += bytes;
}

enum color { GREEN, YELLOW, RED, COLORS };

/* Tokens a second. What `whole` tokens a nanosecond leave over is kept twice: as tokens a second, and as tokens a nanosecond in units
 * of 2^-64, rounded up. Crediting multiplies by that and divides nothing. For ns < 10^9 it is exact: the product is too large by
 * ns / 2^64 < 10^-9 at most, and what is divided by 10^9 is not nearer than 10^-9 to the next whole number. */
struct rate {
    uint32_t whole, rest;
    uint64_t fraction;
};

struct policer {
    _Alignas(LINE) uint64_t start; /* ns: from here on tokens are credited; less than a second ago */
    struct rate cir, pir;
    int64_t committed, peak; /* tokens at `start`, less those spent since */
    uint64_t on;             /* 0: always green */
    _Alignas(LINE) int64_t cburst;
    int64_t pburst;
    struct count count[COLORS];
};

/* Tokens of less than a second, rounded down. */
INLINE int64_t credit(const struct rate *rate, uint64_t ns)
{
    return (int64_t)(ns * rate->whole + (uint64_t)((unsigned __int128)ns * rate->fraction >> 64));
}

static inline int64_t credit_seconds(int64_t level, const struct rate *rate, uint64_t seconds)
{
    __int128 tokens = (__int128)seconds * ((uint64_t)rate->whole * SECOND + rate->rest) + level;
    return tokens < TOKENS_MAX ? (int64_t)tokens : TOKENS_MAX;
}

static __attribute__((noinline)) void policer_move_start(struct policer *p, uint64_t now_ns)
{
    uint64_t seconds = (now_ns - p->start) / SECOND;
    p->start += seconds * SECOND;
    p->committed = credit_seconds(p->committed, &p->cir, seconds);
    p->peak = credit_seconds(p->peak, &p->pir, seconds);
}

/* Green spends from both buckets, yellow from the peak one, red nothing. */
INLINE enum color police(struct policer *p, uint32_t bytes, uint64_t now_ns)
{
    enum color color = GREEN;
    if (p->on) {
        if (unlikely(now_ns - p->start >= SECOND))
            policer_move_start(p, now_ns);
        uint64_t ns = now_ns - p->start;
        int64_t peak_credit = credit(&p->pir, ns), committed_credit = credit(&p->cir, ns);
        int64_t peak = p->peak + peak_credit, committed = p->committed + committed_credit;
        peak = peak < p->pburst ? peak : p->pburst;
        committed = committed < p->cburst ? committed : p->cburst;
        color = unlikely(peak < bytes) ? RED : unlikely(committed < bytes) ? YELLOW : GREEN;
        p->peak = peak - (color != RED ? bytes : 0) - peak_credit;
        p->committed = committed - (color == GREEN ? bytes : 0) - committed_credit;
    }
    count(&p->count[color], bytes);
    return color;
}

static inline struct rate rate_of(uint64_t a_second)
{
    const uint64_t whole = a_second / SECOND, rest = a_second % SECOND;
    const unsigned __int128 fraction = (((unsigned __int128)rest << 64) + SECOND - 1) / SECOND;
    return (struct rate){whole < UINT32_C(1) << 31 ? (uint32_t)whole : UINT32_C(1) << 31, (uint32_t)rest, (uint64_t)fraction};
}

static inline int64_t burst_of(uint64_t bytes)
{
    return bytes < (uint64_t)BURST_MAX ? (int64_t)bytes : BURST_MAX;
}

static inline void policer_configure(struct policer *p, uint64_t cir, uint64_t cburst, uint64_t pir, uint64_t pburst,
                                     uint64_t now_ns)
{
    p->start = now_ns;
    p->cir = rate_of(cir), p->pir = rate_of(pir);
    p->committed = p->cburst = burst_of(cburst);
    p->peak = p->pburst = burst_of(pburst);
    p->on = 1;
}

#endif
