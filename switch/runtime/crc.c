#include "crc.h"

#include <string.h>

/* The register holds the remainder either way round: reflected algorithms keep it mirrored and shift right, so that
 * neither input nor output bytes need mirroring. Mixed ones (input and output differ) mirror the result. */

static uint64_t mask_of(uint32_t width)
{
    return width == 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
}

static uint64_t mirror(uint64_t value, uint32_t width)
{
    uint64_t mirrored = 0;
    for (uint32_t i = 0; i < width; i++)
        mirrored |= (value >> i & 1) << (width - 1 - i);
    return mirrored;
}

/* One zero byte pushed through the register. */
static uint64_t push_zeros(const struct crc_config *c, uint64_t remainder)
{
    uint64_t polynomial = c->reflect_in ? mirror(c->polynomial, c->width) : c->polynomial;
    for (int bit = 0; bit < 8; bit++) {
        if (c->reflect_in)
            remainder = remainder >> 1 ^ (remainder & 1 ? polynomial : 0);
        else
            remainder = (remainder << 1 ^ (remainder >> (c->width - 1) & 1 ? polynomial : 0)) & mask_of(c->width);
    }
    return remainder;
}

/* The quotient of x^(64 + width) by the polynomial, less x^64. */
static uint64_t quotient_of(const struct crc_config *c)
{
    uint64_t polynomial = c->polynomial & mask_of(c->width), quotient = 0, rest = polynomial; /* x^64 * x^width is taken off */
    for (int bit = 63; bit >= 0; bit--) {
        uint64_t top = rest >> (c->width - 1) & 1;
        quotient |= top << bit;
        rest = (rest << 1 ^ (top ? polynomial : 0)) & mask_of(c->width);
    }
    return quotient;
}

static void set_constants(struct crc_constants *k, const struct crc_config *c)
{
    k->width = c->width;
    k->reflected = c->reflect_in != 0;
    k->quotient = quotient_of(c);
    k->divisor = c->polynomial & mask_of(c->width);
    k->start = c->initial & mask_of(c->width);
    k->final_xor = c->final_xor & mask_of(c->width);
    if (k->reflected) {
        k->quotient = mirror(k->quotient, 64);
        k->divisor = mirror(k->divisor, c->width) << (c->width < 64);
        k->start = mirror(k->start, c->width);
    }
}

void crc_init(struct crc *c, const struct crc_config *config)
{
    c->config = *config;
    set_constants(&c->constants, config);
    c->start = c->constants.start;
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint64_t remainder = config->reflect_in ? byte : (uint64_t)byte << (config->width - 8);
        for (int zeros = 0; zeros < 16; zeros++) {
            remainder = push_zeros(config, remainder);
            if (config->width > 32)
                c->table.wide[zeros][byte] = remainder;
            else
                c->table.narrow[zeros][byte] = (uint32_t)remainder;
        }
    }
}

#ifdef CRC_MULTIPLIES

/* n < 8 bytes in the lower bits, the first lowest; byte order is x86's. */
static inline uint64_t load_short(const uint8_t *data, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value |= (uint64_t)data[i] << 8 * i;
    return value;
}

/* The register is xored into the first bytes of the message, which stand for it from there on; if the message is shorter than
 * the register, the rest of the register moves up. */
static inline uint64_t remainder_of(const struct crc_constants *k, uint64_t remainder, const uint8_t *data, size_t n)
{
    const uint32_t width = k->width;
    for (; n >= 8; data += 8, n -= 8) {
        uint64_t word;
        memcpy(&word, data, 8);
        word = k->reflected ? word ^ remainder : __builtin_bswap64(word) ^ remainder << (64 - width);
        remainder = crc_step(k, word);
    }
    if (n == 0)
        return remainder;
    const uint32_t bits = 8 * (uint32_t)n;
    uint64_t word = load_short(data, n);
    if (k->reflected) {
        word = (word ^ remainder) << (64 - bits);
        return crc_step(k, word) ^ (bits < width ? remainder >> bits : 0);
    }
    word = (__builtin_bswap64(word) ^ remainder << (64 - width)) >> (64 - bits);
    return crc_step(k, word) ^ (bits < width ? remainder << bits & mask_of(width) : 0);
}

static uint64_t remainder_from_start(const struct crc *c, const uint8_t *data, size_t n)
{
    return remainder_of(&c->constants, c->start, data, n);
}

#else

/* Up to sixteen bytes. The register is xored into the first bytes of the message, which stand for it from there on;
 * if the message is shorter than the register, the rest of the register moves up. `wide` and `reflected` are constants. */
static inline uint64_t step(const struct crc *c, uint64_t remainder, const uint8_t *data, size_t n, int wide, int reflected)
{
    const uint32_t width = c->config.width;
    const size_t head = n < width / 8 ? n : width / 8;
    uint64_t next = 0;
    for (size_t i = 0; i < n; i++) {
        uint8_t byte = data[i];
        if (i < head)
            byte ^= (uint8_t)(reflected ? remainder >> 8 * i : remainder >> (width - 8 - 8 * i));
        next ^= wide ? c->table.wide[n - 1 - i][byte] : c->table.narrow[n - 1 - i][byte];
    }
    if (head < width / 8)
        next ^= reflected ? remainder >> 8 * n : remainder << 8 * n & mask_of(width);
    return next;
}

static inline uint64_t steps(const struct crc *c, uint64_t remainder, const uint8_t *data, size_t n, int wide, int reflected)
{
    for (; n > 16; data += 16, n -= 16)
        remainder = step(c, remainder, data, 16, wide, reflected);
    return step(c, remainder, data, n, wide, reflected);
}

/* Eight bytes, the first in the lowest bits; table[0] is that of the last one's place. Written out: -O2 unrolls no loop. */
static inline uint32_t eight_bytes(const uint32_t (*table)[256], uint64_t bytes)
{
    return table[7][bytes & 0xff] ^ table[6][bytes >> 8 & 0xff] ^ table[5][bytes >> 16 & 0xff] ^ table[4][bytes >> 24 & 0xff] ^
           table[3][bytes >> 32 & 0xff] ^ table[2][bytes >> 40 & 0xff] ^ table[1][bytes >> 48 & 0xff] ^ table[0][bytes >> 56];
}

/* 8 to 16 bytes, reflected, up to 32 bits wide (crc16 or crc32 of a tuple of addresses): as step(), for sixteen. Zeros
 * in front add nothing, so the first bytes are moved up to the place that the last eight leave. */
static inline uint64_t short_reflected(const struct crc *c, const uint8_t *data, size_t n)
{
    const uint32_t(*table)[256] = c->table.narrow;
    uint64_t first, last;
    memcpy(&first, data, 8);
    memcpy(&last, data + n - 8, 8);
    const uint32_t missing = 8 * (uint32_t)(16 - n), overlap = 64 - missing; /* bits; of the register in `last`: the rest */
    first ^= c->start;
    last ^= c->start >> overlap / 2 >> (overlap - overlap / 2);
    first = first << missing / 2 << (missing - missing / 2);
    return eight_bytes(table + 8, first) ^ eight_bytes(table, last);
}

static uint64_t remainder_from_start(const struct crc *c, const uint8_t *data, size_t n)
{
    const struct crc_config *config = &c->config;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (n - 8 <= 8 && config->width <= 32 && config->reflect_in)
        return short_reflected(c, data, n);
#endif
    if (config->reflect_in)
        return config->width > 32 ? steps(c, c->start, data, n, 1, 1) : steps(c, c->start, data, n, 0, 1);
    return config->width > 32 ? steps(c, c->start, data, n, 1, 0) : steps(c, c->start, data, n, 0, 0);
}

#endif

uint64_t crc_compute(const struct crc *c, const uint8_t *data, size_t n)
{
    const struct crc_config *config = &c->config;
    uint64_t remainder = remainder_from_start(c, data, n);
    if (!config->reflect_in != !config->reflect_out)
        remainder = mirror(remainder, config->width);
    return (remainder ^ config->final_xor) & mask_of(config->width);
}

struct crc_config crc_default(uint32_t width)
{
    switch (width) {
    case 8:
        return (struct crc_config){.width = 8, .polynomial = 0x07};
    case 16:
        return (struct crc_config){.width = 16, .reflect_in = 1, .reflect_out = 1, .polynomial = 0x8005};
    case 32:
        return (struct crc_config){.width = 32, .reflect_in = 1, .reflect_out = 1, .polynomial = 0x04c11db7,
                                   .initial = 0xffffffff, .final_xor = 0xffffffff};
    default:
        return (struct crc_config){.width = 64, .reflect_in = 1, .reflect_out = 1, .polynomial = 0x1b};
    }
}
