/* A burst of packets through a worker, each in memory of exactly its size, so that sanitizers see a step too far. */
#include <stdlib.h>
#include <string.h>

#include "pipeline.h"

/* What left: {uint32 port, uint32 length, bytes} one after the other. */
struct sink {
    uint8_t *bytes;
    size_t used, room;
};

struct sink *sink_create(void)
{
    return calloc(1, sizeof(struct sink));
}

void sink_destroy(struct sink *s)
{
    free(s->bytes);
    free(s);
}

void sink_deliver(void *context, const struct packet_out *packets, unsigned count)
{
    struct sink *s = context;
    for (unsigned i = 0; i < count; i++) {
        size_t need = s->used + 8 + packets[i].length;
        if (need > s->room) {
            s->room = 2 * need;
            s->bytes = realloc(s->bytes, s->room);
            if (!s->bytes)
                abort();
        }
        uint32_t head[2] = {packets[i].port, packets[i].length};
        memcpy(s->bytes + s->used, head, 8);
        memcpy(s->bytes + s->used + 8, packets[i].data, packets[i].length);
        s->used = need;
    }
}

/* `records`: count times {uint32 port, uint32 length, bytes}, up to BURST of them. */
size_t burst_process(struct worker *w, struct sink *s, const uint8_t *records, unsigned count, const uint8_t **out)
{
    struct packet_in in[BURST];
    uint8_t *memory[BURST];
    for (unsigned i = 0; i < count; i++) {
        uint32_t head[2];
        memcpy(head, records, 8);
        memory[i] = malloc(PACKET_HEADROOM + head[1] + PACKET_TAILROOM);
        if (!memory[i])
            abort();
        memset(memory[i], 0xa5, PACKET_HEADROOM + head[1] + PACKET_TAILROOM);
        memcpy(memory[i] + PACKET_HEADROOM, records + 8, head[1]);
        in[i] = (struct packet_in){memory[i] + PACKET_HEADROOM, head[1], (uint16_t)head[0]};
        records += 8 + head[1];
    }
    s->used = 0;
    const struct pipeline_code *code = atomic_load(&w->pipeline->code);
    memset(w->contexts, 0, BURST * (size_t)code->context_size); /* fields of invalid headers read 0, as in the model */
    worker_online(w);
    worker_process(w, in, count);
    worker_offline(w);
    for (unsigned i = 0; i < count; i++)
        free(memory[i]);
    *out = s->bytes;
    return s->used;
}

uint64_t worker_random(const struct worker *w)
{
    return w->random;
}
