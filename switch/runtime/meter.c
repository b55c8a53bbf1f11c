#include "meter.h"

#include <stdlib.h>
#include <string.h>

#include "entry.h"
#include "memory.h"

/* Beyond this credit the origin of time is moved up, so that a double keeps single tokens apart (2^53). */
#define CREDIT_MAX ((double)(INT64_C(1) << 52))

_Static_assert(sizeof(struct meter) == 128, "a meter is two cache lines: buckets, counts");

struct meters *meters_create(enum meter_unit unit, uint64_t size)
{
    struct meters *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->unit = unit;
    m->size = size;
    m->meter = memory_reserve(size * sizeof *m->meter);
    if (!m->meter) {
        free(m);
        return NULL;
    }
    return m;
}

void meters_destroy(struct meters *m)
{
    if (!m)
        return;
    memory_release(m->meter, m->size * sizeof *m->meter);
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

/* A burst as a signed number; no bucket is larger than 2^62 tokens. */
static int64_t tokens_of(uint64_t burst)
{
    return burst < (UINT64_C(1) << 62) ? (int64_t)burst : INT64_C(1) << 62;
}

int meter_configure(struct meters *m, uint64_t index, enum meter_kind kind, const struct meter_config *config, uint64_t now_ns)
{
    if (index >= m->size || (kind == METER_TWO_RATE && config->pir < config->cir))
        return TABLE_INVALID;
    struct meter *meter = &m->meter[index];
    lock(meter);
    meter->kind = kind;
    meter->config = kind == METER_OFF ? (struct meter_config){0} : *config;
    meter->start = now_ns;
    meter->spent = -tokens_of(meter->config.cburst);
    meter->peak = kind == METER_TWO_RATE ? -tokens_of(meter->config.pburst) : tokens_of(meter->config.pburst);
    unlock(meter);
    return TABLE_OK;
}

enum meter_kind meter_configuration(struct meters *m, uint64_t index, struct meter_config *config)
{
    if (index >= m->size)
        return METER_OFF;
    struct meter *meter = &m->meter[index];
    lock(meter);
    enum meter_kind kind = meter->kind;
    if (kind != METER_OFF)
        *config = meter->config;
    unlock(meter);
    return kind;
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

/* Tokens that `rate` has credited since the origin. */
static double credit(const struct meter *m, uint64_t rate, uint64_t now_ns)
{
    return now_ns > m->start ? (double)(now_ns - m->start) * (double)rate / 1e9 : 0; /* exact where it is a whole number */
}

/* Let time begin at `now_ns` with the tokens that there are. */
static void move_origin(struct meter *m, uint64_t now_ns)
{
    double committed = credit(m, m->config.cir, now_ns), peak = credit(m, m->config.pir, now_ns);
    int64_t burst = tokens_of(m->config.cburst), peak_burst = tokens_of(m->config.pburst);
    double tokens = committed - (double)m->spent, peak_tokens = peak - (double)m->peak;
    m->spent = tokens > (double)burst ? -burst : -(int64_t)tokens;
    if (m->kind == METER_TWO_RATE)
        m->peak = peak_tokens > (double)peak_burst ? -peak_burst : -(int64_t)peak_tokens;
    m->start = now_ns;
}

/* Tokens in a bucket of `burst`; what is over the brim is poured away (added to *over). */
static int64_t fill(int64_t *spent, int64_t credited, int64_t burst, int64_t *over)
{
    int64_t tokens = credited - *spent;
    if (tokens <= burst)
        return tokens;
    *over += tokens - burst;
    *spent = credited - burst;
    return burst;
}

/* RFC 2698 §3. Red spends nothing, yellow from the peak bucket, green from both. */
static enum meter_color two_rate(struct meter *m, int64_t amount, uint64_t now_ns, enum meter_color color)
{
    int64_t over = 0;
    int64_t peak = fill(&m->peak, (int64_t)credit(m, m->config.pir, now_ns), tokens_of(m->config.pburst), &over);
    int64_t committed = fill(&m->spent, (int64_t)credit(m, m->config.cir, now_ns), tokens_of(m->config.cburst), &over);
    if (color == METER_RED || peak < amount)
        return METER_RED;
    m->peak += amount;
    if (color == METER_YELLOW || committed < amount)
        return METER_YELLOW;
    m->spent += amount;
    return METER_GREEN;
}

/* RFC 2697 §3. What the committed bucket cannot hold goes to the excess bucket. */
static enum meter_color single_rate(struct meter *m, int64_t amount, uint64_t now_ns, enum meter_color color)
{
    int64_t over = 0, excess_burst = tokens_of(m->config.pburst);
    int64_t committed = fill(&m->spent, (int64_t)credit(m, m->config.cir, now_ns), tokens_of(m->config.cburst), &over);
    m->peak = over < excess_burst - m->peak ? m->peak + over : excess_burst;
    if (color == METER_GREEN && committed >= amount) {
        m->spent += amount;
        return METER_GREEN;
    }
    if (color != METER_RED && m->peak >= amount) {
        m->peak -= amount;
        return METER_YELLOW;
    }
    return METER_RED;
}

static inline enum meter_color execute(struct meter *meter, int64_t amount, uint64_t now_ns, enum meter_color color)
{
    if (meter->kind == METER_OFF)
        return METER_GREEN;
    uint64_t fastest = meter->config.cir > meter->config.pir ? meter->config.cir : meter->config.pir;
    if (credit(meter, fastest, now_ns) > CREDIT_MAX)
        move_origin(meter, now_ns);
    return meter->kind == METER_TWO_RATE ? two_rate(meter, amount, now_ns, color) : single_rate(meter, amount, now_ns, color);
}

enum meter_color meter_execute(struct meters *m, uint64_t index, uint64_t bytes, uint64_t now_ns, enum meter_color color)
{
    if (index >= m->size)
        return METER_GREEN;
    struct meter *meter = &m->meter[index];
    __builtin_prefetch(meter->count, 1);
    lock(meter);
    enum meter_color result = execute(meter, m->unit == METER_PACKETS ? 1 : (int64_t)bytes, now_ns, color);
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
    return execute(&copy, m->unit == METER_PACKETS ? 1 : (int64_t)bytes, now_ns, color);
}
