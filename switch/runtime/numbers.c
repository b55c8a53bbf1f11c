#include "numbers.h"

#include <stdlib.h>
#include <string.h>

void numbers_init(struct numbers *n, struct qsbr *qsbr, uint32_t limit)
{
    *n = (struct numbers){.qsbr = qsbr, .limit = limit};
}

void numbers_destroy(struct numbers *n)
{
    free(n->freed);
    n->freed = NULL;
}

static const struct number_freed *freed_at(const struct numbers *n, size_t i)
{
    return &n->freed[(n->first + i) & (n->capacity - 1)];
}

static uint32_t take_oldest(struct numbers *n)
{
    uint32_t number = freed_at(n, 0)->number;
    n->first++;
    n->count--;
    return number;
}

uint32_t numbers_reuse(struct numbers *n)
{
    if (n->count == 0)
        return NUMBERS_NONE;
    uint64_t oldest = freed_at(n, 0)->epoch;
    if (oldest > n->passed) {
        /* ask once for all that were freed, before asking for the oldest alone */
        uint64_t newest = freed_at(n, n->count - 1)->epoch;
        if (qsbr_passed(n->qsbr, newest))
            n->passed = newest;
        else if (qsbr_passed(n->qsbr, oldest))
            n->passed = oldest;
        else
            return NUMBERS_NONE;
    }
    return take_oldest(n);
}

uint32_t numbers_take(struct numbers *n)
{
    uint32_t number = numbers_reuse(n);
    if (number != NUMBERS_NONE)
        return number;
    if (n->fresh < n->limit)
        return n->fresh++;
    if (n->count == 0)
        return NUMBERS_NONE;
    qsbr_synchronize(n->qsbr);
    n->passed = freed_at(n, n->count - 1)->epoch;
    return take_oldest(n);
}

/* Doubles the ring. Returns 0 if there is no memory. */
static int grow(struct numbers *n)
{
    size_t capacity = n->capacity ? 2 * n->capacity : 64;
    struct number_freed *freed = malloc(capacity * sizeof *freed);
    if (!freed)
        return 0;
    for (size_t i = 0; i < n->count; i++)
        freed[i] = *freed_at(n, i);
    free(n->freed);
    n->freed = freed;
    n->first = 0;
    n->capacity = capacity;
    return 1;
}

void numbers_free(struct numbers *n, uint32_t number)
{
    if (n->count == n->capacity && !grow(n))
        return; /* the number is lost: less room, but never handed out too early */
    n->freed[(n->first + n->count++) & (n->capacity - 1)] = (struct number_freed){qsbr_start(n->qsbr), number};
}
