/* The entry that a key which matched none came closest to; for traces.
 *
 * Walks all entries by number, so it takes a few nanoseconds an entry. Writer lock held: no entry goes away meanwhile.
 */
#ifndef P4GATE_NEAREST_H
#define P4GATE_NEAREST_H

#include <stdint.h>

enum nearest_table { NEAREST_EXACT, NEAREST_LPM, NEAREST_TERNARY };
enum nearest_kind { MATCH_EXACT, MATCH_LPM, MATCH_TERNARY, MATCH_RANGE };

/* A key field: its lowest bit is bit `shift` of the packed key. */
struct nearest_field {
    uint32_t shift, width, kind;
};

/* The number of the nearest of the entries 0 .. numbers - 1, or UINT32_MAX if there is none.
 *
 * Nearest is the entry that differs from `key` (`words` words, packed) in the fewest fields. Of several, in an LPM table, the one
 * whose prefix has the most leading bits in common with the key; in a ternary table the one of the highest priority; else that
 * of the lowest number. */
uint32_t nearest_entry(enum nearest_table kind, const void *table, uint32_t numbers, const uint64_t *key, unsigned words,
                       const struct nearest_field *fields, unsigned field_count);

#endif
