/* Action profiles and selectors: members (an action and its data), and groups of weighted members.
 *
 * A table entry's data names a member or a group by its id (the caller's, 32 bits, sparse); the look-up takes it to the member's
 * entry, for a group by hash modulo the sum of weights over the members in the order in which the writer gave them.
 *
 * Readers: any worker, one or two dependent loads past the id. Writer: one.
 * Published: a member by its pointer in `member` (release), a group whole by its pointer in `group` (release), each a fresh copy,
 * the old one retired. So a packet sees the old group or the new one, whole; and a member changes for all its groups at once.
 */
#ifndef P4GATE_SELECTOR_H
#define P4GATE_SELECTOR_H

#include <stddef.h>

#include "entry.h"
#include "qsbr.h"

struct selector_group {
    uint32_t total;    /* sum of the weights; 0: an empty group */
    uint32_t member[]; /* `total` member slots, each as often as its weight says */
};

/* Ids are sparse, slots are dense: generated code and entries hold slots (selector_*_slot). */
struct selector {
    _Atomic(struct entry *) *member;         /* by member slot; NULL: none */
    _Atomic(struct selector_group *) *group; /* by group slot */
    uint32_t members, groups;                /* slots */
    uint32_t param_words;
    struct qsbr *qsbr;
};

#define SELECTOR_WEIGHT_MAX 65536u /* sum of the weights of a group */

/* Writer. `members` and `groups` are numbers of slots; who maps ids to slots is the caller (a dict in engine.py). */
struct selector *selector_create(struct qsbr *qsbr, uint32_t param_words, uint32_t members, uint32_t groups);
void selector_destroy(struct selector *s);
/* Insert or replace. TABLE_INVALID: slot out of range. */
int selector_set_member(struct selector *s, uint32_t slot, uint32_t action, const uint64_t *params);
/* Nobody may refer to it: entries and groups that do are the caller's to check. A look-up that still does misses. */
int selector_delete_member(struct selector *s, uint32_t slot);
/* Insert or replace: n member slots and weights (0: the member is left out). TABLE_INVALID: slot out of range, weights too large. */
int selector_set_group(struct selector *s, uint32_t slot, uint32_t n, const uint32_t *members, const uint32_t *weights);
int selector_delete_group(struct selector *s, uint32_t slot);

/* Readers. NULL: no such member. The entry's tag is member slot + ENTRY_FIRST. */
static inline const struct entry *selector_member(const struct selector *s, uint32_t slot)
{
    return slot < s->members ? atomic_load_explicit(&s->member[slot], memory_order_acquire) : NULL;
}

/* NULL: no such group, or an empty one. */
static inline const struct entry *selector_lookup(const struct selector *s, uint32_t group, uint64_t hash)
{
    if (group >= s->groups)
        return NULL;
    const struct selector_group *g = atomic_load_explicit(&s->group[group], memory_order_acquire);
    if (!g || g->total == 0)
        return NULL;
    return selector_member(s, g->member[hash % g->total]);
}

#endif
