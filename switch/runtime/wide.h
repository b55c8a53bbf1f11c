/* Integers wider than 128 bits, for the few programs that have them: two's complement in WIDE_LIMBS words, least first.
 *
 * The generated code defines WIDE_LIMBS so that no intermediate result of the program can overflow, and includes this
 * only then. Values are passed by value: WIDE_LIMBS is small and the functions are inlined.
 */
#ifndef P4GATE_WIDE_H
#define P4GATE_WIDE_H

#include <stdint.h>
#include <string.h>

#ifndef WIDE_LIMBS
#define WIDE_LIMBS 4
#endif

struct wide {
    uint64_t limb[WIDE_LIMBS];
};

static inline struct wide wide_from_signed(__int128 value)
{
    struct wide r;
    for (unsigned i = 0; i < WIDE_LIMBS; i++)
        r.limb[i] = i == 0 ? (uint64_t)value : i == 1 ? (uint64_t)(value >> 64) : value < 0 ? UINT64_MAX : 0;
    return r;
}

static inline struct wide wide_from(unsigned __int128 value)
{
    struct wide r = {{0}};
    r.limb[0] = (uint64_t)value;
    if (WIDE_LIMBS > 1)
        r.limb[1] = (uint64_t)(value >> 64);
    return r;
}

/* `n` bytes, big-endian, not negative. */
static inline struct wide wide_load(const uint8_t *bytes, unsigned n)
{
    struct wide r = {{0}};
    for (unsigned i = 0; i < n && i < 8 * WIDE_LIMBS; i++)
        r.limb[i / 8] |= (uint64_t)bytes[n - 1 - i] << (8 * (i % 8));
    return r;
}

/* The low `bits` bits into (bits + 7) / 8 bytes, big-endian. */
static inline void wide_store(uint8_t *bytes, unsigned bits, struct wide value)
{
    unsigned n = (bits + 7) / 8;
    for (unsigned i = 0; i < n; i++)
        bytes[n - 1 - i] = i < 8 * WIDE_LIMBS ? (uint8_t)(value.limb[i / 8] >> (8 * (i % 8)))
                                              : (uint8_t)((int64_t)value.limb[WIDE_LIMBS - 1] >> 63);
    if (bits % 8)
        bytes[0] &= (uint8_t)((1u << bits % 8) - 1);
}

static inline unsigned __int128 wide_low(struct wide value)
{
    unsigned __int128 r = value.limb[0];
    if (WIDE_LIMBS > 1)
        r |= (unsigned __int128)value.limb[1] << 64;
    return r;
}

static inline int wide_negative(struct wide a)
{
    return (int64_t)a.limb[WIDE_LIMBS - 1] < 0;
}

static inline struct wide wide_add(struct wide a, struct wide b)
{
    unsigned __int128 carry = 0;
    for (unsigned i = 0; i < WIDE_LIMBS; i++) {
        carry += (unsigned __int128)a.limb[i] + b.limb[i];
        a.limb[i] = (uint64_t)carry;
        carry >>= 64;
    }
    return a;
}

static inline struct wide wide_not(struct wide a)
{
    for (unsigned i = 0; i < WIDE_LIMBS; i++)
        a.limb[i] = ~a.limb[i];
    return a;
}

static inline struct wide wide_sub(struct wide a, struct wide b)
{
    return wide_add(wide_add(a, wide_not(b)), wide_from(1));
}

static inline struct wide wide_and(struct wide a, struct wide b)
{
    for (unsigned i = 0; i < WIDE_LIMBS; i++)
        a.limb[i] &= b.limb[i];
    return a;
}

static inline struct wide wide_or(struct wide a, struct wide b)
{
    for (unsigned i = 0; i < WIDE_LIMBS; i++)
        a.limb[i] |= b.limb[i];
    return a;
}

static inline struct wide wide_xor(struct wide a, struct wide b)
{
    for (unsigned i = 0; i < WIDE_LIMBS; i++)
        a.limb[i] ^= b.limb[i];
    return a;
}

/* Modulo 2^(64 * WIDE_LIMBS), which is right for two's complement too. */
static inline struct wide wide_mul(struct wide a, struct wide b)
{
    struct wide r = {{0}};
    for (unsigned i = 0; i < WIDE_LIMBS; i++) {
        uint64_t carry = 0;
        for (unsigned j = 0; i + j < WIDE_LIMBS; j++) {
            unsigned __int128 t = (unsigned __int128)a.limb[i] * b.limb[j] + r.limb[i + j] + carry;
            r.limb[i + j] = (uint64_t)t;
            carry = (uint64_t)(t >> 64);
        }
    }
    return r;
}

static inline struct wide wide_shl(struct wide a, uint64_t n)
{
    struct wide r = {{0}};
    if (n >= 64u * WIDE_LIMBS)
        return r;
    unsigned words = (unsigned)(n / 64), bits = (unsigned)(n % 64);
    for (unsigned i = words; i < WIDE_LIMBS; i++) {
        r.limb[i] = a.limb[i - words] << bits;
        if (bits && i > words)
            r.limb[i] |= a.limb[i - words - 1] >> (64 - bits);
    }
    return r;
}

/* Arithmetic: towards minus infinity. */
static inline struct wide wide_shr(struct wide a, uint64_t n)
{
    uint64_t sign = wide_negative(a) ? UINT64_MAX : 0;
    struct wide r;
    unsigned words = n >= 64u * WIDE_LIMBS ? WIDE_LIMBS : (unsigned)(n / 64), bits = (unsigned)(n % 64);
    for (unsigned i = 0; i < WIDE_LIMBS; i++) {
        uint64_t low = i + words < WIDE_LIMBS ? a.limb[i + words] : sign;
        uint64_t high = i + words + 1 < WIDE_LIMBS ? a.limb[i + words + 1] : sign;
        r.limb[i] = bits ? low >> bits | high << (64 - bits) : low;
    }
    return r;
}

/* -1, 0, 1 */
static inline int wide_compare(struct wide a, struct wide b)
{
    if (wide_negative(a) != wide_negative(b))
        return wide_negative(a) ? -1 : 1;
    for (unsigned i = WIDE_LIMBS; i-- > 0;)
        if (a.limb[i] != b.limb[i])
            return a.limb[i] < b.limb[i] ? -1 : 1;
    return 0;
}

static inline struct wide saturate_wide(struct wide a, struct wide low, struct wide high)
{
    return wide_compare(a, low) < 0 ? low : wide_compare(a, high) > 0 ? high : a;
}

/* The low `bits` bits, not negative. */
static inline struct wide wide_cut(struct wide a, unsigned bits)
{
    for (unsigned i = 0; i < WIDE_LIMBS; i++) {
        if (64 * (i + 1) <= bits)
            continue;
        a.limb[i] = bits > 64 * i ? a.limb[i] & ((UINT64_C(1) << (bits - 64 * i)) - 1) : 0;
    }
    return a;
}

/* The low `bits` bits as a signed number. */
static inline struct wide wide_sign(struct wide a, unsigned bits)
{
    unsigned top = bits - 1;
    if (top / 64 >= WIDE_LIMBS)
        return a;
    a = wide_cut(a, bits);
    if (a.limb[top / 64] >> (top % 64) & 1)
        a = wide_sub(a, wide_shl(wide_from(1), bits));
    return a;
}

/* a / b and a % b for a >= 0, b > 0; 0 for b == 0. One bit at a time: rare. */
static inline struct wide wide_div_mod(struct wide a, struct wide b, int want_remainder)
{
    struct wide quotient = {{0}}, rest = {{0}};
    if (wide_compare(b, rest) == 0)
        return rest;
    for (unsigned i = 64 * WIDE_LIMBS; i-- > 0;) {
        rest = wide_shl(rest, 1);
        rest.limb[0] |= a.limb[i / 64] >> (i % 64) & 1;
        if (wide_compare(rest, b) >= 0) {
            rest = wide_sub(rest, b);
            quotient.limb[i / 64] |= UINT64_C(1) << (i % 64);
        }
    }
    return want_remainder ? rest : quotient;
}

#endif
