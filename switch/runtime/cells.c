#include "cells.h"

#include <string.h>

#include "memory.h"

int cells_init(struct cells *c, struct qsbr *qsbr, uint32_t param_words, uint32_t limit)
{
    uint32_t need = 1 + param_words;
    c->stride = need <= 2 ? 2 : need <= 4 ? 4 : (need + 7) / 8 * 8;
    c->param_words = param_words;
    c->bytes = (size_t)limit * c->stride * sizeof *c->base;
    c->base = memory_reserve(c->bytes);
    numbers_init(&c->numbers, qsbr, limit);
    return c->base != NULL;
}

void cells_destroy(struct cells *c)
{
    memory_release(c->base, c->bytes);
    numbers_destroy(&c->numbers);
}

uint32_t cells_take(struct cells *c, uint32_t entry_number, uint32_t action, const uint64_t *params)
{
    uint32_t cell = numbers_take(&c->numbers);
    if (cell == NUMBERS_NONE)
        return NUMBERS_NONE;
    struct entry *e = (struct entry *)(c->base + (uint64_t)cell * c->stride);
    atomic_store_explicit(&e->tag, entry_number + ENTRY_FIRST, memory_order_relaxed);
    e->action = action;
    if (c->param_words)
        memcpy(e->params, params, c->param_words * sizeof *params);
    return cell;
}

void cells_free(struct cells *c, uint32_t cell)
{
    numbers_free(&c->numbers, cell);
}
