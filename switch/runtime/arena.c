#include "arena.h"

#include "memory.h"

/* Sizes in lines. 33: a header and 256 slots; 8193: a header and 65536 slots. */
static const uint32_t sizes[ARENA_SIZES] = {1, 2, 3, 4, 6, 8, 12, 16, 33, 8193};

static unsigned size_of(size_t bytes)
{
    unsigned s = 0;
    while (s < ARENA_SIZES - 1 && (size_t)sizes[s] * ARENA_LINE < bytes)
        s++;
    return s;
}

int arena_init(struct arena *a, struct qsbr *qsbr, size_t bytes)
{
    uint64_t lines = bytes / ARENA_LINE;
    a->bytes = bytes;
    a->used = 1;
    a->limit = lines < UINT32_MAX ? (uint32_t)lines : UINT32_MAX;
    a->base = memory_reserve(bytes);
    for (unsigned s = 0; s < ARENA_SIZES; s++)
        numbers_init(&a->given[s], qsbr, 0);
    return a->base != NULL;
}

void arena_destroy(struct arena *a)
{
    memory_release(a->base, a->bytes);
    for (unsigned s = 0; s < ARENA_SIZES; s++)
        numbers_destroy(&a->given[s]);
}

uint32_t arena_take(struct arena *a, size_t bytes)
{
    unsigned s = size_of(bytes);
    uint32_t block = numbers_reuse(&a->given[s]);
    if (block != NUMBERS_NONE)
        return block;
    if (a->limit - a->used < sizes[s]) {
        block = numbers_take(&a->given[s]); /* the region is used up: wait for the readers, if that helps */
        return block == NUMBERS_NONE ? 0 : block;
    }
    block = a->used;
    a->used += sizes[s];
    return block;
}

void arena_free(struct arena *a, uint32_t block, size_t bytes)
{
    numbers_free(&a->given[size_of(bytes)], block);
}
