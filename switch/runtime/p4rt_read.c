#include "p4rt_read.h"

#include <string.h>

#include "counter.h"
#include "exact.h"
#include "key.h"
#include "lpm.h"
#include "p4rt_wire.h"
#include "ternary.h"

/* Messages are written from their last byte to the first: what is inside of one is there before its length is asked for. */
struct backward {
    uint8_t *at;
};

static void put_varint(struct backward *w, uint64_t value)
{
    uint8_t bytes[10];
    uint32_t n = 0;
    do
        bytes[n++] = (uint8_t)(value & 0x7f) | 0x80;
    while (value >>= 7);
    bytes[n - 1] &= 0x7f;
    w->at -= n;
    memcpy(w->at, bytes, n);
}

static void put_number(struct backward *w, uint32_t field, uint64_t value)
{
    if (value == 0)
        return;
    put_varint(w, value);
    put_varint(w, WIRE_TAG(field, WIRE_VARINT));
}

/* The length and tag of what was written since `end`. */
static void put_around(struct backward *w, uint32_t field, const uint8_t *end)
{
    put_varint(w, (uint64_t)(end - w->at));
    put_varint(w, WIRE_TAG(field, WIRE_BYTES));
}

/* The bits of a place, shortest form. `words`: those before the place's lowest may hold its upper bits. */
static void put_value(struct backward *w, uint32_t field, const uint64_t *words, const struct p4rt_place *place)
{
    const uint8_t *end = w->at;
    uint8_t *start = w->at - 1;
    for (uint32_t done = 0; done < place->width; done += 64) {
        uint64_t part = key_bits(words, place->word + 1, place->shift + done);
        uint32_t left = place->width - done;
        if (left < 64)
            part &= (UINT64_C(1) << left) - 1;
        for (uint32_t i = 0; i < 8 && 8 * i < left; i++) {
            *--w->at = (uint8_t)(part >> 8 * i);
            if (*w->at)
                start = w->at;
        }
    }
    w->at = start;
    put_around(w, field, end);
}

/* How many of a place's bits are set. */
static uint32_t ones(const uint64_t *words, const struct p4rt_place *place)
{
    uint32_t count = 0;
    for (uint32_t done = 0; done < place->width; done += 64) {
        uint64_t part = key_bits(words, place->word + 1, place->shift + done);
        if (place->width - done < 64)
            part &= (UINT64_C(1) << (place->width - done)) - 1;
        count += (uint32_t)__builtin_popcountll(part);
    }
    return count;
}

struct found {
    const struct entry *entry;
    const uint64_t *key, *mask;
    uint32_t rank; /* as in struct p4rt_op */
};

/* A match field, unless it matches everything. */
static void put_match(struct backward *w, const struct p4rt_table *t, const struct p4rt_place *field, const struct found *f)
{
    const uint8_t *end = w->at;
    uint32_t set = f->mask ? ones(f->mask, field) : field->width;
    switch (field->match) {
    case P4RT_LPM:
        set = t->store == P4RT_STORE_LPM ? f->rank : set;
        if (set == 0)
            return;
        put_number(w, 2, set);
        break;
    case P4RT_RANGE:
        if (set == field->width && ones(f->key, field) == 0)
            return;
        put_value(w, 2, f->mask, field);
        break;
    case P4RT_TERNARY:
        if (set == 0)
            return;
        put_value(w, 2, f->mask, field);
        break;
    case P4RT_OPTIONAL:
        if (set == 0)
            return;
        break;
    case P4RT_EXACT:
        break;
    }
    put_value(w, 1, f->key, field);
    put_around(w, field->match, end);
    put_number(w, 1, field->id);
    put_around(w, 2, end);
}

static void put_action(struct backward *w, const struct p4rt_action *a, const uint64_t *params)
{
    const uint8_t *end = w->at;
    for (uint32_t p = a->params; p-- > 0;) {
        const uint8_t *param_end = w->at;
        put_value(w, 3, params, &a->param[p]);
        put_number(w, 2, a->param[p].id);
        put_around(w, 4, param_end);
    }
    put_number(w, 1, a->id);
    put_around(w, 1, end); /* TableAction.action */
    put_around(w, 3, end); /* TableEntry.action */
}

/* p4.v1.CounterData of an entry, as field `field`: there even if both are 0. */
static void put_counter(struct backward *w, uint32_t field, const struct p4rt_table *t, uint32_t number)
{
    const uint8_t *end = w->at;
    uint64_t counted[2];
    counters_read(t->state->counters, number, 1, counted);
    for (uint32_t i = 0; i < 2; i++)
        counted[i] = counted[i] < INT64_MAX ? counted[i] : INT64_MAX;
    put_number(w, 2, counted[0]); /* packets */
    put_number(w, 1, counted[1]); /* bytes */
    put_around(w, field, end);
}

static void put_entity(struct backward *w, const struct p4rt_table *t, enum p4rt_shown shown, const struct p4rt_action *a,
                       const struct found *f)
{
    const uint8_t *end = w->at;
    uint32_t number = entry_number(f->entry);
    if (shown == P4RT_COUNTERS)
        put_counter(w, 2, t, number);
    const uint8_t *entry_end = w->at;
    if (shown == P4RT_COUNTED_ENTRIES)
        put_counter(w, 7, t, number);
    put_number(w, 4, t->store == P4RT_STORE_TERNARY ? f->rank : 0);
    if (shown != P4RT_COUNTERS)
        put_action(w, a, f->entry->params);
    for (uint32_t i = t->fields; i-- > 0;)
        put_match(w, t, &t->field[i], f);
    put_number(w, 1, t->id);
    if (shown == P4RT_COUNTERS) {
        put_around(w, 1, entry_end); /* DirectCounterEntry.table_entry */
        put_around(w, 8, end);       /* Entity.direct_counter_entry */
    } else {
        put_around(w, 2, end); /* Entity.table_entry */
    }
    put_around(w, 1, end); /* ReadResponse.entities */
}

static int find(const struct p4rt_table *t, uint32_t number, struct found *f)
{
    *f = (struct found){0};
    switch (t->store) {
    case P4RT_STORE_EXACT:
        f->entry = exact_at(t->lookup, number, &f->key);
        break;
    case P4RT_STORE_LPM:
        f->entry = lpm_at(t->lookup, number, &f->key, &f->rank);
        break;
    case P4RT_STORE_TERNARY:
        f->entry = ternary_at(t->lookup, number, &f->key, &f->mask, &f->rank);
        break;
    }
    return f->entry != NULL;
}

static const struct p4rt_action *action_of(const struct p4rt_table *t, uint32_t index)
{
    for (uint32_t i = 0; i < t->actions; i++)
        if (t->action[i].index == index)
            return &t->action[i];
    return NULL;
}

static uint32_t numbers_of(const struct p4rt_table *t)
{
    return t->store == P4RT_STORE_EXACT ? exact_numbers(t->lookup)
           : t->store == P4RT_STORE_LPM ? lpm_numbers(t->lookup)
                                        : ternary_numbers(t->lookup);
}

size_t p4rt_read_capacity(const struct p4rt_table *t)
{
    return t->entity_max;
}

void p4rt_read(const struct p4rt_table *t, enum p4rt_shown shown, uint32_t action_id, uint32_t priority, uint8_t *out,
               size_t capacity, struct p4rt_chunk *c)
{
    uint32_t numbers = numbers_of(t);
    c->marked = 0;
    c->length = 0;
    for (; c->number < numbers; c->number++) {
        struct found f;
        if (!find(t, c->number, &f))
            continue;
        const struct p4rt_action *a = action_of(t, f.entry->action);
        if (!a || (shown != P4RT_COUNTERS && p4rt_marked(t, c->number))) {
            c->marked = 1;
            return;
        }
        if ((action_id && a->id != action_id) || (priority && (t->store != P4RT_STORE_TERNARY || f.rank != priority)))
            continue;
        if (capacity - c->length < t->entity_max)
            return;
        uint8_t *end = out + c->length + t->entity_max;
        struct backward w = {end};
        put_entity(&w, t, shown, a, &f);
        memmove(out + c->length, w.at, (size_t)(end - w.at));
        c->length += (size_t)(end - w.at);
    }
    c->number = UINT32_MAX;
}
