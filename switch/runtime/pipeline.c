#include "pipeline.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "memory.h"

#define COPIES 512
#define COPY_BYTES (PACKET_HEADROOM + PACKET_LENGTH_MAX + PACKET_TAILROOM)
#define TO_CPU_BYTES (1u << 20)
#define CONTEXT_ALIGNMENT 64u

struct pipeline *pipeline_create(uint32_t workers, uint16_t cpu_port, uint16_t drop_port, uint32_t tables, uint32_t counters,
                                 uint32_t meters, uint32_t registers, uint32_t selectors, uint32_t value_sets)
{
    struct pipeline *p = aligned_alloc(64, (sizeof *p + 63) / 64 * 64);
    if (!p)
        return NULL;
    memset(p, 0, sizeof *p);
    qsbr_init(&p->qsbr);
    p->cpu_port = cpu_port;
    p->drop_port = drop_port;
    p->workers = workers;
    p->start_ns = monotonic_ns();
    p->table_count = tables;
    p->tables = calloc(tables + 1, sizeof *p->tables);
    p->counters = calloc(counters + 1, sizeof *p->counters);
    p->meters = calloc(meters + 1, sizeof *p->meters);
    p->registers = calloc(registers + 1, sizeof *p->registers);
    p->selectors = calloc(selectors + 1, sizeof *p->selectors);
    p->value_sets = calloc(value_sets + 1, sizeof *p->value_sets);
    p->multicast = memory_reserve(MULTICAST_GROUPS * sizeof *p->multicast);
    p->clone = memory_reserve(CLONE_SESSIONS * sizeof *p->clone);
    p->custom_crc = calloc(4, sizeof *p->custom_crc);
    p->value_set_count = value_sets;
    if (!p->tables || !p->counters || !p->meters || !p->registers || !p->selectors || !p->value_sets || !p->multicast ||
        !p->clone || !p->custom_crc) {
        pipeline_destroy(p);
        return NULL;
    }
    for (uint32_t i = 0; i < 4; i++) {
        struct crc_config config = crc_default(8u << i);
        crc_init(&p->custom_crc[i], &config);
    }
    return p;
}

void pipeline_set_actions(struct pipeline *p, uint32_t actions)
{
    p->action_count = actions;
}

static void clone_session_free(void *session)
{
    struct clone_session *s = session;
    free(s->replicas);
    free(s);
}

void pipeline_destroy(struct pipeline *p)
{
    for (uint32_t i = 0; p->multicast && i < MULTICAST_GROUPS; i++)
        free(atomic_load(&p->multicast[i]));
    for (uint32_t i = 0; p->clone && i < CLONE_SESSIONS; i++) {
        struct clone_session *s = atomic_load(&p->clone[i]);
        if (s)
            clone_session_free(s);
    }
    for (uint32_t i = 0; p->tables && i < p->table_count; i++)
        free((void *)atomic_load(&p->tables[i].default_entry));
    for (uint32_t i = 0; p->value_sets && i < p->value_set_count; i++)
        free(atomic_load(&p->value_sets[i]));
    qsbr_destroy(&p->qsbr);
    if (p->multicast)
        memory_release(p->multicast, MULTICAST_GROUPS * sizeof *p->multicast);
    if (p->clone)
        memory_release(p->clone, CLONE_SESSIONS * sizeof *p->clone);
    free(p->tables);
    free(p->counters);
    free(p->meters);
    free(p->registers);
    free(p->selectors);
    free(p->value_sets);
    free(p->custom_crc);
    free(p);
}

void pipeline_set_code(struct pipeline *p, const struct pipeline_code *code)
{
    atomic_store_explicit(&p->code, code, memory_order_release);
}

/* ---- workers */

static void *zeroed(size_t bytes)
{
    bytes = (bytes + CONTEXT_ALIGNMENT - 1) / CONTEXT_ALIGNMENT * CONTEXT_ALIGNMENT;
    void *memory = aligned_alloc(CONTEXT_ALIGNMENT, bytes);
    if (memory)
        memset(memory, 0, bytes);
    return memory;
}

struct worker *worker_create(struct pipeline *p, unsigned index, deliver_fn *deliver, void *context)
{
    const struct pipeline_code *code = atomic_load(&p->code);
    if (!code || index >= p->workers)
        return NULL;
    struct worker *w = zeroed(sizeof *w);
    if (!w)
        return NULL;
    w->pipeline = p;
    w->tables = p->tables;
    w->index = index;
    w->deliver = deliver;
    w->deliver_context = context;
    w->waiting_end = &w->waiting;
    w->random = monotonic_ns() * 0x9e3779b97f4a7c15u + index;
    size_t size = (code->context_size + CONTEXT_ALIGNMENT - 1) / CONTEXT_ALIGNMENT * CONTEXT_ALIGNMENT;
    w->contexts = zeroed(BURST * (size_t)code->context_size);
    w->copies = zeroed(COPIES * sizeof *w->copies);
    w->copy_memory_size = COPIES * (COPY_BYTES + size);
    w->copy_memory = memory_reserve(w->copy_memory_size);
    w->to_cpu = ring_create(TO_CPU_BYTES);
    w->lookups = zeroed((2 * (size_t)p->table_count + 1) * sizeof *w->lookups);
    w->drops_by_action = zeroed((p->action_count + 1) * sizeof *w->drops_by_action);
    if (!w->lookups || !w->drops_by_action || !w->contexts || !w->copies || !w->copy_memory || !w->to_cpu) {
        worker_destroy(w);
        return NULL;
    }
    for (unsigned i = 0; i < COPIES; i++) {
        struct packet_copy *c = &w->copies[i];
        c->context = w->copy_memory + i * size;
        c->buffer = w->copy_memory + COPIES * size + (size_t)i * COPY_BYTES;
        c->next = w->free_copies;
        w->free_copies = c;
    }
    return w;
}

void worker_destroy(struct worker *w)
{
    if (!w)
        return;
    worker_offline(w);
    if (w->copy_memory)
        memory_release(w->copy_memory, w->copy_memory_size);
    free(w->copies);
    free(w->contexts);
    free(w->lookups);
    free(w->drops_by_action);
    ring_destroy(w->to_cpu);
    free(w);
}

struct qsbr *pipeline_qsbr(struct pipeline *p)
{
    return &p->qsbr;
}

struct ring *worker_ring(struct worker *w)
{
    return w->to_cpu;
}

int worker_event(const struct worker *w)
{
    return w->to_cpu->event;
}

const uint64_t *worker_drops(const struct worker *w)
{
    return w->drops;
}

const uint64_t *worker_lookups(const struct worker *w)
{
    return w->lookups;
}

const uint64_t *worker_drops_by_action(const struct worker *w)
{
    return w->drops_by_action;
}

/* ---- replication */

static struct replica_list *replica_list(const struct replica *replicas, uint32_t count)
{
    struct replica_list *list = malloc(sizeof *list + count * sizeof *replicas);
    if (list) {
        list->count = count;
        memcpy(list->replica, replicas, count * sizeof *replicas);
    }
    return list;
}

int pipeline_set_multicast(struct pipeline *p, uint32_t group, const struct replica *replicas, uint32_t count)
{
    if (group == 0 || group >= MULTICAST_GROUPS)
        return TABLE_INVALID;
    struct replica_list *list = NULL;
    if (count && !(list = replica_list(replicas, count)))
        return TABLE_NO_MEMORY;
    struct replica_list *old = atomic_exchange_explicit(&p->multicast[group], list, memory_order_acq_rel);
    if (old)
        qsbr_retire(&p->qsbr, old, free);
    return TABLE_OK;
}

int pipeline_set_clone(struct pipeline *p, uint32_t session, const struct replica *replicas, uint32_t count, uint32_t truncate,
                       uint32_t priority)
{
    if (session >= CLONE_SESSIONS)
        return TABLE_INVALID;
    struct clone_session *s = malloc(sizeof *s);
    if (!s)
        return TABLE_NO_MEMORY;
    s->truncate = truncate;
    s->priority = priority;
    s->replicas = replica_list(replicas, count);
    if (!s->replicas) {
        free(s);
        return TABLE_NO_MEMORY;
    }
    struct clone_session *old = atomic_exchange_explicit(&p->clone[session], s, memory_order_acq_rel);
    if (old)
        qsbr_retire(&p->qsbr, old, clone_session_free);
    return TABLE_OK;
}

int pipeline_delete_clone(struct pipeline *p, uint32_t session)
{
    if (session >= CLONE_SESSIONS)
        return TABLE_INVALID;
    struct clone_session *old = atomic_exchange_explicit(&p->clone[session], NULL, memory_order_acq_rel);
    if (!old)
        return TABLE_MISSING;
    qsbr_retire(&p->qsbr, old, clone_session_free);
    return TABLE_OK;
}

/* ---- tables, value sets, default entries */

void pipeline_set_table(struct pipeline *p, uint32_t table, void *lookup, struct counters *counters, struct meters *meters,
                        struct idle *idle)
{
    struct table *t = &p->tables[table];
    t->lookup = lookup;
    t->counters = counters;
    t->meters = meters;
    t->idle = idle;
}

void pipeline_set_arrays(struct pipeline *p, uint32_t index, struct counters *counters, struct meters *meters,
                         struct registers *registers, struct selector *selector)
{
    if (counters)
        p->counters[index] = counters;
    if (meters)
        p->meters[index] = meters;
    if (registers)
        p->registers[index] = registers;
    if (selector)
        p->selectors[index] = selector;
}

int pipeline_set_value_set(struct pipeline *p, uint32_t set, uint32_t words, uint32_t count, const uint64_t *value_mask)
{
    if (set >= p->value_set_count)
        return TABLE_INVALID;
    size_t bytes = (size_t)count * 2 * words * sizeof *value_mask;
    struct value_set *s = malloc(sizeof *s + bytes);
    if (!s)
        return TABLE_NO_MEMORY;
    s->count = count;
    s->words = words;
    memcpy(s->value_mask, value_mask, bytes);
    struct value_set *old = atomic_exchange_explicit(&p->value_sets[set], s, memory_order_acq_rel);
    if (old)
        qsbr_retire(&p->qsbr, old, free);
    return TABLE_OK;
}

void table_touch(struct pipeline *p, uint32_t table, uint64_t number)
{
    if (p->tables[table].idle)
        idle_touch(p->tables[table].idle, number, monotonic_ns());
}

int table_set_default(struct pipeline *p, uint32_t table, int present, uint32_t action, const uint64_t *params, uint32_t words)
{
    struct entry *e = NULL;
    if (present) {
        if (!(e = malloc(sizeof *e + words * sizeof *params)))
            return TABLE_NO_MEMORY;
        atomic_store_explicit(&e->tag, ENTRY_FIRST, memory_order_relaxed);
        e->action = action;
        memcpy(e->params, params, words * sizeof *params);
    }
    const struct entry *old = atomic_exchange_explicit(&p->tables[table].default_entry, e, memory_order_acq_rel);
    if (old)
        qsbr_retire(&p->qsbr, (void *)old, free);
    return TABLE_OK;
}
