/* Cells for entries that tables point to by 32-bit number (LPM, ternary); exact tables keep entries in their slots.
 *
 * Cells lie in one reserved region that never moves. The writer fills a cell, then publishes its number where readers look;
 * a cell given back is used again after a grace period.
 */
#ifndef P4GATE_CELLS_H
#define P4GATE_CELLS_H

#include <stddef.h>

#include "entry.h"
#include "numbers.h"

struct cells {
    uint64_t *base;
    uint32_t stride; /* words from cell to cell: 2, 4 or a multiple of 8 */
    uint32_t param_words;
    size_t bytes;
    struct numbers numbers;
};

/* 0: no memory. `limit` cells. */
int cells_init(struct cells *c, struct qsbr *qsbr, uint32_t param_words, uint32_t limit);
void cells_destroy(struct cells *c);
/* A filled cell, not yet published; NUMBERS_NONE if there is none. */
uint32_t cells_take(struct cells *c, uint32_t entry_number, uint32_t action, const uint64_t *params);
void cells_free(struct cells *c, uint32_t cell);

static inline const struct entry *cells_at(const uint64_t *base, uint32_t stride, uint32_t cell)
{
    return (const struct entry *)(base + (uint64_t)cell * stride);
}

#endif
