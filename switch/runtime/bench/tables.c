/* Nanoseconds a look-up and a write, by kind and size of table: lines of description, figure and nanoseconds, tab-separated.
 *
 * `scripts/bench lookups` compiles and runs it: tables [exact|lpm|ternary] [quick].
 *
 * "single": one look-up after the other, as they come; the processor overlaps what it can. "burst": 64 at a time by *_lookup_burst.
 * "staged": buckets of 32 keys first, then the keys, as generated code does.
 * 256k keys in random order, one thread. Each figure is the best of all windows of 16k keys, each key looked up four times in
 * all, so that a neighbour on the machine who takes the processor or the caches for a while does not show.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "exact.h"
#include "lpm_lookup.h"
#include "random.h"
#include "ternary_lookup.h"

enum { BURST = 64, QUERIES = 1 << 18, WINDOW = 1 << 14, ROUNDS = 4 };

static struct qsbr qsbr;
static uint64_t state = 1;
static volatile uint64_t sink;

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* What a pipeline does with what it found: read it. */
static inline uint64_t use(const struct entry *e)
{
    return e ? e->action + e->params[0] : 0;
}

/* Best time a query of `body`, which looks up BURST keys at `keys` into `found`. */
#define BEST(words, ...)                                                                   \
    ({                                                                                     \
        double best = 1e30;                                                                \
        for (uint32_t at = 0; at < ROUNDS * QUERIES; at += WINDOW) {                       \
            const uint64_t *keys = queries + (size_t)(at % QUERIES) * (words), *end = keys + WINDOW * (words); \
            uint64_t sum = 0;                                                              \
            double start = now_ns();                                                       \
            for (; keys < end; keys += BURST * (words)) {                                  \
                const struct entry *found[BURST];                                          \
                __VA_ARGS__;                                                               \
                for (int i = 0; i < BURST; i++)                                            \
                    sum += use(found[i]);                                                  \
            }                                                                              \
            double each = (now_ns() - start) / WINDOW;                                     \
            best = each < best ? each : best;                                              \
            sink = sum;                                                                    \
        }                                                                                  \
        best;                                                                              \
    })

#define SINGLE(words, lookup)                                                 \
    BEST(words, for (int i = 0; i < BURST; i++) {                             \
        const uint64_t *key = keys + (size_t)i * (words);                     \
        found[i] = lookup;                                                    \
    })

static uint64_t *queries;

static void report(const char *what, const char *figure, double ns)
{
    printf("%s\t%s\t%.1f\n", what, figure, ns);
    fflush(stdout);
}

/* QUERIES keys, drawn from n keys of `words` words, each with its bits in `free_bits` (if not NULL) drawn at random. */
static void draw_queries(const uint64_t *keys, uint32_t n, uint32_t words, const uint64_t *free_bits)
{
    free(queries);
    queries = malloc((size_t)QUERIES * words * sizeof *queries);
    for (uint32_t q = 0; q < QUERIES; q++) {
        size_t k = random_between(&state, 0, n - 1);
        for (uint32_t w = 0; w < words; w++)
            queries[(size_t)q * words + w] =
                keys[k * words + w] ^ (free_bits ? free_bits[k * words + w] & random_next(&state) : 0);
    }
}

/* ---- exact ---- */

static void bench_exact(uint32_t n, int dense)
{
    uint64_t *keys = malloc((size_t)n * 16), *params = calloc(n, 8);
    uint32_t *actions = calloc(n, 4), *numbers = malloc((size_t)n * 4);
    int *results = malloc((size_t)n * sizeof *results);
    for (uint32_t i = 0; i < n; i++) {
        keys[2 * i] = dense ? i >> 16 : random_next(&state);
        keys[2 * i + 1] = dense ? i : random_next(&state);
    }
    struct exact *t = exact_create(&qsbr, 2, 1, n);
    double start = now_ns();
    exact_insert_many(t, n, keys, actions, params, numbers, results);
    double bulk = (now_ns() - start) / n;
    exact_destroy(t);
    t = exact_create(&qsbr, 2, 1, n);
    start = now_ns();
    for (uint32_t i = 0; i < n; i++)
        exact_insert(t, keys + 2 * i, 0, params, numbers);
    double insert = (now_ns() - start) / n;
    draw_queries(keys, n, 2, NULL);
    double single = SINGLE(2, exact_lookup(t, key, 2, 1));
    double staged = BEST(2, for (int half = 0; half < BURST; half += 32) {
        const uint64_t *bucket[32], *key = keys + 2 * half;
        for (int i = 0; i < 32; i++) {
            bucket[i] = exact_bucket(t, key + 2 * i, 2, 1);
            __builtin_prefetch(bucket[i]);
        }
        for (int i = 0; i < 32; i++)
            found[half + i] = exact_probe(t, bucket[i], key + 2 * i, 2, 1);
    });
    double burst = BEST(2, exact_lookup_burst(t, keys, 2, 1, found, BURST));
    for (uint32_t q = 0; q < QUERIES; q++)
        queries[2 * q] ^= 0x5a5a5a5a00000000;
    double miss = BEST(2, exact_lookup_burst(t, keys, 2, 1, found, BURST));
    start = now_ns();
    for (uint32_t i = 0; i < n; i++)
        exact_modify(t, keys + 2 * i, 1, params);
    double modify = (now_ns() - start) / n;
    start = now_ns();
    for (uint32_t i = 0; i < n; i++)
        exact_delete(t, keys + 2 * i);
    double delete = (now_ns() - start) / n;
    char what[80];
    snprintf(what, sizeof what, "exact, %u %s keys of 16 bytes", n, dense ? "dense" : "scattered");
    report(what, "single", single);
    report(what, "staged", staged);
    report(what, "burst", burst);
    report(what, "burst, misses", miss);
    report(what, "insert", insert);
    report(what, "bulk insert", bulk);
    report(what, "modify", modify);
    report(what, "delete", delete);
    exact_destroy(t);
    free(keys), free(params), free(actions), free(numbers), free(results);
}

/* ---- lpm ---- */

/* Prefix lengths as in a backbone's table: mostly 24, then 22 to 16, few short ones. */
static uint32_t draw_length(void)
{
    static const uint8_t lengths[] = {24, 24, 24, 24, 24, 24, 24, 24, 24, 23, 22, 22, 22, 21, 20, 20, 19, 18, 16, 32};
    return lengths[random_between(&state, 0, sizeof lengths - 1)];
}

static void report_lpm(const char *name, uint32_t n, double insert, double single, double burst, double delete)
{
    char what[80];
    snprintf(what, sizeof what, "lpm, %u routes, %s", n, name);
    report(what, "single", single);
    report(what, "burst", burst);
    report(what, "insert", insert);
    report(what, "delete", delete);
}

/* n routes over `tenants` values of a 24-bit exact part (0: no exact part). */
static void bench_lpm(uint32_t n, uint32_t tenants)
{
    uint64_t *keys = malloc((size_t)n * 8), *free_bits = malloc((size_t)n * 8), param = 0;
    uint32_t *lengths = malloc((size_t)n * 4);
    struct lpm *t = lpm_create(&qsbr, tenants ? 24 : 0, 32, 1, n);
    for (uint32_t i = 0; i < n; i++) {
        lengths[i] = tenants ? (uint32_t)random_between(&state, 20, 28) : draw_length();
        uint64_t address = random_next(&state) & (tenants ? 0xffff : 0xffffffff);
        address |= tenants ? 10 << 24 : 0;
        free_bits[i] = (UINT64_C(1) << (32 - lengths[i])) - 1;
        keys[i] = (address & ~free_bits[i]) | (tenants ? (i % tenants + 1000ull) << 32 : 0);
    }
    double start = now_ns();
    for (uint32_t i = 0; i < n; i++)
        lpm_insert(t, &keys[i], lengths[i], 0, &param, NULL);
    double insert = (now_ns() - start) / n;
    draw_queries(keys, n, 1, free_bits);
    double single = tenants ? SINGLE(1, lpm_lookup(t, key, 24, 32)) : SINGLE(1, lpm_lookup(t, key, 0, 32));
    double burst = tenants ? BEST(1, lpm_lookup_burst(t, keys, 24, 32, found, BURST))
                           : BEST(1, lpm_lookup_burst(t, keys, 0, 32, found, BURST));
    char name[32];
    snprintf(name, sizeof name, tenants ? "32 bits, %u tenants" : "32 bits", tenants);
    start = now_ns();
    for (uint32_t i = 0; i < n / 2; i++)
        lpm_delete(t, &keys[i], lengths[i]);
    report_lpm(name, n, insert, single, burst, (now_ns() - start) / (n / 2));
    lpm_destroy(t);
    free(keys), free(free_bits), free(lengths);
}

static void bench_lpm6(uint32_t n)
{
    uint64_t *keys = malloc((size_t)n * 16), *free_bits = malloc((size_t)n * 16), param = 0;
    uint32_t *lengths = malloc((size_t)n * 4);
    struct lpm *t = lpm_create(&qsbr, 0, 128, 1, n);
    for (uint32_t i = 0; i < n; i++) {
        static const uint8_t choice[] = {48, 48, 48, 32, 40, 44, 56, 64, 64, 128};
        lengths[i] = choice[random_between(&state, 0, sizeof choice - 1)];
        uint64_t high_free = lengths[i] >= 64 ? 0 : UINT64_MAX >> lengths[i];
        free_bits[2 * i] = high_free;
        free_bits[2 * i + 1] = lengths[i] == 128 ? 0 : UINT64_MAX;
        keys[2 * i] = (0x2000000000000000 | random_next(&state) >> 4) & ~high_free;
        keys[2 * i + 1] = random_next(&state) & ~free_bits[2 * i + 1];
    }
    double start = now_ns();
    for (uint32_t i = 0; i < n; i++)
        lpm_insert(t, &keys[2 * i], lengths[i], 0, &param, NULL);
    double insert = (now_ns() - start) / n;
    draw_queries(keys, n, 2, free_bits);
    double single = SINGLE(2, lpm_lookup(t, key, 0, 128)), burst = BEST(2, lpm_lookup_burst(t, keys, 0, 128, found, BURST));
    start = now_ns();
    for (uint32_t i = 0; i < n / 2; i++)
        lpm_delete(t, &keys[2 * i], lengths[i]);
    report_lpm("128 bits", n, insert, single, burst, (now_ns() - start) / (n / 2));
    lpm_destroy(t);
    free(keys), free(free_bits), free(lengths);
}

/* ---- ternary: 128-bit five-tuples with tenant; `masks` different masks. `crowded`: few tenants and addresses, so that several rules
 * match a key; else values from all of the space. ---- */

static void bench_ternary(uint32_t n, uint32_t masks, int crowded)
{
    uint64_t *values = malloc((size_t)n * 16), *mask = malloc((size_t)n * 16), *free_bits = malloc((size_t)n * 16);
    uint64_t *params = calloc(n, 8), shape[masks][2];
    uint32_t *actions = calloc(n, 4), *ranks = malloc((size_t)n * 4), *numbers = malloc((size_t)n * 4);
    int *results = malloc((size_t)n * sizeof *results);
    for (uint32_t m = 0; m < masks; m++) { /* tenant 24 | source 32 | destination 32 | protocol 8 | ports 16, 16 */
        uint64_t source = UINT64_C(0xffffffff) << (m & 1 ? 8 : 32 - m / 4 % 16) & 0xffffffff;
        uint64_t target = UINT64_C(0xffffffff) << (m & 2 ? 8 : 16 - m / 8 % 8) & 0xffffffff;
        shape[m][0] = UINT64_C(0xffffff) << 40 | source << 8 | target >> 24;
        shape[m][1] = target << 40 | (m & 4 ? UINT64_C(0xff) << 32 : 0) | (m & 16 ? 0xffff : 0) | (m & 32 ? 0xffff0000 : 0);
    }
    for (uint32_t i = 0; i < n; i++) {
        uint64_t *k = values + 2 * i, tenant = random_between(&state, 0, crowded ? 15 : 9999);
        const uint64_t *s = shape[i % masks];
        k[0] = tenant << 40 | UINT64_C(0x0a) << 32 | (random_next(&state) & 0x3ffff) << 8 | 0x0a;
        k[1] = (random_next(&state) & 0x3ffff) << 40 | UINT64_C(6) << 32 | random_between(&state, 1, 64);
        if (!crowded) {
            k[0] = tenant << 40 | random_next(&state) >> 24;
            k[1] = random_next(&state);
        }
        k[0] &= s[0];
        k[1] &= s[1];
        memcpy(mask + 2 * i, s, 16);
        free_bits[2 * i] = ~s[0];
        free_bits[2 * i + 1] = ~s[1];
        ranks[i] = (uint32_t)random_between(&state, 0, 1000);
    }
    struct ternary *t = ternary_create(&qsbr, 2, 1, n, 0, NULL);
    double start = now_ns();
    ternary_insert_many(t, n, values, mask, ranks, actions, params, numbers, results);
    double bulk = (now_ns() - start) / n;
    ternary_destroy(t);
    t = ternary_create(&qsbr, 2, 1, n, 0, NULL);
    start = now_ns();
    for (uint32_t i = 0; i < n; i++)
        ternary_insert(t, values + 2 * i, mask + 2 * i, ranks[i], 0, params, NULL);
    double insert = (now_ns() - start) / n;
    draw_queries(values, n, 2, free_bits);
    double single = SINGLE(2, ternary_lookup(t, key, 2)), burst = BEST(2, ternary_lookup_burst(t, keys, 2, found, BURST));
    start = now_ns();
    for (uint32_t i = 0; i < n / 2; i++)
        ternary_delete(t, values + 2 * i, mask + 2 * i, ranks[i]);
    double delete = (now_ns() - start) / (n / 2);
    char what[80];
    snprintf(what, sizeof what, "ternary, %u rules over %u masks, %s", n, masks, crowded ? "many match" : "few match");
    report(what, "single", single);
    report(what, "burst", burst);
    report(what, "insert", insert);
    report(what, "bulk insert", bulk);
    report(what, "delete", delete);
    ternary_destroy(t);
    free(values), free(mask), free(free_bits), free(params), free(actions), free(ranks), free(numbers), free(results);
}

int main(int argc, char **argv)
{
    const char *only = argc > 1 ? argv[1] : "";
    const int quick = argc > 2 && !strcmp(argv[2], "quick");
    static const uint32_t sizes[] = {16, 1000, 65536, 1000000};
    static const uint32_t rules[][2] = {{16, 1}, {16, 8}, {200, 8}, {256, 64}, {257, 64}, {1024, 64}, {1025, 64},
                                        {4096, 1}, {4096, 8}, {4096, 64}, {65536, 64}};
    qsbr_init(&qsbr);
    for (int i = 0; i < 4 - quick && (!*only || !strcmp(only, "exact")); i++)
        bench_exact(sizes[i], 0);
    if (!quick && (!*only || !strcmp(only, "exact")))
        bench_exact(1000000, 1);
    for (int i = 0; i < 4 - quick && (!*only || !strcmp(only, "lpm")); i++) {
        bench_lpm(sizes[i], 0);
        bench_lpm(sizes[i], sizes[i] / 10 + 1);
        bench_lpm6(sizes[i]);
    }
    for (int crowded = 0; crowded < 2 && (!*only || !strcmp(only, "ternary")); crowded++)
        for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
            if (!quick || rules[i][0] <= 4096)
                bench_ternary(rules[i][0], rules[i][1], crowded);
    qsbr_destroy(&qsbr);
    return 0;
}
