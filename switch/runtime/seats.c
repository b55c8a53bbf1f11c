#include "seats.h"

#include "memory.h"

int seats_init(struct seats *s, uint32_t limit)
{
    *s = (struct seats){.limit = limit};
    s->freed = memory_reserve(limit * sizeof *s->freed);
    return s->freed != NULL;
}

void seats_destroy(struct seats *s)
{
    if (s->freed)
        memory_release(s->freed, s->limit * sizeof *s->freed);
}

uint32_t seats_take(struct seats *s)
{
    if (s->count == 0)
        return s->fresh++;
    uint32_t *heap = s->freed, lowest = heap[0], last = heap[--s->count], at = 0;
    for (uint32_t child = 1; child < s->count; child = 2 * at + 1) {
        if (child + 1 < s->count && heap[child + 1] < heap[child])
            child++;
        if (last <= heap[child])
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = last;
    return lowest;
}

void seats_free(struct seats *s, uint32_t seat)
{
    uint32_t at = s->count++;
    for (; at > 0 && s->freed[(at - 1) / 2] > seat; at = (at - 1) / 2)
        s->freed[at] = s->freed[(at - 1) / 2];
    s->freed[at] = seat;
}
