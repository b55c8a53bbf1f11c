#include "lpm_tree.h"

#include <stdlib.h>
#include <string.h>

#include "entry.h"
#include "lpm_branch.h"

/* The byte in which a prefix ends. */
static uint32_t last_byte(uint32_t length)
{
    return (length - 1) / 8;
}

static void store_root(struct lpm_tree *t)
{
    uint64_t word = (uint64_t)t->leaf << 32 | (t->top ? t->top->node : 0);
    atomic_store_explicit(t->word, word, memory_order_release);
}

/* Publish b's present node in the slot above, which holds an older one of its place. `address` leads to b. */
static void link_in(struct lpm_tree *t, struct branch *b, const uint8_t *address)
{
    if (!b->parent) {
        store_root(t);
        return;
    }
    _Atomic uint64_t *slot = branch_slot(b->parent, t->arena, branch_value(b->parent, address));
    uint64_t word = atomic_load_explicit(slot, memory_order_relaxed);
    atomic_store_explicit(slot, (word & ~(uint64_t)UINT32_MAX) | b->node, memory_order_release);
}

/* Let readers see b's record, of which slots first .. first + n - 1 changed. 0: no memory. */
static int publish(struct lpm_tree *t, struct branch *b, const uint8_t *address, uint32_t first, uint32_t n)
{
    uint32_t old = b->node, bytes = b->bytes;
    if (!branch_renew(b, t->arena, first, n))
        return 0;
    if (b->node != old) {
        link_in(t, b, address);
        arena_free(t->arena, old, bytes);
    }
    return 1;
}

static int publish_prefix(struct lpm_tree *t, struct branch *b, const uint8_t *address, uint32_t length)
{
    uint32_t n = 1u << (b->stride - (length - 8 * b->at));
    return publish(t, b, address, branch_value(b, address) & ~(n - 1), n);
}

/* Put `child`, whose node is built, where `b` was in its parent. */
static void take_place(struct lpm_tree *t, struct branch *parent, struct branch *child, const uint8_t *address)
{
    child->parent = parent;
    if (parent)
        branch_set_child(parent, branch_value(parent, address), child);
    else
        t->top = child;
    link_in(t, child, address);
}

/* How far the path of b agrees with the address: the first byte that does not, or where either ends. */
static uint32_t agree(const struct branch *b, const uint8_t *address, uint32_t last)
{
    uint32_t end = last < b->at ? last : b->at, at = b->start;
    while (at < end && address[at] == b->path[at - b->start])
        at++;
    return at;
}

/* The branch in which a prefix ends, or NULL if there is none for it. */
static struct branch *find(const struct lpm_tree *t, const uint8_t *address, uint32_t length)
{
    uint32_t last = last_byte(length);
    struct branch *b = t->top;
    while (b && agree(b, address, last) == b->at && last >= b->at + b->stride / 8u)
        b = branch_child(b, branch_value(b, address));
    return b && agree(b, address, last) == b->at ? b : NULL;
}

uint32_t lpm_tree_get(const struct lpm_tree *t, const uint8_t *address, uint32_t length)
{
    if (length == 0)
        return t->leaf;
    struct branch *b = find(t, address, length);
    return b ? branch_leaf(b, branch_heap(b, address, length)) : 0;
}

/* ---- insert ---- */

/* New branches from byte `start` down to the one where the prefix ends, with built nodes: more than one if it takes to
 * compare more than LPM_SKIP_MAX bytes. NULL: no memory. */
static struct branch *grow(struct lpm_tree *t, uint32_t start, const uint8_t *address, uint32_t length, uint32_t leaf)
{
    uint32_t last = last_byte(length), at = last;
    if (last - start > LPM_SKIP_MAX)
        at = start + LPM_SKIP_MAX;
    struct branch *b = branch_create((uint16_t)start, (uint16_t)at, 8, address), *below = NULL;
    if (!b)
        return NULL;
    int ok;
    if (at == last) {
        ok = branch_set_leaf(b, branch_heap(b, address, length), leaf);
    } else {
        below = grow(t, at + 1, address, length, leaf);
        ok = below && branch_set_child(b, address[at], below);
        if (below && !ok)
            branch_destroy(below, t->arena);
    }
    if (ok && branch_build(b, t->arena))
        return b;
    branch_destroy(b, t->arena);
    return NULL;
}

/* A prefix below b, where no child is yet. */
static int add_child(struct lpm_tree *t, struct branch *b, const uint8_t *address, uint32_t length, uint32_t leaf)
{
    uint32_t value = branch_value(b, address);
    struct branch *child = grow(t, b->at + b->stride / 8u, address, length, leaf);
    if (!child)
        return TABLE_NO_MEMORY;
    if (!branch_set_child(b, value, child)) {
        branch_destroy(child, t->arena);
        return TABLE_NO_MEMORY;
    }
    if (!publish(t, b, address, value, 1)) {
        branch_set_child(b, value, NULL);
        branch_destroy(child, t->arena);
        return TABLE_NO_MEMORY;
    }
    return TABLE_OK;
}

/* A prefix in b, new or replaced. */
static int set_prefix(struct lpm_tree *t, struct branch *b, const uint8_t *address, uint32_t length, uint32_t leaf)
{
    uint32_t heap = branch_heap(b, address, length), before = branch_leaf(b, heap);
    if (!branch_set_leaf(b, heap, leaf))
        return TABLE_NO_MEMORY;
    if (publish_prefix(t, b, address, length))
        return TABLE_OK;
    branch_set_leaf(b, heap, before);
    return TABLE_NO_MEMORY;
}

/* Let b decide later: at the same byte, but after fewer bytes of path. Its node is built, not linked. */
static int shorten(struct lpm_tree *t, struct branch *b, uint32_t start)
{
    struct branch before = *b;
    memmove(b->path, b->path + (start - b->start), b->at - start);
    b->start = (uint16_t)start;
    if (branch_build(b, t->arena))
        return 1;
    *b = before;
    return 0;
}

/* A prefix that leaves b's path at byte `at`, or ends there: a new branch at that byte, above b. */
static int split(struct lpm_tree *t, struct branch *b, uint32_t at, const uint8_t *address, uint32_t length, uint32_t leaf)
{
    struct branch before = *b, *parent = b->parent;
    uint8_t value = b->path[at - b->start];
    struct branch *above = branch_create(b->start, (uint16_t)at, 8, address), *beside = NULL;
    if (!above)
        return TABLE_NO_MEMORY;
    int ok = shorten(t, b, at + 1);
    if (ok && at == last_byte(length)) {
        ok = branch_set_leaf(above, branch_heap(above, address, length), leaf);
    } else if (ok) {
        beside = grow(t, at + 1, address, length, leaf);
        ok = beside && branch_set_child(above, address[at], beside);
        if (beside && !ok)
            branch_destroy(beside, t->arena);
    }
    if (ok && branch_set_child(above, value, b) && branch_build(above, t->arena)) {
        take_place(t, parent, above, address);
        arena_free(t->arena, before.node, before.bytes);
        return TABLE_OK;
    }
    if (b->node != before.node)
        arena_free(t->arena, b->node, b->bytes);
    *b = before;
    if (branch_child(above, value) == b)
        branch_set_child(above, value, NULL);
    branch_destroy(above, t->arena);
    return TABLE_NO_MEMORY;
}

static int put_below_root(struct lpm_tree *t, const uint8_t *address, uint32_t length, uint32_t leaf)
{
    uint32_t last = last_byte(length);
    if (!t->top) {
        t->top = grow(t, 0, address, length, leaf);
        if (!t->top)
            return TABLE_NO_MEMORY;
        store_root(t);
        return TABLE_OK;
    }
    for (struct branch *b = t->top;;) {
        uint32_t at = agree(b, address, last);
        if (at < b->at)
            return split(t, b, at, address, length, leaf);
        if (last < b->at + b->stride / 8u)
            return set_prefix(t, b, address, length, leaf);
        struct branch *child = branch_child(b, branch_value(b, address));
        if (!child)
            return add_child(t, b, address, length, leaf);
        b = child;
    }
}

/* ---- a wide root ---- */

/* Put every prefix of b and below into `to`. `address` holds the bytes above b, and is written further. */
static int copy_prefixes(struct lpm_tree *to, const struct branch *b, uint8_t *address)
{
    memcpy(address + b->start, b->path, b->at - b->start);
    uint32_t leaf;
    for (uint32_t heap = 0; (leaf = branch_next_prefix(b, &heap)); heap++) {
        uint32_t bits = 31 - (uint32_t)__builtin_clz(heap);
        address[b->at] = (uint8_t)(heap << (8 - bits));
        if (put_below_root(to, address, 8u * b->at + bits, leaf) != TABLE_OK)
            return 0;
    }
    struct branch *child;
    for (uint32_t value = 0; (child = branch_next_child(b, &value)); value++) {
        address[b->at] = (uint8_t)value;
        if (!copy_prefixes(to, child, address))
            return 0;
    }
    return 1;
}

/* Build the tree again under a root that decides two bytes, and publish it. If memory is short, all stays as it was. */
static void widen(struct lpm_tree *t)
{
    uint8_t address[LPM_WIDTH_MAX / 8 + 1] = {0};
    _Atomic uint64_t unseen = 0;
    struct lpm_tree wide = {.arena = t->arena, .word = &unseen, .width = t->width};
    struct branch *old = t->top;
    wide.top = branch_create(0, 0, 16, address);
    if (!wide.top)
        return;
    if (branch_build(wide.top, t->arena) && copy_prefixes(&wide, old, address)) {
        t->top = wide.top;
        store_root(t);
        branch_destroy(old, t->arena);
    } else {
        branch_destroy(wide.top, t->arena);
    }
}

int lpm_tree_put(struct lpm_tree *t, const uint8_t *address, uint32_t length, uint32_t leaf, int fresh)
{
    if (length == 0) {
        t->leaf = leaf;
        store_root(t);
    } else {
        int result = put_below_root(t, address, length, leaf);
        if (result != TABLE_OK)
            return result;
    }
    t->routes += fresh != 0;
    /* at powers of two only: a try that failed for lack of memory is not repeated at every insert */
    if (fresh && t->routes >= LPM_WIDE_ROUTES && (t->routes & (t->routes - 1)) == 0 && t->width >= 16 && t->top
        && t->top->stride == 8)
        widen(t);
    return TABLE_OK;
}

/* ---- delete ---- */

/* The one child of a branch that nothing else is left of, if their paths fit into one. */
static struct branch *only_child(const struct branch *b)
{
    uint32_t value = 0;
    if (b->stride != 8 || b->prefixes || b->children != 1)
        return NULL;
    struct branch *child = branch_next_child(b, &value);
    return child->at - b->start <= LPM_SKIP_MAX ? child : NULL;
}

/* Replace b by its only child, whose path gets b's in front. */
static int merge(struct lpm_tree *t, struct branch *b, struct branch *child, const uint8_t *address)
{
    struct branch before = *child, *parent = b->parent;
    uint32_t value = 0, above = b->at - b->start;
    branch_next_child(b, &value);
    memcpy(child->path, b->path, above);
    child->path[above] = (uint8_t)value;
    memcpy(child->path + above + 1, before.path, before.at - before.start);
    child->start = b->start;
    if (!branch_build(child, t->arena)) {
        *child = before;
        return 0;
    }
    branch_set_child(b, value, NULL);
    take_place(t, parent, child, address);
    arena_free(t->arena, before.node, before.bytes);
    branch_destroy(b, t->arena);
    return 1;
}

/* A prefix went from b's record. Take out what is empty now, join what can be, publish. 0: no memory. */
static int shrink(struct lpm_tree *t, struct branch *b, const uint8_t *address, uint32_t length)
{
    struct branch *dead = NULL, *rest = b;
    while (rest && rest->prefixes == 0 && rest->children == (dead ? 1u : 0u)) {
        dead = rest;
        rest = rest->parent;
    }
    if (!rest) {
        t->top = NULL;
        store_root(t);
        branch_destroy(dead, t->arena);
        return 1;
    }
    uint32_t value = branch_value(rest, address);
    if (dead)
        branch_set_child(rest, value, NULL);
    struct branch *child = only_child(rest);
    int ok = child  ? merge(t, rest, child, address)
             : dead ? publish(t, rest, address, value, 1)
                    : publish_prefix(t, rest, address, length);
    if (dead && ok)
        branch_destroy(dead, t->arena);
    else if (dead)
        branch_set_child(rest, value, dead); /* its place in the list is still there: this needs no memory */
    return ok;
}

int lpm_tree_remove(struct lpm_tree *t, const uint8_t *address, uint32_t length)
{
    if (length == 0) {
        t->leaf = 0;
        store_root(t);
    } else {
        struct branch *b = find(t, address, length);
        uint32_t heap = branch_heap(b, address, length), before = branch_leaf(b, heap);
        branch_set_leaf(b, heap, 0);
        if (!shrink(t, b, address, length)) {
            branch_set_leaf(b, heap, before);
            return TABLE_NO_MEMORY;
        }
    }
    t->routes--;
    return TABLE_OK;
}

void lpm_tree_clear(struct lpm_tree *t)
{
    if (t->top)
        branch_destroy(t->top, t->arena);
    t->top = NULL;
    t->leaf = 0;
    t->routes = 0;
    store_root(t);
}
