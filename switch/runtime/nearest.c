#include "nearest.h"

#include <stddef.h>

#include "exact.h"
#include "lpm.h"
#include "ternary.h"

/* Bits `from` .. `from + width - 1` (width up to 64) of a packed number, counted from its lowest. */
static uint64_t bits(const uint64_t *packed, unsigned words, uint32_t from, uint32_t width)
{
    unsigned word = words - 1 - from / 64, shift = from % 64;
    uint64_t value = packed[word] >> shift;
    if (shift && shift + width > 64 && word > 0)
        value |= packed[word - 1] << (64 - shift);
    return width >= 64 ? value : value & ((UINT64_C(1) << width) - 1);
}

/* How many of the leading bits of a field agree, at most `limit`. */
static uint32_t common_bits(const uint64_t *a, const uint64_t *b, unsigned words, const struct nearest_field *f, uint32_t limit)
{
    uint32_t common = 0;
    while (common < limit) {
        uint32_t n = limit - common < 64 ? limit - common : 64, from = f->shift + f->width - common - n;
        uint64_t difference = bits(a, words, from, n) ^ bits(b, words, from, n);
        if (difference)
            return common + (uint32_t)__builtin_clzll(difference) - (64 - n);
        common += n;
    }
    return common;
}

/* a < b, = b, > b as in memcmp */
static int compare(const uint64_t *a, const uint64_t *b, unsigned words, const struct nearest_field *f)
{
    for (uint32_t done = 0; done < f->width;) {
        uint32_t n = f->width - done < 64 ? f->width - done : 64, from = f->shift + f->width - done - n;
        uint64_t x = bits(a, words, from, n), y = bits(b, words, from, n);
        if (x != y)
            return x < y ? -1 : 1;
        done += n;
    }
    return 0;
}

static int masked_differs(const uint64_t *key, const uint64_t *value, const uint64_t *mask, unsigned words,
                          const struct nearest_field *f)
{
    for (uint32_t done = 0; done < f->width;) {
        uint32_t n = f->width - done < 64 ? f->width - done : 64, from = f->shift + done;
        if ((bits(key, words, from, n) ^ bits(value, words, from, n)) & bits(mask, words, from, n))
            return 1;
        done += n;
    }
    return 0;
}

/* An entry's key as its table has it. */
struct candidate {
    uint32_t number, length, rank;
    const uint64_t *value, *mask;
};

#define AHEAD 16 /* keys that are fetched together: they lie anywhere in memory */

/* The next entries from *number on; returns how many. */
static unsigned gather(enum nearest_table kind, const void *table, uint32_t *number, uint32_t numbers, struct candidate *to)
{
    unsigned n = 0;
    for (; *number < numbers && n < AHEAD; ++*number) {
        struct candidate *c = &to[n];
        const struct entry *e = kind == NEAREST_EXACT ? exact_at(table, *number, &c->value)
                                : kind == NEAREST_LPM ? lpm_at(table, *number, &c->value, &c->length)
                                                      : ternary_at(table, *number, &c->value, &c->mask, &c->rank);
        if (!e)
            continue;
        __builtin_prefetch(c->value);
        c->number = *number;
        n++;
    }
    return n;
}

/* In how many fields the entry differs; *common: leading bits in common with an LPM table's prefix. */
static uint32_t differing_fields(enum nearest_table kind, const struct candidate *c, const uint64_t *key, unsigned words,
                                 const struct nearest_field *fields, unsigned field_count, uint32_t *common)
{
    uint32_t differing = 0;
    for (unsigned i = 0; i < field_count; i++) {
        const struct nearest_field *f = &fields[i];
        if (f->kind == MATCH_EXACT) {
            differing += compare(key, c->value, words, f) != 0;
        } else if (f->kind == MATCH_RANGE) {
            differing += compare(key, c->value, words, f) < 0 || compare(key, c->mask, words, f) > 0;
        } else if (kind == NEAREST_LPM) {
            *common = common_bits(key, c->value, words, f, c->length);
            differing += *common < c->length;
        } else {
            differing += (uint32_t)masked_differs(key, c->value, c->mask, words, f);
        }
    }
    return differing;
}

uint32_t nearest_entry(enum nearest_table kind, const void *table, uint32_t numbers, const uint64_t *key, unsigned words,
                       const struct nearest_field *fields, unsigned field_count)
{
    struct candidate candidates[AHEAD] = {{0}};
    uint32_t best = UINT32_MAX, best_differing = UINT32_MAX, best_preference = 0, number = 0;
    for (unsigned n; (n = gather(kind, table, &number, numbers, candidates)) != 0;)
        for (unsigned i = 0; i < n; i++) {
            const struct candidate *c = &candidates[i];
            uint32_t common = 0;
            uint32_t differing = differing_fields(kind, c, key, words, fields, field_count, &common);
            uint32_t preference = kind == NEAREST_LPM ? common : c->rank;
            if (differing < best_differing || (differing == best_differing && preference > best_preference)) {
                best = c->number;
                best_differing = differing;
                best_preference = preference;
            }
        }
    return best;
}
