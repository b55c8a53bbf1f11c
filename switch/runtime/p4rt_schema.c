#include "p4rt_schema.h"

#include <stdlib.h>

#include "p4rt_decode.h"

/* The description, read front to back; `bad` once something is missing or does not add up. */
struct reader {
    const uint32_t *at, *end;
    int bad;
};

static uint32_t next(struct reader *r)
{
    if (r->at == r->end) {
        r->bad = 1;
        return 0;
    }
    return *r->at++;
}

static uint32_t next_count(struct reader *r, uint32_t limit)
{
    uint32_t count = next(r);
    r->bad |= count > limit;
    return r->bad ? 0 : count;
}

/* A place within `words` words. */
static void read_place(struct reader *r, struct p4rt_place *p, uint32_t words)
{
    p->id = next(r);
    p->width = next(r);
    p->word = next(r);
    p->shift = next(r);
    r->bad |= p->width == 0 || p->word >= words || p->shift >= 64 || p->shift + (uint64_t)p->width > 64 * ((uint64_t)p->word + 1);
}

/* Bytes of a bytestring of this width in a message, with its tag and length, and those of the message around it. */
static uint32_t value_bytes(uint32_t width)
{
    return width / 8 + 32;
}

static void read_actions(struct reader *r, struct p4rt_table *t, struct p4rt_action **action, const struct p4rt_action *actions_end,
                         struct p4rt_place **place, const struct p4rt_place *places_end)
{
    t->actions = next_count(r, (uint32_t)(actions_end - *action));
    t->action = *action;
    for (uint32_t i = 0; i < t->actions && !r->bad; i++) {
        struct p4rt_action *a = (*action)++;
        uint32_t bytes = 0;
        a->id = next(r);
        a->index = next(r);
        a->default_only = next(r) != 0;
        a->params = next_count(r, P4RT_PLACES_MAX);
        a->param = *place;
        for (uint32_t p = 0; p < a->params && !r->bad; p++) {
            if (*place == places_end) {
                r->bad = 1;
                break;
            }
            read_place(r, *place, t->param_words);
            bytes += value_bytes((*place)++->width);
        }
        if (bytes > t->entity_max)
            t->entity_max = bytes;
    }
}

static void read_table(struct reader *r, struct p4rt_schema *s, struct p4rt_table *t, struct p4rt_action **action,
                       const struct p4rt_action *actions_end, struct p4rt_place **place, const struct p4rt_place *places_end)
{
    t->id = next(r);
    r->bad |= t > s->table && t->id <= t[-1].id;
    t->store = (enum p4rt_store)next_count(r, P4RT_STORE_TERNARY);
    t->words = next_count(r, 1 << 16);
    t->param_words = next_count(r, 1 << 16);
    t->priority = next(r) != 0;
    t->fields = next_count(r, P4RT_PLACES_MAX);
    t->field = *place;
    uint32_t bytes = 0;
    for (uint32_t f = 0; f < t->fields && !r->bad; f++) {
        if (*place == places_end) {
            r->bad = 1;
            break;
        }
        struct p4rt_place *p = (*place)++;
        read_place(r, p, t->words);
        p->match = (enum p4rt_match)next(r);
        r->bad |= p->match != P4RT_EXACT && t->store != P4RT_STORE_TERNARY
                  && !(p->match == P4RT_LPM && t->store == P4RT_STORE_LPM);
        bytes += 2 * value_bytes(p->width);
    }
    read_actions(r, t, action, actions_end, place, places_end);
    t->entity_max += bytes + 96; /* ids, priority, counter, and the lengths of the messages around */
    uint32_t op = P4RT_OP_WORDS + 2 * t->words + t->param_words;
    if (op > s->op_words)
        s->op_words = op;
}

struct p4rt_schema *p4rt_schema_create(const uint32_t *description, size_t length)
{
    struct reader r = {description, description + length, 0};
    struct p4rt_schema *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->tables = next_count(&r, (uint32_t)length);
    uint32_t actions = next_count(&r, (uint32_t)length), places = next_count(&r, (uint32_t)length);
    s->op_words = P4RT_OP_WORDS;
    s->table = calloc(s->tables + 1, sizeof *s->table);
    s->actions = calloc(actions + 1, sizeof *s->actions);
    s->places = calloc(places + 1, sizeof *s->places);
    r.bad |= !s->table || !s->actions || !s->places;
    struct p4rt_action *action = s->actions;
    struct p4rt_place *place = s->places;
    for (uint32_t i = 0; i < s->tables && !r.bad; i++)
        read_table(&r, s, &s->table[i], &action, s->actions + actions, &place, s->places + places);
    if (r.bad || r.at != r.end) {
        p4rt_schema_destroy(s);
        return NULL;
    }
    return s;
}

void p4rt_schema_destroy(struct p4rt_schema *s)
{
    if (!s)
        return;
    free(s->table);
    free(s->actions);
    free(s->places);
    free(s);
}

void p4rt_schema_bind(struct p4rt_schema *s, uint32_t index, void *lookup, const struct entry_state *state, const uint64_t *marks)
{
    s->table[index].lookup = lookup;
    s->table[index].state = state;
    s->table[index].marks = marks;
}

const struct p4rt_table *p4rt_schema_table(const struct p4rt_schema *s, uint32_t index)
{
    return &s->table[index];
}

const struct p4rt_table *p4rt_table_of(const struct p4rt_schema *s, uint32_t id)
{
    uint32_t low = 0, high = s->tables;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (s->table[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->tables && s->table[low].id == id ? &s->table[low] : NULL;
}
