/* Which bytes of a key tell most about the rules of a `bits` layout: those whose rows are worth looking at. */
#ifndef P4GATE_TERNARY_JUDGE_H
#define P4GATE_TERNARY_JUDGE_H

#include "ternary_rules.h"

/* Rows of all bytes that any rule cares about, by which they are judged. */
struct ternary_all_rows {
    uint32_t dims, row_words;
    uint16_t *byte;  /* by dimension */
    uint64_t *rows;  /* [dimension][byte value][row_words] */
};

/* Chooses them (w->telling, w->tellings), the best first. `masks`: by rule, n of them; a rule's value follows its mask. 0: no memory. */
int ternary_judge(struct ternary_writer *w, const uint64_t *const *masks, uint32_t n, const struct ternary_all_rows *all);

#endif
