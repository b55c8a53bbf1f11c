#include "idle.h"

#include <stdlib.h>

#include "memory.h"

struct idle *idle_create(uint64_t size)
{
    struct idle *i = calloc(1, sizeof *i);
    if (!i)
        return NULL;
    i->size = size;
    i->seen = memory_reserve(size * sizeof *i->seen);
    if (!i->seen) {
        free(i);
        return NULL;
    }
    return i;
}

void idle_destroy(struct idle *i)
{
    if (!i)
        return;
    memory_release(i->seen, i->size * sizeof *i->seen);
    free(i);
}

uint64_t idle_seen(const struct idle *i, uint64_t number)
{
    return number < i->size ? atomic_load_explicit(&i->seen[number], memory_order_relaxed) : 0;
}
