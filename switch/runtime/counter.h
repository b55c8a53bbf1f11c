/* Counters: packets and bytes by index, counted without sharing.
 *
 * Each worker has a row of cells of its own, so that counting is two plain loads and stores to a line that nobody else
 * writes. A read sums the rows. A write by the control plane does not touch the workers' cells: row 0 is the writer's, and gets
 * what makes the sum the wanted value; a count that happens meanwhile is kept.
 * Packets and bytes of one read may be a packet apart while traffic flows.
 *
 * Rows are reserved, not allocated: memory is used for the pages that are counted in.
 */
#ifndef P4GATE_COUNTER_H
#define P4GATE_COUNTER_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct counter_cell {
    _Atomic uint64_t packets, bytes;
};

struct counters {
    struct counter_cell *cells; /* row 0: the writer's correction; row 1 + w: worker w's */
    uint64_t size;
    uint64_t row_size; /* cells from row to row: size rounded up to whole pages */
    uint32_t workers;
    struct counter_cell *row[]; /* by worker */
};

/* Writer. For direct counters: size = the table's size + ENTRY_SPARE, index = entry_number. NULL: no memory. */
struct counters *counters_create(uint32_t workers, uint64_t size);
void counters_destroy(struct counters *c);
/* Any thread. `out` gets packets, bytes, packets, bytes ... of cells first .. first + n - 1; those past the end are 0. */
void counters_read(const struct counters *c, uint64_t first, uint64_t n, uint64_t *out);
/* Writer. Out of range: ignored. */
void counter_write(struct counters *c, uint64_t index, uint64_t packets, uint64_t bytes);

/* The only thread that stores to `cell`: no read-modify-write needed. */
static inline void counter_cell_add(struct counter_cell *cell, uint64_t bytes)
{
    atomic_store_explicit(&cell->packets, atomic_load_explicit(&cell->packets, memory_order_relaxed) + 1, memory_order_relaxed);
    atomic_store_explicit(&cell->bytes, atomic_load_explicit(&cell->bytes, memory_order_relaxed) + bytes, memory_order_relaxed);
}

/* Worker `worker` only. An index out of range counts nothing. */
static inline void counter_add(struct counters *c, uint32_t worker, uint64_t index, uint64_t bytes)
{
    if (index < c->size)
        counter_cell_add(&c->row[worker][index], bytes);
}

static inline void counter_prefetch(const struct counters *c, uint32_t worker, uint64_t index)
{
    __builtin_prefetch(&c->row[worker][index], 1);
}

#endif
