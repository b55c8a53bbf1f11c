/* Meters: two-rate three-colour (RFC 2698), single-rate three-colour (RFC 2697), in packets or bytes.
 *
 * A meter is a cache line with two token buckets, shared by all workers under a spin lock in the line: two buckets changed
 * together without a lock would need a double-width compare-and-swap, which costs the same. Held for some 10 ns, by workers
 * and by the writer that configures. The line behind it counts what came out green, yellow and red (P4Runtime's
 * MeterCounterData), and has the latest time seen, under the same lock.
 *
 * A bucket is not refilled step by step: the tokens credited since the origin are rate * time rounded down, as in BMv2, so that
 * rounding never accumulates. The origin moves up by whole seconds, in which every rate credits a whole number of tokens; so the
 * arithmetic is that of 64-bit integers, exact, and divides by a constant only.
 */
#ifndef P4GATE_METER_H
#define P4GATE_METER_H

#include <stdatomic.h>
#include <stdint.h>

enum meter_color { METER_GREEN = 0, METER_YELLOW = 1, METER_RED = 2 };
enum meter_unit { METER_PACKETS, METER_BYTES };
enum meter_kind { METER_OFF, METER_TWO_RATE, METER_SINGLE_RATE }; /* METER_OFF: always green */

#define METER_COLORS 3

/* Rates in units a second, bursts in units. Single rate: `pir` unused, `pburst` is RFC 2697's excess burst. */
struct meter_config {
    uint64_t cir, cburst, pir, pburst;
};

/* A rate: tokens a nanosecond, and the tokens a second that these leave over. */
struct meter_rate {
    uint32_t whole, rest;
};

struct meter {
    _Alignas(64) _Atomic uint32_t lock;
    _Atomic uint32_t kind; /* by the writer under the lock; meter_is_on reads it without */
    uint64_t start;        /* ns: the origin of credit */
    struct meter_rate cir, pir;
    int64_t cburst, pburst;
    int64_t committed;     /* tokens that the committed bucket had at the origin, less those spent since */
    int64_t peak;          /* two rates: the same of the peak bucket; single rate: tokens of the excess bucket */
    _Alignas(64) struct meter_count {
        uint64_t packets, bytes;
    } count[METER_COLORS]; /* by colour */
    uint64_t latest;       /* ns: the latest time at which it was executed or configured */
};

struct meters {
    struct meter *meter;
    struct meter_config *config; /* as it was given; the writer's */
    uint64_t size;
    enum meter_unit unit;
};

/* Writer. For direct meters: size = the table's size + ENTRY_SPARE. NULL: no memory. */
struct meters *meters_create(enum meter_unit unit, uint64_t size);
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

/* Workers. `color` is the packet's colour so far: METER_GREEN is colour-blind; otherwise colour-aware as the RFCs say. Out of
 * range: green. `now_ns` is the clock given to meter_configure; it may step back between workers. */
enum meter_color meter_execute(struct meters *m, uint64_t index, uint64_t bytes, uint64_t now_ns, enum meter_color color);
/* The colour that meter_execute would answer; spends nothing. For traces. */
enum meter_color meter_peek(struct meters *m, uint64_t index, uint64_t bytes, uint64_t now_ns, enum meter_color color);

/* Any thread. 0: it has no configuration, and answers green. */
static inline int meter_is_on(const struct meters *m, uint64_t index)
{
    return index < m->size && atomic_load_explicit(&m->meter[index].kind, memory_order_relaxed) != METER_OFF;
}

#endif
