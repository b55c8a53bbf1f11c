#include "ternary_bits.h"

#include <stdlib.h>
#include <string.h>

/* The parts of the block that one allocation holds behind the struct, each on a line of its own. */
struct plan {
    size_t offset, cell, bounds, rows, end;
};

static size_t lines(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

static struct plan plan_of(const struct ternary_writer *w, uint32_t dims, uint32_t n, uint32_t row_words)
{
    struct plan p;
    p.offset = lines(sizeof(struct ternary_bits));
    p.cell = p.offset + lines(dims * sizeof(uint16_t));
    p.bounds = p.cell + lines(n * sizeof(uint32_t));
    p.rows = p.bounds + lines(2ull * w->pieces * n * sizeof(uint64_t));
    p.end = p.rows + 256ull * dims * row_words * sizeof(uint64_t);
    return p;
}

/* Which bytes any rule cares about; returns how many. `masks`: by rule; its value follows. */
static uint32_t find_dims(const struct ternary_writer *w, const uint64_t *const *masks, uint32_t n, uint16_t *byte)
{
    uint32_t dims = 0;
    for (uint32_t b = 0; b < key_bytes(w); b++)
        for (uint32_t i = 0; i < n; i++) {
            if (rule_cares(w, masks[i], masks[i] + w->words, b)) {
                byte[dims++] = (uint16_t)b;
                break;
            }
        }
    return dims;
}

static void fill_rows(const struct ternary_writer *w, const uint64_t *const *masks, uint32_t n, uint32_t byte,
                      uint32_t row_words, uint64_t *rows)
{
    uint64_t careless[TERNARY_SMALL / 64] = {0};
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t *mask = masks[i], *value = mask + w->words, bit = UINT64_C(1) << i % 64;
        struct byte_match match = rule_byte(w, mask, value, byte);
        if (match.cares == 255) { /* the usual cases first: one value, or any */
            rows[match.wants * row_words + i / 64] |= bit;
            continue;
        }
        if (!rule_cares(w, mask, value, byte)) {
            careless[i / 64] |= bit;
            continue;
        }
        struct byte_set set = rule_bytes(w, mask, value, byte);
        for (uint32_t part = 0; part < 4; part++)
            for (uint64_t left = set.bits[part]; left; left &= left - 1)
                rows[(64 * part + (uint32_t)__builtin_ctzll(left)) * row_words + i / 64] |= bit;
    }
    for (uint32_t v = 0; v < 256; v++)
        for (uint32_t word = 0; word < row_words; word++)
            rows[v * row_words + word] |= careless[word];
}

struct ternary_root *ternary_bits_build(const struct ternary_writer *w, const uint32_t *numbers, uint32_t n)
{
    uint16_t *byte = malloc(key_bytes(w) * sizeof *byte);
    if (!byte)
        return NULL;
    const uint64_t *masks[TERNARY_SMALL];
    for (uint32_t i = 0; i < n; i++)
        masks[i] = rule_mask(w, numbers[i]);
    uint32_t dims = find_dims(w, masks, n, byte), row_words = n <= 64 ? 1 : n <= 128 ? 2 : 4;
    struct plan p = plan_of(w, dims, n, row_words);
    char *block = aligned_alloc(64, lines(p.end));
    if (!block) {
        free(byte);
        return NULL;
    }
    memset(block, 0, p.end);
    struct ternary_bits *b = (struct ternary_bits *)block;
    uint16_t *offset = (uint16_t *)(block + p.offset);
    uint64_t *bounds = (uint64_t *)(block + p.bounds);
    b->cell = (_Atomic uint32_t *)(block + p.cell);
    b->bounds = bounds;
    b->root.layout = TERNARY_BITS;
    b->root.row_words = row_words;
    b->root.offset = offset;
    b->root.rows = (uint64_t *)(block + p.rows);
    b->root.dims = dims;
    for (uint32_t i = 0; i < n; i++) {
        b->all[i / 64] |= UINT64_C(1) << i % 64;
        atomic_init(&b->cell[i], w->rule[numbers[i]].cell);
        rule_bounds(w, numbers[i], bounds + 2 * (size_t)w->pieces * i, 1);
    }
    for (uint32_t d = 0; d < dims; d++) {
        offset[d] = key_offset(w, byte[d]);
        fill_rows(w, masks, n, byte[d], row_words, b->root.rows + 256ull * d * row_words);
    }
    free(byte);
    return &b->root;
}

void ternary_bits_release(void *root)
{
    free(root);
}
