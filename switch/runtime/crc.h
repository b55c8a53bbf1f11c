/* Cyclic redundancy checks of 8 to 64 bits by any polynomial, sixteen bytes at a step.
 *
 * Sixteen tables: table[k][b] is the remainder of byte b followed by k zero bytes. The look-ups of a step do not depend on one
 * another, so up to sixteen bytes (a five-tuple) cost one step; byte by byte each would wait for the one before.
 * 16 KB of tables for 32 bits and less (crc32), 32 KB for 64.
 */
#ifndef P4GATE_CRC_H
#define P4GATE_CRC_H

#include <stddef.h>
#include <stdint.h>

/* As in the Rocksoft model: width, polynomial without its top bit, start, final xor, input and output reflected. */
struct crc_config {
    uint32_t width; /* 8, 16, 32 or 64 */
    uint32_t reflect_in, reflect_out;
    uint64_t polynomial, initial, final_xor;
};

struct crc {
    struct crc_config config;
    union {
        uint32_t narrow[16][256]; /* widths up to 32 */
        uint64_t wide[16][256];
    } table;
    uint64_t start; /* the register before the first byte: `initial`, mirrored if reflected */
};

/* Fill the tables. The struct may then be read by any thread; to change one in use, fill another and swap the pointer. */
void crc_init(struct crc *c, const struct crc_config *config);
uint64_t crc_compute(const struct crc *c, const uint8_t *data, size_t n);

/* BMv2's crc8_custom, crc16_custom, crc32_custom, crc64_custom until configured otherwise. width: 8, 16, 32, 64. */
struct crc_config crc_default(uint32_t width);

#endif
