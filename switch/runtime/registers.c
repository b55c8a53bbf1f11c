#include "registers.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

static size_t bytes_of(const struct registers *r)
{
    return r->size * r->words * sizeof *r->cells;
}

struct registers *registers_create(uint32_t width, uint64_t size)
{
    struct registers *r = aligned_alloc(64, sizeof *r);
    if (!r)
        return NULL;
    memset(r, 0, sizeof *r);
    r->width = width;
    r->words = (width + 63) / 64;
    r->size = size;
    r->cells = memory_reserve(bytes_of(r));
    if (!r->cells) {
        free(r);
        return NULL;
    }
    return r;
}

void registers_destroy(struct registers *r)
{
    if (!r)
        return;
    memory_release(r->cells, bytes_of(r));
    free(r);
}

static void registers_lock(struct registers *r)
{
    while (atomic_exchange_explicit(&r->lock, 1, memory_order_acquire))
        while (atomic_load_explicit(&r->lock, memory_order_relaxed))
            ;
}

static void registers_unlock(struct registers *r)
{
    atomic_store_explicit(&r->lock, 0, memory_order_release);
}

void register_read_wide(struct registers *r, uint64_t index, uint64_t *value)
{
    registers_read(r, index, 1, value);
}

void register_write_wide(struct registers *r, uint64_t index, const uint64_t *value)
{
    if (index >= r->size || r->words == 0)
        return;
    uint64_t top = r->width % 64 ? (UINT64_C(1) << r->width % 64) - 1 : UINT64_MAX;
    registers_lock(r);
    for (uint32_t w = 0; w < r->words; w++)
        atomic_store_explicit(&r->cells[index * r->words + w], w == 0 ? value[w] & top : value[w], memory_order_relaxed);
    registers_unlock(r);
}

void registers_read(struct registers *r, uint64_t first, uint64_t n, uint64_t *out)
{
    for (uint64_t i = 0; i < n; i++) {
        int inside = first < r->size && i < r->size - first;
        registers_lock(r); /* for each cell: a worker never waits for a whole array */
        for (uint32_t w = 0; w < r->words; w++)
            *out++ = inside ? atomic_load_explicit(&r->cells[(first + i) * r->words + w], memory_order_relaxed) : 0;
        registers_unlock(r);
    }
}

void registers_write(struct registers *r, uint64_t index, const uint64_t *value)
{
    registers_begin(r);
    register_write_wide(r, index, value);
    registers_end(r);
}
