/* Protocol Buffers on the wire: a cursor over bytes that never reads past their end.
 *
 * Stricter than the format: what no encoder has a reason to write (numbers of more than 64 bits or longer than need be, group
 * fields, field number 0) counts as an error. Whoever meets one leaves the message to a full parser.
 */
#ifndef P4GATE_P4RT_WIRE_H
#define P4GATE_P4RT_WIRE_H

#include <stddef.h>
#include <stdint.h>

struct wire {
    const uint8_t *at, *end;
};

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

/* A tag as it stands on the wire: field number and type. */
#define WIRE_TAG(number, type) ((uint64_t)(number) << 3 | (type))

static inline int wire_left(const struct wire *w)
{
    return w->at < w->end;
}

/* 0: it is cut off, has more than 64 bits, or is not in its shortest form. */
static inline int wire_varint(struct wire *w, uint64_t *value)
{
    uint64_t found = 0;
    for (uint32_t shift = 0; shift < 64 && w->at < w->end; shift += 7) {
        uint8_t byte = *w->at++;
        if ((shift == 63 && byte > 1) || (shift && byte == 0))
            return 0;
        found |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *value = found;
            return 1;
        }
    }
    return 0;
}

/* A value that fits 32 bits. */
static inline int wire_uint32(struct wire *w, uint32_t *value)
{
    uint64_t found;
    if (!wire_varint(w, &found) || found > UINT32_MAX)
        return 0;
    *value = (uint32_t)found;
    return 1;
}

/* The length and contents of a string or message: `inside` is a cursor over them. */
static inline int wire_bytes(struct wire *w, struct wire *inside)
{
    uint64_t length;
    if (!wire_varint(w, &length) || length > (uint64_t)(w->end - w->at))
        return 0;
    inside->at = w->at;
    inside->end = w->at += length;
    return 1;
}

/* The tag of the next field. */
static inline int wire_tag(struct wire *w, uint64_t *tag)
{
    return wire_varint(w, tag) && *tag >> 3 != 0 && *tag >> 32 == 0;
}

/* Step over the value of a field. */
static inline int wire_skip(struct wire *w, uint64_t tag)
{
    uint64_t ignored;
    struct wire inside;
    size_t fixed = (tag & 7) == WIRE_FIXED64 ? 8 : 4;
    switch (tag & 7) {
    case WIRE_VARINT:
        return wire_varint(w, &ignored);
    case WIRE_BYTES:
        return wire_bytes(w, &inside);
    case WIRE_FIXED64:
    case WIRE_FIXED32:
        if ((size_t)(w->end - w->at) < fixed)
            return 0;
        w->at += fixed;
        return 1;
    default:
        return 0;
    }
}

#endif
