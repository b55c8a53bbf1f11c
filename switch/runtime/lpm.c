#include "lpm.h"

#include <stdlib.h>
#include <string.h>

#include "lpm_lookup.h"
#include "lpm_tree.h"
#include "memory.h"

#define NODE_BYTES_A_ROUTE 1024 /* address space, far above what any set of prefixes was seen to take */
#define NODE_BYTES_MIN ((size_t)64 << 20)
#define NO_CELL UINT32_MAX

/* What a route is, by entry number. */
struct route {
    uint32_t cell; /* NO_CELL: no such entry */
    uint32_t length;
};

struct lpm_writer {
    struct qsbr *qsbr;
    uint32_t exact_width, width, words, size, count;
    struct lpm_tree *tree;  /* by the root's number in `roots`; [0] without exact part */
    struct route *route;
    uint64_t *key; /* number * words */
    struct numbers numbers;
    struct cells cells;
    struct arena arena;
    const struct entry_state *state;
};

static size_t numbers_of(uint32_t size)
{
    return (size_t)size + ENTRY_SPARE;
}

static size_t trees_of(const struct lpm_writer *w)
{
    return w->exact_width ? numbers_of(w->size) : 1;
}

struct lpm *lpm_create(struct qsbr *qsbr, uint32_t exact_width, uint32_t width, uint32_t param_words, uint32_t size)
{
    if (width == 0 || width > LPM_WIDTH_MAX || exact_width > LPM_WIDTH_MAX)
        return NULL;
    struct lpm *t = calloc(1, sizeof *t);
    struct lpm_writer *w = calloc(1, sizeof *w);
    if (!t || !w) {
        free(t);
        free(w);
        return NULL;
    }
    t->writer = w;
    w->qsbr = qsbr;
    w->exact_width = exact_width;
    w->width = width;
    w->words = KEY_WORDS(exact_width + width);
    w->size = size;
    numbers_init(&w->numbers, qsbr, size + ENTRY_SPARE);
    w->tree = memory_reserve(trees_of(w) * sizeof *w->tree);
    w->route = memory_reserve(numbers_of(size) * sizeof *w->route);
    w->key = memory_reserve(numbers_of(size) * w->words * sizeof *w->key);
    int ok = arena_init(&w->arena, qsbr, NODE_BYTES_MIN + (size_t)size * NODE_BYTES_A_ROUTE);
    ok &= cells_init(&w->cells, qsbr, param_words, size + 2 * ENTRY_SPARE);
    if (exact_width)
        ok &= (t->roots = exact_create(qsbr, KEY_WORDS(exact_width), 1, size)) != NULL;
    if (!ok || !w->tree || !w->route || !w->key) {
        lpm_destroy(t);
        return NULL;
    }
    t->nodes = w->arena.base;
    t->entries = w->cells.base;
    t->entry_stride = w->cells.stride;
    return t;
}

void lpm_destroy(struct lpm *t)
{
    if (!t)
        return;
    struct lpm_writer *w = t->writer;
    _Atomic uint64_t nowhere;
    for (size_t i = 0; w->tree && i < (w->exact_width ? t->roots ? t->roots->numbers.fresh : 0 : 1); i++)
        if (w->tree[i].top) {
            w->tree[i].word = &nowhere;
            lpm_tree_clear(&w->tree[i]);
        }
    memory_release(w->tree, trees_of(w) * sizeof *w->tree);
    memory_release(w->route, numbers_of(w->size) * sizeof *w->route);
    memory_release(w->key, numbers_of(w->size) * w->words * sizeof *w->key);
    numbers_destroy(&w->numbers);
    if (w->cells.base)
        cells_destroy(&w->cells);
    if (w->arena.base)
        arena_destroy(&w->arena);
    exact_destroy(t->roots);
    free(w);
    free(t);
}

/* ---- from a key to its tree and address ---- */

struct place {
    struct lpm_tree *tree; /* NULL: none yet for this exact part */
    uint64_t exact[LPM_WIDTH_MAX / 64 + 1];
    uint8_t address[LPM_WIDTH_MAX / 8 + 8];
};

/* The tree of an exact part that is in `roots`. Its word moves when `roots` grows, so it is set at each use. */
static struct lpm_tree *tree_of(struct lpm *t, const uint64_t *exact)
{
    struct lpm_writer *w = t->writer;
    if (!t->roots) {
        w->tree[0].word = &t->root;
        return &w->tree[0];
    }
    const struct entry *e = exact_find(t->roots, exact);
    if (!e)
        return NULL;
    struct lpm_tree *tree = &w->tree[entry_number(e)];
    tree->word = (_Atomic uint64_t *)&e->params[0];
    return tree;
}

/* 0: the prefix is longer than its field. */
static int locate(struct lpm *t, const uint64_t *key, uint32_t length, struct place *p)
{
    struct lpm_writer *w = t->writer;
    uint64_t address[LPM_WIDTH_MAX / 64];
    if (length > w->width)
        return 0;
    lpm_split(key, w->exact_width, w->width, p->exact, address);
    memset(p->address, 0, sizeof p->address);
    for (uint32_t i = 0; i < 8 * KEY_WORDS(w->width); i++)
        p->address[i] = (uint8_t)(address[i / 8] >> (56 - 8 * (i % 8)));
    p->tree = tree_of(t, p->exact);
    return 1;
}

/* ---- writes ---- */

/* Publish a filled cell for a prefix (`fresh`: there was none), making the root if there is none. */
static int put(struct lpm *t, struct place *p, uint32_t length, uint32_t cell, int fresh)
{
    struct lpm_writer *w = t->writer;
    int made = 0;
    if (!p->tree) {
        uint64_t empty = 0;
        uint32_t number;
        int result = exact_insert(t->roots, p->exact, 0, &empty, &number);
        if (result != TABLE_OK)
            return TABLE_NO_MEMORY;
        p->tree = tree_of(t, p->exact);
        made = 1;
    }
    p->tree->arena = &w->arena;
    p->tree->width = w->width;
    int result = lpm_tree_put(p->tree, p->address, length, cell + 1, fresh);
    if (result != TABLE_OK && made)
        exact_delete(t->roots, p->exact);
    return result;
}

int lpm_insert(struct lpm *t, const uint64_t *key, uint32_t length, uint32_t action, const uint64_t *params, uint32_t *number)
{
    struct lpm_writer *w = t->writer;
    struct place p;
    if (!locate(t, key, length, &p))
        return TABLE_INVALID;
    if (p.tree && lpm_tree_get(p.tree, p.address, length))
        return TABLE_EXISTS;
    if (w->count >= w->size)
        return TABLE_FULL;
    uint32_t own = numbers_take(&w->numbers);
    if (own == NUMBERS_NONE)
        return TABLE_NO_MEMORY;
    entry_state_begin(w->state, own);
    uint32_t cell = cells_take(&w->cells, own, action, params);
    int result = cell == NUMBERS_NONE ? TABLE_NO_MEMORY : put(t, &p, length, cell, 1);
    if (result != TABLE_OK) {
        if (cell != NUMBERS_NONE)
            cells_free(&w->cells, cell);
        w->route[own].cell = NO_CELL;
        numbers_free(&w->numbers, own);
        return result;
    }
    w->route[own] = (struct route){cell, length};
    memcpy(w->key + (size_t)own * w->words, key, w->words * sizeof *key);
    w->count++;
    if (number)
        *number = own;
    return TABLE_OK;
}

/* The cell of exactly this prefix, or NO_CELL. */
static uint32_t cell_of(const struct place *p, uint32_t length)
{
    uint32_t leaf = p->tree ? lpm_tree_get(p->tree, p->address, length) : 0;
    return leaf ? leaf - 1 : NO_CELL;
}

int lpm_modify(struct lpm *t, const uint64_t *key, uint32_t length, uint32_t action, const uint64_t *params)
{
    struct lpm_writer *w = t->writer;
    struct place p;
    if (!locate(t, key, length, &p))
        return TABLE_INVALID;
    uint32_t old = cell_of(&p, length);
    if (old == NO_CELL)
        return TABLE_MISSING;
    uint32_t number = entry_number(lpm_entry(t, old + 1)), cell = cells_take(&w->cells, number, action, params);
    if (cell == NUMBERS_NONE)
        return TABLE_NO_MEMORY;
    int result = put(t, &p, length, cell, 0);
    cells_free(&w->cells, result == TABLE_OK ? old : cell);
    if (result == TABLE_OK)
        w->route[number].cell = cell;
    return result;
}

int lpm_delete(struct lpm *t, const uint64_t *key, uint32_t length)
{
    struct lpm_writer *w = t->writer;
    struct place p;
    if (!locate(t, key, length, &p))
        return TABLE_INVALID;
    uint32_t cell = cell_of(&p, length);
    if (cell == NO_CELL)
        return TABLE_MISSING;
    uint32_t number = entry_number(lpm_entry(t, cell + 1));
    int result = lpm_tree_remove(p.tree, p.address, length);
    if (result != TABLE_OK)
        return result;
    if (t->roots && p.tree->routes == 0) {
        memset(p.tree, 0, sizeof *p.tree);
        exact_delete(t->roots, p.exact);
    }
    w->route[number].cell = NO_CELL;
    cells_free(&w->cells, cell);
    numbers_free(&w->numbers, number);
    w->count--;
    return TABLE_OK;
}

uint32_t lpm_insert_many(struct lpm *t, uint32_t n, const uint64_t *keys, const uint32_t *lengths, const uint32_t *actions,
                         const uint64_t *params, uint32_t *numbers, int *results)
{
    struct lpm_writer *w = t->writer;
    uint32_t done = 0;
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t *data = w->cells.param_words ? params + (size_t)i * w->cells.param_words : NULL;
        results[i] = lpm_insert(t, keys + (size_t)i * w->words, lengths[i], actions[i], data, numbers ? &numbers[i] : NULL);
        done += results[i] == TABLE_OK;
    }
    return done;
}

/* ---- the writer's own look-ups ---- */

void lpm_set_state(struct lpm *t, const struct entry_state *state)
{
    t->writer->state = state;
}

int64_t lpm_number(struct lpm *t, const uint64_t *key, uint32_t length)
{
    struct place p;
    uint32_t cell = locate(t, key, length, &p) ? cell_of(&p, length) : NO_CELL;
    return cell == NO_CELL ? -1 : (int64_t)entry_number(lpm_entry(t, cell + 1));
}

uint32_t lpm_count(const struct lpm *t)
{
    return t->writer->count;
}

uint32_t lpm_numbers(const struct lpm *t)
{
    return t->writer->numbers.fresh;
}

const struct entry *lpm_at(const struct lpm *t, uint32_t number, const uint64_t **key, uint32_t *length)
{
    const struct lpm_writer *w = t->writer;
    if (number >= w->numbers.fresh || w->route[number].cell == NO_CELL)
        return NULL;
    if (key)
        *key = w->key + (size_t)number * w->words;
    if (length)
        *length = w->route[number].length;
    return lpm_entry(t, w->route[number].cell + 1);
}

const struct entry *lpm_find(const struct lpm *t, const uint64_t *key)
{
    return lpm_lookup(t, key, t->writer->exact_width, t->writer->width);
}
