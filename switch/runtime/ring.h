/* A ring of byte records from one producer (a worker) to one consumer (the control thread).
 *
 * The producer never waits: when the ring is full the record is lost and counted. The consumer may sleep on `event`
 * (an eventfd), which the producer bumps at the end of a burst in which it pushed something (ring_wake).
 *
 * A record is a 16-byte header {length, kind, port, id} and its bytes, padded to 16; it is published by one release store
 * of `head`. A record that would straddle the end is preceded by a filler record.
 */
#ifndef P4GATE_RING_H
#define P4GATE_RING_H

#include <stdatomic.h>
#include <stdint.h>

enum ring_kind { RING_FILLER = 0, RING_PACKET_IN = 1, RING_DIGEST = 2, RING_LOG = 3, RING_TAP = 4 };

struct ring_record {
    uint32_t length; /* of the bytes that follow, without padding */
    uint16_t kind;   /* enum ring_kind */
    uint16_t port;   /* RING_PACKET_IN, RING_TAP: the ingress port; else 0 */
    uint64_t id;     /* RING_DIGEST: the learn list's id; RING_LOG: the message's index; RING_TAP: a time; else 0 */
};

struct ring {
    _Alignas(64) _Atomic uint64_t head; /* bytes ever pushed */
    uint64_t lost;                      /* records dropped because the ring was full (producer only) */
    int pending;                        /* pushed since the last ring_wake (producer only) */
    _Alignas(64) _Atomic uint64_t tail; /* bytes ever popped */
    int event;                          /* eventfd, or -1 */
    uint32_t size;                      /* a power of two */
    uint8_t *bytes;
};

struct ring *ring_create(uint32_t size);
void ring_destroy(struct ring *r);

/* Producer. Reserves a record and returns where its bytes go, or NULL when the ring is full; ring_publish makes it seen. */
uint8_t *ring_reserve(struct ring *r, enum ring_kind kind, uint64_t id, uint16_t port, uint32_t length);
void ring_publish(struct ring *r);
void ring_wake(struct ring *r);

/* Consumer: copies the next record's header to *header and up to `capacity` of its bytes to `bytes`; 0 when empty. */
int ring_pop(struct ring *r, struct ring_record *header, uint8_t *bytes, uint32_t capacity);

#endif
