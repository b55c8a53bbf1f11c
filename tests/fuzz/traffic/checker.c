/* Packets through a pipeline (states.p4) as fast as one thread can, each looked at when it comes out. Loaded beside the runtime,
 * whose symbols it uses.
 *
 * A key of a table goes through states 1, 2, 3 ... The writer raises `started` before it writes a state and `completed` after. So a packet
 * must show a state from `completed` as it was when the packet went in up to `started` as it was when the packet came out, with
 * the check sum of just that state. Keys with an even number are always there; the others are not there in each third state, and packets
 * then show what they came with: 0.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline.h"

enum { TABLES = 3, LENGTH = 44, ROOM = PACKET_HEADROOM + LENGTH + PACKET_TAILROOM };

struct checker {
    struct pipeline *pipeline;
    struct worker *worker;
    uint32_t keys;
    const uint32_t *started, *completed; /* [TABLES * keys] */
    pthread_t thread;
    _Atomic int stop;
    _Atomic uint64_t sent, received;
    uint32_t wrong;
    char first[200];
    uint32_t before[BURST][TABLES], number[BURST];
    uint8_t buffer[BURST][ROOM];
};

static uint32_t scatter(uint32_t number)
{
    return number * 2654435761u;
}

static uint64_t check_of(uint32_t table, uint32_t number, uint32_t version)
{
    return (version + 7 * table + 1) * 0x9e3779b97f4a7c15u ^ number * 0xc2b2ae3d27d4eb4fu;
}

static uint64_t big_endian(const uint8_t *at, int bytes)
{
    uint64_t value = 0;
    while (bytes--)
        value = value << 8 | *at++;
    return value;
}

static uint32_t load(const uint32_t *states, const struct checker *c, uint32_t table, uint32_t number)
{
    return __atomic_load_n(&states[table * c->keys + number], __ATOMIC_SEQ_CST);
}

static void complain(struct checker *c, const char *what, uint32_t table, uint32_t number, uint32_t version, uint32_t from, uint32_t to)
{
    if (!c->wrong++)
        snprintf(c->first, sizeof c->first, "table %u, key %u: %s: version %u, where it went from %u to %u", table, number, what, version,
                 from, to);
}

static void look_at(struct checker *c, uint32_t slot, const uint8_t *data)
{
    uint32_t number = c->number[slot];
    for (uint32_t t = 0; t < TABLES; t++) {
        uint32_t from = c->before[slot][t], to = load(c->started, c, t, number);
        uint32_t version = (uint32_t)big_endian(data + 8 + 12 * t, 4);
        uint64_t check = big_endian(data + 12 + 12 * t, 8);
        if (version == 0) {
            int absent = 0;
            for (uint32_t s = from; s <= to && s < from + 3; s++)
                absent |= number % 2 && s % 3 == 0;
            if (!absent || check)
                complain(c, "a miss", t, number, version, from, to);
        } else if (check != check_of(t, number, version)) {
            complain(c, "half an entry", t, number, version, from, to);
        } else if (version < from || version > to) {
            complain(c, "another time's state", t, number, version, from, to);
        }
    }
}

static void deliver(void *context, const struct packet_out *packets, unsigned count)
{
    struct checker *c = context;
    for (unsigned i = 0; i < count; i++) {
        uint32_t slot = (uint32_t)big_endian(packets[i].data, 4);
        if (packets[i].length != LENGTH || packets[i].port != 1 || slot >= BURST)
            complain(c, "another packet", 0, slot, packets[i].length, 0, 0);
        else
            look_at(c, slot, packets[i].data);
    }
    c->received += count;
}

static void *run(void *argument)
{
    struct checker *c = argument;
    uint64_t random = 88172645463325252u;
    struct packet_in in[BURST];
    worker_online(c->worker);
    while (!c->stop) {
        for (uint32_t i = 0; i < BURST; i++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            uint32_t number = c->number[i] = (uint32_t)((random >> 32) * c->keys >> 32);
            uint8_t *data = c->buffer[i] + PACKET_HEADROOM;
            uint32_t words[2] = {__builtin_bswap32(i), __builtin_bswap32(scatter(number))};
            memset(data, 0, LENGTH);
            memcpy(data, words, sizeof words);
            for (uint32_t t = 0; t < TABLES; t++)
                c->before[i][t] = load(c->completed, c, t, number);
            in[i] = (struct packet_in){data, LENGTH, 2};
        }
        c->sent += BURST;
        worker_process(c->worker, in, BURST);
    }
    worker_offline(c->worker);
    return NULL;
}

/* NULL: no memory or no thread. */
struct checker *checker_start(struct pipeline *pipeline, unsigned index, uint32_t keys, const uint32_t *started,
                              const uint32_t *completed)
{
    struct checker *c = aligned_alloc(64, (sizeof *c + 63) / 64 * 64);
    if (!c)
        return NULL;
    memset(c, 0, sizeof *c);
    c->pipeline = pipeline;
    c->keys = keys;
    c->started = started;
    c->completed = completed;
    c->worker = worker_create(pipeline, index, deliver, c);
    if (!c->worker || pthread_create(&c->thread, NULL, run, c))
        return NULL;
    return c;
}

uint64_t checker_sent(const struct checker *c)
{
    return c->sent;
}

/* The number of packets that showed something wrong; `first` (200 bytes) says of one what. */
uint32_t checker_stop(struct checker *c, uint64_t *sent, uint64_t *received, char *first)
{
    c->stop = 1;
    pthread_join(c->thread, NULL);
    uint32_t wrong = c->wrong;
    *sent = c->sent;
    *received = c->received;
    memcpy(first, c->first, sizeof c->first);
    worker_destroy(c->worker);
    free(c);
    return wrong;
}
