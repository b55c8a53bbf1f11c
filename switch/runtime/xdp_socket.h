/* One AF_XDP socket on one queue of an interface, with packet memory (UMEM) of its own (kernel: Documentation/networking/af_xdp).
 *
 * The memory is cut into chunks. Half of them are for receiving and go round: fill ring, kernel, rx ring, the pipeline, fill ring.
 * The others are for sending: free list, tx ring, kernel, completion ring, free list. A received packet lies PACKET_HEADROOM
 * into its chunk. One that is longer than a chunk takes has several descriptors (XDP_USE_SG, Linux 6.6).
 *
 * Receiving is for one thread; sending is for one thread at a time, which the caller sees to.
 */
#ifndef P4GATE_XDP_SOCKET_H
#define P4GATE_XDP_SOCKET_H

#include <linux/if_xdp.h>
#include <stdint.h>

#include "pipeline.h"

#define XDP_FRAMES 2048 /* chunks in each direction, and the length of each ring */

/* A ring shared with the kernel. The side that we own is cached, the kernel's is read when need be. */
struct xdp_ring {
    uint32_t *producer, *consumer, *flags;
    void *entries;
    uint32_t mask, ours;
    void *mapped;
    size_t size;
};

struct xdp_socket {
    int fd;
    int zero_copy, segments; /* what was agreed on when it was bound */
    uint32_t chunk;          /* bytes */
    uint8_t *memory;
    size_t memory_size;
    struct xdp_ring fill, completion, rx, tx;
    uint64_t free[XDP_FRAMES]; /* addresses of chunks for sending */
    uint32_t free_count;
};

/* Open and bind; `largest`: the longest frame to come. 0, or -1 with errno and what failed in *what. */
int xdp_socket_open(struct xdp_socket *s, int interface, unsigned queue, uint32_t largest, const char **what);
void xdp_socket_close(struct xdp_socket *s);

/* How many descriptors have come, at most `room`; the first is xdp_received(s, 0). */
uint32_t xdp_poll(struct xdp_socket *s, uint32_t room);
static inline const struct xdp_desc *xdp_received(const struct xdp_socket *s, uint32_t i)
{
    return &((const struct xdp_desc *)s->rx.entries)[(s->rx.ours + i) & s->rx.mask];
}
/* Give back the first `count` descriptors' chunks. */
void xdp_return(struct xdp_socket *s, uint32_t count);

/* Queue a packet; 0 if there is no room for it now. */
int xdp_queue(struct xdp_socket *s, const uint8_t *data, uint32_t length);
/* Let the kernel send what is queued. */
void xdp_flush(struct xdp_socket *s);

#endif
