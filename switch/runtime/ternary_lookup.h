/* The readers' side of ternary.h: both layouts and their search.
 *
 * Both layouts AND together one row for each of some bytes of the key ("dimensions"). A row belongs to a value of that byte, and
 * has a bit for each rule (bits) or group of rules (groups) that this value does not rule out. The dimensions are the few bytes that
 * rule out most; what is left is compared with the key. For bits, rules are in order of rank, so the first one that is
 * found to match is the answer, however many match.
 *
 * A table of very many rules that all want one value of some byte is split by that byte; each part has a layout of its own.
 *
 * Publication: split: immutable but for the parts' roots. bits: immutable but for `cell`, replaced whole. groups: rows and the list of groups change in place; a
 * rule's bits are set before its group is published. When rules move between groups, `moves` is raised between the publication of
 * the new place and that of the old without them; a search during which it changed is done again.
 */
#ifndef P4GATE_TERNARY_LOOKUP_H
#define P4GATE_TERNARY_LOOKUP_H

#include <stddef.h>

#include "ternary.h"
#include "ternary_group.h"

#define TERNARY_CHUNK 16u /* words of a row that are ANDed at a time */
#ifndef TERNARY_SMALL      /* tests want it smaller */
#define TERNARY_SMALL (64 * TERNARY_CHUNK) /* rules up to which `bits` is used */
#endif

enum ternary_layout { TERNARY_BITS, TERNARY_GROUPS, TERNARY_SPLIT };

struct ternary_root {
    enum ternary_layout layout;
    uint32_t row_words;       /* words from row to row: bits: 1, 2, 4, 8, 16; groups: 4, 8 or a multiple of TERNARY_CHUNK */
    uint32_t dims;            /* dimensions */
    const uint16_t *offset;   /* of their bytes in the key, as it lies in memory */
    uint64_t *rows;           /* [dimension][byte value][row_words] */
};

struct ternary_bits {
    struct ternary_root root;
    uint64_t all[TERNARY_CHUNK];  /* a bit for each rule, the best rank first */
    _Atomic uint32_t *cell;            /* by rule */
    const uint64_t *compare;           /* by rule: mask and value of each key word; NULL: the rows tell all */
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

struct ternary_split {
    struct ternary_root root;
    uint16_t offset, byte;    /* of the byte in the key, as it lies in memory; its number */
    struct ternary part[256]; /* by its value */
};

typedef uint64_t ternary_vector __attribute__((vector_size(32), aligned(8), may_alias));

TERNARY_INLINE void ternary_and_row(ternary_vector *result, const uint64_t *row)
{
#if defined(__SANITIZE_THREAD__)
    for (int i = 0; i < 4; i++)
        (*result)[i] &= __atomic_load_n(&row[i], __ATOMIC_RELAXED);
#else
    *result &= *(const ternary_vector *)row;
#endif
}

/* n words (a constant: 1, 2 or a multiple of 4, up to 16) of every dimension's row for this key, from word `first` on, ANDed into `result`.
 * Where rows are long, it is worth looking after some dimensions whether anything is left. Rows of `groups` are written while
 * they are read; aligned words are read whole, in vectors too, and no order between words is needed. */
TERNARY_INLINE void ternary_and(const struct ternary_root *root, const uint64_t *key, uint32_t first, uint32_t n,
                                uint32_t row_words, uint64_t *result)
{
    const uint64_t *rows = root->rows + first;
    const uint32_t dims = root->dims, vectors = n / 4;
    uint64_t word[2] = {result[0], n > 1 ? result[1] : 0}; /* in registers: through `result`, each AND would wait for a store */
    ternary_vector vector[4];
    for (uint32_t i = 0; i < vectors; i++)
        vector[i] = *(const ternary_vector *)(result + 4 * i);
    for (uint32_t d = 0; d < dims; d++, rows += 256 * (size_t)row_words) {
        const uint64_t *row = rows + ((const uint8_t *)key)[root->offset[d]] * (size_t)row_words;
        for (uint32_t i = 0; i < vectors; i++)
            ternary_and_row(&vector[i], row + 4 * i);
        for (uint32_t i = 0; vectors == 0 && i < n; i++)
            word[i] &= row[i];
        if (row_words > TERNARY_CHUNK && d % 4 == 3) {
            ternary_vector left = vector[0] | vector[1] | vector[2] | vector[3];
            if (!(left[0] | left[1] | left[2] | left[3]))
                break;
        }
    }
    for (uint32_t i = 0; i < vectors; i++)
        *(ternary_vector *)(result + 4 * i) = vector[i];
    for (uint32_t i = 0; vectors == 0 && i < n; i++)
        result[i] = word[i];
}

/* Does the key match a rule that the rows let pass? */
TERNARY_INLINE int ternary_matches(const struct ternary *t, const struct ternary_bits *b, const uint64_t *key, uint32_t words,
                                   uint32_t rule)
{
    if (b->compare) {
        const uint64_t *compare = b->compare + 2 * (size_t)words * rule;
        uint64_t differs = 0;
        for (uint32_t i = 0; i < words; i++)
            differs |= (key[i] & compare[2 * i]) ^ compare[2 * i + 1];
        if (differs)
            return 0;
    }
    return !t->pieces || ternary_in_bounds(t->piece, t->pieces, key, words, b->bounds + 2 * (size_t)t->pieces * rule, 1);
}

/* The best rule, of n words (a constant) of them. */
TERNARY_INLINE const struct entry *ternary_lookup_rows(const struct ternary *t, const struct ternary_bits *b, const uint64_t *key,
                                                       uint32_t words, uint32_t n)
{
    uint64_t rules[TERNARY_CHUNK];
    for (uint32_t i = 0; i < n; i++)
        rules[i] = b->all[i];
    ternary_and(&b->root, key, 0, n, n, rules);
    uint32_t open = ternary_nonzero(rules, n); /* words that are not 0: which one is first must not become a branch */
    while (open) {
        const uint32_t w = (uint32_t)__builtin_ctz(open), rule = 64 * w + (uint32_t)__builtin_ctzll(rules[w]);
        if (__builtin_expect(ternary_matches(t, b, key, words, rule), 1))
            return cells_at(t->entries, t->entry_stride, atomic_load_explicit(&b->cell[rule], memory_order_acquire));
        rules[w] &= rules[w] - 1;
        open ^= (uint32_t)!rules[w] << w; /* not from `rules` anew: a vector loaded right after a word was stored waits */
    }
    return NULL;
}

TERNARY_INLINE const struct entry *ternary_lookup_bits(const struct ternary *t, const struct ternary_bits *b, const uint64_t *key,
                                                       uint32_t words)
{
    switch (b->root.row_words) {
    case 1:
        return ternary_lookup_rows(t, b, key, words, 1);
    case 2:
        return ternary_lookup_rows(t, b, key, words, 2);
    case 4:
        return ternary_lookup_rows(t, b, key, words, 4);
    case 8:
        return ternary_lookup_rows(t, b, key, words, 8);
    default:
        return ternary_lookup_rows(t, b, key, words, 16);
    }
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

/* The groups that may match, of those in one chunk of words from `first` on. */
TERNARY_INLINE void ternary_guard(const struct ternary_groups *g, const uint64_t *key, uint32_t first, uint64_t *guard)
{
    const uint32_t row_words = g->root.row_words;
    for (uint32_t i = 0; i < TERNARY_CHUNK; i++)
        guard[i] = UINT64_MAX;
    if (row_words == 4)
        ternary_and(&g->root, key, 0, 4, 4, guard);
    else if (row_words == 8)
        ternary_and(&g->root, key, 0, 8, 8, guard);
    else
        ternary_and(&g->root, key, first, TERNARY_CHUNK, row_words, guard);
}

TERNARY_INLINE void ternary_search_chunk(const struct ternary *t, const struct ternary_groups *g, const uint64_t *key,
                                         uint32_t words, uint32_t first, const uint64_t *guard, struct ternary_best *best)
{
    const uint32_t row_words = g->root.row_words;
    ternary_search_guarded(t, g, key, words, first, guard, row_words < TERNARY_CHUNK ? row_words : TERNARY_CHUNK, best);
}

TERNARY_INLINE const struct entry *ternary_best_entry(const struct ternary *t, const struct ternary_best *best)
{
    uint32_t cell;
    return ternary_best_cell(best, &cell) ? cells_at(t->entries, t->entry_stride, cell) : NULL;
}

static inline const struct entry *ternary_lookup_groups(const struct ternary *t, const struct ternary_groups *g,
                                                        const uint64_t *key, uint32_t words)
{
    uint64_t moves = atomic_load_explicit(&g->moves, memory_order_acquire), guard[TERNARY_CHUNK];
    for (;;) {
        struct ternary_best best = ternary_none();
        for (uint32_t first = 0; first < g->root.row_words; first += TERNARY_CHUNK) {
            ternary_guard(g, key, first, guard);
            ternary_search_chunk(t, g, key, words, first, guard, &best);
        }
        uint64_t moves_now = atomic_load_explicit(&g->moves, memory_order_acquire);
        if (moves_now == moves)
            return ternary_best_entry(t, &best);
        moves = moves_now;
    }
}

TERNARY_INLINE const struct entry *ternary_lookup(const struct ternary *t, const uint64_t *key, uint32_t words)
{
    const struct ternary_root *root = atomic_load_explicit(&t->root, memory_order_acquire);
    while (__builtin_expect(root->layout == TERNARY_SPLIT, 0)) {
        const struct ternary_split *split = (const struct ternary_split *)root;
        t = &split->part[((const uint8_t *)key)[split->offset]];
        root = atomic_load_explicit(&t->root, memory_order_acquire);
    }
    if (root->layout == TERNARY_BITS)
        return ternary_lookup_bits(t, (const struct ternary_bits *)root, key, words);
    return ternary_lookup_groups(t, (const struct ternary_groups *)root, key, words);
}

/* Rows of one chunk: all guards first, then all groups, so that a wrong guess at the number of groups left does not also wait
 * for the rows of its own key. */
static inline void ternary_groups_burst(const struct ternary *t, const struct ternary_groups *g, const uint64_t *keys,
                                        uint32_t words, const struct entry **found, uint32_t n)
{
    uint64_t moves = atomic_load_explicit(&g->moves, memory_order_acquire), guard[64][TERNARY_CHUNK];
    for (uint32_t i = 0; i < n; i++)
        ternary_guard(g, keys + (size_t)i * words, 0, guard[i]);
    for (uint32_t i = 0; i < n; i++) {
        struct ternary_best best = ternary_none();
        ternary_search_chunk(t, g, keys + (size_t)i * words, words, 0, guard[i], &best);
        found[i] = ternary_best_entry(t, &best);
    }
    if (__builtin_expect(atomic_load_explicit(&g->moves, memory_order_acquire) != moves, 0))
        for (uint32_t i = 0; i < n; i++)
            found[i] = ternary_lookup(t, keys + (size_t)i * words, words);
}

/* n <= 64 keys of `words` words each. The entries found are prefetched. */
TERNARY_INLINE void ternary_lookup_burst(const struct ternary *t, const uint64_t *keys, uint32_t words, const struct entry **found,
                                         uint32_t n)
{
    const struct ternary_root *root = atomic_load_explicit(&t->root, memory_order_acquire);
    if (root->layout == TERNARY_GROUPS && root->row_words <= TERNARY_CHUNK)
        ternary_groups_burst(t, (const struct ternary_groups *)root, keys, words, found, n);
    else
        for (uint32_t i = 0; i < n; i++)
            found[i] = ternary_lookup(t, keys + (size_t)i * words, words);
    for (uint32_t i = 0; i < n; i++)
        __builtin_prefetch(found[i]);
}

#endif
