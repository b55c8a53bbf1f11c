/* What belongs to an entry's number beside the table: its direct counter, its meter, when it was last hit.
 *
 * A number that is given to a new entry may have belonged to another before. The table calls entry_state_begin between taking
 * the number, when no reader can count for the old entry any more, and publishing the new entry: so no packet meets the
 * new entry with the old one's meter, and none of its counts is lost.
 */
#ifndef P4GATE_ENTRY_STATE_H
#define P4GATE_ENTRY_STATE_H

#include <stdint.h>

#include "meter.h"

struct counters;
struct idle;

/* NULL where the table has none. */
struct entry_state {
    struct counters *counters;
    struct meters *meters;
    struct idle *idle;
    /* of the next entry, instead of 0 and off */
    uint64_t packets, bytes;
    enum meter_kind kind;
    struct meter_config config;
};

/* NULL: no memory. What it points to is the caller's. */
struct entry_state *entry_state_create(struct counters *counters, struct meters *meters, struct idle *idle);
void entry_state_destroy(struct entry_state *s);
/* Writer. Until the next call new entries begin with this count and meter (`config` may be NULL if off); 0, 0, METER_OFF: as usual. */
void entry_state_prepare(struct entry_state *s, uint64_t packets, uint64_t bytes, enum meter_kind kind,
                         const struct meter_config *config);
/* Writer. Counter 0, meter off, or what was prepared; last hit now. `s` may be NULL. */
void entry_state_begin(const struct entry_state *s, uint32_t number);

#endif
