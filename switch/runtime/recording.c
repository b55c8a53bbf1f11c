#include "recording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pcapng.h"

#define FILE_HEADER 24
#define RECORD_HEADER 16
#define MICROSECONDS 0xa1b2c3d4
#define NANOSECONDS 0xa1b23c4d

struct recording {
    uint8_t *bytes;
    size_t size, at;
    int swapped;
    uint32_t fraction; /* nanoseconds in a unit of the second half of a time stamp */
};

static uint32_t word(const struct recording *r, size_t at)
{
    uint32_t value;
    memcpy(&value, r->bytes + at, sizeof value);
    return r->swapped ? __builtin_bswap32(value) : value;
}

/* The file's bytes into r. 0, or an errno. */
static int read_all(struct recording *r, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    size_t room = 0;
    int failed = 0;
    for (;;) {
        if (r->size == room) {
            room = room ? 2 * room : 1 << 16;
            uint8_t *more = realloc(r->bytes, room);
            if (!more) {
                failed = ENOMEM;
                break;
            }
            r->bytes = more;
        }
        ssize_t n = read(fd, r->bytes + r->size, room - r->size);
        if (n == 0)
            break;
        if (n > 0)
            r->size += (size_t)n;
        else if (errno != EINTR) {
            failed = errno;
            break;
        }
    }
    close(fd);
    return failed;
}

/* Find the byte order and the unit of time. 0: this is no pcap file. */
static int read_header(struct recording *r)
{
    if (r->size < FILE_HEADER)
        return 0;
    for (r->swapped = 0; r->swapped < 2; r->swapped++) {
        uint32_t magic = word(r, 0);
        if (magic == MICROSECONDS || magic == NANOSECONDS) {
            r->fraction = magic == MICROSECONDS ? 1000 : 1;
            return 1;
        }
    }
    r->swapped = 0;
    return 0;
}

/* 1 if every record is whole; else one line in `error`. */
static int check_records(const struct recording *r, const char *path, char *error, unsigned room)
{
    unsigned number = 1;
    for (size_t at = FILE_HEADER; at < r->size; number++) {
        if (r->size - at < RECORD_HEADER) {
            snprintf(error, room, "%s: packet %u: the file ends within its header, at byte %zu", path, number, r->size);
            return 0;
        }
        uint32_t captured = word(r, at + 8), length = word(r, at + 12);
        if (captured > r->size - at - RECORD_HEADER) {
            snprintf(error, room, "%s: packet %u at byte %zu: it has %u bytes, the file only %zu more", path, number, at,
                     captured, r->size - at - RECORD_HEADER);
            return 0;
        }
        if (captured != length) {
            snprintf(error, room, "%s: packet %u at byte %zu: only %u of its %u bytes were captured", path, number, at,
                     captured, length);
            return 0;
        }
        at += RECORD_HEADER + captured;
    }
    return 1;
}

struct recording *recording_open(const char *path, char *error, unsigned room)
{
    struct recording *r = calloc(1, sizeof *r);
    int failed = r ? read_all(r, path) : ENOMEM;
    if (failed)
        snprintf(error, room, "%s: %s", path, strerror(failed));
    else if (r->size >= 4 && word(r, 0) == PCAPNG_MAGIC) {
        uint8_t *records = NULL;
        size_t size;
        if (pcapng_read(path, r->bytes, r->size, &records, &size, error, room)) {
            free(r->bytes);
            *r = (struct recording){.bytes = records, .size = size, .fraction = 1};
            return r;
        }
    } else if (!read_header(r))
        snprintf(error, room, "%s: not a pcap file", path);
    else if (check_records(r, path, error, room)) {
        r->at = FILE_HEADER;
        return r;
    }
    recording_close(r);
    return NULL;
}

int recording_peek(const struct recording *r, struct recorded_packet *packet)
{
    if (r->at >= r->size)
        return 0;
    uint64_t seconds = word(r, r->at), fraction = word(r, r->at + 4);
    *packet = (struct recorded_packet){
        .time_ns = seconds * 1000000000 + fraction * r->fraction,
        .data = r->bytes + r->at + RECORD_HEADER,
        .length = word(r, r->at + 8),
    };
    return 1;
}

void recording_pass(struct recording *r)
{
    r->at += RECORD_HEADER + word(r, r->at + 8);
}

void recording_close(struct recording *r)
{
    if (!r)
        return;
    free(r->bytes);
    free(r);
}
