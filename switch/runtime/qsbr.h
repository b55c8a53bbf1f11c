/* Quiescent-state based reclamation: how one writer frees memory that many readers may still be looking at.
 *
 * Readers are the workers. A worker holds pointers into tables only while it processes a burst; between bursts it
 * announces that it holds none (qsbr_quiescent: one store, no fence on x86). A worker that goes to sleep says so first
 * (qsbr_offline) and is not waited for.
 *
 * The writer (one thread at a time: callers hold the pipeline's writer lock) unlinks a thing so that no new reader can
 * reach it, then either hands it to qsbr_retire, which frees it once every reader has been quiescent, or waits for that
 * itself with qsbr_synchronize. Neither ever stops a reader.
 *
 * Order that makes it safe: unlink (release) -> epoch is raised (seq_cst) -> every online reader announces that epoch
 * or a later one -> free.
 */
#ifndef P4GATE_QSBR_H
#define P4GATE_QSBR_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define QSBR_READERS 64
#define QSBR_OFFLINE UINT64_MAX

/* One line of cache for each reader, so that announcing does not disturb the others. */
struct qsbr_reader {
    _Alignas(64) _Atomic uint64_t seen; /* the last epoch announced; QSBR_OFFLINE while asleep or unused */
    char padding[56];
};

struct qsbr_retired {
    void *pointer;
    void (*release)(void *);
    uint64_t epoch; /* may be freed once every reader has seen this one */
};

struct qsbr {
    _Alignas(64) _Atomic uint64_t epoch;
    struct qsbr_reader reader[QSBR_READERS];
    struct qsbr_retired *retired; /* a queue in order of epoch: [first, last) of `capacity` */
    size_t first, last, capacity;
};

void qsbr_init(struct qsbr *q);
/* Frees all that is retired; no reader may be online. */
void qsbr_destroy(struct qsbr *q);

/* Writer: give `pointer` to `release` (free, or a function of yours) when no reader can hold it any more. Frees what has
 * become free meanwhile, so that the queue stays short. With every reader offline it may be released at once. */
void qsbr_retire(struct qsbr *q, void *pointer, void (*release)(void *));
/* Writer: free what can be freed now, without waiting. Returns how many things are still waiting. */
size_t qsbr_reclaim(struct qsbr *q);
/* Writer: start a grace period and return its number; qsbr_passed tells when it is over. */
uint64_t qsbr_start(struct qsbr *q);
int qsbr_passed(const struct qsbr *q, uint64_t epoch);
/* Writer: wait until every reader that was online at the call has been quiescent (yields the processor meanwhile). */
void qsbr_synchronize(struct qsbr *q);

/* Reader: I hold nothing. Called once a burst. */
static inline void qsbr_quiescent(struct qsbr *q, unsigned reader)
{
    atomic_store_explicit(&q->reader[reader].seen, atomic_load_explicit(&q->epoch, memory_order_acquire),
                          memory_order_release);
}

/* Reader: I hold nothing and shall not look until I am online again. */
static inline void qsbr_offline(struct qsbr *q, unsigned reader)
{
    atomic_store_explicit(&q->reader[reader].seen, QSBR_OFFLINE, memory_order_release);
}

/* Reader: I am about to look. The exchange is a full fence: no later load can be done before it is seen. */
static inline void qsbr_online(struct qsbr *q, unsigned reader)
{
    atomic_exchange_explicit(&q->reader[reader].seen, atomic_load_explicit(&q->epoch, memory_order_acquire),
                             memory_order_seq_cst);
}

#endif
