#include "lpm_branch.h"

#include <stdlib.h>
#include <string.h>

#define RUNS_MAX 122 /* runs in 1 KB; a node with more takes 2 KB and has a slot for each value */
#define RUNS_FEW 61  /* from which such a node goes back to runs */

struct branch *branch_create(uint16_t start, uint16_t at, uint8_t stride, const uint8_t *address)
{
    struct branch *b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    b->start = start;
    b->at = at;
    b->stride = stride;
    memcpy(b->path, address + start, at - start);
    if (stride == 16) {
        b->leaf_of = calloc(1u << 17, sizeof *b->leaf_of);
        b->child_of = calloc(1u << 16, sizeof *b->child_of);
        if (!b->leaf_of || !b->child_of) {
            free(b->leaf_of);
            free(b->child_of);
            free(b);
            return NULL;
        }
    }
    return b;
}

void branch_destroy(struct branch *b, struct arena *arena)
{
    struct branch *child;
    for (uint32_t value = 0; (child = branch_next_child(b, &value)); value++)
        branch_destroy(child, arena);
    if (b->node)
        arena_free(arena, b->node, b->bytes);
    free(b->prefix);
    free(b->child);
    free(b->leaf_of);
    free(b->child_of);
    free(b);
}

/* ---- the record ---- */

static uint32_t prefix_place(const struct branch *b, uint32_t heap)
{
    uint32_t low = 0, high = b->prefixes;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (b->prefix[middle].heap < heap)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static uint32_t child_place(const struct branch *b, uint32_t value)
{
    uint32_t low = 0, high = b->children;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (b->child[middle].value < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t branch_next_prefix(const struct branch *b, uint32_t *heap)
{
    if (b->stride == 16) {
        while (*heap < 1u << 17 && !b->leaf_of[*heap])
            ++*heap;
        return *heap < 1u << 17 ? b->leaf_of[*heap] : 0;
    }
    uint32_t at = prefix_place(b, *heap);
    if (at == b->prefixes)
        return 0;
    *heap = b->prefix[at].heap;
    return b->prefix[at].leaf;
}

struct branch *branch_next_child(const struct branch *b, uint32_t *value)
{
    if (b->stride == 16) {
        while (*value < 1u << 16 && !b->child_of[*value])
            ++*value;
        return *value < 1u << 16 ? b->child_of[*value] : NULL;
    }
    uint32_t at = child_place(b, *value);
    if (at == b->children)
        return NULL;
    *value = b->child[at].value;
    return b->child[at].branch;
}

uint32_t branch_leaf(const struct branch *b, uint32_t heap)
{
    if (b->stride == 16)
        return b->leaf_of[heap];
    uint32_t at = prefix_place(b, heap);
    return at < b->prefixes && b->prefix[at].heap == heap ? b->prefix[at].leaf : 0;
}

struct branch *branch_child(const struct branch *b, uint32_t value)
{
    if (b->stride == 16)
        return b->child_of[value];
    uint32_t at = child_place(b, value);
    return at < b->children && b->child[at].value == value ? b->child[at].branch : NULL;
}

int branch_set_leaf(struct branch *b, uint32_t heap, uint32_t leaf)
{
    uint32_t before = branch_leaf(b, heap);
    if (b->stride == 16) {
        b->leaf_of[heap] = leaf;
    } else {
        uint32_t at = prefix_place(b, heap);
        struct branch_prefix *place;
        if (!before && leaf) {
            if (b->prefixes == b->prefix_room) {
                uint32_t room = b->prefix_room ? 2 * b->prefix_room : 2;
                struct branch_prefix *more = realloc(b->prefix, room * sizeof *more);
                if (!more)
                    return 0;
                b->prefix = more;
                b->prefix_room = room;
            }
            place = &b->prefix[at];
            memmove(place + 1, place, (b->prefixes - at) * sizeof *place);
        } else if (before && !leaf) {
            place = &b->prefix[at];
            memmove(place, place + 1, (b->prefixes - at - 1) * sizeof *place);
        }
        if (leaf)
            b->prefix[at] = (struct branch_prefix){heap, leaf};
    }
    b->prefixes += (leaf != 0) - (before != 0);
    return 1;
}

int branch_set_child(struct branch *b, uint32_t value, struct branch *child)
{
    struct branch *before = branch_child(b, value);
    if (b->stride == 16) {
        b->child_of[value] = child;
    } else {
        uint32_t at = child_place(b, value);
        struct branch_child *place;
        if (!before && child) {
            if (b->children == b->child_room) {
                uint32_t room = b->child_room ? 2 * b->child_room : 2;
                struct branch_child *more = realloc(b->child, room * sizeof *more);
                if (!more)
                    return 0;
                b->child = more;
                b->child_room = room;
            }
            place = &b->child[at];
            memmove(place + 1, place, (b->children - at) * sizeof *place);
        } else if (before && !child) {
            place = &b->child[at];
            memmove(place, place + 1, (b->children - at - 1) * sizeof *place);
        }
        if (child)
            b->child[at] = (struct branch_child){value, child};
    }
    b->children += (child != NULL) - (before != NULL);
    if (child)
        child->parent = b;
    return 1;
}

uint32_t branch_value(const struct branch *b, const uint8_t *address)
{
    return b->stride == 16 ? (uint32_t)address[b->at] << 8 | address[b->at + 1] : address[b->at];
}

uint32_t branch_heap(const struct branch *b, const uint8_t *address, uint32_t length)
{
    uint32_t bits = length - 8 * b->at;
    return 1u << bits | branch_value(b, address) >> (b->stride - bits);
}

/* ---- the node ---- */

static struct lpm_node *node_of(const struct branch *b, const struct arena *arena)
{
    return arena_at(arena->base, b->node);
}

/* What a node of stride 8 should hold: a slot for each value, and where runs of equal ones begin. */
struct draft {
    uint64_t slots[256];
    uint64_t bits[4];
    uint32_t runs;
};

static void mark(uint64_t bits[4], uint32_t value)
{
    if (value < 256)
        bits[value / 64] |= UINT64_C(1) << value % 64;
}

/* Shorter prefixes first, longer ones over them, then the children. A run can begin only where one of them begins or ended. */
static void draw(const struct branch *b, struct draft *d)
{
    uint64_t edges[4] = {1};
    memset(d->slots, 0, sizeof d->slots);
    for (uint32_t i = 0; i < b->prefixes; i++) {
        uint32_t heap = b->prefix[i].heap, length = 31 - (uint32_t)__builtin_clz(heap);
        uint32_t first = (heap << (8 - length)) & 255, end = first + (256u >> length);
        for (uint32_t v = first; v < end; v++)
            d->slots[v] = (uint64_t)b->prefix[i].leaf << 32;
        mark(edges, first);
        mark(edges, end);
    }
    for (uint32_t i = 0; i < b->children; i++) {
        d->slots[b->child[i].value] |= b->child[i].branch->node;
        mark(edges, b->child[i].value);
        mark(edges, b->child[i].value + 1);
    }
    d->runs = 0;
    for (uint32_t w = 0; w < 4; w++) {
        d->bits[w] = 0;
        for (uint64_t left = edges[w]; left; left &= left - 1) {
            uint32_t v = 64 * w + (uint32_t)__builtin_ctzll(left);
            if (v == 0 || d->slots[v] != d->slots[v - 1]) {
                mark(d->bits, v);
                d->runs++;
            }
        }
    }
}

/* The same for one of 65536: the longest prefix that ends in this branch and covers it. */
static uint64_t wide_slot(const struct branch *b, uint32_t value)
{
    uint32_t leaf = 0;
    for (uint32_t heap = 1u << 16 | value; heap > 1 && !leaf; heap /= 2)
        leaf = b->leaf_of[heap];
    return (uint64_t)leaf << 32 | (b->child_of[value] ? b->child_of[value]->node : 0);
}

static void write_header(const struct branch *b, struct lpm_node *node, enum lpm_kind kind, uint32_t runs, const uint64_t bits[4])
{
    memcpy(node->bits, bits, sizeof node->bits);
    uint32_t before = 0;
    for (int w = 0; w < 4; w++) {
        node->before[w] = (uint8_t)before;
        before += (uint32_t)__builtin_popcountll(bits[w]);
    }
    node->kind = (uint8_t)kind;
    node->skip = (uint8_t)(b->at - b->start);
    node->runs = (uint16_t)runs;
    node->path = 0;
    for (int i = 0; i < node->skip; i++)
        node->path |= (uint64_t)b->path[i] << (56 - 8 * i);
}

static size_t node_bytes(uint32_t slots)
{
    return sizeof(struct lpm_node) + slots * sizeof(uint64_t);
}

/* A new block for `slots` slots, with its header. */
static struct lpm_node *take_node(struct branch *b, struct arena *arena, enum lpm_kind kind, uint32_t slots, uint32_t runs,
                                  const uint64_t bits[4])
{
    uint32_t block = arena_take(arena, node_bytes(slots));
    if (!block)
        return NULL;
    b->node = block;
    b->bytes = (uint32_t)node_bytes(slots);
    struct lpm_node *node = node_of(b, arena);
    write_header(b, node, kind, runs, bits);
    return node;
}

static int build_wide(struct branch *b, struct arena *arena)
{
    struct lpm_node *node = take_node(b, arena, LPM_TWO_BYTES, 1u << 16, 0, (uint64_t[4]){0});
    for (uint32_t v = 0; node && v < 1u << 16; v++)
        atomic_store_explicit(&node->slot[v], wide_slot(b, v), memory_order_relaxed);
    return node != NULL;
}

static int build_byte(struct branch *b, struct arena *arena, const struct draft *d)
{
    enum lpm_kind kind = d->runs <= RUNS_MAX ? LPM_RUNS : LPM_BYTE;
    struct lpm_node *node = take_node(b, arena, kind, kind == LPM_RUNS ? d->runs : 256, d->runs, d->bits);
    if (!node)
        return 0;
    uint32_t next = 0;
    if (kind == LPM_BYTE)
        for (; next < 256; next++)
            atomic_store_explicit(&node->slot[next], d->slots[next], memory_order_relaxed);
    else
        for (uint32_t w = 0; w < 4; w++)
            for (uint64_t left = d->bits[w]; left; left &= left - 1)
                atomic_store_explicit(&node->slot[next++], d->slots[64 * w + (uint32_t)__builtin_ctzll(left)],
                                      memory_order_relaxed);
    return 1;
}

int branch_build(struct branch *b, struct arena *arena)
{
    struct draft d;
    if (b->stride == 16)
        return build_wide(b, arena);
    draw(b, &d);
    return build_byte(b, arena, &d);
}

static void store_if_changed(_Atomic uint64_t *slot, uint64_t value)
{
    if (atomic_load_explicit(slot, memory_order_relaxed) != value)
        atomic_store_explicit(slot, value, memory_order_release);
}

int branch_renew(struct branch *b, struct arena *arena, uint32_t first, uint32_t n)
{
    struct lpm_node *node = node_of(b, arena);
    struct draft d;
    if (node->kind == LPM_TWO_BYTES) {
        for (uint32_t v = first; v < first + n; v++)
            store_if_changed(&node->slot[v], wide_slot(b, v));
        return 1;
    }
    draw(b, &d);
    if (node->kind == LPM_BYTE && d.runs >= RUNS_FEW) {
        for (uint32_t v = first; v < first + n; v++)
            store_if_changed(&node->slot[v], d.slots[v]);
        return 1;
    }
    if (node->kind == LPM_BYTE || memcmp(d.bits, node->bits, sizeof d.bits) != 0)
        return build_byte(b, arena, &d);
    uint32_t next = 0;
    for (uint32_t w = 0; w < 4; w++)
        for (uint64_t left = d.bits[w]; left; left &= left - 1)
            store_if_changed(&node->slot[next++], d.slots[64 * w + (uint32_t)__builtin_ctzll(left)]);
    return 1;
}

_Atomic uint64_t *branch_slot(const struct branch *b, const struct arena *arena, uint32_t value)
{
    struct lpm_node *node = node_of(b, arena);
    if (node->kind != LPM_RUNS)
        return &node->slot[value];
    uint32_t word = value / 64;
    return &node->slot[node->before[word] + (uint32_t)__builtin_popcountll(node->bits[word] << (63 - value % 64)) - 1];
}
