#include "ring.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct ring *ring_create(uint32_t size)
{
    struct ring *r = aligned_alloc(64, (sizeof *r + 63) / 64 * 64);
    if (!r)
        return NULL;
    memset(r, 0, sizeof *r);
    r->size = size;
    r->bytes = malloc(size);
    r->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (!r->bytes) {
        ring_destroy(r);
        return NULL;
    }
    return r;
}

void ring_destroy(struct ring *r)
{
    if (!r)
        return;
    if (r->event >= 0)
        close(r->event);
    free(r->bytes);
    free(r);
}

/* In whole headers, so that what is left before the end always has room for a filler's. */
static uint32_t padded(uint32_t length)
{
    const uint32_t unit = sizeof(struct ring_record);
    return unit + (length + unit - 1) / unit * unit;
}

uint8_t *ring_reserve(struct ring *r, enum ring_kind kind, uint64_t id, uint16_t port, uint32_t length)
{
    uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    uint64_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
    uint32_t need = padded(length), at = (uint32_t)(head & (r->size - 1)), to_end = r->size - at;
    uint32_t filler = need <= to_end ? 0 : to_end;
    if (length > r->size / 2 || head + filler + need - tail > r->size) {
        r->lost++;
        return NULL;
    }
    if (filler) {
        *(struct ring_record *)(r->bytes + at) =
            (struct ring_record){.length = filler - (uint32_t)sizeof(struct ring_record), .kind = RING_FILLER};
        atomic_store_explicit(&r->head, head + filler, memory_order_release);
        at = 0;
    }
    *(struct ring_record *)(r->bytes + at) = (struct ring_record){.length = length, .kind = (uint16_t)kind, .port = port, .id = id};
    return r->bytes + at + sizeof(struct ring_record);
}

void ring_publish(struct ring *r)
{
    uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    const struct ring_record *record = (const struct ring_record *)(r->bytes + (head & (r->size - 1)));
    atomic_store_explicit(&r->head, head + padded(record->length), memory_order_release);
    r->pending = 1;
}

void ring_wake(struct ring *r)
{
    uint64_t one = 1;
    r->pending = 0;
    if (r->event >= 0 && write(r->event, &one, sizeof one) < 0)
        return; /* the counter is at its maximum: it is readable anyway */
}

int ring_pop(struct ring *r, struct ring_record *header, uint8_t *bytes, uint32_t capacity)
{
    for (;;) {
        uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
        if (tail == atomic_load_explicit(&r->head, memory_order_acquire))
            return 0;
        const struct ring_record *record = (const struct ring_record *)(r->bytes + (tail & (r->size - 1)));
        *header = *record;
        if (record->kind != RING_FILLER)
            memcpy(bytes, record + 1, record->length < capacity ? record->length : capacity);
        atomic_store_explicit(&r->tail, tail + padded(header->length), memory_order_release);
        if (header->kind != RING_FILLER)
            return 1;
    }
}
