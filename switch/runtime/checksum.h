/* The internet checksum: RFC 1071, and its incremental update, RFC 1624.
 *
 * A sum is kept in 64 bits and folded once at the end: checksum_finish(checksum_add(checksum_add(0, a, n), b, m)). Only
 * the last piece may have an odd length. Pure functions; any thread.
 */
#ifndef P4GATE_CHECKSUM_H
#define P4GATE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Adds big-endian 16-bit words; an odd last byte counts as the upper half of a word. */
static inline uint64_t checksum_add(uint64_t sum, const uint8_t *data, size_t n)
{
    uint64_t native = 0; /* in memory order: swapped once at the end, which one's complement allows */
    for (; n >= 8; data += 8, n -= 8) {
        uint64_t w;
        memcpy(&w, data, 8);
        native += (w & 0xffffffff) + (w >> 32);
    }
    if (n >= 4) {
        uint32_t w;
        memcpy(&w, data, 4);
        native += w;
        data += 4, n -= 4;
    }
    if (n >= 2) {
        uint16_t w;
        memcpy(&w, data, 2);
        native += w;
        data += 2, n -= 2;
    }
    if (n) {
        uint8_t last[2] = {*data, 0};
        uint16_t w;
        memcpy(&w, last, 2);
        native += w;
    }
    native = (native & 0xffffffff) + (native >> 32);
    native = (native & 0xffff) + (native >> 16);
    native = (native & 0xffff) + (native >> 16);
    native = (native & 0xffff) + (native >> 16);
    uint16_t folded = (uint16_t)native;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    folded = __builtin_bswap16(folded);
#endif
    return sum + folded;
}

/* Fold and complement: the checksum as a number (network order is the caller's). Adding a sum to itself with its halves
 * exchanged leaves in the upper half what one's complement addition of the halves gives, with the carry come round. */
static inline uint16_t checksum_finish(uint64_t sum)
{
    uint32_t half = (uint32_t)((sum + (sum << 32 | sum >> 32)) >> 32);
    return (uint16_t)~((half + (half << 16 | half >> 16)) >> 16);
}

/* Sums of words as they lie in memory, n bytes (2, 4 or 8, a constant) at a time, with the carry come round: the byte order matters
 * to the result only, and is exchanged there (RFC 1071, section 2). */
static inline uint64_t checksum_add_memory(uint64_t memory, const uint8_t *bytes, unsigned n)
{
    uint64_t word = 0;
    memcpy(&word, bytes, n);
    memory += word;
    return memory + (memory < word);
}

static inline uint16_t checksum_from_memory(uint16_t sum)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return __builtin_bswap16(sum);
#else
    return sum;
#endif
}

static inline uint16_t checksum_finish_memory(uint64_t memory)
{
    return checksum_from_memory(checksum_finish(memory));
}

/* To be added to a sum of numbers. */
static inline uint16_t checksum_fold_memory(uint64_t memory)
{
    return checksum_from_memory((uint16_t)~checksum_finish(memory));
}

/* RFC 1624 equation 3: the checksum after a 16-bit word changed from `old` to `new`. Unlike RFC 1141's it never makes
 * 0xffff of what a full computation makes 0. */
static inline uint16_t checksum_update16(uint16_t checksum, uint16_t old, uint16_t new)
{
    uint32_t sum = (uint16_t)~checksum + (uint32_t)(uint16_t)~old + new;
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static inline uint16_t checksum_update32(uint16_t checksum, uint32_t old, uint32_t new)
{
    return checksum_update16(checksum_update16(checksum, (uint16_t)(old >> 16), (uint16_t)(new >> 16)), (uint16_t)old,
                             (uint16_t)new);
}

#endif
