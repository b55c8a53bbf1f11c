#include "ternary.h"

#include <stdlib.h>
#include <string.h>

#include "ternary_bits.h"
#include "ternary_groups.h"
#include "ternary_rules.h"
#include "ternary_split.h"

#define SMALL_AGAIN (TERNARY_SMALL / 2) /* rules at which groups are given up for bits */

static struct ternary_root *root_of(const struct ternary *t)
{
    return atomic_load_explicit(&t->root, memory_order_relaxed); /* only the writer stores it */
}

static void release(struct ternary_root *root, struct qsbr *qsbr)
{
    void (*how)(void *) = root->layout == TERNARY_BITS    ? ternary_bits_release
                          : root->layout == TERNARY_GROUPS ? ternary_groups_release
                                                           : ternary_split_release;
    if (qsbr)
        qsbr_retire(qsbr, root, how);
    else
        how(root);
}

static void replace_root(struct ternary *t, struct ternary_root *fresh)
{
    struct ternary_root *old = root_of(t);
    atomic_store_explicit(&t->root, fresh, memory_order_release);
    release(old, t->writer->qsbr);
}

struct ternary *ternary_create(struct qsbr *qsbr, uint32_t words, uint32_t param_words, uint32_t size, uint32_t ranges,
                               const struct ternary_range *range)
{
    struct ternary *t = calloc(1, sizeof *t);
    struct ternary_writer *w = calloc(1, sizeof *w);
    if (!t || !w || words == 0) {
        free(t);
        free(w);
        return NULL;
    }
    t->writer = w;
    w->qsbr = qsbr;
    struct ternary_root *empty = NULL;
    if (rules_init(w, words, param_words, size, ranges, range))
        empty = ternary_bits_build(w, w->order, 0);
    atomic_init(&t->root, empty);
    if (!empty) {
        ternary_destroy(t);
        return NULL;
    }
    t->entries = w->cells.base;
    t->entry_stride = w->cells.stride;
    t->pieces = w->pieces;
    t->piece = w->piece;
    return t;
}

void ternary_destroy(struct ternary *t)
{
    if (!t)
        return;
    if (root_of(t))
        release(root_of(t), NULL);
    rules_destroy(t->writer);
    free(t->writer);
    free(t);
}

/* ---- the layout follows the rules ---- */

/* The best first. Up to TERNARY_SMALL numbers, mostly sorted already: insertion. */
static void sort_by_rank(const struct ternary_writer *w, uint32_t *numbers, uint32_t n)
{
    uint64_t rank[TERNARY_SMALL];
    for (uint32_t i = 0; i < n; i++) {
        uint32_t number = numbers[i], at = i;
        uint64_t own = rule_rank(w, number);
        for (; at > 0 && rank[at - 1] < own; at--) {
            rank[at] = rank[at - 1];
            numbers[at] = numbers[at - 1];
        }
        rank[at] = own;
        numbers[at] = number;
    }
}

static struct ternary_split *split_of(const struct ternary *t)
{
    return root_of(t)->layout == TERNARY_SPLIT ? (struct ternary_split *)root_of(t) : NULL;
}

/* Numbers of the `held` rules of the layout. */
static void list(const struct ternary *t, uint32_t *numbers, uint32_t held)
{
    const struct ternary_writer *w = t->writer;
    struct ternary_split *split = split_of(t);
    if (root_of(t)->layout == TERNARY_GROUPS)
        ternary_groups_numbers(w, root_of(t), numbers);
    else if (!split)
        memcpy(numbers, w->order, held * sizeof *numbers);
    for (uint32_t v = 0; split && v < 256; v++) {
        list(&split->part[v], numbers, split->part[v].writer->count);
        numbers += split->part[v].writer->count;
    }
}

/* Numbers of all rules that the layout holds, then `extra` of `more`. NULL: no memory. */
static uint32_t *collect(const struct ternary *t, const uint32_t *more, uint32_t extra, uint32_t held)
{
    uint32_t *numbers = malloc(((size_t)held + extra + 1) * sizeof *numbers);
    if (!numbers)
        return NULL;
    list(t, numbers, held);
    if (extra)
        memcpy(numbers + held, more, extra * sizeof *numbers);
    return numbers;
}

static int build(struct ternary *t, uint32_t *numbers, uint32_t n, uint32_t small);

/* Give each part its rules. */
static int fill_parts(const struct ternary_writer *w, struct ternary_split *s, const uint32_t *numbers, uint32_t n)
{
    uint32_t *own = malloc(((size_t)n + 1) * sizeof *own), from[257] = {0};
    int result = own ? TABLE_OK : TABLE_NO_MEMORY;
    for (uint32_t i = 0; own && i < n; i++)
        from[ternary_split_part(s, w, numbers[i]) - s->part + 1]++;
    for (uint32_t v = 0; v < 256; v++)
        from[v + 1] += from[v];
    for (uint32_t i = 0; own && i < n; i++) {
        struct ternary *part = ternary_split_part(s, w, numbers[i]);
        own[from[part - s->part] + part->writer->count++] = numbers[i];
    }
    for (uint32_t v = 0; v < 256 && result == TABLE_OK; v++)
        if (s->part[v].writer->count)
            result = build(&s->part[v], own + from[v], s->part[v].writer->count, TERNARY_SMALL);
    free(own);
    return result;
}

static struct ternary_root *build_split(const struct ternary *t, const uint32_t *numbers, uint32_t n)
{
    struct ternary_split *s = ternary_split_create(t, numbers, n);
    if (s && fill_parts(t->writer, s, numbers, n) != TABLE_OK) {
        ternary_split_release(s);
        return NULL;
    }
    return s ? &s->root : NULL;
}

/* A new layout of the right kind for these n rules. The array is sorted. */
static int build(struct ternary *t, uint32_t *numbers, uint32_t n, uint32_t small)
{
    struct ternary_writer *w = t->writer;
    struct ternary_root *fresh;
    if (n <= small) {
        sort_by_rank(w, numbers, n);
        fresh = ternary_bits_build(w, numbers, n);
        if (fresh)
            memcpy(w->order, numbers, n * sizeof *numbers);
    } else if (!(fresh = build_split(t, numbers, n))) {
        fresh = ternary_groups_build(w, numbers, n);
    }
    if (!fresh)
        return TABLE_NO_MEMORY;
    replace_root(t, fresh);
    return TABLE_OK;
}

/* Rules from which on a table that has this layout has another one than bits. */
static uint32_t small_for(const struct ternary *t)
{
    return root_of(t)->layout == TERNARY_BITS ? TERNARY_SMALL : SMALL_AGAIN;
}

/* The layout holds `held` rules; let it hold `extra` more. */
static int add_rules(struct ternary *t, const uint32_t *numbers, uint32_t extra, uint32_t held)
{
    struct ternary_split *split = split_of(t);
    struct ternary *part = split && extra == 1 ? ternary_split_part(split, t->writer, numbers[0]) : NULL;
    if (part) {
        int result = add_rules(part, numbers, 1, part->writer->count);
        part->writer->count += result == TABLE_OK;
        return result;
    }
    if (root_of(t)->layout == TERNARY_GROUPS && extra == 1) {
        enum groups_result result = ternary_groups_insert(t->writer, root_of(t), numbers[0]);
        if (result != GROUPS_REBUILD)
            return result == GROUPS_DONE ? TABLE_OK : TABLE_NO_MEMORY;
    }
    uint32_t *all = collect(t, numbers, extra, held);
    if (!all)
        return TABLE_NO_MEMORY;
    int result = build(t, all, held + extra, small_for(t));
    free(all);
    return result;
}

/* Build anew without `number`, which may be gone already. */
static int rebuild_without(struct ternary *t, uint32_t number, uint32_t held)
{
    uint32_t *all = collect(t, NULL, 0, held), n = 0;
    if (!all)
        return TABLE_NO_MEMORY;
    for (uint32_t i = 0; i < held; i++)
        if (all[i] != number)
            all[n++] = all[i];
    int result = build(t, all, n, small_for(t));
    free(all);
    return result;
}

/* The layout holds `held` rules; take one out. */
static int remove_rule(struct ternary *t, uint32_t number, uint32_t held)
{
    struct ternary_writer *w = t->writer;
    struct ternary_split *split = split_of(t);
    if (root_of(t)->layout == TERNARY_BITS || held - 1 <= SMALL_AGAIN)
        return rebuild_without(t, number, held);
    if (split) {
        struct ternary *part = ternary_split_part(split, w, number);
        int result = remove_rule(part, number, part->writer->count);
        part->writer->count -= result == TABLE_OK;
        return result;
    }
    if (ternary_groups_delete(w, root_of(t), number) != GROUPS_DONE)
        return TABLE_NO_MEMORY;
    if (ternary_groups_worn(w))
        rebuild_without(t, number, held - 1); /* only tidies up: without memory for it, all is right as it is */
    return TABLE_OK;
}

/* ---- writes ---- */

/* Name, number, cell and seat for a new rule; not in the layout yet. */
static int admit(struct ternary *t, const uint64_t *name, uint32_t action, const uint64_t *params, uint32_t *number)
{
    struct ternary_writer *w = t->writer;
    int result = exact_insert(w->index, name, 0, NULL, number);
    if (result != TABLE_OK)
        return result;
    uint32_t cell = cells_take(&w->cells, *number, action, params);
    if (cell == NUMBERS_NONE) {
        exact_delete(w->index, name);
        return TABLE_NO_MEMORY;
    }
    w->rule[*number] = (struct rule){.cell = cell, .seat = seats_take(&w->seats)};
    return TABLE_OK;
}

static void dismiss(struct ternary *t, const uint64_t *name, uint32_t number)
{
    struct ternary_writer *w = t->writer;
    cells_free(&w->cells, w->rule[number].cell);
    seats_free(&w->seats, w->rule[number].seat);
    exact_delete(w->index, name);
}

int ternary_insert(struct ternary *t, const uint64_t *value, const uint64_t *mask, uint32_t rank, uint32_t action,
                   const uint64_t *params, uint32_t *number)
{
    struct ternary_writer *w = t->writer;
    uint64_t name[2 * w->words + 1];
    uint32_t own;
    rule_name(w, value, mask, rank, name);
    int result = admit(t, name, action, params, &own);
    if (result != TABLE_OK)
        return result;
    result = add_rules(t, &own, 1, w->count);
    if (result != TABLE_OK) {
        dismiss(t, name, own);
        return result;
    }
    w->count++;
    if (number)
        *number = own;
    return TABLE_OK;
}

uint32_t ternary_insert_many(struct ternary *t, uint32_t n, const uint64_t *values, const uint64_t *masks, const uint32_t *ranks,
                             const uint32_t *actions, const uint64_t *params, uint32_t *numbers, int *results)
{
    struct ternary_writer *w = t->writer;
    uint32_t *fresh = malloc(((size_t)n + 1) * sizeof *fresh), done = 0, added = 0;
    uint64_t name[2 * w->words + 1];
    for (uint32_t i = 0; i < n; i++) {
        uint32_t own;
        rule_name(w, values + (size_t)i * w->words, masks + (size_t)i * w->words, ranks[i], name);
        const uint64_t *data = w->cells.param_words ? params + (size_t)i * w->cells.param_words : NULL;
        results[i] = fresh ? admit(t, name, actions[i], data, &own) : TABLE_NO_MEMORY;
        if (results[i] != TABLE_OK)
            continue;
        fresh[done++] = own;
        if (numbers)
            numbers[i] = own;
    }
    /* few into many: one by one is cheaper than building all anew */
    const uint32_t few = root_of(t)->layout == TERNARY_GROUPS ? w->count / 16 : split_of(t) ? w->count / 1024 : 0;
    if (done < few)
        while (added < done && add_rules(t, &fresh[added], 1, w->count + added) == TABLE_OK)
            added++;
    else if (done && add_rules(t, fresh, done, w->count) == TABLE_OK)
        added = done;
    w->count += added;
    /* without memory: those that are not in the layout were never inserted */
    for (uint32_t i = 0, k = 0; i < n && added < done; i++) {
        if (results[i] != TABLE_OK || k++ < added)
            continue;
        rule_name(w, values + (size_t)i * w->words, masks + (size_t)i * w->words, ranks[i], name);
        dismiss(t, name, fresh[k - 1]);
        results[i] = TABLE_NO_MEMORY;
    }
    free(fresh);
    return added;
}

int ternary_modify(struct ternary *t, const uint64_t *value, const uint64_t *mask, uint32_t rank, uint32_t action,
                   const uint64_t *params)
{
    struct ternary_writer *w = t->writer;
    uint64_t name[2 * w->words + 1];
    rule_name(w, value, mask, rank, name);
    const struct entry *e = exact_find(w->index, name);
    if (!e)
        return TABLE_MISSING;
    uint32_t number = entry_number(e), old = w->rule[number].cell, cell = cells_take(&w->cells, number, action, params);
    if (cell == NUMBERS_NONE)
        return TABLE_NO_MEMORY;
    w->rule[number].cell = cell;
    struct ternary *part = t; /* where the rule is */
    while (split_of(part))
        part = ternary_split_part(split_of(part), w, number);
    if (root_of(part)->layout == TERNARY_GROUPS) {
        ternary_groups_modify(part->writer, root_of(part), number);
    } else {
        struct ternary_bits *bits = (struct ternary_bits *)root_of(part);
        for (uint32_t i = 0; i < part->writer->count; i++)
            if (part->writer->order[i] == number)
                atomic_store_explicit(&bits->cell[i], cell, memory_order_release);
    }
    cells_free(&w->cells, old);
    return TABLE_OK;
}

int ternary_delete(struct ternary *t, const uint64_t *value, const uint64_t *mask, uint32_t rank)
{
    struct ternary_writer *w = t->writer;
    uint64_t name[2 * w->words + 1];
    rule_name(w, value, mask, rank, name);
    const struct entry *e = exact_find(w->index, name);
    if (!e)
        return TABLE_MISSING;
    uint32_t number = entry_number(e);
    int result = remove_rule(t, number, w->count);
    if (result != TABLE_OK)
        return result;
    dismiss(t, name, number);
    w->count--;
    return TABLE_OK;
}

/* ---- the writer's own look-ups ---- */

void ternary_set_state(struct ternary *t, const struct entry_state *state)
{
    exact_set_state(t->writer->index, state); /* which gives out the numbers */
}

int64_t ternary_number(const struct ternary *t, const uint64_t *value, const uint64_t *mask, uint32_t rank)
{
    uint64_t name[2 * t->writer->words + 1];
    rule_name(t->writer, value, mask, rank, name);
    return exact_number(t->writer->index, name);
}

uint32_t ternary_count(const struct ternary *t)
{
    return t->writer->count;
}

uint32_t ternary_numbers(const struct ternary *t)
{
    return exact_numbers(t->writer->index);
}

const struct entry *ternary_at(const struct ternary *t, uint32_t number, const uint64_t **value, const uint64_t **mask,
                               uint32_t *rank)
{
    const struct ternary_writer *w = t->writer;
    if (!exact_at(w->index, number, NULL))
        return NULL;
    if (value)
        *value = rule_value(w, number);
    if (mask)
        *mask = rule_mask(w, number);
    if (rank)
        *rank = (uint32_t)rule_mask(w, number)[2 * w->words];
    return cells_at(t->entries, t->entry_stride, w->rule[number].cell);
}

const struct entry *ternary_find(const struct ternary *t, const uint64_t *key)
{
    return ternary_lookup(t, key, t->writer->words);
}
