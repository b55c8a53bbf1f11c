#define _GNU_SOURCE
#include "meter.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "entry.h"
#include "membarrier.h"
#include "memory.h"

#define PAGE 4096u
#define BURST_MAX (INT64_C(1) << 61) /* tokens of a bucket */
#define CREDIT_MAX (INT64_C(1) << 61) /* tokens that come in at once: all that a bucket can hold */
#define WHOLE_MAX (UINT32_C(1) << 31) /* more tokens a nanosecond than any packet has bytes */

#define LEASED 8            /* all leases together: a burst / LEASED */
#define WORTH_ASKING 64     /* a meter that ran short is asked again when it has gained a burst / WORTH_ASKING ... */
#define PATIENCE_MAX 50000u /* ... or after as many ns */
/* A worker that was alone at a meter for so long has the buckets for itself. Twice as long each time that another one takes them from
 * it: workers that come by rarely, but by turns, are not to pay for the hand-over every time. */
#define ALONE_NS UINT64_C(100000000)
#define ALONE_MAX (1024 * ALONE_NS)

_Static_assert(sizeof(struct meter_share) == 128, "a share is two cache lines");

/* ---- memory */

static size_t rows_size(const struct meters *m)
{
    return m->workers * m->row_size * sizeof(struct meter_share);
}

struct meters *meters_create(uint32_t workers, enum meter_unit unit, uint64_t size)
{
    struct meters *m = workers <= METER_WORKERS ? calloc(1, sizeof *m + workers * sizeof *m->row) : NULL;
    if (!m)
        return NULL;
    m->byte_mask = unit == METER_BYTES ? UINT64_MAX : 0;
    m->packet = unit == METER_PACKETS;
    m->size = size;
    m->workers = workers;
    m->shared_only = !membarrier_prepare();
    m->row_size = (size + PAGE / sizeof **m->row - 1) / (PAGE / sizeof **m->row) * (PAGE / sizeof **m->row);
    m->meter = memory_reserve(size * sizeof *m->meter);
    m->config = memory_reserve(size * sizeof *m->config);
    m->patience = memory_reserve(workers * m->row_size * sizeof *m->patience);
    struct meter_share *shares = memory_reserve(rows_size(m));
    for (uint32_t w = 0; w < workers; w++)
        m->row[w] = shares ? shares + w * m->row_size : NULL;
    if (!m->meter || !m->config || !m->patience || !shares) {
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
    memory_release(m->patience, m->workers * m->row_size * sizeof *m->patience);
    if (m->workers)
        memory_release(m->row[0], rows_size(m));
    free(m);
}

/* ---- the lock */

/* Wait a moment for another thread, which needs microseconds at most, unless it is not running. */
static void wait_a_moment(unsigned *times)
{
    if (++*times % 8192 == 0)
        sched_yield();
}

static void lock(struct meter *m)
{
    unsigned times = 0;
    while (atomic_exchange_explicit(&m->lock, 1, memory_order_acquire))
        while (atomic_load_explicit(&m->lock, memory_order_relaxed))
            wait_a_moment(&times);
}

static void unlock(struct meter *m)
{
    atomic_store_explicit(&m->lock, 0, memory_order_release);
}

/* ---- buckets that nobody else is at */

static int64_t tokens_of(uint64_t burst)
{
    return burst < (uint64_t)BURST_MAX ? (int64_t)burst : BURST_MAX;
}

static uint32_t whole_of(uint64_t a_second)
{
    uint64_t whole = a_second / METER_SECOND;
    return whole < WHOLE_MAX ? (uint32_t)whole : WHOLE_MAX;
}

static uint64_t fraction_of(uint64_t a_second)
{
    return (uint64_t)((((unsigned __int128)(a_second % METER_SECOND) << 64) + METER_SECOND - 1) / METER_SECOND);
}

/* Tokens from `latest` to `ns` a number of seconds later. */
static int64_t credit_of(uint32_t whole, uint64_t fraction, uint64_t latest, uint64_t seconds, uint64_t ns)
{
    __int128 tokens = (__int128)seconds * meter_credit(whole, fraction, 0, METER_SECOND) - meter_credit(whole, fraction, 0, latest) +
                      meter_credit(whole, fraction, 0, ns);
    return tokens < CREDIT_MAX ? (int64_t)tokens : CREDIT_MAX;
}

/* As meter_refill, after any time; the origin moves up to less than a second before it. */
static void refill(struct meter_buckets *b, uint64_t now_ns)
{
    uint64_t passed = now_ns - b->start, seconds = passed / METER_SECOND, ns = passed % METER_SECOND;
    if ((int64_t)(passed - b->latest) <= 0)
        return;
    if (seconds == 0) {
        meter_refill(b, ns);
        return;
    }
    meter_fill(b, credit_of(b->cir_whole, b->cir_fraction, b->latest, seconds, ns),
               credit_of(b->pir_whole, b->pir_fraction, b->latest, seconds, ns));
    b->start = now_ns - ns;
    b->latest = (uint32_t)ns;
}

static enum meter_color execute(struct meter_buckets *b, int64_t amount, uint64_t now_ns, enum meter_color color)
{
    refill(b, now_ns);
    enum meter_color result = meter_color_of(b, amount, color);
    meter_spend(b, amount, result);
    return result;
}

static int64_t amount_of(const struct meters *m, uint64_t bytes)
{
    return (int64_t)((bytes & m->byte_mask) | m->packet);
}

/* ---- shares; all under the meter's lock */

/* Put back what a share has, whose worker is not at it and will not be until it gets it anew. */
static void put_back(struct meters *m, struct meter *meter, uint64_t index, uint32_t worker)
{
    const struct meter_share *s = &m->row[worker][index];
    if (meter->sole == worker + 1) {
        meter->buckets = s->buckets;
        meter->sole = 0;
    } else if (s->lease) {
        meter->buckets.committed += s->buckets.committed;
        meter->buckets.peak += s->buckets.peak;
        meter->buckets.cburst += s->buckets.cburst;
        meter->buckets.pburst += s->buckets.pburst;
    }
    meter->holders &= ~(UINT64_C(1) << worker);
}

/* Take the shares of these workers back; none of them is the caller's. */
static void take_back(struct meters *m, struct meter *meter, uint64_t index, uint64_t workers)
{
    if (!workers)
        return;
    for (uint64_t rest = workers; rest; rest &= rest - 1)
        atomic_store_explicit(&m->row[__builtin_ctzll(rest)][index].until, 0, memory_order_relaxed);
    membarrier_everywhere();
    for (uint64_t rest = workers; rest; rest &= rest - 1) {
        uint32_t worker = (uint32_t)__builtin_ctzll(rest);
        unsigned times = 0;
        while (atomic_load_explicit(&m->row[worker][index].busy, memory_order_acquire))
            wait_a_moment(&times);
        put_back(m, meter, index, worker);
    }
}

static void give(struct meter *meter, struct meter_share *s, uint32_t worker, struct meter_buckets buckets, int lease)
{
    s->buckets = buckets;
    s->lease = (uint8_t)lease;
    meter->holders |= UINT64_C(1) << worker;
    atomic_store_explicit(&s->until, METER_SECOND, memory_order_relaxed);
}

/* What may be lent of a bucket: half of what is not on lease yet of all that may be. */
static int64_t lendable(int64_t level, int64_t burst, int64_t configured)
{
    int64_t on_lease = configured - burst, tokens = (configured / LEASED - on_lease) / 2;
    return tokens < level ? tokens : level;
}

/* A packet of `amount` tokens came, and became `color`. A bucket that it found short is not asked again at once. A lease that would
 * not do for another such packet is not given, unless for that. */
static void give_lease(struct meters *m, struct meter *meter, uint64_t index, uint32_t worker, int64_t amount, enum meter_color color,
                       uint64_t now_ns)
{
    struct meter_buckets *b = &meter->buckets;
    struct meter_patience patience = {0, 0};
    if (color != METER_GREEN && b->committed < amount)
        patience.committed = meter->patience.committed;
    if (color != METER_GREEN && b->peak < amount)
        patience.peak = meter->patience.peak;
    int64_t committed = lendable(b->committed, b->cburst, meter->cburst), peak = lendable(b->peak, b->pburst, meter->pburst);
    if (committed < amount && !patience.committed && !patience.peak)
        return;
    b->committed -= committed;
    b->cburst -= committed;
    b->peak -= peak;
    b->pburst -= peak;
    m->patience[worker * m->row_size + index] = patience;
    give(meter, &m->row[worker][index], worker,
         (struct meter_buckets){.start = now_ns, .kind = b->kind, .committed = committed, .cburst = committed, .peak = peak, .pburst = peak},
         1);
}

/* Whether no other worker has been here for a while. The buckets know when the last one was. */
static int is_alone(struct meter *meter, uint32_t worker, uint64_t now_ns)
{
    if (meter->visitor != worker + 1) {
        meter->alone_since = meter->visitor ? meter->buckets.start + meter->buckets.latest : now_ns - meter->alone_for;
        meter->visitor = worker + 1;
    }
    return (int64_t)(now_ns - meter->alone_since) >= (int64_t)meter->alone_for;
}

/* See to it that the buckets are here; all tokens, too, if the worker is alone: then 1. */
static int gather(struct meters *m, struct meter *meter, uint64_t index, uint32_t worker, uint64_t now_ns)
{
    if (meter->sole) {
        take_back(m, meter, index, meter->holders);
        meter->alone_for = meter->alone_for < ALONE_MAX ? 2 * meter->alone_for : ALONE_MAX;
    }
    int alone = is_alone(meter, worker, now_ns);
    if (alone)
        take_back(m, meter, index, meter->holders);
    return alone;
}

/* The worker gets a share: the buckets, if nobody else comes here, or a lease. A meter that is off needs none. */
static void give_share(struct meters *m, struct meter *meter, uint64_t index, uint32_t worker, int64_t amount, enum meter_color color,
                       uint64_t now_ns, int alone)
{
    if (meter->buckets.kind == METER_OFF) {
        give(meter, &m->row[worker][index], worker, (struct meter_buckets){.start = now_ns}, 0);
    } else if (alone) {
        give(meter, &m->row[worker][index], worker, meter->buckets, 0);
        meter->sole = worker + 1;
    } else {
        give_lease(m, meter, index, worker, amount, color, now_ns);
    }
}

/* ---- workers */

/* Whether a lease may be short without asking the meter yet. */
static int is_patient(const struct meters *m, uint32_t worker, uint64_t index, int64_t amount, uint64_t now_ns)
{
    const struct meter_share *s = &m->row[worker][index];
    uint64_t ns = now_ns - s->buckets.start;
    if (!s->lease || ns >= atomic_load_explicit(&s->until, memory_order_relaxed))
        return 0;
    const struct meter_patience *p = &m->patience[worker * m->row_size + index];
    return !(s->buckets.committed < amount && ns >= p->committed) && !(s->buckets.peak < amount && ns >= p->peak);
}

enum meter_color meter_execute_shared(struct meters *m, uint32_t worker, uint64_t index, uint64_t bytes, uint64_t now_ns,
                                      enum meter_color color)
{
    struct meter_share *own = &m->row[worker][index];
    struct meter *meter = &m->meter[index];
    int64_t amount = amount_of(m, bytes);
    enum meter_color result;
    if (is_patient(m, worker, index, amount, now_ns)) {
        result = execute(&own->buckets, amount, now_ns, color);
        atomic_store_explicit(&own->busy, 0, memory_order_release);
        counter_cell_add(&own->count[result], bytes);
        return result;
    }
    atomic_store_explicit(&own->busy, 0, memory_order_release);
    __builtin_prefetch(&meter->buckets.peak, 1);
    lock(meter);
    uint64_t self = UINT64_C(1) << worker;
    if (meter->holders & self) {
        atomic_store_explicit(&own->until, 0, memory_order_relaxed);
        put_back(m, meter, index, worker);
    }
    int alone = meter->buckets.kind != METER_OFF && gather(m, meter, index, worker, now_ns);
    result = execute(&meter->buckets, amount, now_ns, color);
    if (!m->shared_only)
        give_share(m, meter, index, worker, amount, result, now_ns, alone);
    uint64_t counted = atomic_load_explicit(&meter->counted, memory_order_relaxed);
    if (!(counted & self))
        atomic_store_explicit(&meter->counted, counted | self, memory_order_relaxed);
    unlock(meter);
    counter_cell_add(&own->count[result], bytes);
    return result;
}

enum meter_color meter_peek(struct meters *m, uint64_t index, uint64_t bytes, uint64_t now_ns, enum meter_color color)
{
    if (!meter_is_on(m, index))
        return METER_GREEN;
    struct meter *meter = &m->meter[index];
    lock(meter);
    take_back(m, meter, index, meter->holders);
    struct meter_buckets copy = meter->buckets;
    unlock(meter);
    return execute(&copy, amount_of(m, bytes), now_ns, color);
}

/* ---- the writer */

/* Nanoseconds in which a bucket gains what is worth asking for. */
static uint32_t patience_of(int64_t burst, uint64_t rate)
{
    unsigned __int128 ns = rate ? (unsigned __int128)(burst / WORTH_ASKING) * METER_SECOND / rate : PATIENCE_MAX;
    return ns < PATIENCE_MAX ? (uint32_t)ns : PATIENCE_MAX;
}

int meter_configure(struct meters *m, uint64_t index, enum meter_kind kind, const struct meter_config *config, uint64_t now_ns)
{
    if (index >= m->size || (kind == METER_TWO_RATE && config->pir < config->cir))
        return TABLE_INVALID;
    struct meter *meter = &m->meter[index];
    lock(meter);
    take_back(m, meter, index, meter->holders);
    meter->kind = kind;
    meter->visitor = 0;
    meter->alone_for = ALONE_NS;
    meter->buckets = (struct meter_buckets){.start = now_ns, .kind = kind};
    if (kind != METER_OFF) {
        struct meter_buckets *b = &meter->buckets;
        m->config[index] = *config;
        b->cir_whole = whole_of(config->cir);
        b->cir_fraction = fraction_of(config->cir);
        if (kind == METER_TWO_RATE) {
            b->pir_whole = whole_of(config->pir);
            b->pir_fraction = fraction_of(config->pir);
        }
        b->committed = b->cburst = meter->cburst = tokens_of(config->cburst);
        b->peak = b->pburst = meter->pburst = tokens_of(config->pburst);
        meter->patience.committed = patience_of(b->cburst, config->cir);
        meter->patience.peak = patience_of(b->pburst, kind == METER_TWO_RATE ? config->pir : config->cir);
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

static void add_cells(uint64_t *sum, const struct counter_cell *cells)
{
    for (int color = 0; color < METER_COLORS; color++) {
        sum[2 * color] += atomic_load_explicit(&cells[color].packets, memory_order_relaxed);
        sum[2 * color + 1] += atomic_load_explicit(&cells[color].bytes, memory_order_relaxed);
    }
}

/* What the workers counted: packets and bytes by colour. */
static void counted_by_workers(struct meters *m, uint64_t index, uint64_t sum[2 * METER_COLORS])
{
    memset(sum, 0, 2 * METER_COLORS * sizeof *sum);
    for (uint64_t rest = atomic_load_explicit(&m->meter[index].counted, memory_order_relaxed); rest; rest &= rest - 1)
        add_cells(sum, m->row[__builtin_ctzll(rest)][index].count);
}

void meter_counts(struct meters *m, uint64_t index, struct meter_count count[METER_COLORS])
{
    uint64_t sum[2 * METER_COLORS] = {0};
    if (index < m->size) {
        counted_by_workers(m, index, sum);
        add_cells(sum, m->meter[index].base);
    }
    for (int color = 0; color < METER_COLORS; color++)
        count[color] = (struct meter_count){sum[2 * color], sum[2 * color + 1]};
}

void meter_set_counts(struct meters *m, uint64_t index, const struct meter_count count[METER_COLORS])
{
    if (index >= m->size)
        return;
    uint64_t counted[2 * METER_COLORS];
    counted_by_workers(m, index, counted);
    struct counter_cell *base = m->meter[index].base;
    for (int color = 0; color < METER_COLORS; color++) { /* modulo 2^64, as counter_write */
        atomic_store_explicit(&base[color].packets, count[color].packets - counted[2 * color], memory_order_relaxed);
        atomic_store_explicit(&base[color].bytes, count[color].bytes - counted[2 * color + 1], memory_order_relaxed);
    }
}

void meter_reset(struct meters *m, uint64_t index)
{
    if (index >= m->size)
        return;
    if (meter_is_on(m, index))
        meter_configure(m, index, METER_OFF, NULL, 0);
    struct meter_count count[METER_COLORS];
    meter_counts(m, index, count);
    uint64_t counted = 0;
    for (int color = 0; color < METER_COLORS; color++)
        counted |= count[color].packets | count[color].bytes;
    if (counted)
        meter_set_counts(m, index, (struct meter_count[METER_COLORS]){{0, 0}});
}
