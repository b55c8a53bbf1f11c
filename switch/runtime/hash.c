#include "hash.h"

#include <string.h>

#include "checksum.h"

/* The fixed CRCs' tables are filled when the library is loaded, before any thread can ask for them. */
static struct crc crc16, crc32, crcCCITT;

__attribute__((constructor)) static void fill_tables(void)
{
    struct crc_config config16 = crc_default(16), config32 = crc_default(32);
    struct crc_config configCCITT = {.width = 16, .polynomial = 0x1021, .initial = 0xffff};
    crc_init(&crc16, &config16);
    crc_init(&crc32, &config32);
    crc_init(&crcCCITT, &configCCITT);
}

uint64_t hash_crc16(const uint8_t *data, size_t n)
{
    return crc_compute(&crc16, data, n);
}

uint64_t hash_crc32(const uint8_t *data, size_t n)
{
    return crc_compute(&crc32, data, n);
}

uint64_t hash_crcCCITT(const uint8_t *data, size_t n)
{
    return crc_compute(&crcCCITT, data, n);
}

uint64_t hash_csum16(const uint8_t *data, size_t n)
{
    return checksum_finish(checksum_add(0, data, n));
}

/* The first n <= 8 bytes as a big-endian number. */
static uint64_t big_endian(const uint8_t *data, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | data[i];
    return value;
}

/* xor of words of `size` bytes, the last one filled up with zeros at its end. */
static uint64_t xor_words(const uint8_t *data, size_t n, size_t size)
{
    uint64_t result = 0;
    for (; n >= size; data += size, n -= size)
        result ^= big_endian(data, size);
    return n ? result ^ big_endian(data, n) << 8 * (size - n) : result;
}

uint64_t hash_xor16(const uint8_t *data, size_t n)
{
    return xor_words(data, n, 2);
}

uint64_t hash_xor32(const uint8_t *data, size_t n)
{
    return xor_words(data, n, 4);
}

uint64_t hash_identity(const uint8_t *data, size_t n)
{
    return big_endian(data, n < 8 ? n : 8);
}

uint64_t hash_toeplitz(const uint8_t *data, size_t n, const uint32_t *key, size_t key_words)
{
    uint32_t result = 0;
    for (size_t word = 0; 4 * word < n; word++) {
        size_t left = n - 4 * word < 4 ? n - 4 * word : 4;
        uint32_t input = (uint32_t)(big_endian(data + 4 * word, left) << 8 * (4 - left));
        uint64_t window = (uint64_t)key[word % key_words] << 32 | key[(word + 1) % key_words];
        for (int bit = 31; bit >= 0; bit--, window <<= 1)
            if (input >> bit & 1)
                result ^= (uint32_t)(window >> 32);
    }
    return result;
}

/* ---- XXH64 (xxHash specification 0.1.1 §"XXH64 algorithm description") ---- */

#define PRIME1 0x9e3779b185ebca87u
#define PRIME2 0xc2b2ae3d27d4eb4fu
#define PRIME3 0x165667b19e3779f9u
#define PRIME4 0x85ebca77c2b2ae63u
#define PRIME5 0x27d4eb2f165667c5u

static uint64_t rotate(uint64_t value, int by)
{
    return value << by | value >> (64 - by);
}

static uint64_t little_endian(const uint8_t *data, size_t n)
{
    uint64_t value = 0;
    for (size_t i = n; i-- > 0;)
        value = value << 8 | data[i];
    return value;
}

static uint64_t xxh_round(uint64_t lane, uint64_t input)
{
    return rotate(lane + input * PRIME2, 31) * PRIME1;
}

static uint64_t xxh_merge(uint64_t hash, uint64_t lane)
{
    return (hash ^ xxh_round(0, lane)) * PRIME1 + PRIME4;
}

uint64_t hash_xxh64(const uint8_t *data, size_t n)
{
    const uint8_t *end = data + n;
    uint64_t hash = PRIME5;
    if (n >= 32) {
        uint64_t lane[4] = {PRIME1 + PRIME2, PRIME2, 0, -PRIME1};
        for (; end - data >= 32; data += 32)
            for (int i = 0; i < 4; i++)
                lane[i] = xxh_round(lane[i], little_endian(data + 8 * i, 8));
        hash = rotate(lane[0], 1) + rotate(lane[1], 7) + rotate(lane[2], 12) + rotate(lane[3], 18);
        for (int i = 0; i < 4; i++)
            hash = xxh_merge(hash, lane[i]);
    }
    hash += n;
    for (; end - data >= 8; data += 8)
        hash = rotate(hash ^ xxh_round(0, little_endian(data, 8)), 27) * PRIME1 + PRIME4;
    for (; end - data >= 4; data += 4)
        hash = rotate(hash ^ little_endian(data, 4) * PRIME1, 23) * PRIME2 + PRIME3;
    for (; data < end; data++)
        hash = rotate(hash ^ *data * PRIME5, 11) * PRIME1;
    hash = (hash ^ hash >> 33) * PRIME2;
    hash = (hash ^ hash >> 29) * PRIME3;
    return hash ^ hash >> 32;
}
