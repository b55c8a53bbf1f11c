/* The writer's side of one LPM root: which prefixes there are, and the nodes that readers see (lpm_lookup.h).
 *
 * A branch is the writer's record of a node: the prefixes that end in its byte, its children, its place. Every change edits
 * one branch, makes its node anew (or stores single slots of a node that has one for each value), and publishes it with one
 * store into the slot above. Then what is no longer reachable is given back.
 *
 * Prefixes in a branch are named as in a binary heap: 1 << length | bits, so that heap / 2 is the next shorter one.
 */
#ifndef P4GATE_LPM_TREE_H
#define P4GATE_LPM_TREE_H

#include "arena.h"

#define LPM_WIDTH_MAX 2048 /* bits of the prefix field */
#define LPM_WIDE_ROUTES 8192 /* routes from which a root decides two bytes at once: 512 KB, 64 bytes a route */

struct branch;

struct lpm_tree {
    struct arena *arena;
    _Atomic uint64_t *word; /* the root that readers see; it may move between calls */
    struct branch *top;
    uint32_t leaf;          /* of the prefix of length 0 */
    uint32_t routes;
    uint32_t width;
};

/* Addresses are big-endian bytes, (LPM_WIDTH_MAX + 7) / 8 readable ones; bits below the prefix do not matter. Leaves are not 0. */

/* The leaf of exactly this prefix, or 0. */
uint32_t lpm_tree_get(const struct lpm_tree *t, const uint8_t *address, uint32_t length);
/* Insert (`fresh`) or replace a prefix. TABLE_OK or TABLE_NO_MEMORY (nothing changed). */
int lpm_tree_put(struct lpm_tree *t, const uint8_t *address, uint32_t length, uint32_t leaf, int fresh);
/* Remove a prefix that is there. TABLE_OK or TABLE_NO_MEMORY (nothing changed). */
int lpm_tree_remove(struct lpm_tree *t, const uint8_t *address, uint32_t length);
/* No reader may be left. */
void lpm_tree_clear(struct lpm_tree *t);

#endif
