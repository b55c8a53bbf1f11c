#include "pcapng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTE_ORDER_MAGIC 0x1a2b3c4d
#define INTERFACES_MAX 256
#define BLOCK_MIN 12 /* type, length, length again */
#define OPTION_TIME_RESOLUTION 9

enum block { INTERFACE = 1, SIMPLE_PACKET = 3, ENHANCED_PACKET = 6 };

struct interface {
    uint32_t snap; /* bytes of a packet that are kept at most, 0: all */
    uint8_t resolution;
};

struct reader {
    const uint8_t *bytes;
    size_t size;
    int swapped;
    struct interface interface[INTERFACES_MAX];
    unsigned interfaces;
    uint8_t *out;
    size_t fill, allocated;
};

static uint32_t word(const struct reader *r, const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return r->swapped ? __builtin_bswap32(value) : value;
}

static uint16_t half(const struct reader *r, const uint8_t *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return r->swapped ? __builtin_bswap16(value) : value;
}

/* Units of 10^-n or, with the highest bit, 2^-n seconds. */
static uint64_t nanoseconds(uint64_t time, uint8_t resolution)
{
    if (resolution & 0x80) {
        unsigned shift = resolution & 0x7f;
        return shift > 63 ? 0 : (uint64_t)(((unsigned __int128)time * 1000000000) >> shift);
    }
    for (; resolution < 9; resolution++)
        time *= 10;
    for (; resolution > 9 && time; resolution--)
        time /= 10;
    return time;
}

static const char *add_interface(struct reader *r, const uint8_t *body, uint32_t length)
{
    if (length < 8)
        return "an interface without a snap length";
    if (r->interfaces == INTERFACES_MAX)
        return "more than 256 interfaces";
    struct interface *i = &r->interface[r->interfaces++];
    *i = (struct interface){word(r, body + 4), 6};
    for (uint32_t at = 8; at + 4 <= length;) {
        uint16_t code = half(r, body + at), size = half(r, body + at + 2);
        if (code == 0)
            break;
        if (size > length - at - 4)
            return "an option that is longer than its block";
        if (code == OPTION_TIME_RESOLUTION && size == 1)
            i->resolution = body[at + 4];
        at += 4 + (size + 3u) / 4 * 4;
    }
    return NULL;
}

static const char *add_packet(struct reader *r, uint64_t time_ns, const uint8_t *data, uint32_t captured, uint32_t length,
                              uint32_t there)
{
    if (captured > there)
        return "a packet that is longer than its block";
    if (captured != length)
        return "a packet of which only a part was captured";
    size_t needed = r->fill + 16 + captured;
    if (needed > r->allocated) {
        size_t bigger = needed * 2;
        uint8_t *out = realloc(r->out, bigger);
        if (!out)
            return "more packets than memory";
        r->out = out;
        r->allocated = bigger;
    }
    uint32_t head[4] = {(uint32_t)(time_ns / 1000000000), (uint32_t)(time_ns % 1000000000), captured, length};
    memcpy(r->out + r->fill, head, sizeof head);
    memcpy(r->out + r->fill + sizeof head, data, captured);
    r->fill = needed;
    return NULL;
}

static const char *read_block(struct reader *r, uint32_t type, const uint8_t *body, uint32_t length)
{
    if (type == INTERFACE)
        return add_interface(r, body, length);
    if (type == ENHANCED_PACKET) {
        if (length < 20 || word(r, body) >= r->interfaces)
            return "a packet of an interface that was not described";
        uint64_t time = (uint64_t)word(r, body + 4) << 32 | word(r, body + 8);
        uint64_t time_ns = nanoseconds(time, r->interface[word(r, body)].resolution);
        return add_packet(r, time_ns, body + 20, word(r, body + 12), word(r, body + 16), length - 20);
    }
    if (type == SIMPLE_PACKET) {
        if (length < 4 || !r->interfaces)
            return "a packet of an interface that was not described";
        uint32_t whole = word(r, body), snap = r->interface[0].snap;
        return add_packet(r, 0, body + 4, snap && snap < whole ? snap : whole, whole, length - 4);
    }
    return NULL;
}

int pcapng_read(const char *path, const uint8_t *bytes, size_t size, uint8_t **out, size_t *out_size, char *error,
                unsigned room)
{
    struct reader *r = calloc(1, sizeof *r);
    const char *wrong = r ? NULL : "more packets than memory";
    size_t at = 0;
    if (r)
        *r = (struct reader){.bytes = bytes, .size = size};
    while (!wrong && at < size) {
        const uint8_t *block = bytes + at;
        if (size - at < BLOCK_MIN + 4) {
            wrong = "a block that is cut off";
            break;
        }
        if (word(r, block) == PCAPNG_MAGIC) { /* a section: its own byte order and interfaces */
            uint32_t magic;
            memcpy(&magic, block + 8, sizeof magic);
            r->swapped = magic != BYTE_ORDER_MAGIC;
            r->interfaces = 0;
            if (word(r, block + 8) != BYTE_ORDER_MAGIC) {
                wrong = "a section of no byte order";
                break;
            }
        }
        uint32_t length = word(r, block + 4);
        if (length < BLOCK_MIN || length % 4 || length > size - at)
            wrong = "a block that is cut off";
        else
            wrong = read_block(r, word(r, block), block + 8, length - BLOCK_MIN);
        if (!wrong)
            at += length;
    }
    if (wrong)
        snprintf(error, room, "%s: pcapng, at byte %zu: %s", path, at, wrong);
    else {
        *out = r->out;
        *out_size = r->fill;
        r->out = NULL;
    }
    if (r)
        free(r->out);
    free(r);
    return !wrong;
}
