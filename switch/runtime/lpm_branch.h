/* One branch of an LPM tree: the writer's record of a node, and the node's construction. See lpm_tree.h.
 *
 * A branch decides `stride` bits (8; 16 in a wide root) at byte `at` of the address; bytes start .. at - 1 are compared before.
 * Setting a leaf or child edits the record only; branch_build and branch_renew bring the readers' node up to date.
 */
#ifndef P4GATE_LPM_BRANCH_H
#define P4GATE_LPM_BRANCH_H

#include "arena.h"
#include "lpm_lookup.h"

struct branch_prefix {
    uint32_t heap, leaf;
};

struct branch_child {
    uint32_t value;
    struct branch *branch;
};

struct branch {
    struct branch *parent;
    uint32_t node;  /* block in the arena; 0: none yet */
    uint32_t bytes; /* of the block */
    uint16_t start, at;
    uint8_t stride;
    uint8_t path[LPM_SKIP_MAX];
    uint32_t prefixes, children;
    /* stride 8: sorted by heap and value */
    uint32_t prefix_room, child_room;
    struct branch_prefix *prefix;
    struct branch_child *child;
    /* stride 16: by heap and value */
    uint32_t *leaf_of;
    struct branch **child_of;
};

/* What decides at byte `at` after comparing bytes start .. at - 1 of `address`. NULL: no memory. */
struct branch *branch_create(uint16_t start, uint16_t at, uint8_t stride, const uint8_t *address);
/* With all below it; nodes go back to the arena. */
void branch_destroy(struct branch *b, struct arena *arena);

uint32_t branch_leaf(const struct branch *b, uint32_t heap); /* 0: none */
struct branch *branch_child(const struct branch *b, uint32_t value);
/* 0 and NULL remove. Answer 0 if there is no memory (only when something is added). */
int branch_set_leaf(struct branch *b, uint32_t heap, uint32_t leaf);
int branch_set_child(struct branch *b, uint32_t value, struct branch *child);
/* The first child with value >= *value (which gets its value), or NULL: for walks. */
struct branch *branch_next_child(const struct branch *b, uint32_t *value);
/* The first prefix with heap >= *heap, as its leaf, or 0. */
uint32_t branch_next_prefix(const struct branch *b, uint32_t *heap);

/* The branch's value and the heap name of a prefix of `length` bits that ends in it. */
uint32_t branch_value(const struct branch *b, const uint8_t *address);
uint32_t branch_heap(const struct branch *b, const uint8_t *address, uint32_t length);

/* A new node from the record; the one before, if any, is the caller's to link out and free. 0: no memory, nothing changed. */
int branch_build(struct branch *b, struct arena *arena);
/* The record changed for values first .. first + n - 1: store the slots that changed if they have places in the present node, else
 * build a new one (b->node is another then). 0: no memory, nothing changed. */
int branch_renew(struct branch *b, struct arena *arena, uint32_t first, uint32_t n);
/* The slot of a value in the present node. */
_Atomic uint64_t *branch_slot(const struct branch *b, const struct arena *arena, uint32_t value);

#endif
