/* Blocks of whole cache lines, named by 32-bit numbers, in one region that never moves: the nodes of a trie.
 *
 * A block is taken from those of its size that were given back a grace period ago, else from the region's unused rest. Writer only;
 * readers compute addresses from `base`.
 */
#ifndef P4GATE_ARENA_H
#define P4GATE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "numbers.h"

#define ARENA_LINE 64
#define ARENA_SIZES 10

struct arena {
    char *base;
    size_t bytes;
    uint32_t used, limit;               /* lines; line 0 is never given out, so that 0 can mean "none" */
    struct numbers given[ARENA_SIZES]; /* back, by size */
};

/* 0: no memory. `bytes` are reserved, used as needed. */
int arena_init(struct arena *a, struct qsbr *qsbr, size_t bytes);
void arena_destroy(struct arena *a);
/* A block of at least `bytes` (at most 8193 lines), its content undefined; 0 if the region is used up. */
uint32_t arena_take(struct arena *a, size_t bytes);
void arena_free(struct arena *a, uint32_t block, size_t bytes);

static inline void *arena_at(const char *base, uint32_t block)
{
    return (void *)(base + (uint64_t)block * ARENA_LINE);
}

#endif
