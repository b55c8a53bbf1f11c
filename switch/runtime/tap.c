#include "tap.h"

#include <stdlib.h>
#include <string.h>

struct tap *tap_create(unsigned workers, uint32_t ring_bytes, const uint8_t *ports)
{
    struct tap *t = workers <= WORKERS_MAX ? calloc(1, sizeof *t) : NULL;
    if (!t)
        return NULL;
    t->workers = workers;
    memcpy(t->ports, ports, sizeof t->ports);
    for (unsigned i = 0; i < workers; i++)
        if (!(t->ring[i] = ring_create(ring_bytes))) {
            tap_destroy(t);
            return NULL;
        }
    return t;
}

void tap_destroy(struct tap *t)
{
    for (unsigned i = 0; t && i < t->workers; i++)
        ring_destroy(t->ring[i]);
    free(t);
}

uint64_t tap_missed(const struct tap *t)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < t->workers; i++)
        sum += t->ring[i]->lost;
    return sum;
}

void tap_offer(struct tap *t, unsigned worker, const struct packet_in *in, unsigned count)
{
    uint64_t now = monotonic_ns();
    for (unsigned i = 0; i < count; i++) {
        if (in[i].port >= PORTS_MAX || !(t->ports[in[i].port / 8] >> in[i].port % 8 & 1))
            continue;
        uint8_t *bytes = ring_reserve(t->ring[worker], RING_TAP, now, in[i].port, in[i].length);
        if (!bytes)
            continue;
        memcpy(bytes, in[i].data, in[i].length);
        ring_publish(t->ring[worker]);
    }
}

int tap_next(struct tap *t, struct ring_record *record, uint8_t *bytes, uint32_t capacity)
{
    for (unsigned tried = 0; tried < t->workers; tried++) {
        struct ring *r = t->ring[t->next];
        t->next = t->next + 1 < t->workers ? t->next + 1 : 0;
        if (ring_pop(r, record, bytes, capacity))
            return 1;
    }
    return 0;
}

int tap_search(struct tap *t, struct worker *w, match_fn *match, const struct packet_test *tests, unsigned count, unsigned limit,
               struct ring_record *record, uint8_t *bytes, uint64_t *looked)
{
    uint8_t *data = bytes + PACKET_HEADROOM;
    int found = 0;
    worker_online(w);
    for (unsigned i = 0; i < limit && !found && tap_next(t, record, data, PACKET_LENGTH_MAX); i++) {
        struct packet_in in = {data, record->length, record->port};
        ++*looked;
        found = match(w, &in, tests, count) != CERTAINLY_NOT;
    }
    worker_offline(w);
    return found;
}
