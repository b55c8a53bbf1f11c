/* Longest-prefix match, with or without exact fields in front: a multibit trie for each value of the exact part.
 *
 * The key is packed as everywhere: exact fields first, the prefix field last, right-aligned in 64-bit words, most significant
 * word first. Any widths. The exact part is hashed to a root (exact.h); without exact fields there is one root.
 *
 * A node decides one byte (a big root: two). It says which bytes to compare before it decides (`skip`, path compression), and has a
 * slot for each run of equal values: bit v of `bits` is set where a run begins, so the slot is found by counting bits. Nodes
 * with many runs have a slot for each value. A slot holds the child, and the longest prefix that ends in this node, not those
 * from above: the search remembers the last it saw. So an insert or delete changes the one node where its prefix ends, and at most
 * adds or removes one node beside it.
 *
 * A slot, {child, leaf} in one word, is stored at once (release); a node whose runs change is built anew and published by its
 * parent's slot. Readers never retry. Nodes and entries are addressed by 32-bit numbers in memory that never moves;
 * what is replaced is used again after a grace period.
 *
 * Cost: docs/switch/lpm.md. Nodes take 28 bytes a route for a million in one root, 70 for ten in each of many, 170 if all are host routes.
 */
#ifndef P4GATE_LPM_H
#define P4GATE_LPM_H

#include "entry.h"
#include "entry_state.h"
#include "qsbr.h"

struct lpm;

/* Writer. exact_width 0 .. 2048, width 1 .. 2048 bits; key words = (exact_width + width + 63) / 64.
 * NULL: no memory, or a width out of range. */
struct lpm *lpm_create(struct qsbr *qsbr, uint32_t exact_width, uint32_t width, uint32_t param_words, uint32_t size);
void lpm_destroy(struct lpm *t);
/* `length` 0 .. width counts the prefix field only. Bits of the key below the prefix are ignored. Results: entry.h. */
int lpm_insert(struct lpm *t, const uint64_t *key, uint32_t length, uint32_t action, const uint64_t *params, uint32_t *number);
int lpm_modify(struct lpm *t, const uint64_t *key, uint32_t length, uint32_t action, const uint64_t *params);
int lpm_delete(struct lpm *t, const uint64_t *key, uint32_t length);
/* As exact_insert_many. */
uint32_t lpm_insert_many(struct lpm *t, uint32_t n, const uint64_t *keys, const uint32_t *lengths, const uint32_t *actions,
                         const uint64_t *params, uint32_t *numbers, int *results);
/* As exact_set_state, exact_number, exact_count, exact_numbers. */
void lpm_set_state(struct lpm *t, const struct entry_state *state);
int64_t lpm_number(struct lpm *t, const uint64_t *key, uint32_t length);
uint32_t lpm_count(const struct lpm *t);
uint32_t lpm_numbers(const struct lpm *t);
const struct entry *lpm_at(const struct lpm *t, uint32_t number, const uint64_t **key, uint32_t *length);
/* Look-up for callers that know no constants. */
const struct entry *lpm_find(const struct lpm *t, const uint64_t *key);

/* Readers: lpm_lookup.h */

#endif
