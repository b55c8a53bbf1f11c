/* Entries of a table, or their counters, as p4.v1.Entity messages on the wire. Writer lock held.
 *
 * Byte for byte what Python makes of them (switch/p4runtime/tables.py): fields in order of their numbers, values canonical,
 * "don't care" left out. Entries with a mark, of which Python knows more, are Python's to write.
 */
#ifndef P4GATE_P4RT_READ_H
#define P4GATE_P4RT_READ_H

#include "p4rt_schema.h"

enum p4rt_shown {
    P4RT_ENTRIES,         /* TableEntry */
    P4RT_COUNTED_ENTRIES, /* with counter_data */
    P4RT_COUNTERS         /* DirectCounterEntry; marks do not matter for these */
};

struct p4rt_chunk {
    uint32_t number; /* in: where to go on; out: the next entry number to look at */
    uint32_t marked; /* out: `number` is of an entry that is Python's; go on behind it */
    size_t length;   /* out: bytes written */
};

/* Write entities, each as field 1 of a p4.v1.ReadResponse, until an entry is marked, the table ends (number is UINT32_MAX
 * then), or `capacity` bytes are too few for another. action_id 0: entries with any action; priority 0: any. */
void p4rt_read(const struct p4rt_table *t, enum p4rt_shown shown, uint32_t action_id, uint32_t priority, uint8_t *out,
               size_t capacity, struct p4rt_chunk *c);
/* `capacity` must be this much at least. */
size_t p4rt_read_capacity(const struct p4rt_table *t);

#endif
