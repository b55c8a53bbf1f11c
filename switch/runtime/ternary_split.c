#include "ternary_split.h"

#include <stdlib.h>

#include "ternary_bits.h"
#include "ternary_groups.h"

/* Rules of the byte's values, squared and added: what a rule shares its part with, on average. UINT64_MAX: a rule wants no one value. */
static uint64_t crowding(const struct ternary_writer *w, const uint32_t *numbers, uint32_t n, uint32_t byte)
{
    uint32_t rules[256] = {0};
    uint64_t sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct byte_match match = rule_byte(w, rule_mask(w, numbers[i]), rule_value(w, numbers[i]), byte);
        if (match.cares != 255)
            return UINT64_MAX;
        rules[match.wants]++;
    }
    for (uint32_t v = 0; v < 256; v++)
        sum += (uint64_t)rules[v] * rules[v];
    return sum;
}

/* A writer for one part: shares the rules with the others. */
static struct ternary_writer *part_writer(const struct ternary_writer *w)
{
    struct ternary_writer *part = malloc(sizeof *part);
    if (!part)
        return NULL;
    *part = *w;
    part->count = part->groups = part->spares = part->stale = part->tellings = part->told_by = part->told_since = 0;
    part->sorted = part->spare = NULL;
    part->order = calloc(TERNARY_SMALL + 1, sizeof *part->order);
    part->telling = calloc(key_bytes(w), sizeof *part->telling);
    if (part->order && part->telling)
        return part;
    free(part->order);
    free(part->telling);
    free(part);
    return NULL;
}

static int part_init(struct ternary *part, const struct ternary *t)
{
    *part = (struct ternary){.entries = t->entries, .entry_stride = t->entry_stride, .pieces = t->pieces, .piece = t->piece};
    part->writer = part_writer(t->writer);
    if (!part->writer)
        return 0;
    struct ternary_root *empty = ternary_bits_build(part->writer, part->writer->order, 0);
    atomic_init(&part->root, empty);
    return empty != NULL;
}

struct ternary_split *ternary_split_create(const struct ternary *t, const uint32_t *numbers, uint32_t n)
{
    const struct ternary_writer *w = t->writer;
    uint64_t least = UINT64_MAX;
    uint32_t best = 0;
    for (uint32_t byte = 0; byte < key_bytes(w); byte++) {
        uint64_t sum = crowding(w, numbers, n, byte);
        if (sum < least)
            best = byte, least = sum;
    }
    if (least > (uint64_t)n * n / 2)
        return NULL;
    struct ternary_split *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->root.layout = TERNARY_SPLIT;
    s->byte = (uint16_t)best;
    s->offset = key_offset(w, best);
    for (uint32_t v = 0; v < 256; v++)
        if (!part_init(&s->part[v], t)) {
            ternary_split_release(s);
            return NULL;
        }
    return s;
}

void ternary_split_release(void *root)
{
    struct ternary_split *s = root;
    for (uint32_t v = 0; v < 256; v++) {
        struct ternary_root *part = atomic_load_explicit(&s->part[v].root, memory_order_relaxed);
        struct ternary_writer *w = s->part[v].writer;
        if (part && part->layout == TERNARY_SPLIT)
            ternary_split_release(part);
        else if (part && part->layout == TERNARY_GROUPS)
            ternary_groups_release(part);
        else if (part)
            ternary_bits_release(part);
        if (!w)
            continue;
        free(w->order);
        free(w->telling);
        free(w->sorted);
        free(w->spare);
        free(w);
    }
    free(s);
}

struct ternary *ternary_split_part(struct ternary_split *s, const struct ternary_writer *w, uint32_t number)
{
    struct byte_match match = rule_byte(w, rule_mask(w, number), rule_value(w, number), s->byte);
    return match.cares == 255 ? &s->part[match.wants] : NULL;
}
