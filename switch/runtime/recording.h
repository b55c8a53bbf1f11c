/* A pcap file read packet by packet: micro- or nanoseconds, either byte order (draft-ietf-opsawg-pcap); or pcapng.
 *
 * The whole file is read and checked when it is opened, so a broken one is refused before a packet of it was sent.
 */
#ifndef P4GATE_RECORDING_H
#define P4GATE_RECORDING_H

#include <stdint.h>

struct recorded_packet {
    uint64_t time_ns;
    const uint8_t *data;
    uint32_t length;
};

struct recording;

/* NULL with one line in `error`: no pcap file, a record cut off (by the file's end or by a snap length), out of memory. */
struct recording *recording_open(const char *path, char *error, unsigned room);
/* The packet that is next, without passing it. 0: there is none. */
int recording_peek(const struct recording *r, struct recorded_packet *packet);
void recording_pass(struct recording *r);
void recording_close(struct recording *r); /* NULL: nothing */

#endif
