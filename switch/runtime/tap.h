/* A tap: copies of what the workers receive, for a consumer that looks for certain packets (`p4gate trace --filter`).
 *
 * Without a tap the packet path pays for one load and branch a burst. With one, each worker copies what it is about to process
 * into a ring of its own as long as there is room, and never waits: what does not fit is counted as missed. Only packets of
 * the wanted ports are copied. The consumer alone parses and compares (packet_test.h), in its own thread.
 *
 * A tap is attached and detached while all workers are parked (dataplane_set_tap).
 */
#ifndef P4GATE_TAP_H
#define P4GATE_TAP_H

#include <stdint.h>

#include "link.h"
#include "packet_test.h"
#include "pipeline.h"
#include "ring.h"

struct tap {
    unsigned workers;
    uint8_t ports[PORTS_MAX / 8]; /* the wanted ones, a bit each */
    struct ring *ring[WORKERS_MAX];
    unsigned next; /* consumer: the ring to look at first */
};

/* `ring_bytes` for each worker, a power of two. NULL: no memory. */
struct tap *tap_create(unsigned workers, uint32_t ring_bytes, const uint8_t *ports);
void tap_destroy(struct tap *t);
/* Packets that found no room. */
uint64_t tap_missed(const struct tap *t);

/* Worker: before the packets are processed, which changes their bytes. */
void tap_offer(struct tap *t, unsigned worker, const struct packet_in *in, unsigned count);

/* Consumer: the next copy, or 0 if there is none. The record's id is the time of its burst (CLOCK_MONOTONIC, ns). */
int tap_next(struct tap *t, struct ring_record *record, uint8_t *bytes, uint32_t capacity);

/* p4gate_match of a traced object (match.h) */
typedef enum truth match_fn(struct worker *w, const struct packet_in *in, const struct packet_test *tests, unsigned count);

/* Consumer: look at up to `limit` copies with a worker of the traced object, until one passes. Returns 1 for that: the record
 * and, from bytes + PACKET_HEADROOM on, the packet. *looked grows by the number of copies that were looked at; while it does not
 * grow there is nothing to look at. `bytes`: room for PACKET_HEADROOM, PACKET_LENGTH_MAX and PACKET_TAILROOM. */
int tap_search(struct tap *t, struct worker *w, match_fn *match, const struct packet_test *tests, unsigned count, unsigned limit,
               struct ring_record *record, uint8_t *bytes, uint64_t *looked);

#endif
