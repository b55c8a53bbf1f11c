/* What belongs to an entry's number beside the table: its direct counter, its meter, when it was last hit.
 *
 * A number that is given to a new entry may have belonged to another before. The table calls entry_state_begin between taking
 * the number, when no reader can count for the old entry any more, and publishing the new entry: so no packet meets the
 * new entry with the old one's meter, and none of its counts is lost.
 */
#ifndef P4GATE_ENTRY_STATE_H
#define P4GATE_ENTRY_STATE_H

#include <stdint.h>

struct counters;
struct meters;
struct idle;

/* NULL where the table has none. */
struct entry_state {
    struct counters *counters;
    struct meters *meters;
    struct idle *idle;
};

/* NULL: no memory. What it points to is the caller's. */
struct entry_state *entry_state_create(struct counters *counters, struct meters *meters, struct idle *idle);
void entry_state_destroy(struct entry_state *s);
/* Writer. Counter 0, meter off and its counts 0, last hit now. `s` may be NULL. */
void entry_state_begin(const struct entry_state *s, uint32_t number);

#endif
