/* The readers' side of ternary.h: both layouts and their search.
 *
 * Both AND together one row for each key byte that any rule cares about ("dimension"). A row belongs to a value of that byte, and has
 * a bit for each rule (bits) or group of rules (groups) that this value does not rule out. A range can't be told byte by byte:
 * for it the rows are a sieve, and the bounds are compared afterwards.
 *
 * Publication: bits: immutable but for `cell`, replaced whole. groups: rows and the list of groups change in place; a
 * rule's bits are set before its group is published. When rules move between groups, `moves` is raised between the publication of
 * the new place and that of the old without them; a search during which it changed is done again.
 */
#ifndef P4GATE_TERNARY_LOOKUP_H
#define P4GATE_TERNARY_LOOKUP_H

#include <stddef.h>

#include "cells.h"
#include "key.h"
#include "ternary.h"

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

#define TERNARY_SMALL 256u /* rules up to which `bits` is used */
#define TERNARY_GROUP 32u  /* rules in a group */

/* A piece of up to 64 bits of a range field, most significant first; `more`: the next piece is of the same field. */
struct ternary_piece {
    uint32_t shift, width, more;
};

enum ternary_layout { TERNARY_BITS, TERNARY_GROUPS };

struct ternary_root {
    enum ternary_layout layout;
    uint32_t row_words;       /* words from row to row: 1, 2 or a multiple of 4 */
    _Atomic uint32_t dims;    /* dimensions */
    const uint16_t *offset;   /* of their bytes in the key, as it lies in memory */
    uint64_t *rows;           /* [dimension][byte value][row_words] */
};

struct ternary_bits {
    struct ternary_root root;
    uint64_t all[TERNARY_SMALL / 64];  /* a bit for each rule, the best rank first */
    _Atomic uint32_t *cell;            /* by rule */
    const uint64_t *bounds;            /* by rule: low and high of each piece */
};

struct ternary_group {
    uint32_t count;
    uint64_t top;                            /* the largest rank in it */
    uint64_t rank[TERNARY_GROUP];            /* larger wins; never 0, never equal */
    _Atomic uint32_t cell[TERNARY_GROUP];
    uint32_t number[TERNARY_GROUP];          /* the writer's */
    /* columns of TERNARY_GROUP words: value and mask of each key word, then low and high of each piece. Unused places never match. */
    _Alignas(64) uint64_t column[];
};

struct ternary_groups {
    struct ternary_root root;
    _Atomic uint64_t moves;
    _Atomic(struct ternary_group *) *group; /* root.row_words * 64, some NULL */
};

struct ternary {
    _Atomic(struct ternary_root *) root;
    const uint64_t *entries;
    uint32_t entry_stride, pieces;
    const struct ternary_piece *piece;
    struct ternary_writer *writer;
};

static inline uint64_t ternary_piece_of(const struct ternary_piece *p, const uint64_t *key, uint32_t words)
{
    return key_bits(key, words, p->shift) & (UINT64_MAX >> (64 - p->width));
}

/* Is every range field of the key within its bounds? Those of several pieces compare like numbers of several digits. */
static inline int ternary_in_bounds(const struct ternary *t, const uint64_t *key, uint32_t words, const uint64_t *bounds,
                                    size_t stride)
{
    int above = 0, below = 0; /* an earlier piece was already larger than low, smaller than high */
    for (uint32_t i = 0; i < t->pieces; i++, bounds += 2 * stride) {
        uint64_t value = ternary_piece_of(&t->piece[i], key, words);
        if ((!above && value < bounds[0]) || (!below && value > bounds[stride]))
            return 0;
        above = t->piece[i].more && (above || value > bounds[0]);
        below = t->piece[i].more && (below || value < bounds[stride]);
    }
    return 1;
}

/* Rows of `groups` are written while they are read; an aligned word is read whole whatever the compiler makes of the loop. */
static inline uint64_t ternary_word(const uint64_t *word)
{
#if defined(__SANITIZE_THREAD__)
    return __atomic_load_n(word, __ATOMIC_RELAXED);
#else
    return *word;
#endif
}

/* n words (a constant) of every dimension's row for this key, from word `first` on, ANDed into `result`. */
static inline __attribute__((always_inline)) void ternary_and(const struct ternary_root *root, uint32_t dims, const uint64_t *key,
                                                              uint32_t first, uint32_t n, uint32_t row_words, uint64_t *result)
{
    const uint64_t *rows = root->rows + first;
    for (uint32_t d = 0; d < dims; d++, rows += 256 * (size_t)row_words) {
        const uint64_t *row = rows + ((const uint8_t *)key)[root->offset[d]] * (size_t)row_words;
        for (uint32_t i = 0; i < n; i++)
            result[i] &= ternary_word(&row[i]);
    }
}

static inline const struct entry *ternary_lookup_bits(const struct ternary *t, const struct ternary_bits *b, const uint64_t *key,
                                                      uint32_t words)
{
    uint64_t rules[TERNARY_SMALL / 64] = {b->all[0], b->all[1], b->all[2], b->all[3]};
    uint32_t dims = atomic_load_explicit(&b->root.dims, memory_order_relaxed);
    if (b->root.row_words == 1)
        ternary_and(&b->root, dims, key, 0, 1, 1, rules);
    else if (b->root.row_words == 2)
        ternary_and(&b->root, dims, key, 0, 2, 2, rules);
    else
        ternary_and(&b->root, dims, key, 0, 4, 4, rules);
    for (uint32_t w = 0; w < b->root.row_words; w++)
        for (; rules[w]; rules[w] &= rules[w] - 1) {
            uint32_t rule = 64 * w + (uint32_t)__builtin_ctzll(rules[w]);
            if (t->pieces && !ternary_in_bounds(t, key, words, b->bounds + 2 * (size_t)t->pieces * rule, 1))
                continue;
            return cells_at(t->entries, t->entry_stride, atomic_load_explicit(&b->cell[rule], memory_order_acquire));
        }
    return NULL;
}

/* A bit for each rule of the group whose masked value equals the key's. */
static inline uint32_t ternary_compare(const struct ternary_group *g, const uint64_t *key, uint32_t words)
{
    uint32_t hits = 0;
#if defined(__AVX512F__)
    for (uint32_t r = 0; r < TERNARY_GROUP; r += 8) {
        __m512i wrong = _mm512_setzero_si512();
        for (uint32_t w = 0; w < words; w++) {
            const uint64_t *value = g->column + 2 * w * TERNARY_GROUP + r, *mask = value + TERNARY_GROUP;
            /* wrong | (key & mask ^ value), the latter by its truth table over (value, mask, key) */
            __m512i differs = _mm512_ternarylogic_epi64(_mm512_load_si512(value), _mm512_load_si512(mask),
                                                        _mm512_set1_epi64((long long)key[w]), 0x78);
            wrong = _mm512_or_si512(wrong, differs);
        }
        hits |= (uint32_t)_mm512_testn_epi64_mask(wrong, wrong) << r;
    }
#elif defined(__AVX2__)
    for (uint32_t r = 0; r < TERNARY_GROUP; r += 4) {
        __m256i wrong = _mm256_setzero_si256();
        for (uint32_t w = 0; w < words; w++) {
            const uint64_t *value = g->column + 2 * w * TERNARY_GROUP + r, *mask = value + TERNARY_GROUP;
            __m256i masked = _mm256_and_si256(_mm256_load_si256((const __m256i *)mask), _mm256_set1_epi64x((long long)key[w]));
            wrong = _mm256_or_si256(wrong, _mm256_xor_si256(masked, _mm256_load_si256((const __m256i *)value)));
        }
        __m256i right = _mm256_cmpeq_epi64(wrong, _mm256_setzero_si256());
        hits |= (uint32_t)_mm256_movemask_pd(_mm256_castsi256_pd(right)) << r;
    }
#else
    for (uint32_t r = 0; r < TERNARY_GROUP; r++) {
        uint64_t wrong = 0;
        for (uint32_t w = 0; w < words; w++) {
            const uint64_t *value = g->column + 2 * w * TERNARY_GROUP + r, *mask = value + TERNARY_GROUP;
            wrong |= (key[w] & *mask) ^ *value;
        }
        hits |= (uint32_t)(wrong == 0) << r;
    }
#endif
    return hits;
}

/* What a search of groups has found so far. */
struct ternary_best {
    uint64_t rank;
    uint32_t cell;
};

static inline void ternary_search_group(const struct ternary *t, const struct ternary_group *g, const uint64_t *key, uint32_t words,
                                        struct ternary_best *best)
{
    for (uint32_t hits = ternary_compare(g, key, words); hits; hits &= hits - 1) {
        uint32_t r = (uint32_t)__builtin_ctz(hits);
        if (g->rank[r] <= best->rank)
            continue;
        if (t->pieces && !ternary_in_bounds(t, key, words, g->column + 2 * (size_t)words * TERNARY_GROUP + r, TERNARY_GROUP))
            continue;
        *best = (struct ternary_best){g->rank[r], atomic_load_explicit(&g->cell[r], memory_order_acquire)};
    }
}

static inline void ternary_search_guarded(const struct ternary *t, const struct ternary_groups *g, const uint64_t *key,
                                          uint32_t words, uint32_t first, const uint64_t *guard, uint32_t n,
                                          struct ternary_best *best)
{
    for (uint32_t w = 0; w < n; w++)
        for (uint64_t left = guard[w]; left; left &= left - 1) {
            uint32_t at = 64 * (first + w) + (uint32_t)__builtin_ctzll(left);
            const struct ternary_group *group = atomic_load_explicit(&g->group[at], memory_order_acquire);
            if (group && group->top > best->rank)
                ternary_search_group(t, group, key, words, best);
        }
}

static inline const struct entry *ternary_lookup_groups(const struct ternary *t, const struct ternary_groups *g,
                                                        const uint64_t *key, uint32_t words)
{
    const uint32_t row_words = g->root.row_words;
    uint64_t moves = atomic_load_explicit(&g->moves, memory_order_acquire);
    for (;;) {
        struct ternary_best best = {0, 0};
        uint32_t dims = atomic_load_explicit(&g->root.dims, memory_order_acquire);
        uint64_t guard[4] = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
        if (row_words == 1) {
            ternary_and(&g->root, dims, key, 0, 1, 1, guard);
            ternary_search_guarded(t, g, key, words, 0, guard, 1, &best);
        } else if (row_words == 2) {
            ternary_and(&g->root, dims, key, 0, 2, 2, guard);
            ternary_search_guarded(t, g, key, words, 0, guard, 2, &best);
        } else {
            for (uint32_t first = 0; first < row_words; first += 4) {
                guard[0] = guard[1] = guard[2] = guard[3] = UINT64_MAX;
                ternary_and(&g->root, dims, key, first, 4, row_words, guard);
                ternary_search_guarded(t, g, key, words, first, guard, 4, &best);
            }
        }
        uint64_t moves_now = atomic_load_explicit(&g->moves, memory_order_acquire);
        if (moves_now == moves)
            return best.rank ? cells_at(t->entries, t->entry_stride, best.cell) : NULL;
        moves = moves_now;
    }
}

static inline const struct entry *ternary_lookup(const struct ternary *t, const uint64_t *key, uint32_t words)
{
    const struct ternary_root *root = atomic_load_explicit(&t->root, memory_order_acquire);
    if (root->layout == TERNARY_BITS)
        return ternary_lookup_bits(t, (const struct ternary_bits *)root, key, words);
    return ternary_lookup_groups(t, (const struct ternary_groups *)root, key, words);
}

/* n <= 64 keys of `words` words each. The entries found are prefetched. */
static inline void ternary_lookup_burst(const struct ternary *t, const uint64_t *keys, uint32_t words, const struct entry **found,
                                        uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        found[i] = ternary_lookup(t, keys + (size_t)i * words, words);
        __builtin_prefetch(found[i]);
    }
}

#endif
