#include "entry_state.h"

#include <stdlib.h>

#include "clock.h"
#include "counter.h"
#include "idle.h"
#include "meter.h"

struct entry_state *entry_state_create(struct counters *counters, struct meters *meters, struct idle *idle)
{
    struct entry_state *s = malloc(sizeof *s);
    if (s)
        *s = (struct entry_state){counters, meters, idle};
    return s;
}

void entry_state_destroy(struct entry_state *s)
{
    free(s);
}

/* Counters and meters are left alone where they are so already: a page of memory that nobody wrote to takes none. */
void entry_state_begin(const struct entry_state *s, uint32_t number)
{
    if (!s)
        return;
    uint64_t counted[2] = {0, 0};
    if (s->counters)
        counters_read(s->counters, number, 1, counted);
    if (counted[0] | counted[1])
        counter_write(s->counters, number, 0, 0);
    if (s->meters)
        meter_reset(s->meters, number);
    if (s->idle)
        idle_touch(s->idle, number, monotonic_ns());
}
