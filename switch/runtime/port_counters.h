/* What a port counted: one for each worker and port, written by that worker alone, summed up by whoever asks.
 *
 * Every packet is counted once in its direction. Good packets that could not go on (no room, port down, no pipeline) are
 * drops; packets that could never have (longer than the limit or the interface's MTU, broken) are errors. Bytes are those
 * of Ethernet frames without FCS.
 */
#ifndef P4GATE_PORT_COUNTERS_H
#define P4GATE_PORT_COUNTERS_H

#include <stdint.h>

struct port_counters {
    uint64_t received, received_bytes; /* given to the pipeline */
    uint64_t receive_drops, receive_errors;
    uint64_t sent, sent_bytes; /* taken by the link */
    uint64_t send_drops, send_errors;
};

static inline void count_sent(struct port_counters *c, uint32_t length)
{
    c->sent++;
    c->sent_bytes += length;
}

#endif
