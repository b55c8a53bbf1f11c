#include "p4rt_decode.h"

#include <stdlib.h>
#include <string.h>

#include "p4rt_wire.h"

/* ---- numbers as byte strings, most significant byte first ---- */

/* Without leading zeros. */
static struct wire significant(struct wire v)
{
    while (v.at < v.end && *v.at == 0)
        v.at++;
    return v;
}

static size_t length_of(struct wire v)
{
    return (size_t)(v.end - v.at);
}

/* Bits of a number without leading zeros. */
static uint64_t bits_of(struct wire v)
{
    return v.at == v.end ? 0 : 8 * (uint64_t)length_of(v) - (uint64_t)(__builtin_clz(*v.at) - 24);
}

/* Take the zeros off; 0: no number (an empty string), or one of more than `width` bits. */
static int number(struct wire *v, uint32_t width)
{
    if (v->at == v->end)
        return 0;
    *v = significant(*v);
    return bits_of(*v) <= width;
}

/* Or a number into words. It fits its place. */
static void put(uint64_t *words, const struct p4rt_place *place, struct wire v)
{
    uint32_t word = place->word, shift = place->shift;
    for (const uint8_t *end = v.end; end > v.at; word--) {
        const uint8_t *from = end - v.at > 8 ? end - 8 : v.at;
        uint64_t part = 0;
        for (const uint8_t *at = from; at < end; at++)
            part = part << 8 | *at;
        words[word] |= part << shift;
        if (shift && part >> (64 - shift))
            words[word - 1] |= part >> (64 - shift);
        end = from;
    }
}

/* Set the upper `ones` of a place's bits. */
static void put_ones(uint64_t *words, const struct p4rt_place *place, uint32_t ones)
{
    uint32_t from = place->shift + place->width - ones, to = place->shift + place->width; /* bits counted from word's lowest */
    while (from < to) {
        uint32_t in_word = from % 64, take = 64 - in_word < to - from ? 64 - in_word : to - from;
        words[place->word - from / 64] |= UINT64_MAX >> (64 - take) << in_word;
        from += take;
    }
}

/* Are there bits in `v` that are not in `mask`? */
static int outside(struct wire v, struct wire mask)
{
    while (v.end > v.at) {
        uint8_t allowed = mask.end > mask.at ? *--mask.end : 0;
        if (*--v.end & ~allowed)
            return 1;
    }
    return 0;
}

/* Are the lowest `count` bits 0? */
static int low_bits_clear(struct wire v, uint32_t count)
{
    for (; count >= 8 && v.end > v.at; count -= 8)
        if (*--v.end)
            return 0;
    return v.end == v.at || (v.end[-1] & ((1u << count) - 1)) == 0;
}

static int above(struct wire low, struct wire high)
{
    if (length_of(low) != length_of(high))
        return length_of(low) > length_of(high);
    return memcmp(low.at, high.at, length_of(low)) > 0;
}

static int all_ones(struct wire v, uint32_t width)
{
    uint32_t ones = 0;
    for (const uint8_t *at = v.at; at < v.end; at++)
        ones += (uint32_t)__builtin_popcount(*at);
    return ones == width;
}

/* ---- messages: 0 is "not as it stands" ---- */

/* A message of two fields at most, each once: 1 a byte string, 2 a byte string (`second`) or a number (`length`). */
static int decode_pair(struct wire m, struct wire *first, struct wire *second, uint32_t *length)
{
    int seen = 0;
    while (wire_left(&m)) {
        uint64_t tag;
        if (!wire_tag(&m, &tag))
            return 0;
        int bit = tag >> 3 == 1 ? 1 : 2;
        if (seen & bit)
            return 0;
        seen |= bit;
        if (tag == WIRE_TAG(1, WIRE_BYTES) ? !wire_bytes(&m, first)
            : tag == WIRE_TAG(2, WIRE_BYTES) && second ? !wire_bytes(&m, second)
            : tag == WIRE_TAG(2, WIRE_VARINT) && length ? !wire_uint32(&m, length)
                                                        : 1)
            return 0;
    }
    return 1;
}

static const struct p4rt_place *place_of(const struct p4rt_place *places, uint32_t count, uint32_t id)
{
    if (id - 1 < count && places[id - 1].id == id) /* as nearly always */
        return &places[id - 1];
    for (uint32_t i = 0; i < count; i++)
        if (places[i].id == id)
            return &places[i];
    return NULL;
}

/* The value of a match field into key and mask. */
static int decode_value(struct p4rt_op *op, const struct p4rt_place *field, struct wire m)
{
    const struct p4rt_table *t = op->table;
    struct wire first = {m.end, m.end}, second = first;
    uint32_t prefix = 0, width = field->width;
    int two = field->match == P4RT_TERNARY || field->match == P4RT_RANGE;
    if (!decode_pair(m, &first, two ? &second : NULL, field->match == P4RT_LPM ? &prefix : NULL) || !number(&first, width))
        return 0;
    if (two && !number(&second, width))
        return 0;
    uint64_t *mask = t->store == P4RT_STORE_TERNARY ? op->data + t->words : NULL;
    put(op->data, field, first);
    switch (field->match) {
    case P4RT_EXACT:
    case P4RT_OPTIONAL:
        if (mask)
            put_ones(mask, field, width);
        return 1;
    case P4RT_LPM:
        if (prefix == 0 || prefix > width || !low_bits_clear(first, width - prefix))
            return 0;
        if (mask)
            put_ones(mask, field, prefix);
        else
            op->rank = prefix;
        return 1;
    case P4RT_TERNARY:
        if (bits_of(second) == 0 || outside(first, second))
            return 0;
        break;
    case P4RT_RANGE:
        if (above(first, second) || (bits_of(first) == 0 && all_ones(second, width)))
            return 0;
        break;
    }
    put(mask, field, second);
    return 1;
}

/* p4.v1.FieldMatch. Notes in `seen` which field it was. */
static int decode_match(struct p4rt_op *op, struct wire m, uint64_t *seen)
{
    const struct p4rt_table *t = op->table;
    struct wire value = {NULL, NULL};
    uint32_t id = 0;
    uint64_t kind = 0;
    while (wire_left(&m)) {
        uint64_t tag;
        if (!wire_tag(&m, &tag))
            return 0;
        if (tag == WIRE_TAG(1, WIRE_VARINT) && !id) {
            if (!wire_uint32(&m, &id))
                return 0;
        } else if ((tag & 7) == WIRE_BYTES && !kind) {
            kind = tag >> 3;
            if (!wire_bytes(&m, &value))
                return 0;
        } else {
            return 0;
        }
    }
    const struct p4rt_place *field = place_of(t->field, t->fields, id);
    if (!field || kind != (uint64_t)field->match || *seen >> (field - t->field) & 1)
        return 0;
    *seen |= UINT64_C(1) << (field - t->field);
    return decode_value(op, field, value);
}

/* Fields that are left out match everything; exact ones may not be left out. */
static int complete_match(struct p4rt_op *op, uint64_t seen)
{
    const struct p4rt_table *t = op->table;
    for (uint32_t f = 0; f < t->fields; f++) {
        if (seen >> f & 1)
            continue;
        if (t->field[f].match == P4RT_EXACT)
            return 0;
        if (t->field[f].match == P4RT_RANGE)
            put_ones(op->data + t->words, &t->field[f], t->field[f].width);
    }
    return 1;
}

/* p4.v1.Action.Param */
static int decode_param(const struct p4rt_action *a, uint64_t *words, struct wire m, uint64_t *seen)
{
    struct wire value = {NULL, NULL};
    uint32_t id = 0;
    while (wire_left(&m)) {
        uint64_t tag;
        if (!wire_tag(&m, &tag))
            return 0;
        if (tag == WIRE_TAG(2, WIRE_VARINT) && !id) {
            if (!wire_uint32(&m, &id))
                return 0;
        } else if (tag == WIRE_TAG(3, WIRE_BYTES) && !value.at) {
            if (!wire_bytes(&m, &value))
                return 0;
        } else {
            return 0;
        }
    }
    const struct p4rt_place *param = place_of(a->param, a->params, id);
    if (!param || *seen >> (param - a->param) & 1 || !number(&value, param->width))
        return 0;
    *seen |= UINT64_C(1) << (param - a->param);
    put(words, param, value);
    return 1;
}

static const struct p4rt_action *action_of(const struct p4rt_table *t, uint32_t id)
{
    for (uint32_t i = 0; i < t->actions; i++)
        if (t->action[i].id == id)
            return &t->action[i];
    return NULL;
}

/* p4.v1.TableAction, of which only an Action is taken. */
static int decode_action(struct p4rt_op *op, struct wire m)
{
    const struct p4rt_action *a = NULL;
    uint64_t tag, seen = 0;
    struct wire action;
    if (!wire_tag(&m, &tag) || tag != WIRE_TAG(1, WIRE_BYTES) || !wire_bytes(&m, &action) || wire_left(&m))
        return 0;
    uint64_t *words = (uint64_t *)p4rt_params(op);
    while (wire_left(&action)) {
        struct wire param;
        uint32_t id;
        if (!wire_tag(&action, &tag))
            return 0;
        if (tag == WIRE_TAG(1, WIRE_VARINT) && !a) {
            if (!wire_uint32(&action, &id) || !(a = action_of(op->table, id)))
                return 0;
        } else if (tag == WIRE_TAG(4, WIRE_BYTES) && a) {
            if (!wire_bytes(&action, &param) || !decode_param(a, words, param, &seen))
                return 0;
        } else {
            return 0;
        }
    }
    if (!a || a->default_only || (a->params && seen != UINT64_MAX >> (64 - a->params)))
        return 0;
    op->action = a->index;
    return 1;
}

/* p4.v1.TableEntry, its table first as encoders write it. The operation's words are zeroed once it is known. */
static int decode_entry(const struct p4rt_schema *s, struct p4rt_op *op, struct wire m)
{
    uint64_t tag, seen = 0;
    uint32_t id, priority = 0;
    int actions = 0, priorities = 0;
    if (!wire_tag(&m, &tag) || tag != WIRE_TAG(1, WIRE_VARINT) || !wire_uint32(&m, &id) || !(op->table = p4rt_table_of(s, id)))
        return 0;
    const struct p4rt_table *t = op->table;
    op->words = P4RT_OP_WORDS + (t->store == P4RT_STORE_TERNARY ? 2 : 1) * t->words + t->param_words;
    memset(op->data, 0, (op->words - P4RT_OP_WORDS) * sizeof *op->data);
    while (wire_left(&m)) {
        struct wire inside;
        if (!wire_tag(&m, &tag))
            return 0;
        if (tag == WIRE_TAG(2, WIRE_BYTES)) {
            if (!wire_bytes(&m, &inside) || !decode_match(op, inside, &seen))
                return 0;
        } else if (tag == WIRE_TAG(3, WIRE_BYTES) && !actions++) {
            if (!wire_bytes(&m, &inside) || !decode_action(op, inside))
                return 0;
        } else if (tag == WIRE_TAG(4, WIRE_VARINT) && !priorities++) {
            if (!wire_uint32(&m, &priority) || priority > INT32_MAX)
                return 0;
        } else {
            return 0;
        }
    }
    if ((priority != 0) != t->priority || (!actions && op->kind != P4RT_DELETE))
        return 0;
    if (t->priority)
        op->rank = priority;
    return complete_match(op, seen);
}

/* p4.v1.Update, its type first. */
static int decode_update(const struct p4rt_schema *s, struct p4rt_op *op, struct wire m)
{
    uint64_t tag;
    struct wire entity, entry;
    *op = (struct p4rt_op){.words = P4RT_OP_WORDS};
    return wire_tag(&m, &tag) && tag == WIRE_TAG(1, WIRE_VARINT) && wire_uint32(&m, &op->kind) && op->kind >= P4RT_INSERT
           && op->kind <= P4RT_DELETE && wire_tag(&m, &tag) && tag == WIRE_TAG(2, WIRE_BYTES) && wire_bytes(&m, &entity)
           && !wire_left(&m) && wire_tag(&entity, &tag) && tag == WIRE_TAG(2, WIRE_BYTES) && wire_bytes(&entity, &entry)
           && !wire_left(&entity) && decode_entry(s, op, entry);
}

/* ---- batches ---- */

struct p4rt_batch *p4rt_batch_create(void)
{
    return calloc(1, sizeof(struct p4rt_batch));
}

void p4rt_batch_destroy(struct p4rt_batch *b)
{
    if (!b)
        return;
    free(b->ops);
    free(b->results);
    free(b->gathered);
    free(b);
}

#define KEEP_WORDS ((size_t)1 << 20) /* memory that a batch keeps for the next request */

/* An empty batch. */
static void empty(struct p4rt_batch *b)
{
    if (b->capacity > KEEP_WORDS) {
        free(b->ops);
        b->ops = NULL;
        b->capacity = 0;
    }
    b->used = b->at = 0;
    b->updates = b->python = b->head_length = b->next = b->refused = 0;
}

/* Room for one more operation. */
static struct p4rt_op *room(struct p4rt_batch *b, uint32_t words)
{
    if (b->capacity - b->used < words) {
        size_t capacity = 2 * b->capacity + 1024 + words;
        uint64_t *ops = realloc(b->ops, capacity * sizeof *ops);
        if (!ops)
            return NULL;
        b->ops = ops;
        b->capacity = capacity;
    }
    return (struct p4rt_op *)(b->ops + b->used);
}

int p4rt_decode(const struct p4rt_schema *s, const uint8_t *request, size_t length, struct p4rt_batch *b)
{
    struct wire m = {request, request + length};
    empty(b);
    while (wire_left(&m)) {
        const uint8_t *start = m.at;
        uint64_t tag;
        if (!wire_tag(&m, &tag))
            return 0;
        if (tag == WIRE_TAG(4, WIRE_BYTES)) {
            struct wire update;
            struct p4rt_op *op = room(b, s->op_words);
            if (!op || !wire_bytes(&m, &update) || b->updates == P4RT_UPDATES_MAX)
                return 0;
            if (!decode_update(s, op, update)) {
                *op = (struct p4rt_op){.kind = P4RT_PYTHON, .words = P4RT_OP_WORDS};
                b->python++;
            }
            b->used += op->words;
            b->updates++;
            continue;
        }
        if (!wire_skip(&m, tag) || (size_t)(m.at - start) > P4RT_HEAD_MAX - b->head_length)
            return 0;
        memcpy(b->head + b->head_length, start, (size_t)(m.at - start));
        b->head_length += (uint32_t)(m.at - start);
    }
    if (b->results_capacity < b->updates) {
        free(b->results);
        b->results = malloc(b->updates);
        b->results_capacity = b->results ? b->updates : 0;
    }
    if (b->updates && !b->results)
        return 0;
    if (b->updates)
        memset(b->results, 0, b->updates);
    return 1;
}

void p4rt_summarise(const struct p4rt_batch *b, struct p4rt_summary *summary)
{
    *summary = (struct p4rt_summary){b->updates, b->python, b->refused, b->head_length, b->head, b->results};
}

int p4rt_confined(const struct p4rt_batch *b, const uint32_t *ids, uint32_t n)
{
    const struct p4rt_table *allowed = NULL;
    for (size_t at = 0; at < b->used;) {
        const struct p4rt_op *op = (const struct p4rt_op *)(b->ops + at);
        uint32_t i = 0;
        if (!op->table)
            return 0;
        while (op->table != allowed && i < n && ids[i] != op->table->id)
            i++;
        if (i == n && op->table != allowed)
            return 0;
        allowed = op->table;
        at += op->words;
    }
    return 1;
}
