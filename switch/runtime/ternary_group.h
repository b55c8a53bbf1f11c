/* A group of TERNARY_GROUP rules, and the search for the best one that matches a key. Readers only; included by ternary_lookup.h.
 *
 * With AVX-512 a group is compared and its winners are kept lane by lane, without a branch: whether a group matches is as good
 * as random, and a wrong guess costs more than the comparison. Elsewhere the compiler makes what it can of the loops.
 */
#ifndef P4GATE_TERNARY_GROUP_H
#define P4GATE_TERNARY_GROUP_H

#include <stddef.h>

#include "cells.h"
#include "key.h"

#define TERNARY_INLINE static inline __attribute__((always_inline))
#define TERNARY_GROUP 8u /* rules: one vector register of 64-bit words */

/* A piece of up to 64 bits of a range field, most significant first; `more`: the next piece is of the same field. */
struct ternary_piece {
    uint32_t shift, width, more;
};

struct ternary_group {
    _Alignas(64) uint64_t rank[TERNARY_GROUP]; /* larger wins; never 0, never equal */
    _Atomic uint32_t cell[TERNARY_GROUP];
    uint32_t number[TERNARY_GROUP];            /* the writer's */
    /* columns of TERNARY_GROUP words: value and mask of each key word, then low and high of each piece. Unused places never match. */
    uint64_t column[][TERNARY_GROUP];
};

TERNARY_INLINE uint64_t ternary_piece_of(const struct ternary_piece *p, const uint64_t *key, uint32_t words)
{
    return key_bits(key, words, p->shift) & (UINT64_MAX >> (64 - p->width));
}

/* Is every range field of the key within its bounds? Those of several pieces compare like numbers of several digits.
 * Bounds are low, high, low, high ... `stride` words apart. */
static inline int ternary_in_bounds(const struct ternary_piece *piece, uint32_t pieces, const uint64_t *key, uint32_t words,
                                    const uint64_t *bounds, size_t stride)
{
    int above = 0, below = 0; /* an earlier piece was already larger than low, smaller than high */
    for (uint32_t i = 0; i < pieces; i++, bounds += 2 * stride) {
        uint64_t value = ternary_piece_of(&piece[i], key, words);
        if ((!above && value < bounds[0]) || (!below && value > bounds[stride]))
            return 0;
        above = piece[i].more && (above || value > bounds[0]);
        below = piece[i].more && (below || value < bounds[stride]);
    }
    return 1;
}

/* ThreadSanitizer would call the vector load of `cell` a race with the writer's store; it sees the plain version. */
#if defined(__AVX512F__) && defined(__AVX512VL__) && !defined(__SANITIZE_THREAD__)

#include <immintrin.h>

/* A bit for each of n words (1, 2 or a multiple of 4) that is not 0. */
TERNARY_INLINE uint32_t ternary_nonzero(const uint64_t *words, uint32_t n)
{
    if (n < 4)
        return (uint32_t)(words[0] != 0) | (n > 1 ? (uint32_t)(words[1] != 0) << 1 : 0);
    uint32_t open = 0;
    for (uint32_t w = 0; w < n; w += 4) { /* as wide as ternary_and stores them: a wider load would wait for the stores */
        __m256i some = _mm256_loadu_si256((const __m256i *)(words + w));
        open |= (uint32_t)_mm256_test_epi64_mask(some, some) << w;
    }
    return open;
}

/* The best rank so far in each lane, 0 for none, and its cell. */
struct ternary_best {
    __m512i rank, cell;
};

TERNARY_INLINE struct ternary_best ternary_none(void)
{
    return (struct ternary_best){_mm512_setzero_si512(), _mm512_setzero_si512()};
}

TERNARY_INLINE void ternary_search_group(const struct ternary_group *g, const uint64_t *key, uint32_t words,
                                         const struct ternary_piece *piece, uint32_t pieces, struct ternary_best *best)
{
    __m512i differs = _mm512_setzero_si512();
    for (uint32_t w = 0; w < words; w++) {
        __m512i masked = _mm512_and_si512(_mm512_load_si512(g->column[2 * w + 1]), _mm512_set1_epi64((long long)key[w]));
        differs = _mm512_or_si512(differs, _mm512_xor_si512(masked, _mm512_load_si512(g->column[2 * w])));
    }
    __mmask8 hits = _mm512_testn_epi64_mask(differs, differs), above = 0, below = 0;
    for (uint32_t i = 0; i < pieces; i++) { /* as ternary_in_bounds */
        __m512i low = _mm512_load_si512(g->column[2 * (words + i)]), high = _mm512_load_si512(g->column[2 * (words + i) + 1]);
        __m512i value = _mm512_set1_epi64((long long)ternary_piece_of(&piece[i], key, words));
        hits &= (above | _mm512_cmple_epu64_mask(low, value)) & (below | _mm512_cmple_epu64_mask(value, high));
        __mmask8 more = piece[i].more ? 0xff : 0;
        above = more & (above | _mm512_cmplt_epu64_mask(low, value));
        below = more & (below | _mm512_cmplt_epu64_mask(value, high));
    }
    __m512i rank = _mm512_load_si512(g->rank), cell = _mm512_cvtepu32_epi64(_mm256_load_si256((const __m256i *)g->cell));
    __mmask8 better = _mm512_mask_cmpgt_epu64_mask(hits, rank, best->rank);
    best->rank = _mm512_mask_mov_epi64(best->rank, better, rank);
    best->cell = _mm512_mask_mov_epi64(best->cell, better, cell);
}

/* The best rank of all; 0: none. */
TERNARY_INLINE uint64_t ternary_best_cell(const struct ternary_best *best, uint32_t *cell)
{
    uint64_t rank = _mm512_reduce_max_epu64(best->rank);
    __mmask8 lane = _mm512_cmpeq_epi64_mask(best->rank, _mm512_set1_epi64((long long)rank));
    *cell = (uint32_t)_mm_cvtsi128_si64(_mm512_castsi512_si128(_mm512_maskz_compress_epi64(lane, best->cell)));
    return rank;
}

#else

#if defined(__AVX2__)
#include <immintrin.h>
#endif

TERNARY_INLINE uint32_t ternary_nonzero(const uint64_t *words, uint32_t n)
{
    uint32_t open = 0;
#if defined(__AVX2__)
    for (uint32_t w = 0; n >= 4 && w < n; w += 4) {
        __m256i none = _mm256_cmpeq_epi64(_mm256_loadu_si256((const __m256i *)(words + w)), _mm256_setzero_si256());
        open |= ((uint32_t)_mm256_movemask_pd(_mm256_castsi256_pd(none)) ^ 15) << w;
    }
    if (n >= 4)
        return open;
#endif
    for (uint32_t w = 0; w < n; w++)
        open |= (uint32_t)(words[w] != 0) << w;
    return open;
}

struct ternary_best {
    uint64_t rank;
    uint32_t cell;
};

TERNARY_INLINE struct ternary_best ternary_none(void)
{
    return (struct ternary_best){0, 0};
}

TERNARY_INLINE void ternary_search_group(const struct ternary_group *g, const uint64_t *key, uint32_t words,
                                         const struct ternary_piece *piece, uint32_t pieces, struct ternary_best *best)
{
    uint64_t differs[TERNARY_GROUP] = {0};
    uint32_t hits = 0;
    for (uint32_t w = 0; w < words; w++)
        for (uint32_t r = 0; r < TERNARY_GROUP; r++)
            differs[r] |= (key[w] & g->column[2 * w + 1][r]) ^ g->column[2 * w][r];
    for (uint32_t r = 0; r < TERNARY_GROUP; r++)
        hits |= (uint32_t)(differs[r] == 0) << r;
    for (; hits; hits &= hits - 1) {
        uint32_t r = (uint32_t)__builtin_ctz(hits);
        if (g->rank[r] > best->rank && ternary_in_bounds(piece, pieces, key, words, &g->column[2 * words][r], TERNARY_GROUP))
            *best = (struct ternary_best){g->rank[r], atomic_load_explicit(&g->cell[r], memory_order_acquire)};
    }
}

TERNARY_INLINE uint64_t ternary_best_cell(const struct ternary_best *best, uint32_t *cell)
{
    *cell = best->cell;
    return best->rank;
}

#endif
#endif
