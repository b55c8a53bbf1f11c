#include "qsbr.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

void qsbr_init(struct qsbr *q)
{
    memset(q, 0, sizeof *q);
    atomic_store(&q->epoch, 1);
    for (unsigned i = 0; i < QSBR_READERS; i++)
        atomic_store(&q->reader[i].seen, QSBR_OFFLINE);
}

uint64_t qsbr_start(struct qsbr *q)
{
    return atomic_fetch_add(&q->epoch, 1) + 1;
}

/* The oldest epoch that an online reader may still be in. */
static uint64_t oldest_seen(const struct qsbr *q)
{
    uint64_t oldest = QSBR_OFFLINE;
    for (unsigned i = 0; i < QSBR_READERS; i++) {
        uint64_t seen = atomic_load(&q->reader[i].seen);
        if (seen < oldest)
            oldest = seen;
    }
    return oldest;
}

int qsbr_passed(const struct qsbr *q, uint64_t epoch)
{
    return oldest_seen(q) >= epoch;
}

void qsbr_synchronize(struct qsbr *q)
{
    uint64_t epoch = qsbr_start(q);
    while (!qsbr_passed(q, epoch))
        sched_yield();
}

size_t qsbr_reclaim(struct qsbr *q)
{
    uint64_t oldest = oldest_seen(q);
    while (q->first < q->last && q->retired[q->first].epoch <= oldest) {
        struct qsbr_retired *r = &q->retired[q->first++];
        r->release(r->pointer);
    }
    if (q->first == q->last)
        q->first = q->last = 0;
    return q->last - q->first;
}

void qsbr_retire(struct qsbr *q, void *pointer, void (*release)(void *))
{
    if (q->last == q->capacity) {
        if (q->first > 0) {
            memmove(q->retired, q->retired + q->first, (q->last - q->first) * sizeof *q->retired);
            q->last -= q->first;
            q->first = 0;
        }
        if (q->last == q->capacity) {
            size_t capacity = q->capacity ? 2 * q->capacity : 64;
            struct qsbr_retired *more = realloc(q->retired, capacity * sizeof *more);
            if (!more) { /* no memory to remember it by: wait for the readers instead */
                qsbr_synchronize(q);
                release(pointer);
                return;
            }
            q->retired = more;
            q->capacity = capacity;
        }
    }
    q->retired[q->last++] = (struct qsbr_retired){pointer, release, qsbr_start(q)};
    if (q->last - q->first >= 32)
        qsbr_reclaim(q);
}

void qsbr_destroy(struct qsbr *q)
{
    for (size_t i = q->first; i < q->last; i++)
        q->retired[i].release(q->retired[i].pointer);
    free(q->retired);
    memset(q, 0, sizeof *q);
}
