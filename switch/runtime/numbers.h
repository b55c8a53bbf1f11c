/* Numbers (of entries, cells, slots) that come back only after a grace period.
 *
 * The writer takes the lowest number never used, or the one freed longest ago if all readers have been quiescent since.
 * Writer only. Take and free: some nanoseconds, the readers' epochs are read once for many frees.
 */
#ifndef P4GATE_NUMBERS_H
#define P4GATE_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

#include "qsbr.h"

struct number_freed {
    uint64_t epoch; /* free for use once every reader has seen it */
    uint32_t number;
};

struct numbers {
    struct qsbr *qsbr;
    uint32_t fresh, limit;      /* fresh .. limit - 1 were never taken */
    uint64_t passed;            /* an epoch known to be over */
    struct number_freed *freed; /* ring of `capacity` (a power of two), oldest at `first` */
    size_t first, count, capacity;
};

#define NUMBERS_NONE UINT32_MAX

void numbers_init(struct numbers *n, struct qsbr *qsbr, uint32_t limit);
void numbers_destroy(struct numbers *n);
/* A number, or NUMBERS_NONE if all are in use. Waits for the readers if the only free ones are still in their grace period. */
uint32_t numbers_take(struct numbers *n);
/* One whose grace period is over, or NUMBERS_NONE: never fresh, never waits. */
uint32_t numbers_reuse(struct numbers *n);
/* `number` is unreachable for new readers from now on. */
void numbers_free(struct numbers *n, uint32_t number);

#endif
