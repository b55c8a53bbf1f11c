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
    uint32_t at = heap, leaf = branch_next_prefix(b, &at);
    return at == heap ? leaf : 0;
}

struct branch *branch_child(const struct branch *b, uint32_t value)
{
    uint32_t at = value;
    struct branch *child = branch_next_child(b, &at);
    return at == value ? child : NULL;
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

/* What the 256 slots should hold: shorter prefixes first, longer ones over them, then the children. */
static void paint(const struct branch *b, uint64_t slots[256])
{
    memset(slots, 0, 256 * sizeof *slots);
    for (uint32_t i = 0; i < b->prefixes; i++) {
        uint32_t heap = b->prefix[i].heap, length = 31 - (uint32_t)__builtin_clz(heap);
        uint32_t first = (heap << (8 - length)) & 255;
        for (uint32_t v = first; v < first + (256u >> length); v++)
            slots[v] = (uint64_t)b->prefix[i].leaf << 32;
    }
    for (uint32_t i = 0; i < b->children; i++)
        slots[b->child[i].value] |= b->child[i].branch->node;
}

/* The same for one of 65536: the longest prefix that ends in this branch and covers it. */
static uint64_t wide_slot(const struct branch *b, uint32_t value)
{
    uint32_t leaf = 0;
    for (uint32_t heap = 1u << 16 | value; heap > 1 && !leaf; heap /= 2)
        leaf = b->leaf_of[heap];
    return (uint64_t)leaf << 32 | (b->child_of[value] ? b->child_of[value]->node : 0);
}

/* Bits where runs begin; returns how many. */
static uint32_t find_runs(const uint64_t slots[256], uint64_t bits[4])
{
    uint32_t runs = 1;
    memset(bits, 0, 4 * sizeof *bits);
    bits[0] = 1;
    for (uint32_t v = 1; v < 256; v++) {
        uint64_t begins = slots[v] != slots[v - 1];
        bits[v / 64] |= begins << v % 64;
        runs += (uint32_t)begins;
    }
    return runs;
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

int branch_build(struct branch *b, struct arena *arena)
{
    uint64_t slots[256], bits[4] = {0};
    uint32_t runs = 0, count = 1u << 16;
    enum lpm_kind kind = LPM_TWO_BYTES;
    if (b->stride == 8) {
        paint(b, slots);
        runs = find_runs(slots, bits);
        kind = runs <= RUNS_MAX ? LPM_RUNS : LPM_BYTE;
        count = kind == LPM_RUNS ? runs : 256;
    }
    uint32_t block = arena_take(arena, node_bytes(count));
    if (!block)
        return 0;
    b->node = block;
    b->bytes = (uint32_t)node_bytes(count);
    struct lpm_node *node = node_of(b, arena);
    write_header(b, node, kind, runs, bits);
    if (kind == LPM_TWO_BYTES) {
        for (uint32_t v = 0; v < count; v++)
            atomic_store_explicit(&node->slot[v], wide_slot(b, v), memory_order_relaxed);
        return 1;
    }
    for (uint32_t v = 0, next = 0; v < 256; v++)
        if (kind == LPM_BYTE || bits[v / 64] >> v % 64 & 1)
            atomic_store_explicit(&node->slot[next++], slots[v], memory_order_relaxed);
    return 1;
}

static void store_if_changed(_Atomic uint64_t *slot, uint64_t value)
{
    if (atomic_load_explicit(slot, memory_order_relaxed) != value)
        atomic_store_explicit(slot, value, memory_order_release);
}

int branch_store(struct branch *b, struct arena *arena, uint32_t first, uint32_t n)
{
    struct lpm_node *node = node_of(b, arena);
    if (node->kind == LPM_TWO_BYTES) {
        for (uint32_t v = first; v < first + n; v++)
            store_if_changed(&node->slot[v], wide_slot(b, v));
        return 1;
    }
    uint64_t slots[256], bits[4];
    paint(b, slots);
    uint32_t runs = find_runs(slots, bits);
    if (node->kind == LPM_BYTE ? runs < RUNS_FEW : memcmp(bits, node->bits, sizeof bits) != 0)
        return 0;
    for (uint32_t v = 0, next = 0; v < 256; v++)
        if (node->kind == LPM_BYTE || bits[v / 64] >> v % 64 & 1)
            store_if_changed(&node->slot[next++], slots[v]);
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
