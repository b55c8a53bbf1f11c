/* What a sending kernel left for hardware to do: checksums and segmentation.
 *
 * Packets of a kernel's own stack reach a veth peer as the kernel gave them to its "hardware": with a partial checksum
 * (only the pseudo header summed) and, for TCP, as one packet of up to 64 KiB that is meant to be cut up (GSO). A P4
 * program must see what would have been on a wire, so both are finished here, from the virtio_net header that AF_PACKET
 * gives with each packet (PACKET_VNET_HDR).
 */
#ifndef P4GATE_OFFLOAD_H
#define P4GATE_OFFLOAD_H

#include <linux/virtio_net.h>
#include <stdint.h>

/* Put the final checksum where the header says. 0 if it lies outside of the packet. */
int offload_finish_checksum(const struct virtio_net_hdr *header, uint8_t *data, uint32_t length);

/* Finish the checksums of a packet whose sender left them to hardware, when nothing tells that it did: TCP and UDP over IPv4 or
 * IPv6, plain or in VXLAN. A field that holds the bare sum of the pseudo header is taken for unfinished. A finished one that
 * happens to hold it (1 in 65536) is computed again, to the same value; only a wrong one that does would be mended. */
void offload_finish_unmarked(uint8_t *data, uint32_t length);

/* How a packet is cut up. Filled by offload_plan. */
struct offload_plan {
    uint32_t headers;     /* bytes of all headers up to and including TCP's or UDP's */
    uint32_t payload;     /* bytes behind them */
    uint32_t segment;     /* payload bytes of each segment but the last */
    uint32_t count;       /* segments */
    uint32_t transport;   /* offset of the innermost TCP or UDP header */
    int tcp;
    unsigned layers;      /* IP headers, outermost first */
    struct {
        uint32_t ip;        /* offset of the IP header */
        uint32_t transport; /* offset of what follows it */
        int v6;
    } layer[2];
};

/* How to segment a GSO packet: TCP or UDP over IPv4 or IPv6, plain or inside UDP tunnels like VXLAN. 0 if we cannot. */
int offload_plan(const struct virtio_net_hdr *header, const uint8_t *data, uint32_t length, struct offload_plan *plan);

/* Write segment `index` to `out` (room for plan->headers + plan->segment bytes), checksums done; returns its length. */
uint32_t offload_segment(const struct offload_plan *plan, const uint8_t *data, uint32_t index, uint8_t *out);

#endif
