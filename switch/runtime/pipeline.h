/* The boundary between a generated pipeline and everything around it.
 *
 *   struct pipeline       what a loaded program owns: tables, counters, replication, clone sessions. Outlives its code.
 *   struct pipeline_code  the generated functions over that state. Three objects of it may exist (quick -O1, fast -O3,
 *                         traced); they share the state, so one can be swapped for another between two bursts.
 *   struct worker         what one thread owns: its output list, its pool of packet copies, its rings. Nothing in it is shared.
 *
 * A caller (port thread, benchmark, engine.py) does this, and nothing else:
 *
 *     struct worker *w = worker_create(pipeline, index, deliver, context);     // once, writer lock held
 *     worker_online(w);
 *     for (;;) {
 *         receive up to BURST packets into buffers with PACKET_HEADROOM writable bytes before the data
 *             and PACKET_TAILROOM readable ones after it;
 *         worker_process(w, in, n);      // calls deliver() for what goes out, announces a quiescent state
 *         when there is nothing to receive and the thread is about to sleep: worker_offline / worker_online around it
 *     }
 *
 * deliver(context, out, count): `count` (up to BURST) packets to send; data points into the caller's own buffers (headers
 * rewritten in place, start moved into the head-room) or into the worker's copies. It may be called more than once for
 * a burst; the data stay valid until it returns, and the caller's buffers until worker_process returns. A packet to the CPU
 * port is not in that list: it goes to the worker's ring as RING_PACKET_IN. Packet-outs are processed like any other
 * packet, with port = cpu_port, by any worker (`in.port` decides, not the thread).
 *
 * Who may do what: one thread per worker; writers (engine.py, P4Runtime) take the pipeline's lock around every call that
 * changes state. Readers never wait. A worker sees every change at a burst boundary or at once, never half of one.
 */
#ifndef P4GATE_PIPELINE_H
#define P4GATE_PIPELINE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "clock.h"
#include "counter.h"
#include "crc.h"
#include "entry.h"
#include "idle.h"
#include "meter.h"
#include "qsbr.h"
#include "ring.h"

#define PIPELINE_ABI 1
#define BURST 64
#define PACKET_HEADROOM 512  /* writable bytes in front of a received packet: headers may grow by as much */
#define PACKET_TAILROOM 64   /* readable bytes behind it (wide loads), contents don't care */
#define PACKET_LENGTH_MAX 10240
#define PACKET_OUT_MAX (PACKET_HEADROOM + PACKET_LENGTH_MAX) /* of one that leaves, whose headers may have grown */
#define WORKERS_MAX 32

struct packet_in {
    uint8_t *data;
    uint32_t length; /* up to PACKET_LENGTH_MAX */
    uint16_t port;   /* becomes standard_metadata.ingress_port */
};

struct packet_out {
    uint8_t *data;
    uint32_t length; /* up to PACKET_OUT_MAX */
    uint16_t port;
};

typedef void deliver_fn(void *context, const struct packet_out *packets, unsigned count);

struct worker;
struct registers;
struct selector;

/* What a generated object exports as `const struct pipeline_code p4gate_code`. */
struct pipeline_code {
    uint32_t abi;          /* PIPELINE_ABI */
    uint32_t context_size; /* bytes of the packet context (headers, metadata) that a packet copy needs */
    void (*process)(struct worker *w, struct packet_in *in, unsigned count);
};

/* Why packets were dropped, beside the program's own decision. Indices into worker.drops. */
enum drop_reason {
    DROP_BY_PROGRAM_INGRESS, /* egress_spec == drop port after ingress */
    DROP_BY_PROGRAM_EGRESS,  /* egress_spec == drop port after egress */
    DROP_NO_REPLICA,         /* multicast group unknown or empty */
    DROP_RESUBMITTED,        /* not a drop: this pass ended in a resubmit */
    DROP_PASS_LIMIT,         /* more than PASSES_MAX resubmits, recirculations and clones of clones */
    DROP_NO_COPY,            /* the worker's pool of copies was empty */
    DROP_ASSERTION,          /* an assert or assume of the program did not hold */
    DROP_TOO_LONG,           /* to come in again, longer than PACKET_LENGTH_MAX; or the headers outgrew the head-room */
    DROP_LOOP_LIMIT,         /* more than TURNS_MAX turns of the program's loops */
    DROP_REASONS
};

#define PASSES_MAX 256

/* A packet copy: context, then buffer. Clones, replicas, resubmitted and recirculated packets live in these. */
struct packet_copy {
    struct packet_copy *next;
    uint8_t *buffer;  /* PACKET_HEADROOM + PACKET_LENGTH_MAX + PACKET_TAILROOM bytes */
    void *context;    /* pipeline_code.context_size bytes, 64-byte aligned */
};

/* Multicast: group id -> replicas. Published whole: a reader sees the old list or the new one. */
struct replica {
    uint16_t port;
    uint16_t rid;
};
struct replica_list {
    uint32_t count;
    struct replica replica[];
};

/* Clone session: id -> ports or group, truncation. */
struct clone_session {
    uint32_t truncate;    /* bytes, 0: whole */
    uint32_t priority;    /* standard_metadata.priority of the clones, as far as it is not 0 */
    struct replica_list *replicas;
};

/* A table of the program. `lookup` is a struct exact, lpm or ternary, as the generated code knows; NULL for a keyless table. */
struct table {
    void *lookup;
    _Atomic(const struct entry *) default_entry; /* NULL: a miss does nothing */
    struct counters *counters;                   /* direct, by entry number; or NULL */
    struct meters *meters;                       /* direct; or NULL */
    struct idle *idle;                           /* or NULL */
};

/* A parser value set: a key matches member i if key & mask[i] == value[i], in words, packed as table keys are. */
struct value_set {
    uint32_t count, words;
    uint64_t value_mask[]; /* count times: words of value, words of mask */
};

#define TOEPLITZ_WORDS 10 /* 40 bytes, as network cards have it */
#define MULTICAST_GROUPS 65536
#define CLONE_SESSIONS 32768

struct pipeline {
    _Atomic(const struct pipeline_code *) code;
    struct table *tables;        /* in the order of the JSON */
    struct counters **counters;  /* counter_arrays; NULL where direct */
    struct meters **meters;      /* meter_arrays; NULL where direct */
    struct registers **registers;
    struct selector **selectors; /* action profiles, with or without selector */
    _Atomic(struct value_set *) *value_sets;
    uint32_t value_set_count;
    _Atomic(struct replica_list *) *multicast;   /* [MULTICAST_GROUPS] */
    _Atomic(struct clone_session *) *clone;      /* [CLONE_SESSIONS] */
    uint32_t table_count, action_count;
    uint16_t cpu_port;  /* 0: none */
    uint16_t drop_port;
    uint32_t workers;   /* number of workers that counters have room for */
    uint64_t start_ns;  /* CLOCK_MONOTONIC when loaded: timestamps count from here */
    struct crc *custom_crc;      /* crc8_custom, crc16_custom, crc32_custom, crc64_custom */
    uint32_t toeplitz_key[TOEPLITZ_WORDS];
    struct qsbr qsbr;
};

struct worker {
    struct pipeline *pipeline;
    struct table *tables;       /* pipeline->tables */
    unsigned index;
    deliver_fn *deliver;
    void *deliver_context;
    uint64_t now_ns;            /* read once a burst, CLOCK_MONOTONIC */
    uint64_t random;            /* state of the worker's generator */
    struct ring *to_cpu;        /* packet-ins, digests, log messages */
    struct packet_out out[BURST];
    unsigned out_count;
    void *contexts;             /* BURST packet contexts */
    struct packet_copy *copies;        /* all of them */
    uint8_t *copy_memory;              /* their contexts and buffers */
    size_t copy_memory_size;
    struct packet_copy *free_copies;   /* ready to be used */
    struct packet_copy *sent_copies;   /* in `out`: free after the next delivery */
    struct packet_copy *waiting, **waiting_end; /* to pass through ingress or egress, first in first out */
    uint32_t turns;             /* of loops, since the packet began its ingress or egress; of programs that have loops */
    uint64_t received, received_bytes, sent, sent_bytes;
    uint64_t drops[DROP_REASONS];
    struct trace *trace;        /* NULL unless this is a tracing worker */
    uint64_t *lookups;          /* misses and hits of each table; only the counting object counts */
    uint64_t *drops_by_action;  /* by the action that marked the packet, from 1; 0: none did. Likewise */
};

/* Life cycle; engine.py calls these. Writer lock held. */
struct pipeline *pipeline_create(uint32_t workers, uint16_t cpu_port, uint16_t drop_port, uint32_t tables, uint32_t counters,
                                 uint32_t meters, uint32_t registers, uint32_t selectors, uint32_t value_sets);
/* Before any worker is made: how many actions drops may be counted for. */
void pipeline_set_actions(struct pipeline *p, uint32_t actions);
void pipeline_destroy(struct pipeline *p); /* every worker destroyed before; tables are freed by their owner */
void pipeline_set_code(struct pipeline *p, const struct pipeline_code *code);

struct worker *worker_create(struct pipeline *p, unsigned index, deliver_fn *deliver, void *context);
void worker_destroy(struct worker *w);

/* For callers that do not know the structs. */
struct qsbr *pipeline_qsbr(struct pipeline *p);
struct ring *worker_ring(struct worker *w);
int worker_event(const struct worker *w);
const uint64_t *worker_drops(const struct worker *w);
const uint64_t *worker_lookups(const struct worker *w);
const uint64_t *worker_drops_by_action(const struct worker *w);

/* Replication. An empty list deletes. Takes effect for the next packet; the old list is retired. */
int pipeline_set_multicast(struct pipeline *p, uint32_t group, const struct replica *replicas, uint32_t count);
int pipeline_set_clone(struct pipeline *p, uint32_t session, const struct replica *replicas, uint32_t count, uint32_t truncate,
                       uint32_t priority);
int pipeline_delete_clone(struct pipeline *p, uint32_t session);

/* Before any worker runs: what table, array or profile number `index` is; NULL: leave. */
void pipeline_set_table(struct pipeline *p, uint32_t table, void *lookup, struct counters *counters, struct meters *meters,
                        struct idle *idle);
void pipeline_set_arrays(struct pipeline *p, uint32_t index, struct counters *counters, struct meters *meters,
                         struct registers *registers, struct selector *selector);

/* Replace the members of a value set: for each `words` words of value, then of mask. */
int pipeline_set_value_set(struct pipeline *p, uint32_t set, uint32_t words, uint32_t count, const uint64_t *value_mask);
/* The entry with this number counts as hit now (idle timeouts). */
void table_touch(struct pipeline *p, uint32_t table, uint64_t number);
/* Replace a table's default entry; not present: a miss does nothing. */
int table_set_default(struct pipeline *p, uint32_t table, int present, uint32_t action, const uint64_t *params, uint32_t words);

static inline void worker_online(struct worker *w)
{
    qsbr_online(&w->pipeline->qsbr, w->index);
}

static inline void worker_offline(struct worker *w)
{
    qsbr_offline(&w->pipeline->qsbr, w->index);
}

/* One burst through parser, ingress, traffic manager, egress and deparser. The worker is online. `in` is left as it was;
 * the bytes it points to are not. */
static inline void worker_process(struct worker *w, struct packet_in *in, unsigned count)
{
    const struct pipeline_code *code = atomic_load_explicit(&w->pipeline->code, memory_order_acquire);
    w->now_ns = monotonic_ns();
    code->process(w, in, count);
    if (w->to_cpu->pending)
        ring_wake(w->to_cpu);
    qsbr_quiescent(&w->pipeline->qsbr, w->index);
}

#endif
