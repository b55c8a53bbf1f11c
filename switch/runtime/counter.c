#include "counter.h"

#include <stdlib.h>

#include "memory.h"

#define PAGE_CELLS (4096 / sizeof(struct counter_cell))

static size_t bytes_of(const struct counters *c)
{
    return (1 + (size_t)c->workers) * c->row_size * sizeof *c->cells;
}

struct counters *counters_create(uint32_t workers, uint64_t size)
{
    struct counters *c = calloc(1, sizeof *c + workers * sizeof *c->row);
    if (!c)
        return NULL;
    c->size = size;
    c->row_size = (size + PAGE_CELLS - 1) / PAGE_CELLS * PAGE_CELLS;
    c->workers = workers;
    c->cells = memory_reserve(bytes_of(c));
    if (!c->cells) {
        free(c);
        return NULL;
    }
    for (uint32_t w = 0; w < workers; w++)
        c->row[w] = c->cells + (1 + (size_t)w) * c->row_size;
    return c;
}

void counters_destroy(struct counters *c)
{
    if (!c)
        return;
    memory_release(c->cells, bytes_of(c));
    free(c);
}

/* The sum over rows `first_row` and up. */
static void sum_rows(const struct counters *c, uint64_t index, uint32_t first_row, uint64_t *packets, uint64_t *bytes)
{
    *packets = *bytes = 0;
    for (uint32_t row = first_row; row <= c->workers; row++) {
        const struct counter_cell *cell = &c->cells[row * c->row_size + index];
        *packets += atomic_load_explicit(&cell->packets, memory_order_relaxed);
        *bytes += atomic_load_explicit(&cell->bytes, memory_order_relaxed);
    }
}

void counters_read(const struct counters *c, uint64_t first, uint64_t n, uint64_t *out)
{
    for (uint64_t i = 0; i < n; i++) {
        out[2 * i] = out[2 * i + 1] = 0;
        if (first < c->size && i < c->size - first)
            sum_rows(c, first + i, 0, &out[2 * i], &out[2 * i + 1]);
    }
}

void counter_write(struct counters *c, uint64_t index, uint64_t packets, uint64_t bytes)
{
    if (index >= c->size)
        return;
    uint64_t counted_packets, counted_bytes;
    sum_rows(c, index, 1, &counted_packets, &counted_bytes);
    /* modulo 2^64, so a correction may be "negative" */
    atomic_store_explicit(&c->cells[index].packets, packets - counted_packets, memory_order_relaxed);
    atomic_store_explicit(&c->cells[index].bytes, bytes - counted_bytes, memory_order_relaxed);
}
