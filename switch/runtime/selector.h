/* Action profiles and selectors: members (an action and its data), and groups of weighted members.
 *
 * A table entry's data holds the slot of a member or of a group (ids are the caller's); the look-up takes it to the member's
 * entry, for a group by hash modulo the sum of weights over the members in the order in which the writer gave them. Sums above
 * SELECTOR_MODULO_MAX are more than a 16-bit hash reaches: there the hash is mixed and scaled to the sum. A random group asks no hash.
 *
 * Readers: any worker, one or two dependent loads past the slot. Writer: one.
 * Published: a member by its pointer in `member` (release), a group whole by its pointer in `group` (release), each a fresh copy,
 * the old one retired. So a packet sees the old group or the new one, whole; and a member changes for all its groups at once.
 */
#ifndef P4GATE_SELECTOR_H
#define P4GATE_SELECTOR_H

#include <stddef.h>

#include "entry.h"
#include "qsbr.h"
#include "random.h"

struct selector_group {
    uint64_t total;      /* sum of the weights; 0: an empty group */
    uint32_t count;      /* 0: `member` has a slot for each unit of weight; else one for each member */
    uint32_t random;     /* 1: a random member, whatever the hash */
    const uint64_t *sum; /* [count]: the weights up to and including this member's; in the same block of memory */
    uint32_t member[];   /* slots */
};

/* Ids are sparse, slots are dense: entries hold slots. */
struct selector {
    _Atomic(struct entry *) *member;         /* by member slot; NULL: none */
    _Atomic(struct selector_group *) *group; /* by group slot */
    uint32_t members, groups;                /* slots */
    uint32_t param_words;
    struct qsbr *qsbr;
};

#define SELECTOR_MODULO_MAX 65536u /* up to this sum of weights a hash is taken modulo the sum */
#define SELECTOR_EXPANDED_MAX 1024u /* up to this sum a group has a slot for each unit of weight: one load finds the member */

/* Writer. `members` and `groups` are numbers of slots; who maps ids to slots is the caller (loaded_profile.py). */
struct selector *selector_create(struct qsbr *qsbr, uint32_t param_words, uint32_t members, uint32_t groups);
void selector_destroy(struct selector *s);
/* Insert or replace. TABLE_INVALID: slot out of range. */
int selector_set_member(struct selector *s, uint32_t slot, uint32_t action, const uint64_t *params);
/* Nobody may refer to it: entries and groups that do are the caller's to check. A look-up that still does misses. */
int selector_delete_member(struct selector *s, uint32_t slot);
/* Insert or replace: n member slots and weights (0: the member is left out). TABLE_INVALID: slot out of range. */
int selector_set_group(struct selector *s, uint32_t slot, uint32_t n, const uint32_t *members, const uint32_t *weights, int random);
int selector_delete_group(struct selector *s, uint32_t slot);

/* Readers. NULL: no such member. The entry's tag is member slot + ENTRY_FIRST. */
static inline const struct entry *selector_member(const struct selector *s, uint32_t slot)
{
    return slot < s->members ? atomic_load_explicit(&s->member[slot], memory_order_acquire) : NULL;
}

/* The member that owns unit `at` of the weights: bisection without a branch, as every guess would be a coin's. */
static inline uint32_t selector_owner(const struct selector_group *g, uint64_t at)
{
    const uint64_t *from = g->sum;
    for (uint32_t left = g->count; left > 1;) {
        uint32_t half = left / 2;
        from += half & -(uint64_t)(from[half - 1] <= at);
        left -= half;
    }
    return g->member[from - g->sum];
}

/* NULL: no such group, or an empty one. `state`: the worker's random numbers. */
static inline const struct entry *selector_lookup(const struct selector *s, uint32_t group, uint64_t hash, uint64_t *state)
{
    if (group >= s->groups)
        return NULL;
    const struct selector_group *g = atomic_load_explicit(&s->group[group], memory_order_acquire);
    if (!g || g->total == 0)
        return NULL;
    if (g->random)
        hash = random_next(state);
    if (!g->count)
        return selector_member(s, g->member[hash % g->total]);
    uint64_t at = hash % g->total;
    if (g->total > SELECTOR_MODULO_MAX)
        at = (uint64_t)((unsigned __int128)random_next(&hash) * g->total >> 64); /* mixed: random_next is a good hash of its state */
    return selector_member(s, selector_owner(g, at));
}

#endif
