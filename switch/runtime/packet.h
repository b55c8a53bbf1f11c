/* What generated code is written in: the common part of a packet, bytes to integers and back, exact arithmetic.
 *
 * Packet bytes are touched only through load_be / store_be and the bit functions below, so that another back end can give its own.
 */
#ifndef P4GATE_PACKET_H
#define P4GATE_PACKET_H

#include <stdint.h>
#include <string.h>

#include "pipeline.h"

/* The part of `struct packet` that does not depend on the program. The bytes lie in one buffer:
 *
 *     head-room | start ... payload ... end | tail-room
 *
 * `start` to `payload` is what the parser took; the deparser writes the headers so that they end where the payload begins. */
struct frame {
    uint8_t *start, *payload, *end;
    uint32_t length;          /* packet_length: follows added and removed headers in ingress */
    uint32_t ingress_length;  /* what counters and meters count */
    uint32_t truncate;        /* bytes to send at most */
    uint16_t ingress_port, egress_port;
    /* requests to the traffic manager; 0: none */
    uint16_t clone_session;   /* CLONE_REQUESTED + session */
    uint16_t clone_list, resubmit_list, recirculate_list;
    uint16_t passes;          /* resubmits, recirculations and clones on the way to this packet */
    uint8_t exited, failed;   /* exit; why it will be dropped (enum drop_reason), 0: it need not be */
    uint8_t stage;            /* of the control that is running: where it goes on; 0: it is done */
    uint32_t parser_error;
    union {
        uint32_t trace_id;    /* set by the traced object only */
        uint32_t marked_by;   /* by the counting one only: the action, from 1, that last marked the packet to be dropped */
    };
    struct packet_copy *copy; /* owner of the buffer; NULL: the caller's */
    const struct clone_session *egress_session; /* a waiting egress clone: where it goes */
};

#define ALWAYS_INLINE static inline __attribute__((always_inline)) /* what has one caller */

#define CLONE_REQUESTED 0x8000u

/* simple_switch's values of standard_metadata.instance_type */
enum instance_type { NORMAL = 0, INGRESS_CLONE = 1, EGRESS_CLONE = 2, COALESCED = 3, RECIRCULATED = 4, REPLICATION = 5, RESUBMITTED = 6 };

/* ---- bytes and integers */

static inline uint64_t load_be16(const uint8_t *bytes)
{
    uint16_t v;
    memcpy(&v, bytes, sizeof v);
    return __builtin_bswap16(v);
}

static inline uint64_t load_be32(const uint8_t *bytes)
{
    uint32_t v;
    memcpy(&v, bytes, sizeof v);
    return __builtin_bswap32(v);
}

static inline void store_be16(uint8_t *bytes, uint64_t value)
{
    uint16_t v = __builtin_bswap16((uint16_t)value);
    memcpy(bytes, &v, sizeof v);
}

static inline void store_be32(uint8_t *bytes, uint64_t value)
{
    uint32_t v = __builtin_bswap32((uint32_t)value);
    memcpy(bytes, &v, sizeof v);
}

/* `n` bytes (1 to 8, a constant), big-endian. Put together from whole loads: a copy through memory of 3, 5, 6 or 7 bytes would
 * be read back before it can be forwarded. */
static inline uint64_t load_be(const uint8_t *bytes, unsigned n)
{
    switch (n) {
    case 1:
        return bytes[0];
    case 2:
        return load_be16(bytes);
    case 3:
        return load_be16(bytes) << 8 | bytes[2];
    case 4:
        return load_be32(bytes);
    case 5:
        return load_be32(bytes) << 8 | bytes[4];
    case 6:
        return load_be32(bytes) << 16 | load_be16(bytes + 4);
    case 7:
        return load_be32(bytes) << 24 | (load_be32(bytes + 3) & 0xffffff);
    default: {
        uint64_t v;
        memcpy(&v, bytes, sizeof v);
        return __builtin_bswap64(v);
    }
    }
}

/* The same where the bytes up to the next power of two may be read: in packets (PACKET_TAILROOM) and in struct packet's room. */
static inline uint64_t load_be_wide(const uint8_t *bytes, unsigned n)
{
    if (n == 3)
        return load_be32(bytes) >> 8;
    uint64_t v;
    memcpy(&v, bytes, sizeof v);
    return __builtin_bswap64(v) >> (64 - 8 * n);
}

static inline void store_be(uint8_t *bytes, unsigned n, uint64_t value)
{
    switch (n) {
    case 1:
        bytes[0] = (uint8_t)value;
        break;
    case 2:
        store_be16(bytes, value);
        break;
    case 3:
        store_be16(bytes, value >> 8);
        bytes[2] = (uint8_t)value;
        break;
    case 4:
        store_be32(bytes, value);
        break;
    case 5:
        store_be32(bytes, value >> 8);
        bytes[4] = (uint8_t)value;
        break;
    case 6:
        store_be32(bytes, value >> 16);
        store_be16(bytes + 4, value);
        break;
    case 7:
        store_be32(bytes, value >> 24);
        store_be32(bytes + 3, value);
        break;
    default:
        store_be32(bytes, value >> 32);
        store_be32(bytes + 4, value);
    }
}

/* Bit fields among others: the bits of `mask`, which `value` has in their place, are replaced in `n` bytes. */
static inline void store_in(uint8_t *bytes, unsigned n, uint64_t mask, uint64_t value)
{
    store_be(bytes, n, (load_be(bytes, n) & ~mask) | (value & mask));
}

static inline unsigned __int128 load_be128(const uint8_t *bytes, unsigned n)
{
    if (n == 16)
        return (unsigned __int128)load_be(bytes, 8) << 64 | load_be(bytes + 8, 8);
    unsigned __int128 v = 0;
    for (unsigned i = 0; i < n; i++)
        v = v << 8 | bytes[i];
    return v;
}

static inline void store_be128(uint8_t *bytes, unsigned n, unsigned __int128 value)
{
    if (n == 16) {
        store_be(bytes, 8, (uint64_t)(value >> 64));
        store_be(bytes + 8, 8, (uint64_t)value);
        return;
    }
    for (unsigned i = n; i-- > 0; value >>= 8)
        bytes[i] = (uint8_t)value;
}

/* `width` bits from bit `offset` on (bit 0 is the most significant of the first byte), up to 128 of them. */
static inline unsigned __int128 load_bits(const uint8_t *bytes, unsigned offset, unsigned width)
{
    unsigned __int128 v = 0;
    for (unsigned i = offset; i < offset + width; i++)
        v = v << 1 | (bytes[i / 8] >> (7 - i % 8) & 1);
    return v;
}

/* As load_bits, for any width: right-aligned into (width + 7) / 8 bytes. */
static inline void copy_bits_out(uint8_t *to, const uint8_t *bytes, unsigned offset, unsigned width)
{
    unsigned n = (width + 7) / 8, skip = 8 * n - width;
    memset(to, 0, n);
    for (unsigned i = 0; i < width; i++)
        to[(skip + i) / 8] |= (uint8_t)((bytes[(offset + i) / 8] >> (7 - (offset + i) % 8) & 1) << (7 - (skip + i) % 8));
}

/* The reverse: ORs the low `width` bits of `from` into zeroed bytes at bit `offset`. */
static inline void copy_bits_in(uint8_t *bytes, unsigned offset, unsigned width, const uint8_t *from)
{
    unsigned n = (width + 7) / 8, skip = 8 * n - width;
    for (unsigned i = 0; i < width; i++)
        bytes[(offset + i) / 8] |= (uint8_t)((from[(skip + i) / 8] >> (7 - (skip + i) % 8) & 1) << (7 - (offset + i) % 8));
}

static inline void store_bits(uint8_t *bytes, unsigned offset, unsigned width, unsigned __int128 value)
{
    for (unsigned i = offset + width; i-- > offset; value >>= 1)
        bytes[i / 8] |= (uint8_t)((value & 1) << (7 - i % 8));
}

/* ---- indices into stacks: never outside */

static inline uint64_t clamp(uint64_t index, uint64_t count)
{
    return index < count ? index : count - 1;
}

static inline uint64_t last_of(uint64_t next, uint64_t count)
{
    return next == 0 ? 0 : next <= count ? next - 1 : count - 1;
}

/* ---- arithmetic as BMv2's, where C's own would be undefined */

static inline int64_t sign_extend(uint64_t value, unsigned width)
{
    return width == 0 ? 0 : width >= 64 ? (int64_t)value : (int64_t)(value << (64 - width)) >> (64 - width);
}

static inline __int128 sign_extend128(unsigned __int128 value, unsigned width)
{
    return width >= 128 ? (__int128)value : (__int128)(value << (128 - width)) >> (128 - width);
}

static inline uint64_t shift_left_u64(uint64_t a, uint64_t n)
{
    return n < 64 ? a << n : 0;
}

static inline int64_t shift_left_s64(int64_t a, uint64_t n)
{
    return n < 64 ? (int64_t)((uint64_t)a << n) : 0;
}

static inline unsigned __int128 shift_left_u128(unsigned __int128 a, uint64_t n)
{
    return n < 128 ? a << n : 0;
}

static inline __int128 shift_left_s128(__int128 a, uint64_t n)
{
    return n < 128 ? (__int128)((unsigned __int128)a << n) : 0;
}

static inline uint64_t shift_right_u64(uint64_t a, uint64_t n)
{
    return n < 64 ? a >> n : 0;
}

static inline int64_t shift_right_s64(int64_t a, uint64_t n)
{
    return a >> (n < 64 ? n : 63);
}

static inline unsigned __int128 shift_right_u128(unsigned __int128 a, uint64_t n)
{
    return n < 128 ? a >> n : 0;
}

static inline __int128 shift_right_s128(__int128 a, uint64_t n)
{
    return a >> (n < 128 ? n : 127);
}

#define P4GATE_ARITHMETIC(suffix, type)                                                                                \
    static inline type saturate_##suffix(type a, type low, type high)                                                  \
    {                                                                                                                  \
        return a < low ? low : a > high ? high : a;                                                                    \
    }                                                                                                                  \
    static inline type divide_##suffix(type a, type b)                                                                 \
    {                                                                                                                  \
        return b > 0 ? a / b : 0;                                                                                      \
    }                                                                                                                  \
    static inline type modulo_##suffix(type a, type b)                                                                 \
    {                                                                                                                  \
        return b > 0 ? a % b : 0;                                                                                      \
    }

P4GATE_ARITHMETIC(u64, uint64_t)
P4GATE_ARITHMETIC(s64, int64_t)
P4GATE_ARITHMETIC(u128, unsigned __int128)
P4GATE_ARITHMETIC(s128, __int128)
#undef P4GATE_ARITHMETIC

#endif
