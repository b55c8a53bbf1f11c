#include "exact.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "memory.h"

#define SLOTS_MIN 64u /* slots of an empty table */
#define SLOTS_MAX (1ull << 31)
#define SPARSE_ENTRIES 256u /* tables up to this size grow until each key has room in its first bucket, */
#define SPARSE_SLOTS 64u    /* or has this many slots */
#define RECLAIM_INSERTS 4096u /* inserts after which what was retired is freed, if it can be */
#define RECLAIM_BATCH 64u /* slots that have left before the readers' epochs are read: that costs some 100 ns */

/* ---- slots ---- */

static uint64_t *slot_at(const struct exact *t, const struct exact_slots *s, uint64_t at)
{
    return s->base + at * t->stride;
}

static struct entry *entry_of(const struct exact *t, uint64_t *slot)
{
    return (struct entry *)(slot + t->words);
}

static struct exact_slots *current(const struct exact *t)
{
    return atomic_load_explicit(&t->slots, memory_order_relaxed); /* only the writer stores it */
}

static uint32_t tag_at(const struct exact *t, const struct exact_slots *s, uint64_t at)
{
    return atomic_load_explicit(&entry_of(t, slot_at(t, s, at))->tag, memory_order_relaxed);
}

static void set_tag(const struct exact *t, const struct exact_slots *s, uint64_t at, uint32_t tag)
{
    atomic_store_explicit(&entry_of(t, slot_at(t, s, at))->tag, tag, memory_order_release);
}

static struct exact_slots *slots_create(const struct exact *t, uint64_t count)
{
    struct exact_slots *s = aligned_alloc(64, sizeof *s);
    if (!s)
        return NULL;
    memset(s, 0, sizeof *s);
    s->count = count;
    s->buckets = count * t->stride / exact_bucket_words(t->stride);
    s->shift = (uint32_t)__builtin_clzll(s->buckets) + 1;
    memcpy(s->seed, t->seed, sizeof s->seed);
    s->bytes = count * t->stride * sizeof(uint64_t);
    s->base = memory_reserve_scattered(s->bytes);
    if (!s->base) {
        free(s);
        return NULL;
    }
    return s;
}

static void slots_release(void *slots)
{
    struct exact_slots *s = slots;
    memory_release(s->base, s->bytes);
    free(s);
}

static uint32_t slots_a_bucket(const struct exact *t)
{
    return exact_bucket_words(t->stride) / t->stride;
}

static uint64_t home_of(const struct exact *t, const struct exact_slots *s, const uint64_t *key)
{
    return exact_home(s, key, t->words);
}

/* The slot of `key`, or UINT64_MAX. */
static uint64_t find_slot(const struct exact *t, const struct exact_slots *s, const uint64_t *key, uint64_t home)
{
    const struct entry *e = exact_search(s, home, key, t->words, t->param_words);
    return e ? (uint64_t)((const uint64_t *)e - t->words - s->base) / t->stride : UINT64_MAX;
}

/* The first slot that may be written in the buckets from `home` on. There is one: an array is never more than three quarters full. */
static uint64_t find_room(const struct exact *t, const struct exact_slots *s, uint64_t home)
{
    for (uint64_t at = home * slots_a_bucket(t);; at = at + 1 == s->count ? 0 : at + 1)
        if (tag_at(t, s, at) <= EXACT_FREE)
            return at;
}

/* Fill a writable slot and publish it. */
static void put(struct exact *t, struct exact_slots *s, uint64_t at, const uint64_t *key, uint32_t tag, uint32_t action,
                const uint64_t *params)
{
    uint64_t *slot = slot_at(t, s, at);
    struct entry *e = entry_of(t, slot);
    t->used += tag_at(t, s, at) == EXACT_EMPTY;
    for (uint32_t i = 0; i < t->words; i++)
        __atomic_store_n(&slot[i], key[i], __ATOMIC_RELAXED);
    e->action = action;
    if (t->param_words)
        memcpy(e->params, params, t->param_words * sizeof *params);
    set_tag(t, s, at, tag);
    t->slot_of[tag - ENTRY_FIRST] = (uint32_t)at;
}

/* Take an entry's slot out of service: searches pass over it. */
static void vacate(struct exact *t, struct exact_slots *s, uint64_t at)
{
    set_tag(t, s, at, EXACT_LEAVING);
    numbers_free(&t->slots_leaving, (uint32_t)at);
}

/* How many slots of a bucket have this tag. */
static uint32_t tagged(const struct exact *t, const struct exact_slots *s, uint64_t bucket, uint32_t tag)
{
    uint32_t n = 0, per = slots_a_bucket(t);
    for (uint32_t i = 0; i < per; i++)
        n += tag_at(t, s, bucket * per + i) == tag;
    return n;
}

/* Free slots become empty, which ends searches earlier, where no search needs to go on: in a bucket where it ends anyway, or
 * before one that is wholly empty; then perhaps also in the bucket before. */
static void empty_free_slots(struct exact *t, struct exact_slots *s, uint64_t bucket)
{
    uint32_t per = slots_a_bucket(t);
    for (;; bucket = bucket ? bucket - 1 : s->buckets - 1) {
        if (!tagged(t, s, bucket, EXACT_FREE)
            || (!tagged(t, s, bucket, EXACT_EMPTY) && tagged(t, s, exact_next(s, bucket), EXACT_EMPTY) < per))
            return;
        for (uint32_t i = 0; i < per; i++)
            if (tag_at(t, s, bucket * per + i) == EXACT_FREE) {
                set_tag(t, s, bucket * per + i, EXACT_EMPTY);
                t->used--;
            }
        if (tagged(t, s, bucket, EXACT_EMPTY) < per)
            return;
    }
}

/* Slots whose grace period is over become writable. Their keys are spoilt: one that came back to its bucket would be looked for
 * in the old slot first. */
static void reclaim_slots(struct exact *t)
{
    struct exact_slots *s = current(t);
    for (uint32_t at; (at = numbers_reuse(&t->slots_leaving)) != NUMBERS_NONE;) {
        uint64_t *last = slot_at(t, s, at) + t->words - 1;
        __atomic_store_n(last, ~*last, __ATOMIC_RELAXED);
        set_tag(t, s, at, EXACT_FREE);
        empty_free_slots(t, s, at / slots_a_bucket(t));
    }
}

/* Copy all entries into a new array of `count` slots and publish it. Also sweeps out the slots that are neither entry nor empty. */
static int rebuild(struct exact *t, uint64_t count)
{
    struct exact_slots *old = current(t), *fresh = slots_create(t, count);
    if (!fresh)
        return TABLE_NO_MEMORY;
    t->used = 0;
    for (uint64_t at = 0; at < old->count; at++) {
        uint64_t *slot = slot_at(t, old, at);
        struct entry *e = entry_of(t, slot);
        uint32_t tag = atomic_load_explicit(&e->tag, memory_order_relaxed);
        if (tag >= ENTRY_FIRST)
            put(t, fresh, find_room(t, fresh, home_of(t, fresh, slot)), slot, tag, e->action, e->params);
    }
    atomic_store_explicit(&t->slots, fresh, memory_order_release);
    qsbr_retire(t->qsbr, old, slots_release);
    qsbr_reclaim(t->qsbr); /* arrays are large: no two of them wait for their end, if it can be helped */
    numbers_destroy(&t->slots_leaving);
    numbers_init(&t->slots_leaving, t->qsbr, 0);
    return TABLE_OK;
}

/* Slots for each entry: the emptier, the fewer look-ups need a second line, which nobody has fetched. Tables that fit into a core's
 * caches anyway can afford more. */
static uint64_t slots_an_entry(uint64_t entries)
{
    return entries <= 4096 ? 8 : entries <= 131072 ? 4 : 3;
}

/* Slots for `entries` entries: SLOTS_MIN, doubled until they are enough. */
static uint64_t slots_for(uint64_t entries)
{
    uint64_t count = SLOTS_MIN;
    while (count < slots_an_entry(entries) * entries)
        count *= 2;
    return count;
}

/* Room for `more` entries: at most a third of the slots hold entries, at most three quarters are not empty. */
static int make_room(struct exact *t, uint32_t more)
{
    if (t->slots_leaving.count >= RECLAIM_BATCH)
        reclaim_slots(t);
    struct exact_slots *s = current(t);
    uint64_t want = slots_for((uint64_t)t->count + more);
    if (want > s->count)
        return rebuild(t, want);
    if (4 * ((uint64_t)t->used + more) <= 3 * s->count)
        return TABLE_OK;
    reclaim_slots(t);
    return 4 * ((uint64_t)t->used + more) <= 3 * s->count ? TABLE_OK : rebuild(t, s->count);
}

/* ---- life ---- */

static void draw_seed(uint64_t seed[2])
{
    if (getrandom(seed, 2 * sizeof *seed, GRND_NONBLOCK) == 2 * sizeof *seed)
        return;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    seed[0] = exact_fold((uint64_t)now.tv_nsec ^ 0x9e3779b97f4a7c15u, (uintptr_t)seed | 1);
    seed[1] = exact_fold(seed[0] ^ 0xbf58476d1ce4e5b9u, (uint64_t)now.tv_sec | 1);
}

struct exact *exact_create(struct qsbr *qsbr, uint32_t words, uint32_t param_words, uint32_t size)
{
    if (words == 0 || slots_for(size) > SLOTS_MAX)
        return NULL;
    struct exact *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->words = words;
    t->param_words = param_words;
    t->stride = exact_stride(words, param_words);
    t->size = size;
    t->qsbr = qsbr;
    draw_seed(t->seed);
    t->seed[0] |= 1;
    numbers_init(&t->numbers, qsbr, size + ENTRY_SPARE);
    numbers_init(&t->slots_leaving, qsbr, 0);
    t->slot_of = memory_reserve((size + ENTRY_SPARE) * sizeof *t->slot_of);
    struct exact_slots *s = slots_create(t, SLOTS_MIN);
    if (!t->slot_of || !s) {
        if (s)
            slots_release(s);
        memory_release(t->slot_of, (size + ENTRY_SPARE) * sizeof *t->slot_of);
        free(t);
        return NULL;
    }
    atomic_init(&t->slots, s);
    return t;
}

void exact_destroy(struct exact *t)
{
    if (!t)
        return;
    slots_release(current(t));
    memory_release(t->slot_of, (t->size + ENTRY_SPARE) * sizeof *t->slot_of);
    numbers_destroy(&t->numbers);
    numbers_destroy(&t->slots_leaving);
    free(t);
}

/* ---- writes ---- */

/* May a table that is so small grow, so that a key whose first bucket is full finds room there? Every packet may ask for that key. */
static int worth_growing(const struct exact *t, const struct exact_slots *s, uint64_t home)
{
    if (t->count >= SPARSE_ENTRIES || s->count >= SPARSE_SLOTS * ((uint64_t)t->count + 1))
        return 0;
    return tagged(t, s, home, EXACT_EMPTY) + tagged(t, s, home, EXACT_FREE) == 0;
}

/* Insert when make_room has been called. */
static int insert_in_room(struct exact *t, const uint64_t *key, uint32_t action, const uint64_t *params, uint32_t *number)
{
    struct exact_slots *s = current(t);
    uint64_t home = home_of(t, s, key);
    if (find_slot(t, s, key, home) != UINT64_MAX)
        return TABLE_EXISTS;
    if (t->count >= t->size)
        return TABLE_FULL;
    uint32_t own = numbers_take(&t->numbers);
    if (own == NUMBERS_NONE)
        return TABLE_NO_MEMORY;
    entry_state_begin(t->state, own);
    while (worth_growing(t, s, home) && rebuild(t, 2 * s->count) == TABLE_OK) {
        s = current(t);
        home = home_of(t, s, key);
    }
    put(t, s, find_room(t, s, home), key, own + ENTRY_FIRST, action, params);
    if (++t->count % RECLAIM_INSERTS == 0)
        qsbr_reclaim(t->qsbr);
    if (number)
        *number = own;
    return TABLE_OK;
}

int exact_insert(struct exact *t, const uint64_t *key, uint32_t action, const uint64_t *params, uint32_t *number)
{
    if (t->count < t->size) {
        int result = make_room(t, 1);
        if (result != TABLE_OK)
            return result;
    }
    return insert_in_room(t, key, action, params, number);
}

uint32_t exact_insert_many(struct exact *t, uint32_t n, const uint64_t *keys, const uint32_t *actions, const uint64_t *params,
                           uint32_t *numbers, int *results)
{
    enum { AHEAD = 16 }; /* home slots fetched before they are needed */
    uint32_t room = t->size - t->count, done = 0;
    int roomy = make_room(t, n < room ? n : room) == TABLE_OK;
    for (uint32_t i = 0; i < n; i++) {
        if (i + AHEAD < n)
            __builtin_prefetch(exact_bucket(t, keys + (size_t)(i + AHEAD) * t->words, t->words, t->param_words), 1);
        const uint64_t *key = keys + (size_t)i * t->words, *data = t->param_words ? params + (size_t)i * t->param_words : NULL;
        results[i] = roomy ? insert_in_room(t, key, actions[i], data, numbers ? &numbers[i] : NULL)
                           : exact_insert(t, key, actions[i], data, numbers ? &numbers[i] : NULL);
        done += results[i] == TABLE_OK;
    }
    return done;
}

int exact_modify(struct exact *t, const uint64_t *key, uint32_t action, const uint64_t *params)
{
    int result = make_room(t, 1);
    if (result != TABLE_OK)
        return result;
    struct exact_slots *s = current(t);
    uint64_t home = home_of(t, s, key), old = find_slot(t, s, key, home);
    if (old == UINT64_MAX)
        return TABLE_MISSING;
    put(t, s, find_room(t, s, home), key, tag_at(t, s, old), action, params);
    atomic_fetch_add_explicit(&s->moves, 1, memory_order_release);
    vacate(t, s, old);
    return TABLE_OK;
}

int exact_delete(struct exact *t, const uint64_t *key)
{
    struct exact_slots *s = current(t);
    uint64_t at = find_slot(t, s, key, home_of(t, s, key));
    if (at == UINT64_MAX)
        return TABLE_MISSING;
    uint32_t number = tag_at(t, s, at) - ENTRY_FIRST;
    t->slot_of[number] = UINT32_MAX;
    vacate(t, s, at);
    numbers_free(&t->numbers, number);
    t->count--;
    return TABLE_OK;
}

/* ---- the writer's own look-ups ---- */

void exact_set_state(struct exact *t, const struct entry_state *state)
{
    t->state = state;
}

int64_t exact_number(const struct exact *t, const uint64_t *key)
{
    const struct entry *e = exact_find(t, key);
    return e ? (int64_t)entry_number(e) : -1;
}

uint32_t exact_count(const struct exact *t)
{
    return t->count;
}

uint32_t exact_numbers(const struct exact *t)
{
    return t->numbers.fresh;
}

const struct entry *exact_at(const struct exact *t, uint32_t number, const uint64_t **key)
{
    if (number >= t->numbers.fresh)
        return NULL;
    uint32_t at = t->slot_of[number];
    if (at == UINT32_MAX)
        return NULL;
    uint64_t *slot = slot_at(t, current(t), at);
    if (key)
        *key = slot;
    return entry_of(t, slot);
}

const struct entry *exact_find(const struct exact *t, const uint64_t *key)
{
    return exact_lookup(t, key, t->words, t->param_words);
}
