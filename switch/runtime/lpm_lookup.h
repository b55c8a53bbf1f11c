/* The readers' side of lpm.h: layout of roots and nodes, and the search. Workers only hold pointers within a burst. */
#ifndef P4GATE_LPM_LOOKUP_H
#define P4GATE_LPM_LOOKUP_H

#include "arena.h"
#include "cells.h"
#include "exact.h"
#include "key.h"
#include "lpm.h"

#define LPM_INLINE static inline __attribute__((always_inline))

/* A root or a slot: the node below in the low half (0: none), a leaf in the high half: entry cell + 1 (0: none). */
LPM_INLINE uint32_t lpm_below(uint64_t slot)
{
    return (uint32_t)slot;
}

LPM_INLINE uint32_t lpm_leaf(uint64_t slot)
{
    return (uint32_t)(slot >> 32);
}

enum lpm_kind { LPM_RUNS, LPM_BYTE, LPM_TWO_BYTES }; /* a slot for each run of byte values, each byte value, each pair */

struct lpm_node {
    uint64_t bits[4];   /* LPM_RUNS: bit v is set where a run of equal slots begins; bit 0 always is */
    uint8_t before[4];  /* runs that begin in the words before this one */
    uint8_t kind, skip; /* bytes to compare before deciding: 0 .. LPM_SKIP_MAX */
    uint16_t runs;      /* the writer's */
    uint64_t path;      /* what they must be, left-aligned */
    _Atomic uint64_t slot[];
};

#define LPM_SKIP_MAX 8

struct lpm {
    struct exact *roots;   /* exact part -> root, in params[0]; NULL: no exact part */
    _Atomic uint64_t root; /* without exact part */
    const char *nodes;     /* base of the arena */
    const uint64_t *entries;
    uint32_t entry_stride;
    struct lpm_writer *writer;
};

/* The exact part of the key, right-aligned, and the prefix field left-aligned. */
LPM_INLINE void lpm_split(const uint64_t *key, uint32_t exact_width, uint32_t width, uint64_t *exact, uint64_t *address)
{
    const uint32_t words = KEY_WORDS(exact_width + width), exact_words = KEY_WORDS(exact_width), n = KEY_WORDS(width);
    for (uint32_t i = 0; i < exact_words; i++)
        exact[exact_words - 1 - i] = key_bits(key, words, width + 64 * i);
    for (uint32_t i = 0; i + 1 < n; i++)
        address[i] = key_bits(key, words, width - 64 * (i + 1));
    address[n - 1] = key[words - 1] << (64 * n - width);
}

/* The address from byte `at` on, left-aligned, 64 bits of it. */
LPM_INLINE uint64_t lpm_window(const uint64_t *address, uint32_t words, uint32_t at)
{
    if (words == 1)
        return address[0] << 8 * at;
    uint32_t word = at / 8, by = 8 * (at % 8);
    uint64_t window = address[word] << by;
    if (by && word + 1 < words)
        window |= address[word + 1] >> (64 - by);
    return window;
}

/* Where a search stands. */
struct lpm_search {
    uint32_t node, best; /* 0: ended; the last leaf seen */
    uint32_t at;         /* bytes decided, */
    uint64_t left;       /* or, of an address of one word, what is undecided, left-aligned */
};

LPM_INLINE uint64_t lpm_undecided(const struct lpm_search *s, const uint64_t *address, uint32_t words)
{
    return words == 1 ? s->left : lpm_window(address, words, s->at);
}

/* Decide `bytes`; of an address of one word fewer than 8. */
LPM_INLINE void lpm_decide(struct lpm_search *s, uint32_t bytes)
{
    s->at += bytes;
    s->left <<= 8 * bytes % 64;
}

/* One node further down. */
LPM_INLINE void lpm_step(const struct lpm *t, struct lpm_search *s, const uint64_t *address, uint32_t words)
{
    const struct lpm_node *node = (const struct lpm_node *)arena_at(t->nodes, s->node);
    s->node = 0;
    if (node->skip) {
        if ((lpm_undecided(s, address, words) ^ node->path) >> (64 - 8 * node->skip))
            return;
        lpm_decide(s, node->skip); /* at least one byte is left for the slot */
    }
    uint64_t window = lpm_undecided(s, address, words);
    uint32_t index = (uint32_t)(window >> 56), decided = 1;
    if (node->kind == LPM_RUNS) {
        uint32_t word = index / 64;
        index = node->before[word] + (uint32_t)__builtin_popcountll(node->bits[word] << (63 - index % 64)) - 1;
    } else if (node->kind == LPM_TWO_BYTES) {
        index = (uint32_t)(window >> 48);
        decided = 2;
    }
    lpm_decide(s, decided);
    uint64_t slot = atomic_load_explicit(&node->slot[index], memory_order_acquire);
    s->best = lpm_leaf(slot) ? lpm_leaf(slot) : s->best;
    s->node = lpm_below(slot);
}

LPM_INLINE uint64_t lpm_root_of(const struct entry *e)
{
    /* the writer changes a root in place, in one store */
    return e ? atomic_load_explicit((const _Atomic uint64_t *)&e->params[0], memory_order_acquire) : 0;
}

LPM_INLINE const struct entry *lpm_entry(const struct lpm *t, uint32_t leaf)
{
    return leaf ? cells_at(t->entries, t->entry_stride, leaf - 1) : NULL;
}

/* `exact` and `address`: room for lpm_split. */
LPM_INLINE const struct entry *lpm_search_in(const struct lpm *t, const uint64_t *key, uint32_t exact_width, uint32_t width,
                                             uint64_t *exact, uint64_t *address)
{
    const uint32_t exact_words = KEY_WORDS(exact_width), words = KEY_WORDS(width);
    lpm_split(key, exact_width, width, exact, address);
    uint64_t root = exact_words ? lpm_root_of(exact_lookup(t->roots, exact, exact_words, 1))
                                : atomic_load_explicit(&t->root, memory_order_acquire);
    struct lpm_search s = {lpm_below(root), lpm_leaf(root), 0, address[0]};
    while (s.node)
        lpm_step(t, &s, address, words);
    return lpm_entry(t, s.best);
}

static __attribute__((noinline)) const struct entry *lpm_lookup_long(const struct lpm *t, const uint64_t *key, uint32_t exact_width,
                                                                     uint32_t width)
{
    uint64_t exact[KEY_WORDS(exact_width) + 1], address[KEY_WORDS(width)];
    return lpm_search_in(t, key, exact_width, width, exact, address);
}

LPM_INLINE const struct entry *lpm_lookup(const struct lpm *t, const uint64_t *key, uint32_t exact_width, uint32_t width)
{
    if (KEY_WORDS(exact_width) > 2 || KEY_WORDS(width) > 2)
        return lpm_lookup_long(t, key, exact_width, width);
    uint64_t exact[2] = {0, 0}, address[2] = {0, 0}; /* in registers, which an array whose length is an argument never is */
    return lpm_search_in(t, key, exact_width, width, exact, address);
}

LPM_INLINE void lpm_prefetch_node(const struct lpm *t, uint32_t node)
{
    const char *at = (const char *)arena_at(t->nodes, node);
    __builtin_prefetch(at);
    __builtin_prefetch(at + ARENA_LINE);
}

/* Brings what a look-up of this key touches first. */
LPM_INLINE void lpm_prefetch(const struct lpm *t, const uint64_t *key, uint32_t exact_width, uint32_t width)
{
    const uint32_t exact_words = KEY_WORDS(exact_width), words = KEY_WORDS(width);
    uint64_t exact[exact_words + 1], address[words];
    lpm_split(key, exact_width, width, exact, address);
    if (exact_words)
        __builtin_prefetch(exact_bucket(t->roots, exact, exact_words, 1));
    else
        lpm_prefetch_node(t, lpm_below(atomic_load_explicit(&t->root, memory_order_relaxed)));
}

/* n <= 64 keys. All searches go down together, each level's nodes fetched while the others' are searched. */
LPM_INLINE void lpm_lookup_burst(const struct lpm *t, const uint64_t *keys, uint32_t exact_width, uint32_t width,
                                    const struct entry **found, uint32_t n)
{
    const uint32_t key_words = KEY_WORDS(exact_width + width), exact_words = KEY_WORDS(exact_width), words = KEY_WORDS(width);
    uint64_t exact[64 * exact_words + 1], address[64][words];
    struct lpm_search search[64];
    uint8_t live[64];
    uint32_t alive = 0;
    for (uint32_t i = 0; i < n; i++)
        lpm_split(keys + (size_t)i * key_words, exact_width, width, exact + (size_t)i * exact_words, address[i]);
    if (exact_words)
        exact_lookup_burst(t->roots, exact, exact_words, 1, found, n);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t root = exact_words ? lpm_root_of(found[i]) : atomic_load_explicit(&t->root, memory_order_acquire);
        search[i] = (struct lpm_search){lpm_below(root), lpm_leaf(root), 0, address[i][0]};
        lpm_prefetch_node(t, lpm_below(root));
        live[alive] = (uint8_t)i;
        alive += lpm_below(root) != 0;
    }
    while (alive) {
        uint32_t still = 0;
        for (uint32_t l = 0; l < alive; l++) {
            uint32_t i = live[l];
            lpm_step(t, &search[i], address[i], words);
            lpm_prefetch_node(t, search[i].node);
            live[still] = (uint8_t)i;
            still += search[i].node != 0;
        }
        alive = still;
    }
    for (uint32_t i = 0; i < n; i++) {
        found[i] = lpm_entry(t, search[i].best);
        __builtin_prefetch(found[i]);
    }
}

#endif
