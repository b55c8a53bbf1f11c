#include "ternary_bits.h"

#include <stdlib.h>
#include <string.h>

#include "ternary_judge.h"

/* The parts of the block that one allocation holds behind the struct, each on a line of its own. */
struct plan {
    size_t offset, cell, compare, bounds, rows, end;
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
    p.compare = p.cell + lines(n * sizeof(uint32_t));
    p.bounds = p.compare + lines(2ull * w->words * n * sizeof(uint64_t));
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
    uint64_t careless[TERNARY_CHUNK] = {0};
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

/* As ternary_judge, with the rows made for it. */
static int choose_bytes(struct ternary_writer *w, const uint64_t *const *masks, uint32_t n, struct ternary_all_rows *all)
{
    const size_t table = 256ull * all->row_words;
    all->rows = calloc(table * all->dims + 1, sizeof *all->rows);
    if (!all->rows)
        return 0;
    for (uint32_t d = 0; d < all->dims; d++)
        fill_rows(w, masks, n, all->byte[d], all->row_words, all->rows + table * d);
    int ok = ternary_judge(w, masks, n, all);
    free(all->rows);
    return ok;
}

/* A few rules more, less or exchanged do not change which bytes tell most. */
static int still_judged(struct ternary_writer *w, uint32_t n)
{
    uint32_t change = n > w->told_by ? n - w->told_by : w->told_by - n;
    return change + w->told_since++ < w->told_by / 8;
}

/* ---- the whole ---- */

/* What the rows let pass is compared with this. */
static void fill_compare(const struct ternary_writer *w, const uint64_t *const *masks, uint32_t n, uint64_t *compare)
{
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t word = 0; word < w->words; word++) {
            uint64_t cares = masks[i][word] & ~w->range_bits[word];
            *compare++ = cares;
            *compare++ = masks[i][w->words + word] & cares;
        }
}

/* Do the chosen bytes tell all that these rules want? */
static int tells_all(const struct ternary_writer *w, const struct ternary_all_rows *all)
{
    for (uint32_t d = 0; d < all->dims; d++) {
        uint32_t i = 0;
        while (i < w->tellings && w->telling[i] != all->byte[d])
            i++;
        if (i == w->tellings)
            return 0;
    }
    return 1;
}

static struct ternary_root *assemble(const struct ternary_writer *w, const uint32_t *numbers, const uint64_t *const *masks, uint32_t n,
                                     const struct ternary_all_rows *all)
{
    struct plan p = plan_of(w, w->tellings, n, all->row_words);
    char *block = aligned_alloc(64, lines(p.end));
    if (!block)
        return NULL;
    memset(block, 0, p.end);
    struct ternary_bits *b = (struct ternary_bits *)block;
    uint16_t *offset = (uint16_t *)(block + p.offset);
    uint64_t *bounds = (uint64_t *)(block + p.bounds);
    b->cell = (_Atomic uint32_t *)(block + p.cell);
    b->bounds = bounds;
    b->root = (struct ternary_root){TERNARY_BITS, all->row_words, w->tellings, offset, (uint64_t *)(block + p.rows)};
    if (!tells_all(w, all)) {
        fill_compare(w, masks, n, (uint64_t *)(block + p.compare));
        b->compare = (uint64_t *)(block + p.compare);
    }
    for (uint32_t i = 0; i < n; i++) {
        b->all[i / 64] |= UINT64_C(1) << i % 64;
        atomic_init(&b->cell[i], w->rule[numbers[i]].cell);
        rule_bounds(w, numbers[i], bounds + 2 * (size_t)w->pieces * i, 1);
    }
    for (uint32_t d = 0; d < w->tellings; d++) {
        offset[d] = key_offset(w, w->telling[d]);
        fill_rows(w, masks, n, w->telling[d], all->row_words, b->root.rows + 256ull * all->row_words * d);
    }
    return &b->root;
}

struct ternary_root *ternary_bits_build(struct ternary_writer *w, const uint32_t *numbers, uint32_t n)
{
    const uint64_t *masks[TERNARY_SMALL];
    struct ternary_all_rows all = {.row_words = n <= 64 ? 1 : n <= 128 ? 2 : n <= 256 ? 4 : n <= 512 ? 8 : 16};
    all.byte = malloc(key_bytes(w) * sizeof *all.byte);
    if (!all.byte)
        return NULL;
    for (uint32_t i = 0; i < n; i++)
        masks[i] = rule_mask(w, numbers[i]);
    all.dims = find_dims(w, masks, n, all.byte);
    struct ternary_root *root = NULL;
    if (still_judged(w, n) || choose_bytes(w, masks, n, &all))
        root = assemble(w, numbers, masks, n, &all);
    free(all.byte);
    return root;
}

void ternary_bits_release(void *root)
{
    free(root);
}
