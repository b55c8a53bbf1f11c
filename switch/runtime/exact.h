/* Exact-match table: one open-addressed array of buckets, keys and entries side by side, at most a third full.
 *
 *     slot: key[words], entry { tag, action, params[param_words] }, padded to 2, 4 or 8 words or a multiple of 8
 *     bucket: as many slots as fit into a cache line (4, 2 or 1); a key that finds its bucket full goes to the next
 *
 * so that a hit costs one line; a second one for 1, 5 or 16 of 100 keys (with 4, 2 or 1 slots in a bucket) when
 * a table of millions is full. Which slot of a bucket has the key is found without a branch.
 *
 * A look-up first tries its first bucket and believes a hit (exact_probe); all else, misses too, is left to a search that is
 * not inlined (exact_search_on). So a packet's way through ten tables stays short. exact_bucket may be called, and fetched, long before
 * exact_probe: what it answers is good until the worker's next qsbr_quiescent. A table that grows meanwhile is seen as it was.
 *
 * Readers: any number of threads, never blocked, never retried except as said below. Writer: one at a time (pipeline lock).
 * What is published by which store:
 * - insert: the slot is filled, then its tag stored (release). Who sees the tag sees key, action and params. (A reader may
 *   compare a key that is being written, and then finds a tag that says so: key words are relaxed atomics.)
 * - delete: the tag becomes EXACT_LEAVING; the slot is used again after a grace period, so that readers who hold the
 *   entry keep seeing it whole. A search goes on past such slots.
 * - modify: the new entry is written to another slot where the search finds it and published, `moves` is raised, then the old
 *   tag is cleared. A search that passed the new slot before, and the old one after, finds neither: so a miss is
 *   believed only if `moves` did not change during the search (else search again). Hits are never checked.
 * - growing: a new array is filled, then published by `slots` (release); the old one is retired whole.
 *
 * Cost, and what was tried instead: docs/switch/exact.md
 */
#ifndef P4GATE_EXACT_H
#define P4GATE_EXACT_H

#include <stddef.h>

#include "entry.h"
#include "entry_state.h"
#include "numbers.h"
#include "qsbr.h"

enum { EXACT_EMPTY = 0, EXACT_FREE = 1, EXACT_LEAVING = 2 }; /* tags below ENTRY_FIRST; a search ends in a bucket that has an EXACT_EMPTY */

struct exact_slots {
    _Alignas(64) uint64_t *base;         /* count * stride words */
    uint64_t seed[2];       /* of the hash; the first one is odd */
    uint32_t shift;         /* what is left of a hash is a bucket's number */
    uint64_t count;         /* slots, a power of 2, below 2^32 */
    uint64_t buckets;       /* a power of 2, at least 2 */
    size_t bytes;
    _Alignas(64) _Atomic uint64_t moves; /* entries that changed their slot; written often, so not beside what look-ups read */
};

struct exact {
    _Atomic(struct exact_slots *) slots;
    uint32_t words, param_words, stride;
    uint32_t size, count; /* entries allowed, entries there */
    /* the rest is the writer's */
    uint64_t seed[2];            /* random for each table */
    uint32_t used;               /* slots that are not EXACT_EMPTY */
    uint32_t *slot_of;           /* by entry number */
    struct numbers numbers, slots_leaving;
    struct qsbr *qsbr;
    const struct entry_state *state; /* begins afresh with each new entry; may be NULL */
};

/* Writer. `words` >= 1 key words; entries hold `param_words` words. NULL: no memory. Memory is taken as the table grows. */
struct exact *exact_create(struct qsbr *qsbr, uint32_t words, uint32_t param_words, uint32_t size);
void exact_destroy(struct exact *t); /* no reader may be left */
/* `params` has param_words words (may be NULL if 0 of them). `number`, if not NULL, gets the entry's number. */
int exact_insert(struct exact *t, const uint64_t *key, uint32_t action, const uint64_t *params, uint32_t *number);
int exact_modify(struct exact *t, const uint64_t *key, uint32_t action, const uint64_t *params);
int exact_delete(struct exact *t, const uint64_t *key);
/* n inserts from arrays (keys n*words, params n*param_words); result[i] for each, numbers[i] where it is TABLE_OK.
 * Grows once for all. Returns how many were inserted. */
uint32_t exact_insert_many(struct exact *t, uint32_t n, const uint64_t *keys, const uint32_t *actions, const uint64_t *params,
                           uint32_t *numbers, int *results);
/* Before any entry is there: what begins afresh with each of them. */
void exact_set_state(struct exact *t, const struct entry_state *state);
/* The number of this key's entry, or -1. */
int64_t exact_number(const struct exact *t, const uint64_t *key);
uint32_t exact_count(const struct exact *t);
/* All numbers in use are below this one. */
uint32_t exact_numbers(const struct exact *t);
/* The entry with this number (and its key, if `key` is not NULL), or NULL. */
const struct entry *exact_at(const struct exact *t, uint32_t number, const uint64_t **key);
/* Look-up for callers that know no constants. */
const struct entry *exact_find(const struct exact *t, const uint64_t *key);

/* ---- readers. `words` and `param_words` are the table's; give them as constants and the compiler unrolls. ---- */

#define EXACT_INLINE static inline __attribute__((always_inline))
#define EXACT_EITHER(condition) __builtin_expect_with_probability(condition, 1, 0.5) /* no branch: it would be guessed wrong */

/* Words from one slot to the next, and from one bucket to the next. */
EXACT_INLINE uint32_t exact_stride(uint32_t words, uint32_t param_words)
{
    uint32_t need = words + 1 + param_words;
    return need <= 2 ? 2 : need <= 4 ? 4 : (need + 7) / 8 * 8;
}

EXACT_INLINE uint32_t exact_bucket_words(uint32_t stride)
{
    return stride < 8 ? 8 : stride;
}

EXACT_INLINE uint64_t exact_fold(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* One word: its product with a random odd number, whose upper bits spread any set of keys (multiply-shift: two keys meet with a
 * chance of at most two buckets' share). More: one multiplication for each two words, folded. The seeds keep an operand from
 * being zero for more than a chance key. */
EXACT_INLINE uint64_t exact_hash(const struct exact_slots *s, const uint64_t *key, uint32_t words)
{
    if (words == 1)
        return key[0] * s->seed[0];
    uint64_t a = s->seed[0], b = s->seed[1];
    uint32_t i = 0;
    for (; i + 2 < words; i += 2)
        a ^= exact_fold(key[i] ^ a, key[i + 1] ^ b);
    if (i + 2 == words)
        return exact_fold(key[i] ^ a, key[i + 1] ^ b);
    return exact_fold(key[i] ^ a, b);
}

/* The bucket where a key's search begins: the hash's upper bits. */
EXACT_INLINE uint64_t exact_home(const struct exact_slots *s, const uint64_t *key, uint32_t words)
{
    return exact_hash(s, key, words) >> s->shift;
}

EXACT_INLINE uint64_t exact_next(const struct exact_slots *s, uint64_t bucket)
{
    return (bucket + 1) & (s->buckets - 1);
}

/* Where the search for a key begins. */
EXACT_INLINE const uint64_t *exact_bucket(const struct exact *t, const uint64_t *key, uint32_t words, uint32_t param_words)
{
    const struct exact_slots *s = atomic_load_explicit(&t->slots, memory_order_acquire);
    return s->base + exact_home(s, key, words) * exact_bucket_words(exact_stride(words, param_words));
}

/* A word that a writer may be storing to. Where the processor keeps loads in order, a plain load will do, with a fence for the
 * compiler where the order counts: it becomes part of the comparison, as an atomic one does not. */
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define EXACT_LOAD(word) (word)
#define EXACT_TAG(entry) (*(const uint32_t *)&(entry)->tag)
#define EXACT_ORDERED() atomic_signal_fence(memory_order_acquire)
#else
#define EXACT_LOAD(word) __atomic_load_n(&(word), __ATOMIC_RELAXED)
#define EXACT_TAG(entry) atomic_load_explicit(&(entry)->tag, memory_order_acquire)
#define EXACT_ORDERED() (void)0
#endif

EXACT_INLINE int exact_same_key(const uint64_t *slot, const uint64_t *key, uint32_t words)
{
    if (words == 1)
        return EXACT_LOAD(slot[0]) == key[0];
    uint64_t difference = 0;
    for (uint32_t i = 0; i < words; i++)
        difference |= EXACT_LOAD(slot[i]) ^ key[i];
    return difference == 0;
}

/* The entry of `key` in this bucket, or NULL. *ended: the search is over, found or not. */
EXACT_INLINE const struct entry *exact_search_bucket(const struct exact_slots *s, uint64_t bucket, const uint64_t *key,
                                                     uint32_t words, uint32_t param_words, int *ended)
{
    const uint32_t stride = exact_stride(words, param_words), bucket_words = exact_bucket_words(stride);
    const uint64_t *slot = s->base + bucket * bucket_words;
    uint32_t hits = 0, empty = 0; /* a bit for each slot: which one it is must not become a branch */
    for (uint32_t i = 0; i < bucket_words / stride; i++) {
        const struct entry *e = (const struct entry *)(slot + i * stride + words);
        uint32_t tag = atomic_load_explicit(&e->tag, memory_order_acquire);
        hits |= (uint32_t)((tag >= ENTRY_FIRST) & exact_same_key(slot + i * stride, key, words)) << i;
        empty |= tag == EXACT_EMPTY;
    }
    *ended = (hits | empty) != 0;
    return hits ? (const struct entry *)(slot + (uint32_t)__builtin_ctz(hits) * stride + words) : NULL;
}

/* The search from `bucket` on. */
EXACT_INLINE const struct entry *exact_search(const struct exact_slots *s, uint64_t bucket, const uint64_t *key, uint32_t words,
                                              uint32_t param_words)
{
    int ended;
    const struct entry *found = exact_search_bucket(s, bucket, key, words, param_words, &ended);
    while (__builtin_expect(!ended, 0)) {
        bucket = exact_next(s, bucket);
        found = exact_search_bucket(s, bucket, key, words, param_words, &ended);
    }
    return found;
}

/* The whole search. */
static __attribute__((noinline)) const struct entry *exact_search_on(const struct exact *t, const uint64_t *key, uint32_t words,
                                                                     uint32_t param_words)
{
    const struct exact_slots *s = atomic_load_explicit(&t->slots, memory_order_acquire);
    const uint64_t home = exact_home(s, key, words);
    uint64_t moves = atomic_load_explicit(&s->moves, memory_order_acquire);
    for (;;) {
        const struct entry *found = exact_search(s, home, key, words, param_words);
        if (found)
            return found;
        /* ordered after the tags, which were loaded with acquire */
        uint64_t moves_now = atomic_load_explicit(&s->moves, memory_order_acquire);
        if (moves_now == moves)
            return NULL;
        moves = moves_now;
    }
}

/* The same for keys of one or two words, by value: so the caller's key can stay in registers. */
static __attribute__((noinline)) const struct entry *exact_search_short(const struct exact *t, uint64_t first, uint64_t second,
                                                                        uint32_t words, uint32_t param_words)
{
    const uint64_t key[2] = {first, second};
    return exact_search_on(t, key, words, param_words);
}

/* The entry of `key`; `bucket` is what exact_bucket answered for it. A first comparison only says which slot to look at. The
 * second one, after the tag was seen, counts: a slot whose tag says that it holds an entry keeps its key as long as a reader looks. */
EXACT_INLINE const struct entry *exact_probe(const struct exact *t, const uint64_t *bucket, const uint64_t *key, uint32_t words,
                                             uint32_t param_words)
{
    const uint32_t stride = exact_stride(words, param_words), n = exact_bucket_words(stride) / stride;
    const uint64_t *slot = bucket;
    for (uint32_t i = 1; i < n; i++)
        slot = EXACT_EITHER(exact_same_key(bucket + i * stride, key, words)) ? bucket + i * stride : slot;
    const struct entry *e = (const struct entry *)(slot + words);
    if (__builtin_expect(EXACT_TAG(e) >= ENTRY_FIRST, 1)) {
        EXACT_ORDERED(); /* the key, action and data after the tag */
        if (__builtin_expect(exact_same_key(slot, key, words), 1))
            return e;
    }
    if (words <= 2)
        return exact_search_short(t, key[0], words == 2 ? key[1] : 0, words, param_words);
    return exact_search_on(t, key, words, param_words);
}

EXACT_INLINE const struct entry *exact_lookup(const struct exact *t, const uint64_t *key, uint32_t words, uint32_t param_words)
{
    return exact_probe(t, exact_bucket(t, key, words, param_words), key, words, param_words);
}

#define EXACT_AHEAD 24u /* buckets being fetched: about as many misses as a core keeps track of */

/* n <= 64 keys in an array of n * words. found[i] is the entry or NULL. First buckets are fetched some keys ahead of their search;
 * a search that does not end there has its next bucket fetched and goes on after the others. So no miss of the cache waits for
 * another, and memory is busy while the processor compares. */
EXACT_INLINE void exact_lookup_burst(const struct exact *t, const uint64_t *keys, uint32_t words, uint32_t param_words,
                                     const struct entry **found, uint32_t n)
{
    const struct exact_slots *s = atomic_load_explicit(&t->slots, memory_order_acquire);
    const uint32_t bucket_words = exact_bucket_words(exact_stride(words, param_words));
    uint64_t moves = atomic_load_explicit(&s->moves, memory_order_acquire), bucket[64 + EXACT_AHEAD];
    uint8_t open[64];
    uint32_t opens = 0;
    for (uint32_t i = 0; i < n + EXACT_AHEAD; i++) {
        if (i < n) {
            bucket[i] = exact_home(s, keys + (size_t)i * words, words);
            __builtin_prefetch(s->base + bucket[i] * bucket_words);
        }
        if (i >= EXACT_AHEAD) {
            uint32_t at = i - EXACT_AHEAD;
            int ended;
            found[at] = exact_search_bucket(s, bucket[at], keys + (size_t)at * words, words, param_words, &ended);
            bucket[at] = ended ? bucket[at] : exact_next(s, bucket[at]);
            __builtin_prefetch(s->base + bucket[at] * bucket_words);
            open[opens] = (uint8_t)at;
            opens += !ended;
        }
    }
    for (uint32_t o = 0; o < opens; o++)
        found[open[o]] = exact_search(s, bucket[open[o]], keys + (size_t)open[o] * words, words, param_words);
    if (__builtin_expect(atomic_load_explicit(&s->moves, memory_order_acquire) != moves, 0))
        for (uint32_t i = 0; i < n; i++)
            if (!found[i])
                found[i] = exact_lookup(t, keys + (size_t)i * words, words, param_words);
}

#endif
