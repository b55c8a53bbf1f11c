/* Layout for up to TERNARY_SMALL rules: a row of bits, one for each rule, for each value of some key bytes. Writer's side.
 *
 * Bits are in order of rank, so the first one left that matches is the answer. A write builds the whole layout anew: 20 to 100
 * microseconds. Changing an entry's action or data only stores its cell. */
#ifndef P4GATE_TERNARY_BITS_H
#define P4GATE_TERNARY_BITS_H

#include "ternary_rules.h"

/* A layout of these n rules, best rank first. NULL: no memory. */
struct ternary_root *ternary_bits_build(struct ternary_writer *w, const uint32_t *numbers, uint32_t n);
void ternary_bits_release(void *root);

#endif
