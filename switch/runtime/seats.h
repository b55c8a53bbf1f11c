/* Numbers given out lowest first: a freed one is the next to be taken if no lower one is free. Writer only, at once
 * usable again (numbers.h is for those that readers may still hold). Take and free: O(log freed).
 */
#ifndef P4GATE_SEATS_H
#define P4GATE_SEATS_H

#include <stdint.h>

struct seats {
    uint32_t limit, fresh; /* fresh .. limit - 1 were never taken */
    uint32_t count;
    uint32_t *freed; /* a heap, the lowest first: all below `fresh` */
};

/* 0: no memory. `limit` seats. */
int seats_init(struct seats *s, uint32_t limit);
void seats_destroy(struct seats *s);
/* One must be free. */
uint32_t seats_take(struct seats *s);
void seats_free(struct seats *s, uint32_t seat);

#endif
