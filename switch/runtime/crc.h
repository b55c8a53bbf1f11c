/* Cyclic redundancy checks of 8 to 64 bits by any polynomial.
 *
 * With carry-less multiplication (x86's PCLMULQDQ) eight bytes at a step of two multiplications: the quotient of M * x^width by
 * the polynomial P is the upper half of M times a constant, and the remainder the lower part of quotient times P (Barrett). Exact
 * for every polynomial, in either order of bits, without tables.
 *
 * Elsewhere sixteen bytes at a step, by sixteen tables: table[k][b] is the remainder of byte b followed by k zero bytes. The
 * look-ups of a step do not depend on one another. 16 KB of tables for 32 bits and less, 32 KB for 64.
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

/* What multiplication needs. If reflected all numbers are mirrored: the highest power is in the lowest bit. */
struct crc_constants {
    uint32_t width, reflected;
    uint64_t quotient; /* of x^(64 + width) by P, less x^64 */
    uint64_t divisor;  /* P less x^width; reflected and narrower than 64: times 2 */
    uint64_t start;    /* the register before the first byte */
    uint64_t final_xor;
};

struct crc {
    struct crc_config config;
    struct crc_constants constants;
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

/* The three that P4 programs name. */
static const struct crc_constants crc16_constants = {16, 1, UINT64_C(0xf87ff5ffe7ffdfff), UINT64_C(0x14002), 0, 0};
static const struct crc_constants crc32_constants = {32, 1, UINT64_C(0x5a72d812fb808b20), UINT64_C(0x1db710640), 0xffffffff, 0xffffffff};
static const struct crc_constants crcCCITT_constants = {16, 0, UINT64_C(0x11303471a041b343), UINT64_C(0x1021), 0xffff, 0};

#if defined(__PCLMUL__) && defined(__x86_64__)
#define CRC_MULTIPLIES 1
#include <immintrin.h>

/* The remainder of M * x^width for the 64 bits of M. */
static inline __attribute__((always_inline)) uint64_t crc_step(const struct crc_constants *k, uint64_t m)
{
    const __m128i by = _mm_set_epi64x((long long)k->divisor, (long long)k->quotient);
    __m128i message = _mm_cvtsi64_si128((long long)m), quotient = _mm_clmulepi64_si128(message, by, 0x00);
    if (k->reflected) { /* the product of mirrored numbers is one bit lower */
        quotient = _mm_xor_si128(_mm_add_epi64(quotient, quotient), message);
        __m128i product = _mm_clmulepi64_si128(quotient, by, 0x10);
        uint64_t upper = (uint64_t)_mm_extract_epi64(product, 1);
        return k->width < 64 ? upper : upper << 1 | (uint64_t)_mm_cvtsi128_si64(product) >> 63;
    }
    quotient = _mm_xor_si128(_mm_unpackhi_epi64(quotient, quotient), message);
    return (uint64_t)_mm_cvtsi128_si64(_mm_clmulepi64_si128(quotient, by, 0x10)) & UINT64_MAX >> (64 - k->width);
}

/* Of `n` bytes (at least width / 8, a constant) in big-endian words, right-aligned as table keys are. For keys that are in
 * registers already. */
static inline __attribute__((always_inline)) uint64_t crc_words(const struct crc_constants *k, const uint64_t *words, unsigned n)
{
    const unsigned count = (n + 7) / 8, first = n - 8 * (count - 1); /* bytes in the first word */
    uint64_t remainder = 0;
    for (unsigned i = 0; i < count; i++) {
        uint64_t word = words[i];
        if (k->reflected) {
            word = __builtin_bswap64(word) ^ remainder;
            if (k->start && i == 0)
                word ^= k->start << (64 - 8 * first);
            if (k->start && i == 1 && 8 * first < k->width)
                word ^= k->start >> 8 * first;
        } else {
            word ^= remainder << (64 - k->width);
            if (k->start && i == 0)
                word ^= 8 * first < k->width ? k->start >> (k->width - 8 * first) : k->start << (8 * first - k->width);
            if (k->start && i == 1 && 8 * first < k->width)
                word ^= k->start << (64 - k->width + 8 * first);
        }
        remainder = crc_step(k, word);
    }
    return remainder ^ k->final_xor;
}
#endif

#endif
