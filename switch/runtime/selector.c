#include "selector.h"

#include <stdlib.h>
#include <string.h>

struct selector *selector_create(struct qsbr *qsbr, uint32_t param_words, uint32_t members, uint32_t groups)
{
    struct selector *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->qsbr = qsbr;
    s->param_words = param_words;
    s->members = members;
    s->groups = groups;
    s->member = calloc(members ? members : 1, sizeof *s->member);
    s->group = calloc(groups ? groups : 1, sizeof *s->group);
    if (!s->member || !s->group) {
        free(s->member);
        free(s->group);
        free(s);
        return NULL;
    }
    return s;
}

void selector_destroy(struct selector *s)
{
    if (!s)
        return;
    for (uint32_t i = 0; i < s->members; i++)
        free(atomic_load(&s->member[i]));
    for (uint32_t i = 0; i < s->groups; i++)
        free(atomic_load(&s->group[i]));
    free(s->member);
    free(s->group);
    free(s);
}

/* Publish `fresh` (may be NULL) in place of the member or group that is there. */
static int replace_member(struct selector *s, uint32_t slot, struct entry *fresh)
{
    struct entry *old = atomic_exchange_explicit(&s->member[slot], fresh, memory_order_acq_rel);
    if (old)
        qsbr_retire(s->qsbr, old, free);
    return old ? TABLE_OK : TABLE_MISSING;
}

static int replace_group(struct selector *s, uint32_t slot, struct selector_group *fresh)
{
    struct selector_group *old = atomic_exchange_explicit(&s->group[slot], fresh, memory_order_acq_rel);
    if (old)
        qsbr_retire(s->qsbr, old, free);
    return old ? TABLE_OK : TABLE_MISSING;
}

int selector_set_member(struct selector *s, uint32_t slot, uint32_t action, const uint64_t *params)
{
    if (slot >= s->members)
        return TABLE_INVALID;
    struct entry *e = malloc(sizeof *e + s->param_words * sizeof *params);
    if (!e)
        return TABLE_NO_MEMORY;
    atomic_init(&e->tag, slot + ENTRY_FIRST);
    e->action = action;
    if (s->param_words)
        memcpy(e->params, params, s->param_words * sizeof *params);
    replace_member(s, slot, e);
    return TABLE_OK;
}

int selector_delete_member(struct selector *s, uint32_t slot)
{
    return slot < s->members ? replace_member(s, slot, NULL) : TABLE_INVALID;
}

int selector_set_group(struct selector *s, uint32_t slot, uint32_t n, const uint32_t *members, const uint32_t *weights, int random)
{
    uint64_t total = 0;
    if (slot >= s->groups)
        return TABLE_INVALID;
    for (uint32_t i = 0; i < n; i++) {
        total += weights[i];
        if (members[i] >= s->members)
            return TABLE_INVALID;
    }
    int expanded = total <= SELECTOR_EXPANDED_MAX;
    uint64_t slots = expanded ? total : n + (n & 1u); /* even: the sums behind them are aligned */
    struct selector_group *g = malloc(sizeof *g + slots * sizeof *g->member + (expanded ? 0 : n * sizeof *g->sum));
    if (!g)
        return TABLE_NO_MEMORY;
    *g = (struct selector_group){.total = total, .count = expanded ? 0 : n, .random = random != 0};
    if (expanded) {
        uint32_t filled = 0;
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t w = 0; w < weights[i]; w++)
                g->member[filled++] = members[i];
    } else {
        uint64_t *sum = (uint64_t *)(g->member + slots), sofar = 0;
        for (uint32_t i = 0; i < n; i++) {
            g->member[i] = members[i];
            sum[i] = sofar += weights[i];
        }
        g->sum = sum;
    }
    replace_group(s, slot, g);
    return TABLE_OK;
}

int selector_delete_group(struct selector *s, uint32_t slot)
{
    return slot < s->groups ? replace_group(s, slot, NULL) : TABLE_INVALID;
}
