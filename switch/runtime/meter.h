/* Meters: two-rate three-colour (RFC 2698), single-rate three-colour (RFC 2697), in packets or bytes. The buckets' arithmetic is in
 * meter_buckets.h; here is how workers share them. docs/switch/meters.md has the reasoning.
 *
 * Every worker has a share of a meter: two lines of its own, with buckets and what came out green, yellow and red. Executing a meter
 * is done on the worker's own share, without a lock and without a line that others write to, in one of two ways:
 *
 *   - sole: a meter that one worker alone executes has its buckets in that worker's share. Colours are exactly the RFC's.
 *   - lease: where several workers do, the buckets are in `struct meter`, under its lock, and a share has some tokens that were
 *     taken out of them, at most an eighth of a burst by all workers together. A worker goes to the meter when its lease does not
 *     make the packet green, and not again for a while where the meter had run short, too.
 *
 * Tokens are only moved, never copied: in the meter and its shares together there are never more than the RFC's buckets would have.
 *
 * A share is taken back by whoever holds the meter's lock (another worker, the writer, a trace): `until` = 0, a barrier on all
 * threads (membarrier.h), then wait while `busy`, for the nanoseconds of an execution at most. So what an execution pays is two stores.
 */
#ifndef P4GATE_METER_H
#define P4GATE_METER_H

#include <stdatomic.h>
#include <stdint.h>

#include "counter.h"
#include "meter_buckets.h"

enum meter_unit { METER_PACKETS, METER_BYTES };

#define METER_COLORS 3
#define METER_WORKERS 64

/* Rates in units a second, bursts in units. Single rate: `pir` unused, `pburst` is RFC 2697's excess burst. */
struct meter_config {
    uint64_t cir, cburst, pir, pburst;
};

/* What came out in a colour. */
struct meter_count {
    uint64_t packets, bytes;
};

/* A worker's share of a meter: written by that worker, but for `until`. */
struct meter_share {
    _Alignas(128) _Atomic uint8_t busy; /* the worker is executing it */
    uint8_t lease;                      /* the buckets are a lease: no rates, what is missing may be asked for */
    _Atomic uint32_t until;             /* ns since buckets.start: from then on ask the meter; 0: taken back, or never given */
    struct meter_buckets buckets;
    struct counter_cell count[METER_COLORS]; /* by colour */
};

/* Since when (ns since the lease's start) a worker may ask for what is missing in its lease. */
struct meter_patience {
    uint32_t committed, peak;
};

/* All but `kind` and `counted` under the lock. */
struct meter {
    _Alignas(64) _Atomic uint32_t lock;
    _Atomic uint32_t kind;    /* meter_is_on reads it without */
    uint64_t holders;         /* the workers whose shares are in use, a bit each */
    _Atomic uint64_t counted; /* the workers that ever counted */
    uint32_t sole;            /* 1 + the worker that has the buckets; 0: they are here */
    uint32_t visitor;         /* 1 + the worker that came here last; 0: none since it was configured */
    uint64_t alone_since;     /* ns: when another one was here last */
    uint64_t alone_for;       /* ns: how long it is to be alone before it has the buckets for itself */
    struct meter_buckets buckets; /* their bursts are less by what is on lease */
    int64_t cburst, pburst;   /* as configured */
    struct meter_patience patience; /* ns in which a bucket gains what is worth asking for */
    struct counter_cell base[METER_COLORS]; /* the writer's: what makes the sum of the shares the wanted count */
};

struct meters {
    struct meter *meter;
    struct meter_config *config;     /* as it was given; the writer's */
    struct meter_patience *patience; /* of leases: a row of `row_size` for each worker */
    uint64_t size, row_size;
    uint64_t byte_mask, packet; /* tokens of a packet: bytes & byte_mask | packet */
    uint32_t workers;
    int shared_only; /* no membarrier: shares only count */
    struct meter_share *row[]; /* by worker */
};

/* Writer. For direct meters: size = the table's size + ENTRY_SPARE. Up to METER_WORKERS workers. NULL: no memory. */
struct meters *meters_create(uint32_t workers, enum meter_unit unit, uint64_t size);
void meters_destroy(struct meters *m);
/* Writer. Buckets start full at `now_ns`. METER_OFF forgets the configuration. Answers TABLE_OK, or TABLE_INVALID
 * for an index out of range, or (RFC 2698, as BMv2) a peak rate below the committed one. */
int meter_configure(struct meters *m, uint64_t index, enum meter_kind kind, const struct meter_config *config, uint64_t now_ns);
/* Writer. The kind; `config` gets the configuration unless METER_OFF. */
enum meter_kind meter_configuration(struct meters *m, uint64_t index, struct meter_config *config);
/* Any thread. What has come out in each colour since meter_set_counts; 0 for an index out of range. */
void meter_counts(struct meters *m, uint64_t index, struct meter_count count[METER_COLORS]);
/* Writer. Counting goes on from here; the configuration stays. */
void meter_set_counts(struct meters *m, uint64_t index, const struct meter_count count[METER_COLORS]);
/* Writer, while no worker can execute it: off, counts 0. Memory that nobody wrote to stays untouched. */
void meter_reset(struct meters *m, uint64_t index);
/* Any thread. The colour that meter_execute would answer; spends nothing. For traces. */
enum meter_color meter_peek(struct meters *m, uint64_t index, uint64_t bytes, uint64_t now_ns, enum meter_color color);

/* meter_execute where the share alone does not do, `busy` still set. */
enum meter_color meter_execute_shared(struct meters *m, uint32_t worker, uint64_t index, uint64_t bytes, uint64_t now_ns,
                                      enum meter_color color);

/* Worker `worker` only. `color` is the packet's colour so far: METER_GREEN is colour-blind; otherwise colour-aware as the RFCs say.
 * Out of range: green. `now_ns` is the clock given to meter_configure; it may step back between workers. */
static inline enum meter_color meter_execute(struct meters *m, uint32_t worker, uint64_t index, uint64_t bytes, uint64_t now_ns,
                                             enum meter_color color)
{
    if (__builtin_expect(index >= m->size, 0))
        return METER_GREEN;
    struct meter_share *s = &m->row[worker][index];
    atomic_store_explicit(&s->busy, 1, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst); /* for the compiler: the processor's is made by whoever takes the share back */
    uint64_t ns = now_ns - s->buckets.start;
    if (__builtin_expect(ns >= atomic_load_explicit(&s->until, memory_order_relaxed), 0))
        return meter_execute_shared(m, worker, index, bytes, now_ns, color);
    meter_refill(&s->buckets, ns);
    int64_t amount = (int64_t)((bytes & m->byte_mask) | m->packet);
    enum meter_color result = meter_color_of(&s->buckets, amount, color);
    if (__builtin_expect(result != METER_GREEN, 0) && s->lease)
        return meter_execute_shared(m, worker, index, bytes, now_ns, color);
    meter_spend(&s->buckets, amount, result);
    atomic_store_explicit(&s->busy, 0, memory_order_release);
    counter_cell_add(&s->count[result], bytes);
    return result;
}

/* Any thread. 0: it has no configuration, and answers green. */
static inline int meter_is_on(const struct meters *m, uint64_t index)
{
    return index < m->size && atomic_load_explicit(&m->meter[index].kind, memory_order_relaxed) != METER_OFF;
}

#endif
