/* Where wide numbers meet packets, registers and action data; included after wide.h. */
#ifndef P4GATE_WIDE_PACKET_H
#define P4GATE_WIDE_PACKET_H

#include "registers.h"
#include "wide.h"

/* `words` 64-bit words, most significant first. */
static inline struct wide wide_from_words(const uint64_t *word, unsigned words)
{
    struct wide r = {{0}};
    for (unsigned i = 0; i < words && i < WIDE_LIMBS; i++)
        r.limb[i] = word[words - 1 - i];
    return r;
}

/* `width` bits of the packet from bit `offset` on. */
static inline struct wide wide_bits_at(const uint8_t *at, unsigned offset, unsigned width)
{
    struct wide r = {{0}};
    for (unsigned i = 0; i < width; i++) {
        unsigned from = offset + width - 1 - i;
        if (i / 64 < WIDE_LIMBS)
            r.limb[i / 64] |= (uint64_t)(at[from / 8] >> (7 - from % 8) & 1) << (i % 64);
    }
    return r;
}

static inline struct wide wide_register_read(struct registers *array, uint64_t index)
{
    uint64_t word[WIDE_LIMBS + 1] = {0};
    if (array->words <= WIDE_LIMBS)
        register_read_wide(array, index, word);
    return wide_from_words(word, array->words);
}

static inline void wide_register_write(struct registers *array, uint64_t index, struct wide value)
{
    uint64_t word[WIDE_LIMBS + 1] = {0};
    if (array->words > WIDE_LIMBS)
        return;
    for (unsigned i = 0; i < array->words; i++)
        word[array->words - 1 - i] = value.limb[i];
    register_write_wide(array, index, word);
}

#endif
