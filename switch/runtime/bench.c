/* Packets through a pipeline in memory: what the engine alone can do, and what Engine.process uses. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "trace.h"

#define ROOM (PACKET_HEADROOM + PACKET_LENGTH_MAX + PACKET_TAILROOM)

#define TIME_BINS 4096u
#define BIN_NS 32u

/* Time of bursts as a histogram; what is longer than its end counts in the last bin. */
static void note_time(uint32_t *bins, uint64_t ns)
{
    bins[ns / BIN_NS < TIME_BINS ? ns / BIN_NS : TIME_BINS - 1]++;
}

static uint64_t percentile99(const uint32_t *bins, uint64_t count)
{
    uint64_t seen = 0;
    for (uint64_t i = 0; i < TIME_BINS; i++)
        if ((seen += bins[i]) * 100 >= count * 99)
            return (i + 1) * BIN_NS;
    return (uint64_t)TIME_BINS * BIN_NS;
}

static void count_only(void *context, const struct packet_out *packets, unsigned count)
{
    (void)packets;
    *(uint64_t *)context += count;
}

int bench_run(struct pipeline *p, unsigned index, const uint8_t *bytes, const uint32_t *offsets, const uint32_t *lengths,
              const uint16_t *ports, uint32_t count, double seconds, struct bench_result *result)
{
    uint64_t sent = 0, done = 0;
    struct worker *w = worker_create(p, index, count_only, &sent);
    /* buffers at a distance that does not map them all to the same cache sets; short packets touch few lines */
    size_t room = 0;
    for (uint32_t i = 0; i < count; i++)
        room = lengths[i] > room ? lengths[i] : room;
    room = (room + PACKET_HEADROOM + PACKET_TAILROOM + 63) / 64 * 64 + 64;
    uint8_t *buffers = aligned_alloc(64, BURST * room);
    uint32_t *times = calloc(TIME_BINS, sizeof *times);
    if (!w || !buffers || !times || count == 0) {
        worker_destroy(w);
        free(buffers);
        free(times);
        return TABLE_NO_MEMORY;
    }
    struct packet_in in[BURST];
    uint64_t start = monotonic_ns(), end = start + (uint64_t)(seconds * 1e9), now = start;
    uint32_t next = 0;
    worker_online(w);
    while (now < end) {
        for (unsigned repeat = 0; repeat < 64; repeat++) {
            for (unsigned i = 0; i < BURST; i++) {
                uint8_t *data = buffers + i * room + PACKET_HEADROOM;
                memcpy(data, bytes + offsets[next], lengths[next]);
                in[i] = (struct packet_in){data, lengths[next], ports[next]};
                if (++next == count)
                    next = 0;
            }
            worker_process(w, in, BURST); /* sets w->now_ns */
            note_time(times, monotonic_ns() - w->now_ns);
            done += BURST;
        }
        now = monotonic_ns();
    }
    worker_offline(w);
    *result = (struct bench_result){done, sent, (double)(now - start) / 1e9, percentile99(times, done / BURST)};
    free(times);
    worker_destroy(w);
    free(buffers);
    return TABLE_OK;
}

/* ---- one packet in memory */

struct collected {
    uint8_t *bytes;
    size_t used, room;
};

static void collect(void *context, const struct packet_out *packets, unsigned count)
{
    struct collected *c = context;
    for (unsigned i = 0; i < count; i++) {
        size_t need = c->used + 8 + packets[i].length;
        if (need > c->room) {
            size_t room = need * 2;
            uint8_t *more = realloc(c->bytes, room);
            if (!more)
                return;
            c->bytes = more;
            c->room = room;
        }
        uint32_t head[2] = {packets[i].port, packets[i].length};
        memcpy(c->bytes + c->used, head, 8);
        memcpy(c->bytes + c->used + 8, packets[i].data, packets[i].length);
        c->used = need;
    }
}

struct memory_worker {
    struct worker *worker;
    struct collected collected;
    const struct pipeline_code *traced; /* instead of the pipeline's code; NULL: that */
    uint8_t buffer[ROOM];
};

struct memory_worker *memory_worker_create(struct pipeline *p, unsigned index)
{
    struct memory_worker *m = calloc(1, sizeof *m);
    if (m && !(m->worker = worker_create(p, index, collect, &m->collected))) {
        free(m);
        return NULL;
    }
    return m;
}

void memory_worker_destroy(struct memory_worker *m)
{
    trace_destroy(m->worker->trace);
    worker_destroy(m->worker);
    free(m->collected.bytes);
    free(m);
}

struct worker *memory_worker_of(struct memory_worker *m)
{
    return m->worker;
}

int memory_worker_trace(struct memory_worker *m, const struct pipeline_code *traced)
{
    m->traced = traced;
    m->worker->trace = trace_create(traced->context_size);
    return m->worker->trace ? TABLE_OK : TABLE_NO_MEMORY;
}

struct trace *memory_worker_trace_of(struct memory_worker *m)
{
    return m->worker->trace;
}

size_t memory_worker_process(struct memory_worker *m, uint16_t port, const uint8_t *data, uint32_t length, const uint8_t **out)
{
    struct packet_in in = {m->buffer + PACKET_HEADROOM, length, port};
    m->collected.used = 0;
    if (length > PACKET_LENGTH_MAX)
        return 0;
    memcpy(in.data, data, length);
    worker_online(m->worker);
    if (m->traced) {
        m->worker->now_ns = monotonic_ns();
        m->traced->process(m->worker, &in, 1);
    } else {
        worker_process(m->worker, &in, 1);
    }
    worker_offline(m->worker);
    *out = m->collected.bytes;
    return m->collected.used;
}
