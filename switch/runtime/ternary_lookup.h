/* The readers' side of ternary.h: both layouts and their search.
 *
 * Both layouts AND together one row for each key byte that any rule cares about ("dimension"). A row belongs to a value of that byte, and has
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

#include "ternary.h"
#include "ternary_group.h"

#define TERNARY_SMALL 256u /* rules up to which `bits` is used */
#define TERNARY_CHUNK 16u  /* words of a row that are ANDed at a time */

enum ternary_layout { TERNARY_BITS, TERNARY_GROUPS };

struct ternary_root {
    enum ternary_layout layout;
    uint32_t row_words;       /* words from row to row: bits: 1, 2, 4; groups: 4, 8 or a multiple of TERNARY_CHUNK */
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

/* n words (a constant) of every dimension's row for this key, from word `first` on, ANDed into `result`. Where rows are long,
 * it is worth looking after some dimensions whether anything is left. Rows of `groups` are written while they are read;
 * aligned words are read whole, in vectors too, and no order between words is needed. */
TERNARY_INLINE void ternary_and(const struct ternary_root *root, uint32_t dims, const uint64_t *key, uint32_t first, uint32_t n,
                                uint32_t row_words, uint64_t *result)
{
    const uint64_t *rows = root->rows + first;
    for (uint32_t d = 0; d < dims; d++, rows += 256 * (size_t)row_words) {
        const uint64_t *row = rows + ((const uint8_t *)key)[root->offset[d]] * (size_t)row_words;
#if defined(__SANITIZE_THREAD__)
        for (uint32_t i = 0; i < n; i++)
            result[i] &= __atomic_load_n(&row[i], __ATOMIC_RELAXED);
#else
        typedef uint64_t vector __attribute__((vector_size(32), aligned(8), may_alias));
        for (uint32_t i = 0; i + 4 <= n; i += 4)
            *(vector *)(result + i) &= *(const vector *)(row + i);
        for (uint32_t i = n / 4 * 4; i < n; i++)
            result[i] &= row[i];
#endif
        if (row_words > TERNARY_CHUNK && d % 4 == 3) {
            uint64_t left = 0;
            for (uint32_t i = 0; i < n; i++)
                left |= result[i];
            if (!left)
                return;
        }
    }
}

TERNARY_INLINE const struct entry *ternary_entry(const struct ternary *t, const _Atomic uint32_t *cell)
{
    return cells_at(t->entries, t->entry_stride, atomic_load_explicit(cell, memory_order_acquire));
}

TERNARY_INLINE const struct entry *ternary_lookup_bits(const struct ternary *t, const struct ternary_bits *b, const uint64_t *key,
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
    if (!t->pieces) { /* the first bit of all, without a guess at its word */
        uint32_t open = ternary_nonzero(rules, 4), w = (uint32_t)__builtin_ctz(open | 8);
        if (!open)
            return NULL;
        return ternary_entry(t, &b->cell[64 * w + (uint32_t)__builtin_ctzll(rules[w])]);
    }
    for (uint32_t w = 0; w < b->root.row_words; w++)
        for (; rules[w]; rules[w] &= rules[w] - 1) {
            uint32_t rule = 64 * w + (uint32_t)__builtin_ctzll(rules[w]);
            if (ternary_in_bounds(t->piece, t->pieces, key, words, b->bounds + 2 * (size_t)t->pieces * rule, 1))
                return ternary_entry(t, &b->cell[rule]);
        }
    return NULL;
}

/* Search the groups that n guard words (from word `first` of the row) let pass. Most words are 0, most others have one bit. */
TERNARY_INLINE void ternary_search_guarded(const struct ternary *t, const struct ternary_groups *g, const uint64_t *key,
                                           uint32_t words, uint32_t first, const uint64_t *guard, uint32_t n,
                                           struct ternary_best *best)
{
    for (uint32_t open = ternary_nonzero(guard, n); open; open &= open - 1) {
        uint32_t w = (uint32_t)__builtin_ctz(open);
        uint64_t left = guard[w];
        do {
            uint32_t at = 64 * (first + w) + (uint32_t)__builtin_ctzll(left);
            const struct ternary_group *group = atomic_load_explicit(&g->group[at], memory_order_acquire);
            if (__builtin_expect(group != NULL, 1))
                ternary_search_group(group, key, words, t->piece, t->pieces, best);
        } while (left &= left - 1);
    }
}

TERNARY_INLINE const struct entry *ternary_lookup_groups(const struct ternary *t, const struct ternary_groups *g,
                                                        const uint64_t *key, uint32_t words)
{
    const uint32_t row_words = g->root.row_words;
    uint64_t moves = atomic_load_explicit(&g->moves, memory_order_acquire);
    for (;;) {
        struct ternary_best best = ternary_none();
        uint32_t dims = atomic_load_explicit(&g->root.dims, memory_order_acquire);
        for (uint32_t first = 0; first < row_words; first += TERNARY_CHUNK) {
            uint64_t guard[TERNARY_CHUNK];
            for (uint32_t i = 0; i < TERNARY_CHUNK; i++)
                guard[i] = UINT64_MAX;
            if (row_words == 4) {
                ternary_and(&g->root, dims, key, 0, 4, 4, guard);
                ternary_search_guarded(t, g, key, words, 0, guard, 4, &best);
            } else if (row_words == 8) {
                ternary_and(&g->root, dims, key, 0, 8, 8, guard);
                ternary_search_guarded(t, g, key, words, 0, guard, 8, &best);
            } else {
                ternary_and(&g->root, dims, key, first, TERNARY_CHUNK, row_words, guard);
                ternary_search_guarded(t, g, key, words, first, guard, TERNARY_CHUNK, &best);
            }
        }
        uint64_t moves_now = atomic_load_explicit(&g->moves, memory_order_acquire);
        if (moves_now == moves) {
            uint32_t cell;
            return ternary_best_cell(&best, &cell) ? cells_at(t->entries, t->entry_stride, cell) : NULL;
        }
        moves = moves_now;
    }
}

TERNARY_INLINE const struct entry *ternary_lookup(const struct ternary *t, const uint64_t *key, uint32_t words)
{
    const struct ternary_root *root = atomic_load_explicit(&t->root, memory_order_acquire);
    if (root->layout == TERNARY_BITS)
        return ternary_lookup_bits(t, (const struct ternary_bits *)root, key, words);
    return ternary_lookup_groups(t, (const struct ternary_groups *)root, key, words);
}

/* n <= 64 keys of `words` words each. The entries found are prefetched. */
TERNARY_INLINE void ternary_lookup_burst(const struct ternary *t, const uint64_t *keys, uint32_t words, const struct entry **found,
                                        uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        found[i] = ternary_lookup(t, keys + (size_t)i * words, words);
        __builtin_prefetch(found[i]);
    }
}

#endif
