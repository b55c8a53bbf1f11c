/* When was an entry last hit: one time stamp for each entry number, for P4Runtime idle timeouts.
 *
 * All workers store to the same stamps (relaxed, the latest store wins). A stamp is written only when it changes, and workers
 * take the time once a burst, so a busy entry costs one store a burst, not one a packet.
 */
#ifndef P4GATE_IDLE_H
#define P4GATE_IDLE_H

#include <stdatomic.h>
#include <stdint.h>

struct idle {
    _Atomic uint64_t *seen; /* nanoseconds, the caller's clock */
    uint64_t size;
};

/* size = the table's size + ENTRY_SPARE. NULL: no memory. */
struct idle *idle_create(uint64_t size);
void idle_destroy(struct idle *i);
/* Any thread. */
uint64_t idle_seen(const struct idle *i, uint64_t number);

/* Workers, and the writer when it inserts. */
static inline void idle_touch(struct idle *i, uint64_t number, uint64_t now)
{
    if (number < i->size && atomic_load_explicit(&i->seen[number], memory_order_relaxed) != now)
        atomic_store_explicit(&i->seen[number], now, memory_order_relaxed);
}

#endif
