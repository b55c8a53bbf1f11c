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

#endif
