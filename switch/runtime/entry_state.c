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
        *s = (struct entry_state){.counters = counters, .meters = meters, .idle = idle};
    return s;
}

void entry_state_destroy(struct entry_state *s)
{
    free(s);
}

void entry_state_prepare(struct entry_state *s, uint64_t packets, uint64_t bytes, enum meter_kind kind,
                         const struct meter_config *config)
{
    s->packets = packets;
    s->bytes = bytes;
    s->kind = kind;
    s->config = config ? *config : (struct meter_config){0};
}

/* Counters and meters are left alone where they are so already: a page of memory that nobody wrote to takes none. */
void entry_state_begin(const struct entry_state *s, uint32_t number)
{
    if (!s)
        return;
    uint64_t counted[2] = {s->packets, s->bytes};
    if (s->counters)
        counters_read(s->counters, number, 1, counted);
    if (counted[0] != s->packets || counted[1] != s->bytes)
        counter_write(s->counters, number, s->packets, s->bytes);
    if (s->meters)
        meter_reset(s->meters, number);
    if (s->meters && s->kind != METER_OFF)
        meter_configure(s->meters, number, s->kind, &s->config, monotonic_ns());
    if (s->idle)
        idle_touch(s->idle, number, monotonic_ns());
}
