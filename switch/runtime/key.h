/* Packed keys: bit strings in 64-bit words, right-aligned, most significant word first. */
#ifndef P4GATE_KEY_H
#define P4GATE_KEY_H

#include <stdint.h>

#define KEY_WORDS(bits) (((bits) + 63) / 64)

/* 64 bits of the key, of which the lowest is bit `shift` (bit 0 is the last of key[words - 1]); zeros beyond the key. */
static inline uint64_t key_bits(const uint64_t *key, uint32_t words, uint32_t shift)
{
    uint32_t word = shift / 64, by = shift % 64;
    uint64_t bits = word < words ? key[words - 1 - word] >> by : 0;
    if (by && word + 1 < words)
        bits |= key[words - 2 - word] << (64 - by);
    return bits;
}

#endif
