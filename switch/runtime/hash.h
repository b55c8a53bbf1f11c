/* The hash algorithms of v1model, with BMv2's results and names.
 *
 * Input: the field list's bits packed into bytes by the caller, the last byte padded with zeros. Pure functions; any thread.
 * crc16: CRC-16/ARC. crc32: CRC-32/ISO-HDLC. crcCCITT: CRC-16/IBM-3740 (init 0xffff). csum16: internet checksum.
 * xor16, xor32: xor of big-endian words, the last one padded at its end. identity: the first 8 bytes, big-endian.
 * xxh64: seed 0. Tables of the CRCs: crc.h.
 */
#ifndef P4GATE_HASH_H
#define P4GATE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "crc.h"

uint64_t hash_crc16(const uint8_t *data, size_t n);
uint64_t hash_crc32(const uint8_t *data, size_t n);
uint64_t hash_crcCCITT(const uint8_t *data, size_t n);
uint64_t hash_csum16(const uint8_t *data, size_t n);
uint64_t hash_xor16(const uint8_t *data, size_t n);
uint64_t hash_xor32(const uint8_t *data, size_t n);
uint64_t hash_identity(const uint8_t *data, size_t n);
uint64_t hash_xxh64(const uint8_t *data, size_t n);
/* `key`: key_words 32-bit words, used round and round (BMv2's default key is one word 0). */
uint64_t hash_toeplitz(const uint8_t *data, size_t n, const uint32_t *key, size_t key_words);

/* The same of n bytes (width / 8 at least, 64 at most; a constant) that lie in big-endian words, right-aligned. `k` and `hash` belong together. */
static inline __attribute__((always_inline)) uint64_t hash_words(const struct crc_constants *k, uint64_t (*hash)(const uint8_t *, size_t),
                                                                 const uint64_t *words, unsigned n)
{
#ifdef CRC_MULTIPLIES
    (void)hash;
    return crc_words(k, words, n);
#else
    uint8_t bytes[64];
    const unsigned count = (n + 7) / 8;
    (void)k;
    for (unsigned i = 0; i < 8 * count; i++)
        bytes[i] = (uint8_t)(words[i / 8] >> (56 - 8 * (i % 8)));
    return hash(bytes + 8 * count - n, n);
#endif
}

static inline uint64_t hash_crc16_words(const uint64_t *words, unsigned n)
{
    return hash_words(&crc16_constants, hash_crc16, words, n);
}

static inline uint64_t hash_crc32_words(const uint64_t *words, unsigned n)
{
    return hash_words(&crc32_constants, hash_crc32, words, n);
}

static inline uint64_t hash_crcCCITT_words(const uint64_t *words, unsigned n)
{
    return hash_words(&crcCCITT_constants, hash_crcCCITT, words, n);
}

#endif
