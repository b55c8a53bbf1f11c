/* Layout for very many rules of which each wants one value of some key byte (a tenant, say): a table of its own for each value.
 *
 * Writer's side. The parts are complete tables but for what they share: the rules' names, numbers, cells and seats. Each has the layout
 * that suits its own rules, and may be split again. A look-up takes one load more; a write changes one part.
 */
#ifndef P4GATE_TERNARY_SPLIT_H
#define P4GATE_TERNARY_SPLIT_H

#include "ternary_rules.h"

/* Parts, all without rules, by the byte that splits these n rules best. NULL: none does it well, or no memory. */
struct ternary_split *ternary_split_create(const struct ternary *t, const uint32_t *numbers, uint32_t n);
void ternary_split_release(void *root);
/* Where a rule belongs; NULL: it does not want one value. */
struct ternary *ternary_split_part(struct ternary_split *s, const struct ternary_writer *w, uint32_t number);

#endif
