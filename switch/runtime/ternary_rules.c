#include "ternary_rules.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

static size_t numbers_of(const struct ternary_writer *w)
{
    return (size_t)w->size + ENTRY_SPARE;
}

/* Cut the range fields into pieces of 64 bits, the most significant first, and note their bits. */
static void cut_ranges(struct ternary_writer *w)
{
    for (uint32_t r = 0; r < w->ranges; r++) {
        const struct ternary_range *range = &w->range[r];
        for (uint32_t left = range->width; left > 0;) {
            uint32_t width = left % 64 ? left % 64 : 64;
            left -= width;
            w->piece[w->pieces++] = (struct ternary_piece){range->shift + left, width, left > 0};
        }
        for (uint32_t bit = range->shift; bit < range->shift + range->width; bit++)
            w->range_bits[w->words - 1 - bit / 64] |= UINT64_C(1) << bit % 64;
    }
}

int rules_init(struct ternary_writer *w, uint32_t words, uint32_t param_words, uint32_t size, uint32_t ranges,
               const struct ternary_range *range)
{
    uint32_t pieces = 0;
    for (uint32_t r = 0; r < ranges; r++) {
        if (range[r].width == 0 || range[r].shift + (uint64_t)range[r].width > 64ull * words)
            return 0;
        pieces += KEY_WORDS(range[r].width);
    }
    w->words = words;
    w->size = size;
    w->ranges = ranges;
    w->range = calloc(ranges + 1, sizeof *w->range);
    w->piece = calloc(pieces + 1, sizeof *w->piece);
    w->range_bits = calloc(words, sizeof *w->range_bits);
    w->order = calloc(TERNARY_SMALL + 1, sizeof *w->order);
    w->telling = calloc(key_bytes(w), sizeof *w->telling);
    w->rule = memory_reserve(numbers_of(w) * sizeof *w->rule);
    w->index = exact_create(w->qsbr, 2 * words + 1, 0, size);
    int ok = cells_init(&w->cells, w->qsbr, param_words, size + 2 * ENTRY_SPARE);
    ok &= seats_init(&w->seats, (uint32_t)numbers_of(w));
    if (!ok || !w->range || !w->piece || !w->range_bits || !w->order || !w->telling || !w->rule || !w->index)
        return 0;
    if (ranges)
        memcpy(w->range, range, ranges * sizeof *range);
    cut_ranges(w);
    return 1;
}

void rules_destroy(struct ternary_writer *w)
{
    free(w->range);
    free(w->piece);
    free(w->range_bits);
    free(w->order);
    free(w->telling);
    free(w->sorted);
    free(w->spare);
    memory_release(w->rule, numbers_of(w) * sizeof *w->rule);
    exact_destroy(w->index);
    seats_destroy(&w->seats);
    if (w->cells.base)
        cells_destroy(&w->cells);
}

void rule_name(const struct ternary_writer *w, const uint64_t *value, const uint64_t *mask, uint32_t rank, uint64_t *name)
{
    for (uint32_t i = 0; i < w->words; i++) {
        name[i] = mask[i];
        name[w->words + i] = value[i] & (mask[i] | w->range_bits[i]);
    }
    name[2 * w->words] = rank;
}

const uint64_t *rule_mask(const struct ternary_writer *w, uint32_t number)
{
    const uint64_t *name = NULL;
    exact_at(w->index, number, &name);
    return name;
}

const uint64_t *rule_value(const struct ternary_writer *w, uint32_t number)
{
    return rule_mask(w, number) + w->words;
}

uint64_t rule_rank(const struct ternary_writer *w, uint32_t number)
{
    return rule_mask(w, number)[2 * w->words] << 32 | (UINT32_MAX - w->rule[number].seat);
}

int rule_compare(const struct ternary_writer *w, uint32_t a, uint32_t b)
{
    const uint64_t *x = rule_mask(w, a), *y = rule_mask(w, b);
    for (uint32_t i = 0; i < 2 * w->words + 1; i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

void rule_bounds(const struct ternary_writer *w, uint32_t number, uint64_t *out, size_t stride)
{
    const uint64_t *mask = rule_mask(w, number), *value = rule_value(w, number);
    for (uint32_t p = 0; p < w->pieces; p++, out += 2 * stride) {
        out[0] = ternary_piece_of(&w->piece[p], value, w->words);
        out[stride] = ternary_piece_of(&w->piece[p], mask, w->words);
    }
}

/* ---- bytes ---- */

uint16_t key_offset(const struct ternary_writer *w, uint32_t byte)
{
    uint32_t word = w->words - 1 - byte / 8;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (uint16_t)(8 * word + byte % 8);
#else
    return (uint16_t)(8 * word + 7 - byte % 8);
#endif
}

/* Are bits from .. to - 1 of two keys the same? */
static int same_bits(const uint64_t *a, const uint64_t *b, uint32_t words, uint32_t from, uint32_t to)
{
    for (; from < to; from += 64) {
        uint64_t differs = key_bits(a, words, from) ^ key_bits(b, words, from);
        if (differs & (UINT64_MAX >> (to - from >= 64 ? 0 : 64 - (to - from))))
            return 0;
    }
    return 1;
}

/* Take the values out of `set` that the range field rules out by the part of it that lies in this byte: where low and high agree
 * above this part, it has to lie between theirs; where they do not, nothing can be said of this byte alone. */
static void sieve(const struct ternary_writer *w, const struct ternary_range *range, const uint64_t *low, const uint64_t *high,
                  uint32_t byte, struct byte_set *set)
{
    uint32_t from = range->shift > 8 * byte ? range->shift : 8 * byte;
    uint32_t end = range->shift + range->width, to = end < 8 * byte + 8 ? end : 8 * byte + 8;
    if (from >= to || !same_bits(low, high, w->words, to, end))
        return;
    uint32_t bits = (1u << (to - from)) - 1, at = from - 8 * byte;
    uint32_t lowest = key_bits(low, w->words, from) & bits, highest = key_bits(high, w->words, from) & bits;
    for (uint32_t v = 0; v < 256; v++)
        if ((v >> at & bits) < lowest || (v >> at & bits) > highest)
            set->bits[v / 64] &= ~(UINT64_C(1) << v % 64);
}

struct byte_set rule_bytes(const struct ternary_writer *w, const uint64_t *mask, const uint64_t *value, uint32_t byte)
{
    struct byte_match match = rule_byte(w, mask, value, byte);
    struct byte_set set = {{0}};
    if (match.cares == 0)
        memset(&set, 0xff, sizeof set);
    else
        for (uint32_t rest = ~match.cares & 255, v = 0;; v = (v - rest) & rest) { /* every subset of the bits that are free */
            set.bits[(match.wants | v) / 64] |= UINT64_C(1) << (match.wants | v) % 64;
            if (v == rest)
                break;
        }
    for (uint32_t r = 0; match.ranged && r < w->ranges; r++)
        sieve(w, &w->range[r], value, mask, byte, &set);
    return set;
}
