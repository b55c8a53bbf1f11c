#define _GNU_SOURCE /* qsort_r */
#include "ternary_groups.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

/* What readers see, and what the writer keeps with it. */
struct layout {
    struct ternary_groups groups;
    uint16_t *offset, *byte; /* by dimension: of the byte in memory; its number */
    size_t rows_bytes;
};

#define SAMPLES 200u     /* rules by which bytes are judged */
#define GROUPS_LEFT 0.05 /* groups that may be expected to pass without matching */
#define RATE_MAX 0.9     /* a byte that lets more pass is not worth its row */
#define NO_RULE UINT32_MAX /* in the unused places of a group, which are its last */

/* Rules in a group. */
static uint32_t count_of(const struct ternary_group *g)
{
    uint32_t n = 0;
    while (n < TERNARY_GROUP && g->number[n] != NO_RULE)
        n++;
    return n;
}

static struct ternary_group *group_at(const struct layout *l, uint32_t id)
{
    return atomic_load_explicit(&l->groups.group[id], memory_order_relaxed); /* only the writer stores it */
}

static uint32_t ids_of(const struct layout *l)
{
    return 64 * l->groups.root.row_words;
}

/* ---- one group ---- */

static struct ternary_group *group_make(const struct ternary_writer *w, const uint32_t *numbers, uint32_t n)
{
    size_t bytes = sizeof(struct ternary_group) + 2 * (size_t)(w->words + w->pieces) * sizeof(uint64_t[TERNARY_GROUP]);
    struct ternary_group *g = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
    if (!g)
        return NULL;
    memset(g, 0, bytes);
    for (uint32_t r = 0; r < TERNARY_GROUP; r++) {
        if (r >= n) {
            g->number[r] = NO_RULE;
            g->column[0][r] = 1; /* nothing, masked by nothing, is 1 */
            continue;
        }
        const uint64_t *mask = rule_mask(w, numbers[r]), *value = rule_value(w, numbers[r]);
        for (uint32_t i = 0; i < w->words; i++) {
            g->column[2 * i][r] = value[i] & ~w->range_bits[i];
            g->column[2 * i + 1][r] = mask[i] & ~w->range_bits[i];
        }
        if (w->pieces)
            rule_bounds(w, numbers[r], &g->column[2 * w->words][r], TERNARY_GROUP);
        g->number[r] = numbers[r];
        g->rank[r] = rule_rank(w, numbers[r]);
        atomic_init(&g->cell[r], w->rule[numbers[r]].cell);
    }
    return g;
}

/* Put a group (or NULL) where readers look, and retire the one before. */
static void publish(const struct ternary_writer *w, struct layout *l, uint32_t id, struct ternary_group *g)
{
    struct ternary_group *old = group_at(l, id);
    for (uint32_t r = 0; g && r < count_of(g); r++)
        w->rule[g->number[r]].group = id;
    atomic_store_explicit(&l->groups.group[id], g, memory_order_release);
    if (old)
        qsbr_retire(w->qsbr, old, free);
}

/* ---- guards ---- */

/* The values of a byte that at least one of these rules does not rule out. */
static struct byte_set union_of(const struct ternary_writer *w, const uint32_t *numbers, uint32_t n, uint32_t byte)
{
    struct byte_set all = {{0}};
    for (uint32_t r = 0; r < n && !set_is_full(&all); r++) {
        const uint64_t *mask = rule_mask(w, numbers[r]);
        struct byte_set set = rule_bytes(w, mask, mask + w->words, byte);
        for (int i = 0; i < 4; i++)
            all.bits[i] |= set.bits[i];
    }
    return all;
}

static _Atomic uint64_t *guard_word(const struct layout *l, uint32_t dim, uint32_t value, uint32_t id)
{
    const struct ternary_root *root = &l->groups.root;
    return (_Atomic uint64_t *)&root->rows[(256ull * dim + value) * root->row_words + id / 64];
}

static void set_guard(const struct layout *l, uint32_t dim, uint32_t value, uint32_t id)
{
    _Atomic uint64_t *word = guard_word(l, dim, value, id);
    uint64_t now = atomic_load_explicit(word, memory_order_relaxed), bit = UINT64_C(1) << id % 64;
    if (!(now & bit))
        atomic_store_explicit(word, now | bit, memory_order_release);
}

static void clear_guards(const struct layout *l, uint32_t id)
{
    for (uint32_t d = 0; d < l->groups.root.dims; d++)
        for (uint32_t v = 0; v < 256; v++) {
            _Atomic uint64_t *word = guard_word(l, d, v, id);
            uint64_t now = atomic_load_explicit(word, memory_order_relaxed);
            atomic_store_explicit(word, now & ~(UINT64_C(1) << id % 64), memory_order_relaxed);
        }
}

/* Let group `id` pass wherever one of these rules may match. */
static void guard(const struct ternary_writer *w, const struct layout *l, uint32_t id, const uint32_t *numbers, uint32_t n)
{
    for (uint32_t d = 0; d < l->groups.root.dims; d++) {
        struct byte_set set = union_of(w, numbers, n, l->byte[d]);
        for (uint32_t v = 0; v < 256; v++)
            if (set_has(&set, v))
                set_guard(l, d, v, id);
    }
}

/* ---- the whole ---- */

void ternary_groups_release(void *root)
{
    struct layout *l = root;
    for (uint32_t id = 0; l->groups.group && id < ids_of(l); id++)
        free(group_at(l, id));
    free(l->groups.group);
    free(l->offset);
    free(l->byte);
    memory_release(l->groups.root.rows, l->rows_bytes);
    free(l);
}

/* Room for `groups` groups and half as many more. */
static struct layout *layout_create(const struct ternary_writer *w, uint32_t groups)
{
    struct layout *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    uint32_t want = KEY_WORDS(groups + groups / 2);
    l->groups.root.layout = TERNARY_GROUPS;
    l->groups.root.row_words = want <= 4 ? 4 : want <= 8 ? 8 : (want + TERNARY_CHUNK - 1) / TERNARY_CHUNK * TERNARY_CHUNK;
    l->offset = calloc(key_bytes(w), sizeof *l->offset);
    l->byte = calloc(key_bytes(w), sizeof *l->byte);
    l->groups.group = calloc(ids_of(l), sizeof *l->groups.group);
    l->groups.root.offset = l->offset;
    if (!l->offset || !l->byte || !l->groups.group) {
        ternary_groups_release(l);
        return NULL;
    }
    return l;
}

/* How likely a group of the layout passes at this byte, for keys like those that the rules describe: rules are
 * sampled, each stands for its values alike. 1: the byte rules out nothing. */
static double pass_rate(const struct ternary_writer *w, const struct layout *l, uint32_t groups, const uint32_t *numbers,
                        uint32_t n, uint32_t byte)
{
    uint32_t full = 0, passing[256] = {0}, samples = 0;
    for (uint32_t id = 0; id < groups; id++) {
        const struct ternary_group *g = group_at(l, id);
        struct byte_set set = union_of(w, g->number, count_of(g), byte);
        if (set_is_full(&set))
            full++;
        for (uint32_t v = 0; v < 256 && !set_is_full(&set); v++)
            passing[v] += (uint32_t)set_has(&set, v);
    }
    if (full == groups)
        return 1;
    double rate = 0;
    for (uint32_t i = 0; i < n; i += n / SAMPLES + 1, samples++) {
        const uint64_t *mask = rule_mask(w, numbers[i]);
        struct byte_set set = rule_bytes(w, mask, mask + w->words, byte);
        uint32_t values = 0, passes = 0;
        for (uint32_t v = 0; v < 256; v++) {
            values += (uint32_t)set_has(&set, v);
            passes += set_has(&set, v) ? passing[v] : 0;
        }
        rate += values ? full + (double)passes / values : 0;
    }
    return rate / samples / groups;
}

/* Take as dimensions the bytes that rule out most, until hardly a group is left that does not match: what passes is compared
 * anyway, and every dimension costs a line or more of the cache. */
static void choose_dims(const struct ternary_writer *w, struct layout *l, uint32_t groups, const uint32_t *numbers, uint32_t n,
                        double *rate)
{
    double left = groups;
    for (uint32_t byte = 0; byte < key_bytes(w); byte++)
        rate[byte] = pass_rate(w, l, groups, numbers, n, byte);
    while (left > GROUPS_LEFT) {
        uint32_t best = 0;
        for (uint32_t byte = 1; byte < key_bytes(w); byte++)
            best = rate[byte] < rate[best] ? byte : best;
        if (rate[best] > RATE_MAX)
            break;
        left *= rate[best];
        l->byte[l->groups.root.dims] = (uint16_t)best;
        l->offset[l->groups.root.dims++] = key_offset(w, best);
        rate[best] = 1;
    }
}

/* Choose dimensions, fill their rows. 0: no memory. */
static int guard_all(const struct ternary_writer *w, struct layout *l, uint32_t groups, const uint32_t *numbers, uint32_t n)
{
    double *rate = malloc(key_bytes(w) * sizeof *rate);
    if (!rate)
        return 0;
    choose_dims(w, l, groups, numbers, n, rate);
    free(rate);
    l->rows_bytes = 256ull * l->groups.root.dims * l->groups.root.row_words * sizeof(uint64_t);
    l->groups.root.rows = memory_reserve(l->rows_bytes);
    for (uint32_t id = 0; l->groups.root.rows && id < groups; id++)
        guard(w, l, id, group_at(l, id)->number, count_of(group_at(l, id)));
    return l->groups.root.rows != NULL;
}

static int compare_numbers(const void *a, const void *b, void *writer)
{
    return rule_compare(writer, *(const uint32_t *)a, *(const uint32_t *)b);
}

/* How many of the sorted rules make the next group: as many as fit, but from half a group on it ends with its mask, so
 * that fewer groups mix masks (a mixed group's guard passes more). */
static uint32_t cut(const struct ternary_writer *w, const uint32_t *numbers, uint32_t n)
{
    uint32_t end = 1;
    while (end < n && end < TERNARY_GROUP) {
        if (end >= TERNARY_GROUP / 2
            && memcmp(rule_mask(w, numbers[end - 1]), rule_mask(w, numbers[end]), w->words * sizeof(uint64_t)) != 0)
            break;
        end++;
    }
    return end;
}

struct ternary_root *ternary_groups_build(struct ternary_writer *w, uint32_t *numbers, uint32_t n)
{
    qsort_r(numbers, n, sizeof *numbers, compare_numbers, w);
    uint32_t groups = 0;
    for (uint32_t at = 0; at < n; at += cut(w, numbers + at, n - at))
        groups++;
    struct layout *l = layout_create(w, groups);
    uint32_t *sorted = l ? malloc(ids_of(l) * sizeof *sorted) : NULL, *spare = l ? malloc(ids_of(l) * sizeof *spare) : NULL;
    if (!sorted || !spare)
        goto no_memory;
    for (uint32_t at = 0, id = 0, size; at < n; at += size, id++) {
        size = cut(w, numbers + at, n - at);
        struct ternary_group *g = group_make(w, numbers + at, size);
        if (!g)
            goto no_memory;
        atomic_init(&l->groups.group[id], g);
    }
    if (!guard_all(w, l, groups, numbers, n))
        goto no_memory;
    free(w->sorted);
    free(w->spare);
    w->sorted = sorted;
    w->spare = spare;
    w->groups = w->spares = w->stale = 0;
    for (uint32_t id = ids_of(l); id-- > groups;)
        w->spare[w->spares++] = id;
    for (uint32_t id = 0; id < groups; id++) {
        struct ternary_group *g = group_at(l, id);
        for (uint32_t r = 0; r < count_of(g); r++)
            w->rule[g->number[r]].group = id;
        w->sorted[w->groups++] = id;
    }
    return &l->groups.root;

no_memory:
    free(sorted);
    free(spare);
    if (l)
        ternary_groups_release(l);
    return NULL;
}

void ternary_groups_numbers(const struct ternary_writer *w, const struct ternary_root *root, uint32_t *numbers)
{
    for (uint32_t i = 0; i < w->groups; i++) {
        const struct ternary_group *g = group_at((const struct layout *)root, w->sorted[i]);
        memcpy(numbers, g->number, count_of(g) * sizeof *numbers);
        numbers += count_of(g);
    }
}

int ternary_groups_worn(const struct ternary_writer *w)
{
    return w->stale > w->count + TERNARY_SMALL || w->groups > w->count / 2 + 16;
}

/* ---- single rules ---- */

/* The place in `sorted` of the group where a rule belongs: the last whose smallest rule is not larger, or the first. */
static uint32_t place_of(const struct ternary_writer *w, const struct layout *l, uint32_t number)
{
    uint32_t low = 0, high = w->groups;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (rule_compare(w, group_at(l, w->sorted[middle])->number[0], number) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? low - 1 : 0;
}

/* Cut the rules of a group, with a new one among them, into two groups: the upper half gets an id of its own. */
static enum groups_result split(struct ternary_writer *w, struct layout *l, uint32_t place, const uint32_t *numbers, uint32_t n,
                                uint32_t number)
{
    if (w->spares == 0)
        return GROUPS_REBUILD;
    uint32_t half = n / 2, id = w->spare[w->spares - 1];
    struct ternary_group *lower = group_make(w, numbers, half), *upper = group_make(w, numbers + half, n - half);
    if (!lower || !upper) {
        free(lower);
        free(upper);
        return GROUPS_NO_MEMORY;
    }
    w->spares--;
    memmove(w->sorted + place + 2, w->sorted + place + 1, (w->groups - place - 1) * sizeof *w->sorted);
    w->sorted[place + 1] = id;
    w->groups++;
    guard(w, l, id, upper->number, count_of(upper));
    guard(w, l, w->sorted[place], &number, 1); /* if it is in the lower half */
    publish(w, l, id, upper);
    /* who does not see the upper group yet may not see the old one without it */
    atomic_fetch_add_explicit(&l->groups.moves, 1, memory_order_release);
    publish(w, l, w->sorted[place], lower);
    return GROUPS_DONE;
}

enum groups_result ternary_groups_insert(struct ternary_writer *w, struct ternary_root *root, uint32_t number)
{
    struct layout *l = (struct layout *)root;
    uint32_t place = place_of(w, l, number), id = w->sorted[place], numbers[TERNARY_GROUP + 1], n = 0;
    const struct ternary_group *old = group_at(l, id);
    for (; n < count_of(old) && rule_compare(w, old->number[n], number) < 0; n++)
        numbers[n] = old->number[n];
    numbers[n] = number;
    memcpy(numbers + n + 1, old->number + n, (count_of(old) - n) * sizeof *numbers);
    n = count_of(old) + 1;
    if (n > TERNARY_GROUP)
        return split(w, l, place, numbers, n, number);
    struct ternary_group *g = group_make(w, numbers, n);
    if (!g)
        return GROUPS_NO_MEMORY;
    guard(w, l, id, &number, 1);
    publish(w, l, id, g);
    return GROUPS_DONE;
}

enum groups_result ternary_groups_delete(struct ternary_writer *w, struct ternary_root *root, uint32_t number)
{
    struct layout *l = (struct layout *)root;
    uint32_t id = w->rule[number].group, numbers[TERNARY_GROUP], n = 0;
    const struct ternary_group *old = group_at(l, id);
    for (uint32_t r = 0; r < count_of(old); r++)
        if (old->number[r] != number)
            numbers[n++] = old->number[r];
    struct ternary_group *g = NULL;
    if (n > 0 && !(g = group_make(w, numbers, n)))
        return GROUPS_NO_MEMORY;
    if (n == 0) {
        uint32_t place = place_of(w, l, number);
        memmove(w->sorted + place, w->sorted + place + 1, (--w->groups - place) * sizeof *w->sorted);
        w->spare[w->spares++] = id;
    }
    publish(w, l, id, g);
    if (n == 0)
        clear_guards(l, id);
    w->stale++;
    return GROUPS_DONE;
}

void ternary_groups_modify(struct ternary_writer *w, struct ternary_root *root, uint32_t number)
{
    struct ternary_group *g = group_at((struct layout *)root, w->rule[number].group);
    for (uint32_t r = 0; r < count_of(g); r++)
        if (g->number[r] == number)
            atomic_store_explicit(&g->cell[r], w->rule[number].cell, memory_order_release);
}
