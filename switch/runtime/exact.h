/* Exact-match table: one open-addressed array of slots, key and entry side by side, at most half full.
 *
 *     slot: key[words], entry { tag, action, params[param_words] }, padded to 2, 4 or 8 words or a multiple of 8
 *
 * so that a slot of up to 64 bytes lies in one cache line: a hit costs that one line, and a second in one of four look-ups
 * when the key was displaced past the end of its line.
 *
 * Readers: any number of threads, never blocked, never retried except as said below. Writer: one at a time (pipeline lock).
 * What is published by which store:
 * - insert: the slot is filled, then its tag stored (release). Who sees the tag sees key, action and params.
 * - delete: the tag becomes EXACT_LEAVING; the slot is used again after a grace period, so that readers who hold the
 *   entry keep seeing it whole. A search goes on past such slots.
 * - modify: the new entry is written to another slot of the same key's chain and published, `moves` is raised, then the old tag
 *   is cleared. A search that passed the new slot before, and the old one after, finds neither: so a miss is believed
 *   only if `moves` did not change during the search (else search again). Hits are never checked.
 * - growing: a new array is filled, then published by `slots` (release); the old one is retired whole.
 *
 * Cost: docs/switch/exact.md. Tried instead: tags in the bucket's head (a line more for values), robin hood (moves on every insert).
 */
#ifndef P4GATE_EXACT_H
#define P4GATE_EXACT_H

#include <stddef.h>

#include "entry.h"
#include "numbers.h"
#include "qsbr.h"

enum { EXACT_EMPTY = 0, EXACT_FREE = 1, EXACT_LEAVING = 2 }; /* tags below ENTRY_FIRST; a search ends at EXACT_EMPTY */

struct exact_slots {
    uint64_t *base;         /* count * stride words */
    uint64_t count;         /* below 2^32 */
    size_t bytes;
    _Atomic uint64_t moves; /* entries that changed their slot */
};

struct exact {
    _Atomic(struct exact_slots *) slots;
    uint64_t seed[2]; /* of the hash, random for each table */
    uint32_t words, param_words, stride;
    uint32_t size, count; /* entries allowed, entries there */
    /* the rest is the writer's */
    uint32_t used;               /* slots that are not EXACT_EMPTY */
    uint32_t *slot_of;           /* by entry number */
    struct numbers numbers, slots_leaving;
    struct qsbr *qsbr;
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
/* The entry with this number (and its key, if `key` is not NULL), or NULL. */
const struct entry *exact_at(const struct exact *t, uint32_t number, const uint64_t **key);
/* Look-up for callers that know no constants. */
const struct entry *exact_find(const struct exact *t, const uint64_t *key);

/* ---- readers. `words` and `param_words` are the table's; give them as constants and the compiler unrolls. ---- */

/* Words from one slot to the next. */
static inline uint32_t exact_stride(uint32_t words, uint32_t param_words)
{
    uint32_t need = words + 1 + param_words;
    return need <= 2 ? 2 : need <= 4 ? 4 : (need + 7) / 8 * 8;
}

static inline uint64_t exact_fold(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* One multiplication for each two words. The seeds keep an operand from being zero for more than a chance key. */
static inline uint64_t exact_hash(const struct exact *t, const uint64_t *key, uint32_t words)
{
    uint64_t a = t->seed[0], b = t->seed[1];
    uint32_t i = 0;
    for (; i + 2 < words; i += 2)
        a ^= exact_fold(key[i] ^ a, key[i + 1] ^ b);
    if (i + 2 == words)
        return exact_fold(key[i] ^ a, key[i + 1] ^ b);
    return exact_fold(key[i] ^ a, b);
}

/* Where a key's chain begins: the upper half of the hash scaled to the number of slots. */
static inline uint64_t exact_home(const struct exact_slots *s, uint64_t hash)
{
    return ((hash >> 32) * s->count) >> 32;
}

static inline void exact_prefetch(const struct exact *t, uint64_t hash, uint32_t words, uint32_t param_words)
{
    const struct exact_slots *s = atomic_load_explicit(&t->slots, memory_order_acquire);
    __builtin_prefetch(s->base + exact_home(s, hash) * exact_stride(words, param_words));
}

static inline int exact_same_key(const uint64_t *a, const uint64_t *b, uint32_t words)
{
    uint64_t difference = 0;
    for (uint32_t i = 0; i < words; i++)
        difference |= a[i] ^ b[i];
    return difference == 0;
}

static inline const struct entry *exact_lookup_hashed(const struct exact *t, const uint64_t *key, uint32_t words,
                                                      uint32_t param_words, uint64_t hash)
{
    const struct exact_slots *s = atomic_load_explicit(&t->slots, memory_order_acquire);
    const uint32_t stride = exact_stride(words, param_words);
    const uint64_t home = exact_home(s, hash);
    uint64_t moves = atomic_load_explicit(&s->moves, memory_order_acquire);
    for (;;) {
        uint64_t at = home;
        for (;;) {
            const uint64_t *slot = s->base + at * stride;
            const struct entry *e = (const struct entry *)(slot + words);
            uint32_t tag = atomic_load_explicit(&e->tag, memory_order_acquire);
            if (tag >= ENTRY_FIRST) {
                if (exact_same_key(slot, key, words))
                    return e;
            } else if (tag == EXACT_EMPTY) {
                break;
            }
            if (++at == s->count)
                at = 0;
        }
        /* ordered after the tags, which were loaded with acquire */
        uint64_t moves_now = atomic_load_explicit(&s->moves, memory_order_acquire);
        if (moves_now == moves)
            return NULL;
        moves = moves_now;
    }
}

static inline const struct entry *exact_lookup(const struct exact *t, const uint64_t *key, uint32_t words, uint32_t param_words)
{
    return exact_lookup_hashed(t, key, words, param_words, exact_hash(t, key, words));
}

/* n <= 64 keys in an array of n * words: all hashed and prefetched, then searched. found[i] is the entry or NULL. */
static inline void exact_lookup_burst(const struct exact *t, const uint64_t *keys, uint32_t words, uint32_t param_words,
                                      const struct entry **found, uint32_t n)
{
    uint64_t hash[64];
    for (uint32_t i = 0; i < n; i++) {
        hash[i] = exact_hash(t, keys + (size_t)i * words, words);
        exact_prefetch(t, hash[i], words, param_words);
    }
    for (uint32_t i = 0; i < n; i++)
        found[i] = exact_lookup_hashed(t, keys + (size_t)i * words, words, param_words, hash[i]);
}

#endif
