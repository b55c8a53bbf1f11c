/* pcapng (draft-ietf-opsawg-pcapng), as Wireshark saves by default, turned into records as recording.c reads them. */
#ifndef P4GATE_PCAPNG_H
#define P4GATE_PCAPNG_H

#include <stddef.h>
#include <stdint.h>

#define PCAPNG_MAGIC 0x0a0d0d0a /* the type of the first block, the same in either byte order */

/* The packets of all interfaces, each with a header of four words: seconds, nanoseconds, captured, length. *out is to be
 * freed. 1, or 0 with one line in `error`, which begins with `path`. */
int pcapng_read(const char *path, const uint8_t *bytes, size_t size, uint8_t **out, size_t *out_size, char *error,
                unsigned room);

#endif
