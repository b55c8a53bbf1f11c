/* Workers that execute the same meters at the same time, and alone by turns, while the control thread looks on or interferes.
 *
 *     stress_meter share|below|configure|off BURSTS     exit 0, or 1 with a line on stderr
 *
 * Time is a clock that the bursts move on, not the machine's. What came out green, and green or yellow, must never be more than
 * rate * time + burst, as RFC 2697 and RFC 2698 have it, and is counted by the meter as by the workers themselves.
 *     share      more packets than the rates allow: hardly less may come out. Traces and reads meanwhile.
 *     below      fewer packets than the rates allow: all are green.
 *     off        meters without a configuration: all are green.
 *     configure  meters are configured anew, off and on meanwhile: a burst more for each time.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "meter.h"
#include "random.h"

enum { WORKERS = 3, PACKETS = 16, METERS = 4, STEP = 20000, PHASE = 6000 * STEP, LARGEST = 1500 };

static const struct meter_config configs[METERS] = {
    {20000000, 40000, 60000000, 120000}, /* two rates */
    {20000000, 40000, 0, 60000},         /* one rate */
    {20000000, 3000, 60000000, 6000},    /* bursts of a few packets */
    {1000000, 200000, 12500000000, 1000000000},
};
static const enum meter_kind kinds[METERS] = {METER_TWO_RATE, METER_SINGLE_RATE, METER_TWO_RATE, METER_TWO_RATE};

static struct meters *meters;
static _Atomic uint64_t clock_ns = 1;
static uint64_t end_ns;
static int below;

struct counted {
    struct meter_count count[METERS][METER_COLORS];
};

static void fail(const char *why, unsigned meter, double got, double bound)
{
    fprintf(stderr, "%s: meter %u, %.0f, bound %.0f\n", why, meter, got, bound);
    exit(1);
}

/* Whether this worker has packets now: one of them alone, all of them, another one alone, all of them. */
static int has_packets(unsigned worker, uint64_t now)
{
    uint64_t phase = now / PHASE;
    return phase % 2 || phase / 2 % WORKERS == worker;
}

static void *work(void *argument)
{
    struct counted *mine = argument;
    static _Atomic unsigned number;
    unsigned worker = atomic_fetch_add(&number, 1);
    uint64_t state = worker;
    while (atomic_load(&clock_ns) < end_ns) {
        if (!has_packets(worker, atomic_load(&clock_ns))) {
            sched_yield();
            continue;
        }
        uint64_t now = atomic_fetch_add(&clock_ns, STEP);
        for (unsigned i = 0; i < PACKETS; i++) {
            unsigned meter = i % METERS;
            uint64_t bytes = below ? 64 : random_between(&state, 64, LARGEST);
            if (below && i >= 3) /* the fourth meter has a low rate */
                continue;
            enum meter_color color = meter_execute(meters, worker, meter, bytes, now, METER_GREEN);
            mine->count[meter][color].packets++;
            mine->count[meter][color].bytes += bytes;
        }
    }
    return NULL;
}

/* What the control thread does to a meter: how often it gave full buckets, and for how long they may have gained twice, as time went
 * on between its look at the clock and the configuration. */
struct configured {
    uint64_t times, twice_ns;
};

static void configure(unsigned meter, struct configured *done)
{
    uint64_t now = atomic_load(&clock_ns);
    meter_configure(meters, meter, kinds[meter], &configs[meter], now);
    done->times++;
    done->twice_ns += atomic_load(&clock_ns) - now;
}

static void check(unsigned meter, const struct meter_count *count, const struct configured *configured, int loaded)
{
    const struct meter_config *c = &configs[meter];
    double seconds = (double)(atomic_load(&clock_ns) + configured->twice_ns) / 1e9, times = (double)configured->times;
    double green = (double)count[METER_GREEN].bytes, passed = green + (double)count[METER_YELLOW].bytes;
    double committed_rate = (double)c->cir * seconds, committed_burst = (double)c->cburst;
    double peak_rate = kinds[meter] == METER_TWO_RATE ? (double)c->pir * seconds : committed_rate;
    double peak_burst = (double)c->pburst + (kinds[meter] == METER_TWO_RATE ? 0 : committed_burst);
    if (green > committed_rate + times * committed_burst)
        fail("too much green", meter, green, committed_rate + times * committed_burst);
    if (passed > peak_rate + times * peak_burst)
        fail("too much green and yellow", meter, passed, peak_rate + times * peak_burst);
    if (!loaded)
        return;
    /* what may be held back: leases, what is worth asking for, less than a packet by each worker */
    double part = 7.0 / 8 - 1.0 / 64, packets = LARGEST * (WORKERS + 1);
    if (green < committed_rate + part * committed_burst - packets)
        fail("too little green", meter, green, committed_rate + part * committed_burst - packets);
    if (meter != 3 && passed < peak_rate + part * peak_burst - packets) /* 3: the peak rate is above what comes */
        fail("too little green and yellow", meter, passed, peak_rate + part * peak_burst - packets);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    int share = strcmp(argv[1], "share") == 0, configuring = strcmp(argv[1], "configure") == 0;
    int off = strcmp(argv[1], "off") == 0;
    below = strcmp(argv[1], "below") == 0;
    end_ns = strtoull(argv[2], NULL, 10) * STEP;
    meters = meters_create(WORKERS, METER_BYTES, METERS);
    struct configured configured[METERS] = {{0, 0}};
    uint64_t interfered = 0;
    for (unsigned i = 0; i < METERS && !off; i++)
        configure(i, &configured[i]);
    pthread_t threads[WORKERS];
    struct counted *counted[WORKERS];
    for (unsigned i = 0; i < WORKERS; i++) {
        counted[i] = calloc(1, sizeof *counted[i]);
        pthread_create(&threads[i], NULL, work, counted[i]);
    }
    uint64_t next = 0, now;
    while ((now = atomic_load(&clock_ns)) < end_ns) {
        if (now < next) {
            sched_yield();
            continue;
        }
        next = now + 50 * STEP;
        unsigned meter = interfered++ % METERS;
        struct meter_count seen[METER_COLORS];
        meter_counts(meters, meter, seen);
        if (configuring) {
            if (interfered % 3 == 0)
                meter_configure(meters, 3, METER_OFF, NULL, 0);
            configure(meter, &configured[meter]);
        } else if (!below || interfered % 16 == 0) {
            meter_peek(meters, meter, 100, now, METER_GREEN);
        }
    }
    for (unsigned i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
    for (unsigned meter = 0; meter < METERS; meter++) {
        struct meter_count sum[METER_COLORS] = {{0, 0}}, count[METER_COLORS];
        for (unsigned i = 0; i < WORKERS; i++)
            for (int color = 0; color < METER_COLORS; color++) {
                sum[color].packets += counted[i]->count[meter][color].packets;
                sum[color].bytes += counted[i]->count[meter][color].bytes;
            }
        meter_counts(meters, meter, count);
        if (memcmp(sum, count, sizeof sum) != 0)
            fail("miscounted", meter, (double)count[0].packets, (double)sum[0].packets);
        if (configuring && meter == 3)
            continue; /* it was off now and then */
        if (!off)
            check(meter, count, &configured[meter], share);
        if ((below || off) && count[METER_YELLOW].packets + count[METER_RED].packets)
            fail("not all green", meter, (double)count[METER_RED].packets, 0);
    }
    for (unsigned i = 0; i < WORKERS; i++)
        free(counted[i]);
    meters_destroy(meters);
    printf("%s: interfered %llu times\n", argv[1], (unsigned long long)interfered);
    return 0;
}
