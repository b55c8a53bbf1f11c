/* Ternary, range and optional match with priorities.
 *
 * The key is packed as everywhere (64-bit words, right-aligned, most significant first). A rule is value[words] and mask[words]: it
 * matches where (key & mask) == value; exact and lpm fields are masks too, optional ones all or nothing. A range field is named at
 * creation by its place in the key; in its bits value holds the low bound and mask the high one, both included. The
 * matching rule of the largest rank wins; of equal ranks the one in the lower seat: an insert takes the lowest seat that is free, as
 * BMv2 does with its handles, so the older rule wins unless the younger took the seat of one that was deleted.
 *
 * Up to TERNARY_SMALL rules: ternary_bits.h, a bit vector of rules for each value of some key bytes. Above: ternary_split.h, a table for each
 * value of a byte, if every rule wants one value of it; else ternary_groups.h, groups of 8 rules with similar masks and values, guarded
 * by bit vectors of groups. Each is published whole by `root` (release).
 *
 * Cost: docs/switch/ternary.md.
 */
#ifndef P4GATE_TERNARY_H
#define P4GATE_TERNARY_H

#include "entry.h"
#include "entry_state.h"
#include "qsbr.h"

struct ternary;

/* A range field: `width` bits whose least significant one is bit `shift` of the packed key (bit 0: the last of key[words - 1]). */
struct ternary_range {
    uint32_t shift, width;
};

/* Writer. NULL: no memory, or more than 64 * words bits of ranges. */
struct ternary *ternary_create(struct qsbr *qsbr, uint32_t words, uint32_t param_words, uint32_t size, uint32_t ranges,
                               const struct ternary_range *range);
void ternary_destroy(struct ternary *t);
/* A rule is known by value, mask and rank together. Value bits outside of the mask are ignored. */
int ternary_insert(struct ternary *t, const uint64_t *value, const uint64_t *mask, uint32_t rank, uint32_t action,
                   const uint64_t *params, uint32_t *number);
int ternary_modify(struct ternary *t, const uint64_t *value, const uint64_t *mask, uint32_t rank, uint32_t action,
                   const uint64_t *params);
int ternary_delete(struct ternary *t, const uint64_t *value, const uint64_t *mask, uint32_t rank);
/* As exact_insert_many. */
uint32_t ternary_insert_many(struct ternary *t, uint32_t n, const uint64_t *values, const uint64_t *masks, const uint32_t *ranks,
                             const uint32_t *actions, const uint64_t *params, uint32_t *numbers, int *results);
/* As exact_set_state, exact_number, exact_count, exact_numbers. */
void ternary_set_state(struct ternary *t, const struct entry_state *state);
int64_t ternary_number(const struct ternary *t, const uint64_t *value, const uint64_t *mask, uint32_t rank);
uint32_t ternary_count(const struct ternary *t);
uint32_t ternary_numbers(const struct ternary *t);
const struct entry *ternary_at(const struct ternary *t, uint32_t number, const uint64_t **value, const uint64_t **mask,
                               uint32_t *rank);
/* Look-up for callers that know no constants. */
const struct entry *ternary_find(const struct ternary *t, const uint64_t *key);

/* Readers: ternary_lookup.h */

#endif
