/* Packets written to a pcap file: nanoseconds, Ethernet (draft-ietf-opsawg-pcap; the magic a1b23c4d).
 *
 * Any thread may write; a mutex keeps records whole. What is written reaches the file with capture_flush, which the
 * packet path calls once a burst. When the file cannot take more, one line goes to stderr and capturing ends.
 */
#ifndef P4GATE_CAPTURE_H
#define P4GATE_CAPTURE_H

#include <stdint.h>

struct capture;

/* A new, empty file, or NULL with one line in `error`. */
struct capture *capture_open(const char *path, char *error, unsigned room);
/* `time_ns`: of CLOCK_REALTIME. */
void capture_write(struct capture *c, uint64_t time_ns, const uint8_t *data, uint32_t length);
void capture_flush(struct capture *c);
void capture_close(struct capture *c); /* NULL: nothing */

uint64_t realtime_ns(void);

#endif
