/* Layout for many rules: groups of up to 8, guarded by a row of bits, one for each group, for each value of each key byte.
 *
 * Writer's side. Rules are kept in order of mask, value and rank, cut into groups like the leaves of a B-tree: rules of a group look
 * alike, so a guard bit that is the union of its rules' sets still rules out most keys. A search compares the few groups left,
 * all rules of one in a handful of vector instructions.
 *
 * An insert copies one group, sets guard bits and publishes the copy; a full group is cut in two. A delete leaves the guard bits
 * as they are (they may say "perhaps" too often); when many rules went, or the ids are used up, all is built anew.
 */
#ifndef P4GATE_TERNARY_GROUPS_H
#define P4GATE_TERNARY_GROUPS_H

#include "ternary_rules.h"

/* A layout of these rules, in any order; the array is sorted. The writer's lists of groups are replaced. NULL: no memory,
 * nothing changed. */
struct ternary_root *ternary_groups_build(struct ternary_writer *w, uint32_t *numbers, uint32_t n);
void ternary_groups_release(void *root);

enum groups_result { GROUPS_DONE, GROUPS_NO_MEMORY, GROUPS_REBUILD /* no id is left: nothing was changed */ };

/* In place. The rule is in the index, and has its cell. */
enum groups_result ternary_groups_insert(struct ternary_writer *w, struct ternary_root *root, uint32_t number);
enum groups_result ternary_groups_delete(struct ternary_writer *w, struct ternary_root *root, uint32_t number);
/* The cell of a rule changed. */
void ternary_groups_modify(struct ternary_writer *w, struct ternary_root *root, uint32_t number);
/* All rules' numbers. */
void ternary_groups_numbers(const struct ternary_writer *w, const struct ternary_root *root, uint32_t *numbers);
/* Is it worth building anew? */
int ternary_groups_worn(const struct ternary_writer *w);

#endif
