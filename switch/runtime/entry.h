/* What a table look-up finds: an action and its data.
 *
 * An entry is immutable while readers can reach it: a MODIFY writes a new one and publishes that, the old one is reused after
 * a grace period (qsbr.h). A reader may therefore keep the pointer, and trust what it points to, until its next qsbr_quiescent.
 * A look-up that finds nothing returns NULL; the default action is the caller's.
 */
#ifndef P4GATE_ENTRY_H
#define P4GATE_ENTRY_H

#include <stdatomic.h>
#include <stdint.h>

struct entry {
    _Atomic uint32_t tag; /* number + ENTRY_FIRST; smaller values mark slots without entry (exact.h) */
    uint32_t action;      /* meaning is the caller's, as is that of params: the table's param_words of them */
    uint64_t params[];
};

#define ENTRY_FIRST 3u

/* Numbers are dense: 0 .. size + ENTRY_SPARE - 1. An entry keeps its number through MODIFY. After DELETE the number is not
 * given out again until every reader has been quiescent, so a late count never goes to a new owner's cell; the spare numbers
 * let a full table replace entries meanwhile. Arrays indexed by number have size + ENTRY_SPARE cells. */
#define ENTRY_SPARE 64u

static inline uint32_t entry_number(const struct entry *e)
{
    return atomic_load_explicit(&e->tag, memory_order_relaxed) - ENTRY_FIRST;
}

/* What writer functions answer. */
enum table_result {
    TABLE_OK = 0,
    TABLE_EXISTS = -1,    /* insert: the key is there already */
    TABLE_MISSING = -2,   /* modify, delete: it is not */
    TABLE_FULL = -3,      /* insert: `size` entries are there */
    TABLE_NO_MEMORY = -4, /* nothing was changed */
    TABLE_INVALID = -5    /* an argument out of range, such as a prefix longer than its field */
};

#endif
