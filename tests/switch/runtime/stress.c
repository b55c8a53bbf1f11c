/* One writer and some readers on one table. Every entry a reader finds must be whole (its parameters carry a checksum), must match
 * the key looked up, and must be at least as good as the entries that are always there. Run under ThreadSanitizer and
 * AddressSanitizer, which add their own opinion on order and lifetime.
 *
 *     stress exact|lpm|lpm-exact|ternary|ternary-range|ternary-split|selector WRITES SEED     exit 0, or 1 with a line on stderr
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counter.h"
#include "exact.h"
#include "lpm_lookup.h"
#include "qsbr.h"
#include "random.h"
#include "selector.h"
#include "ternary_lookup.h"

enum { READERS = 2, PARAMS = 4, BURST = 16, FIXED = 64, SIZE = 4096, TOGGLED = 1024 };

static struct qsbr qsbr;
static _Atomic int done;
static uint64_t seed;

/* ---- payload: two words that say what the entry is, a number that changes with every MODIFY, a checksum ---- */

static uint64_t checksum_of(uint32_t action, const uint64_t *params)
{
    uint64_t state = action ^ params[0] * 3 ^ params[1] * 5 ^ params[2] * 7;
    return random_next(&state);
}

static uint32_t fill(uint64_t *params, uint64_t what, uint64_t more, uint64_t version)
{
    params[0] = what;
    params[1] = more;
    params[2] = version;
    params[3] = checksum_of((uint32_t)version & 0xffff, params);
    return (uint32_t)version & 0xffff;
}

static void fail(const char *why, uint64_t key, const struct entry *e)
{
    fprintf(stderr, "%s: key %llx, entry %llx %llx version %llu\n", why, (unsigned long long)key,
            e ? (unsigned long long)e->params[0] : 0, e ? (unsigned long long)e->params[1] : 0,
            e ? (unsigned long long)e->params[2] : 0);
    exit(1);
}

static void check_whole(uint64_t key, const struct entry *e)
{
    if (e->params[3] != checksum_of(e->action, e->params))
        fail("torn entry", key, e);
}

/* ---- exact: keys below FIXED are always there (inserted, then only modified), the others come and go ---- */

static struct exact *exact;

static void exact_start(void)
{
    exact = exact_create(&qsbr, 2, PARAMS, SIZE);
}

static void exact_put(uint64_t k, uint64_t version, int fixed)
{
    uint64_t key[2] = {k, k * k}, params[PARAMS];
    uint32_t action = fill(params, k, 0, version);
    if (exact_insert(exact, key, action, params, NULL) == TABLE_OK)
        return;
    if (fixed || version % 3)
        exact_modify(exact, key, action, params);
    else
        exact_delete(exact, key);
}

static void exact_write(uint64_t *state, uint64_t version)
{
    if (version % 5 == 0)
        exact_put(random_between(state, 0, FIXED - 1), version, 1);
    else
        exact_put(random_between(state, FIXED, FIXED + TOGGLED - 1), version, 0);
}

static void exact_read(uint64_t *state)
{
    uint64_t keys[BURST][2];
    const struct entry *found[BURST];
    for (int i = 0; i < BURST; i++) {
        keys[i][0] = random_between(state, 0, 2 * FIXED);
        keys[i][1] = keys[i][0] * keys[i][0];
    }
    if (random_next(state) & 1) {
        exact_lookup_burst(exact, keys[0], 2, PARAMS, found, BURST);
    } else { /* as generated code does: all buckets first, then other work, then the keys */
        const uint64_t *bucket[BURST];
        for (int i = 0; i < BURST; i++)
            bucket[i] = exact_bucket(exact, keys[i], 2, PARAMS);
        for (int i = 0; i < BURST; i++)
            found[i] = exact_probe(exact, bucket[i], keys[i], 2, PARAMS);
    }
    for (int i = 0; i < BURST; i++) {
        if (!found[i] && keys[i][0] < FIXED)
            fail("missed", keys[i][0], NULL);
        if (found[i]) {
            check_whole(keys[i][0], found[i]);
            if (found[i]->params[0] != keys[i][0])
                fail("wrong entry", keys[i][0], found[i]);
        }
    }
}

/* ---- lpm: 10/8 and FIXED routes of 32 bits are always there; prefixes of every length come and go around them ---- */

static struct lpm *lpm;
static uint32_t lpm_exact; /* bits of the exact part */

static uint64_t fixed_address(uint64_t i)
{
    return 10u << 24 | (i % 4) << 16 | (i * 37 % 256) << 8 | (i * 102 % 256); /* even */
}

static uint64_t mask_of(uint64_t length)
{
    return length ? ~0ull << (32 - length) & 0xffffffff : 0;
}

static void lpm_put(uint64_t address, uint32_t length, uint64_t version, int fixed)
{
    uint64_t key = address & mask_of(length), params[PARAMS];
    uint32_t action = fill(params, key, length, version);
    if (lpm_insert(lpm, &key, length, action, params, NULL) == TABLE_OK)
        return;
    if (fixed || version % 3)
        lpm_modify(lpm, &key, length, action, params);
    else
        lpm_delete(lpm, &key, length);
}

static void lpm_write(uint64_t *state, uint64_t version)
{
    uint64_t near = fixed_address(random_between(state, 0, FIXED - 1)) ^ (random_next(state) & random_next(state) & 0xffff);
    if (version % 7 == 0)
        lpm_put(10u << 24, 8, version, 1);
    else if (version % 5 == 0)
        lpm_put(fixed_address(random_between(state, 0, FIXED - 1)), 32, version, 1);
    else
        lpm_put(near | 1, (uint32_t)random_between(state, 9, 32), version, 0); /* odd: never a fixed route */
}

static void lpm_begin(void)
{
    lpm = lpm_create(&qsbr, lpm_exact, 32, PARAMS, SIZE);
    lpm_put(10u << 24, 8, 0, 1);
}

static void lpm_start(void)
{
    lpm_exact = 0;
    lpm_begin();
}

static void lpm_exact_start(void)
{
    lpm_exact = 8;
    lpm_begin();
}

static void lpm_check(uint64_t key, const struct entry *e, int fixed)
{
    if (!e)
        fail("missed", key, NULL);
    check_whole(key, e);
    if ((key & mask_of(e->params[1])) != e->params[0])
        fail("wrong route", key, e);
    if (fixed && e->params[1] != 32)
        fail("shorter route", key, e);
}

static void lpm_read(uint64_t *state)
{
    uint64_t keys[BURST];
    const struct entry *found[BURST];
    for (int i = 0; i < BURST; i++)
        keys[i] = fixed_address(random_between(state, 0, FIXED - 1)) ^ (i % 2 ? random_next(state) & 0xffff : 0);
    if (lpm_exact)
        lpm_lookup_burst(lpm, keys, 8, 32, found, BURST);
    else
        lpm_lookup_burst(lpm, keys, 0, 32, found, BURST);
    for (int i = 0; i < BURST; i++)
        lpm_check(keys[i], found[i], i % 2 == 0);
}

/* ---- ternary: FIXED rules of rank 50 on 16 bits are always there; others of any rank and mask come and go. Their number swings
 * around TERNARY_SMALL, so that the layout changes under the readers. ---- */

static struct ternary *ternary;
static int with_range, with_parts; /* with_parts: every rule wants one value of the upper byte */
static uint64_t toggled[TOGGLED][3]; /* value, mask, rank of what was inserted; 0 mask: free */

static uint64_t fixed_rule(uint64_t i)
{
    return i << 8 | i;
}

static void ternary_fixed(uint64_t i, uint64_t version, int first)
{
    uint64_t value = fixed_rule(i), mask = with_range ? 0xff00 | value : 0xffff, params[PARAMS];
    uint32_t action = fill(params, value, mask << 32 | 50, version);
    if (first)
        ternary_insert(ternary, &value, &mask, 50, action, params, NULL);
    else
        ternary_modify(ternary, &value, &mask, 50, action, params);
}

static void ternary_begin(void)
{
    static const struct ternary_range low_byte = {0, 8};
    ternary = ternary_create(&qsbr, 1, PARAMS, SIZE, (uint32_t)with_range, &low_byte);
    for (uint64_t i = 0; i < FIXED; i++)
        ternary_fixed(i, i, 1);
}

static void ternary_start(void)
{
    with_range = 0;
    ternary_begin();
}

static void ternary_split_start(void)
{
    with_range = 0;
    with_parts = 1;
    ternary_begin();
}

static void ternary_range_start(void)
{
    with_range = 1;
    ternary_begin();
}

static void ternary_write(uint64_t *state, uint64_t version)
{
    if (version % 9 == 0) {
        ternary_fixed(random_between(state, 0, FIXED - 1), version, 0);
        return;
    }
    /* fill up to half of the list, empty it, fill it ... */
    uint64_t phase = version / 600 % 2, *slot = toggled[random_between(state, 0, TOGGLED - 1)], params[PARAMS];
    if (slot[1] && phase) {
        if (ternary_delete(ternary, &slot[0], &slot[1], (uint32_t)slot[2]) != TABLE_OK)
            fail("delete", slot[0], NULL);
        slot[1] = 0;
    } else if (!slot[1]) {
        uint64_t rank = random_between(state, 0, 99), mask = (random_next(state) & 0xffff) | (with_parts ? 0xff00 : 0x100), value = random_next(state) & mask;
        if (with_range) {
            uint64_t low = random_between(state, 0, 255);
            value = (value & 0xff00) | low;
            mask = (mask & 0xff00) | random_between(state, low, 255);
        }
        uint32_t action = fill(params, value, mask << 32 | rank, version);
        if (ternary_insert(ternary, &value, &mask, (uint32_t)rank, action, params, NULL) == TABLE_OK)
            memcpy(slot, (uint64_t[3]){value, mask, rank}, sizeof toggled[0]);
    }
}

static void ternary_read(uint64_t *state)
{
    uint64_t keys[BURST];
    const struct entry *found[BURST];
    for (int i = 0; i < BURST; i++)
        keys[i] = fixed_rule(random_between(state, 0, FIXED - 1));
    ternary_lookup_burst(ternary, keys, 1, found, BURST);
    for (int i = 0; i < BURST; i++) {
        if (!found[i])
            fail("missed", keys[i], NULL);
        check_whole(keys[i], found[i]);
        uint64_t value = found[i]->params[0], mask = found[i]->params[1] >> 32, rank = found[i]->params[1] & 0xffffffff;
        uint64_t masked = with_range ? mask & 0xff00 : mask, low = value & 0xff, high = mask & 0xff, key = keys[i] & 0xff;
        if ((keys[i] & masked) != (value & masked) || (with_range && (key < low || key > high)))
            fail("wrong rule", keys[i], found[i]);
        if (rank < 50)
            fail("lower rank", keys[i], found[i]);
    }
}

/* ---- selector: members are modified, groups get other members; a group's members all belong to it ---- */

static struct selector *selector;

static void selector_put(uint64_t group, uint64_t version)
{
    uint32_t members[4], weights[4];
    for (uint32_t i = 0; i < 4; i++) {
        members[i] = (uint32_t)(16 * group + (version + i) % 16);
        weights[i] = 1 + (uint32_t)(version >> i) % 3;
    }
    selector_set_group(selector, (uint32_t)group, 4, members, weights, 0);
}

static void selector_member_put(uint64_t member, uint64_t version)
{
    uint64_t params[PARAMS];
    uint32_t action = fill(params, member / 16, member, version);
    selector_set_member(selector, (uint32_t)member, action, params);
}

static void selector_start(void)
{
    selector = selector_create(&qsbr, PARAMS, 128, 8);
    for (uint64_t m = 0; m < 128; m++)
        selector_member_put(m, m);
    for (uint64_t g = 0; g < 8; g++)
        selector_put(g, g);
}

static void selector_write(uint64_t *state, uint64_t version)
{
    if (version % 2)
        selector_put(random_between(state, 0, 7), version);
    else
        selector_member_put(random_between(state, 0, 127), version);
}

static void selector_read(uint64_t *state)
{
    for (int i = 0; i < BURST; i++) {
        uint64_t group = random_between(state, 0, 7);
        const struct entry *e = selector_lookup(selector, (uint32_t)group, random_next(state), state);
        if (!e)
            fail("missed", group, NULL);
        check_whole(group, e);
        if (e->params[0] != group || entry_number(e) != e->params[1])
            fail("wrong member", group, e);
    }
}

/* ---- the threads ---- */

struct subject {
    const char *name;
    void (*start)(void);
    void (*write)(uint64_t *state, uint64_t version);
    void (*read)(uint64_t *state);
};

static const struct subject subjects[] = {
    {"exact", exact_start, exact_write, exact_read},
    {"lpm", lpm_start, lpm_write, lpm_read},
    {"lpm-exact", lpm_exact_start, lpm_write, lpm_read},
    {"ternary", ternary_start, ternary_write, ternary_read},
    {"ternary-range", ternary_range_start, ternary_write, ternary_read},
    {"ternary-split", ternary_split_start, ternary_write, ternary_read},
    {"selector", selector_start, selector_write, selector_read},
};

static const struct subject *subject;
static struct counters *bursts;

static void *reader(void *index)
{
    unsigned self = (unsigned)(uintptr_t)index;
    uint64_t state = seed + 1000 + self, n = 0;
    while (!atomic_load_explicit(&done, memory_order_relaxed)) {
        qsbr_online(&qsbr, self);
        for (int i = 0; i < 50; i++) {
            subject->read(&state);
            counter_add(bursts, self, 0, BURST);
            qsbr_quiescent(&qsbr, self);
            n++;
        }
        qsbr_offline(&qsbr, self);
    }
    return (void *)(uintptr_t)n;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
        if (strcmp(argv[1], subjects[i].name) == 0)
            subject = &subjects[i];
    if (!subject)
        return 2;
    uint64_t writes = strtoull(argv[2], NULL, 10), counted[2], total = 0;
    seed = strtoull(argv[3], NULL, 10);
    qsbr_init(&qsbr);
    bursts = counters_create(READERS, 1);
    subject->start();
    if (subject->write == exact_write)
        for (uint64_t k = 0; k < FIXED; k++)
            exact_put(k, k, 1);
    if (subject->write == lpm_write)
        for (uint64_t i = 0; i < FIXED; i++)
            lpm_put(fixed_address(i), 32, i, 1);
    pthread_t threads[READERS];
    for (uintptr_t i = 0; i < READERS; i++)
        pthread_create(&threads[i], NULL, reader, (void *)i);
    uint64_t state = seed;
    for (uint64_t version = 1; version <= writes; version++)
        subject->write(&state, version);
    atomic_store(&done, 1);
    for (int i = 0; i < READERS; i++) {
        void *n;
        pthread_join(threads[i], &n);
        total += (uintptr_t)n;
    }
    counters_read(bursts, 0, 1, counted);
    if (counted[0] != total || counted[1] != total * BURST)
        fail("miscounted", total, NULL);
    exact_destroy(exact);
    lpm_destroy(lpm);
    ternary_destroy(ternary);
    selector_destroy(selector);
    counters_destroy(bursts);
    qsbr_destroy(&qsbr);
    printf("%s: %llu writes, %llu bursts read\n", subject->name, (unsigned long long)writes, (unsigned long long)total);
    return 0;
}
