#include "meter.h"

#include <stdlib.h>
#include <string.h>

#include "entry.h"
#include "memory.h"

#define SECOND 1000000000u
#define BURST_MAX (INT64_C(1) << 61) /* tokens of a bucket */
#define LEVEL_MAX (INT64_C(1) << 62) /* tokens at the origin before a bucket is found to run over */
#define WHOLE_MAX (UINT32_C(1) << 31) /* more tokens a nanosecond than any packet has bytes */

_Static_assert(sizeof(struct meter) == 128, "a meter is two cache lines: buckets, counts");

struct meters *meters_create(enum meter_unit unit, uint64_t size)
{
    struct meters *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->unit = unit;
    m->size = size;
    m->meter = memory_reserve(size * sizeof *m->meter);
    m->config = memory_reserve(size * sizeof *m->config);
    if (!m->meter || !m->config) {
        meters_destroy(m);
        return NULL;
    }
    return m;
}

void meters_destroy(struct meters *m)
{
    if (!m)
        return;
    memory_release(m->meter, m->size * sizeof *m->meter);
    memory_release(m->config, m->size * sizeof *m->config);
    free(m);
}

static void lock(struct meter *m)
{
    while (atomic_exchange_explicit(&m->lock, 1, memory_order_acquire))
        while (atomic_load_explicit(&m->lock, memory_order_relaxed))
            ;
}

static void unlock(struct meter *m)
{
    atomic_store_explicit(&m->lock, 0, memory_order_release);
}

static int64_t tokens_of(uint64_t burst)
{
    return burst < (uint64_t)BURST_MAX ? (int64_t)burst : BURST_MAX;
}

static struct meter_rate rate_of(uint64_t a_second)
{
    uint64_t whole = a_second / SECOND;
    return (struct meter_rate){whole < WHOLE_MAX ? (uint32_t)whole : WHOLE_MAX, (uint32_t)(a_second % SECOND)};
}

int meter_configure(struct meters *m, uint64_t index, enum meter_kind kind, const struct meter_config *config, uint64_t now_ns)
{
    if (index >= m->size || (kind == METER_TWO_RATE && config->pir < config->cir))
        return TABLE_INVALID;
    struct meter *meter = &m->meter[index];
    lock(meter);
    meter->kind = kind;
    if (kind != METER_OFF) {
        m->config[index] = *config;
        meter->start = meter->latest = now_ns;
        meter->cir = rate_of(config->cir);
        meter->pir = rate_of(config->pir);
        meter->committed = meter->cburst = tokens_of(config->cburst);
        meter->peak = meter->pburst = tokens_of(config->pburst);
    }
    unlock(meter);
    return TABLE_OK;
}

enum meter_kind meter_configuration(struct meters *m, uint64_t index, struct meter_config *config)
{
    if (!meter_is_on(m, index))
        return METER_OFF;
    *config = m->config[index];
    return m->meter[index].kind;
}

void meter_counts(struct meters *m, uint64_t index, struct meter_count count[METER_COLORS])
{
    memset(count, 0, METER_COLORS * sizeof *count);
    if (index >= m->size)
        return;
    struct meter *meter = &m->meter[index];
    lock(meter);
    memcpy(count, meter->count, sizeof meter->count);
    unlock(meter);
}

void meter_set_counts(struct meters *m, uint64_t index, const struct meter_count count[METER_COLORS])
{
    if (index >= m->size)
        return;
    struct meter *meter = &m->meter[index];
    lock(meter);
    memcpy(meter->count, count, sizeof meter->count);
    unlock(meter);
}

void meter_reset(struct meters *m, uint64_t index)
{
    if (index >= m->size)
        return;
    if (meter_is_on(m, index))
        meter_configure(m, index, METER_OFF, NULL, 0);
    uint64_t counted = 0;
    for (int color = 0; color < METER_COLORS; color++)
        counted |= m->meter[index].count[color].packets;
    if (counted)
        meter_set_counts(m, index, (struct meter_count[METER_COLORS]){{0, 0}});
}

/* Tokens that a rate credits in `ns`, less than a second: rate * ns / 1e9, rounded down. */
static inline int64_t credit(struct meter_rate rate, uint64_t ns)
{
    return (int64_t)(ns * rate.whole + ns * rate.rest / SECOND);
}

/* The level of a bucket `seconds` whole seconds later. */
static int64_t later(int64_t level, struct meter_rate rate, uint64_t seconds)
{
    __int128 tokens = (__int128)seconds * ((uint64_t)rate.whole * SECOND + rate.rest) + level;
    return tokens < LEVEL_MAX ? (int64_t)tokens : LEVEL_MAX;
}

/* Move the origin up to less than a second before `now_ns`. */
static __attribute__((noinline)) void move_origin(struct meter *m, uint64_t now_ns)
{
    uint64_t seconds = (now_ns - m->start) / SECOND;
    m->start += seconds * SECOND;
    m->committed = later(m->committed, m->cir, seconds);
    if (m->kind == METER_TWO_RATE)
        m->peak = later(m->peak, m->pir, seconds);
}

/* Nanoseconds since the origin, less than a second of them. Time never steps back: a worker that read the clock before
 * another one executed the meter finds what that one left, not the tokens of a time when there were fewer. */
static inline uint64_t since_origin(struct meter *m, uint64_t now_ns)
{
    if ((int64_t)(now_ns - m->latest) < 0)
        now_ns = m->latest;
    m->latest = now_ns;
    if (__builtin_expect(now_ns - m->start >= SECOND, 0))
        move_origin(m, now_ns);
    return now_ns - m->start;
}

/* RFC 2698 §3. Red spends nothing, yellow from the peak bucket, green from both. */
static enum meter_color two_rate(struct meter *m, int64_t amount, uint64_t ns, enum meter_color color)
{
    int64_t peak_credit = credit(m->pir, ns), committed_credit = credit(m->cir, ns);
    int64_t peak = m->peak + peak_credit, committed = m->committed + committed_credit;
    peak = peak < m->pburst ? peak : m->pburst; /* what is over the brim is lost */
    committed = committed < m->cburst ? committed : m->cburst;
    enum meter_color result = color == METER_RED || peak < amount           ? METER_RED
                              : color == METER_YELLOW || committed < amount ? METER_YELLOW
                                                                            : METER_GREEN;
    m->peak = peak - (result != METER_RED ? amount : 0) - peak_credit;
    m->committed = committed - (result == METER_GREEN ? amount : 0) - committed_credit;
    return result;
}

/* RFC 2697 §3. What the committed bucket cannot hold goes to the excess bucket. */
static enum meter_color single_rate(struct meter *m, int64_t amount, uint64_t ns, enum meter_color color)
{
    int64_t credited = credit(m->cir, ns), committed = m->committed + credited;
    if (committed > m->cburst) {
        int64_t over = committed - m->cburst, room = m->pburst - m->peak;
        m->peak += over < room ? over : room;
        committed = m->cburst;
    }
    enum meter_color result = METER_RED;
    if (color == METER_GREEN && committed >= amount) {
        committed -= amount;
        result = METER_GREEN;
    } else if (color != METER_RED && m->peak >= amount) {
        m->peak -= amount;
        result = METER_YELLOW;
    }
    m->committed = committed - credited;
    return result;
}

static inline enum meter_color execute(struct meter *m, int64_t amount, uint64_t now_ns, enum meter_color color)
{
    uint32_t kind = atomic_load_explicit(&m->kind, memory_order_relaxed);
    if (kind == METER_OFF)
        return METER_GREEN;
    uint64_t ns = since_origin(m, now_ns);
    return kind == METER_TWO_RATE ? two_rate(m, amount, ns, color) : single_rate(m, amount, ns, color);
}

static inline int64_t amount_of(const struct meters *m, uint64_t bytes)
{
    return m->unit == METER_PACKETS ? 1 : (int64_t)bytes;
}

enum meter_color meter_execute(struct meters *m, uint64_t index, uint64_t bytes, uint64_t now_ns, enum meter_color color)
{
    if (index >= m->size)
        return METER_GREEN;
    struct meter *meter = &m->meter[index];
    __builtin_prefetch(meter->count, 1);
    lock(meter);
    enum meter_color result = execute(meter, amount_of(m, bytes), now_ns, color);
    meter->count[result].packets++;
    meter->count[result].bytes += bytes;
    unlock(meter);
    return result;
}

enum meter_color meter_peek(struct meters *m, uint64_t index, uint64_t bytes, uint64_t now_ns, enum meter_color color)
{
    if (index >= m->size)
        return METER_GREEN;
    lock(&m->meter[index]);
    struct meter copy = m->meter[index];
    unlock(&m->meter[index]);
    return execute(&copy, amount_of(m, bytes), now_ns, color);
}
