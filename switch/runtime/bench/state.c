/* Nanoseconds for what is not a table: selectors, counters, meters, registers, hashes, checksums, rings, grace periods. Output as tables.c.
 *
 * `scripts/bench lookups` compiles and runs it. 64k random indices in turn, one thread, the best of many windows. "a cell": always the
 * same one; "64k cells": scattered ones.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "checksum.h"
#include "counter.h"
#include "hash.h"
#include "meter.h"
#include "qsbr.h"
#include "random.h"
#include "registers.h"
#include "ring.h"
#include "selector.h"

enum { CELLS = 1 << 16, WINDOW = 1 << 12, ROUNDS = 256 };

static uint64_t state = 1;
static uint32_t indices[CELLS];
static uint8_t bytes[CELLS + 2048];
static volatile uint64_t sink;
static struct qsbr qsbr;

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void report(const char *what, const char *figure, double ns)
{
    printf("%s\t%s\t%.1f\n", what, figure, ns);
    fflush(stdout);
}

/* Best time of `step`, which uses `at`, a scattered index, and adds to `sum`. */
#define BEST(...)                                                          \
    ({                                                                     \
        double best = 1e30;                                                \
        for (uint32_t round = 0; round < ROUNDS; round++) {                \
            const uint32_t *from = indices + round * WINDOW % CELLS;       \
            uint64_t sum = 0;                                              \
            double start = now_ns();                                       \
            for (uint32_t i = 0; i < WINDOW; i++) {                        \
                const uint32_t at = from[i];                               \
                (void)at;                                                  \
                __VA_ARGS__;                                               \
            }                                                              \
            double each = (now_ns() - start) / WINDOW;                     \
            best = each < best ? each : best;                              \
            sink = sum;                                                    \
        }                                                                  \
        best;                                                              \
    })

static void bench_selector(const char *what, uint32_t members, uint32_t weight)
{
    uint32_t slots[256], weights[256];
    uint64_t param = 0, random = 1;
    struct selector *s = selector_create(&qsbr, 1, members, 1);
    for (uint32_t i = 0; i < members; i++) {
        selector_set_member(s, i, 0, &param);
        slots[i] = i;
        weights[i] = weight + i % 2;
    }
    selector_set_group(s, 0, members, slots, weights, 0);
    report(what, "look-up", BEST(sum += selector_lookup(s, 0, at, &random)->action));
    double start = now_ns();
    for (int i = 0; i < 1000; i++)
        selector_set_group(s, 0, members, slots, weights, 0);
    report(what, "replace the group", (now_ns() - start) / 1000);
    selector_destroy(s);
}

static void bench_counters(void)
{
    struct counters *c = counters_create(1, CELLS);
    report("counter", "a cell", BEST(counter_add(c, 0, 5, at)));
    report("counter", "64k cells", BEST(counter_add(c, 0, at, at)));
    counters_destroy(c);
}

static void bench_meter(const char *what, enum meter_kind kind)
{
    struct meters *m = meters_create(1, METER_BYTES, CELLS);
    const struct meter_config config = {1000000000, 100000, 2000000000, 200000};
    for (uint32_t i = 0; i < CELLS; i++)
        meter_configure(m, i, kind, &config, 0);
    uint64_t now = 0;
    report(what, "a cell", BEST(sum += meter_execute(m, 0, 5, 104, now += 64, METER_GREEN)));
    report(what, "64k cells", BEST(sum += meter_execute(m, 0, at, 104, now += 64, METER_GREEN)));
    meters_destroy(m);
}

static void bench_registers(void)
{
    struct registers *r = registers_create(32, CELLS), *wide = registers_create(128, CELLS);
    report("register", "read", BEST(sum += register_read(r, at)));
    report("register", "write", BEST(register_write(r, at, i)));
    report("register", "read, add and write as one step", BEST({
               registers_begin(r);
               register_write(r, at, register_read(r, at) + 1);
               registers_end(r);
           }));
    uint64_t words[2];
    report("register of 128 bits", "read", BEST({
               register_read_wide(wide, at, words);
               sum += words[1];
           }));
    registers_destroy(r);
    registers_destroy(wide);
}

#define HASH(name)                                                                               \
    report("hash " #name, "13 bytes", BEST(sum += hash_##name(bytes + at, 13)));                 \
    report("hash " #name, "1500 bytes", BEST(sum += hash_##name(bytes + at % 512, 1500)))
#define HASH_WORDS(name)                                                                         \
    report("hash " #name, "13 bytes in registers", BEST({                                        \
               const uint64_t words[2] = {at, at * UINT64_C(0x123456789)};                       \
               sum += hash_##name##_words(words, 13);                                            \
           }))

static void bench_hashes(void)
{
    for (uint32_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)random_next(&state);
    HASH_WORDS(crc16);
    HASH(crc16);
    HASH_WORDS(crc32);
    HASH(crc32);
    HASH(crcCCITT);
    HASH(xxh64);
    HASH(csum16);
    HASH(xor16);
    report("checksum of 20 bytes", "add and finish", BEST(sum += checksum_finish(checksum_add(0, bytes + at, 20))));
    report("checksum", "update for a 16-bit word", BEST(sum += checksum_update16((uint16_t)at, (uint16_t)i, 7)));
}

static void bench_ring(void)
{
    struct ring *r = ring_create(1 << 20);
    struct ring_record header;
    uint8_t out[128];
    report("ring", "push and pop of 104 bytes", BEST({
               uint8_t *b = ring_reserve(r, RING_PACKET_IN, 0, 1, 104);
               memcpy(b, bytes + at, 104);
               ring_publish(r);
               ring_pop(r, &header, out, sizeof out);
               sum += out[5];
           }));
    ring_destroy(r);
}

static void bench_qsbr(void)
{
    qsbr_online(&qsbr, 0);
    report("grace periods", "a worker's announcement", BEST(qsbr_quiescent(&qsbr, 0)));
    qsbr_offline(&qsbr, 0);
    report("grace periods", "retire and free, all workers asleep", BEST(qsbr_retire(&qsbr, malloc(64), free)));
}

int main(void)
{
    qsbr_init(&qsbr);
    for (uint32_t i = 0; i < CELLS; i++)
        indices[i] = (uint32_t)random_between(&state, 0, CELLS - 1);
    bench_selector("selector, 8 members of weight 1 or 2", 8, 1);
    bench_selector("selector, 256 members, sum of weights a million", 256, 4000);
    bench_counters();
    bench_meter("meter, two rates", METER_TWO_RATE);
    bench_meter("meter, one rate", METER_SINGLE_RATE);
    bench_registers();
    bench_hashes();
    bench_ring();
    bench_qsbr();
    qsbr_destroy(&qsbr);
    return 0;
}
