#include "p4rt_write.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "exact.h"
#include "idle.h"
#include "lpm.h"
#include "meter.h"
#include "ternary.h"

enum { LEAVE = 1 }; /* to Python; beside enum table_result */
enum { AHEAD = 16 }; /* operations whose first line of the table is fetched before they are done */
enum { GATHER_MAX = 1024 };

static struct p4rt_op *op_at(uint64_t *ops, size_t at)
{
    return (struct p4rt_op *)(ops + at);
}

/* ---- one operation ---- */

static int insert(const struct p4rt_op *op)
{
    void *lookup = op->table->lookup;
    switch (op->table->store) {
    case P4RT_STORE_EXACT:
        return exact_insert(lookup, p4rt_key(op), op->action, p4rt_params(op), NULL);
    case P4RT_STORE_LPM:
        return lpm_insert(lookup, p4rt_key(op), op->rank, op->action, p4rt_params(op), NULL);
    default:
        return ternary_insert(lookup, p4rt_key(op), p4rt_mask(op), op->rank, op->action, p4rt_params(op), NULL);
    }
}

static int modify(const struct p4rt_op *op)
{
    void *lookup = op->table->lookup;
    switch (op->table->store) {
    case P4RT_STORE_EXACT:
        return exact_modify(lookup, p4rt_key(op), op->action, p4rt_params(op));
    case P4RT_STORE_LPM:
        return lpm_modify(lookup, p4rt_key(op), op->rank, op->action, p4rt_params(op));
    default:
        return ternary_modify(lookup, p4rt_key(op), p4rt_mask(op), op->rank, op->action, p4rt_params(op));
    }
}

static int delete(const struct p4rt_op *op)
{
    void *lookup = op->table->lookup;
    switch (op->table->store) {
    case P4RT_STORE_EXACT:
        return exact_delete(lookup, p4rt_key(op));
    case P4RT_STORE_LPM:
        return lpm_delete(lookup, p4rt_key(op), op->rank);
    default:
        return ternary_delete(lookup, p4rt_key(op), p4rt_mask(op), op->rank);
    }
}

/* The number of the operation's entry, or -1. */
static int64_t number_of(const struct p4rt_op *op)
{
    void *lookup = op->table->lookup;
    switch (op->table->store) {
    case P4RT_STORE_EXACT:
        return exact_number(lookup, p4rt_key(op));
    case P4RT_STORE_LPM:
        return lpm_number(lookup, p4rt_key(op), op->rank);
    default:
        return ternary_number(lookup, p4rt_key(op), p4rt_mask(op), op->rank);
    }
}

static const struct entry *entry_at(const struct p4rt_table *t, uint32_t number)
{
    switch (t->store) {
    case P4RT_STORE_EXACT:
        return exact_at(t->lookup, number, NULL);
    case P4RT_STORE_LPM:
        return lpm_at(t->lookup, number, NULL, NULL);
    default:
        return ternary_at(t->lookup, number, NULL, NULL, NULL);
    }
}

/* What a MODIFY means for what belongs to the entry: its meter is as if there were none, and it counts as hit. */
static void modified(const struct entry_state *state, uint32_t number)
{
    if (state->meters && meter_is_on(state->meters, number))
        meter_configure(state->meters, number, METER_OFF, NULL, 0);
    if (state->idle)
        idle_touch(state->idle, number, monotonic_ns());
}

/* ---- taking back ---- */

struct p4rt_undo *p4rt_undo_create(void)
{
    return calloc(1, sizeof(struct p4rt_undo));
}

void p4rt_undo_destroy(struct p4rt_undo *u)
{
    if (!u)
        return;
    free(u->ops);
    free(u);
}

size_t p4rt_undo_mark(const struct p4rt_undo *u)
{
    return u->used;
}

#define KEEP_WORDS ((size_t)1 << 18) /* memory that is kept for the next batch */

void p4rt_undo_forget(struct p4rt_undo *u, size_t mark)
{
    u->used = mark;
    if (mark == 0 && u->capacity > KEEP_WORDS) {
        free(u->ops);
        *u = (struct p4rt_undo){0};
    }
}

/* Where the next note goes: room for this operation and its size. NULL: no memory. */
static struct p4rt_op *undo_room(struct p4rt_undo *u, uint32_t words)
{
    if (u->capacity - u->used < words + 1) {
        size_t capacity = 2 * u->capacity + 1024 + words;
        uint64_t *ops = realloc(u->ops, capacity * sizeof *ops);
        if (!ops)
            return NULL;
        u->ops = ops;
        u->capacity = capacity;
    }
    return op_at(u->ops, u->used);
}

/* Fill a note for an operation that is about to be done; `old` is the entry as it is now (NULL: there is none). */
static void undo_fill(struct p4rt_op *note, const struct p4rt_op *op, const struct entry *old)
{
    memcpy(note, op, op->words * sizeof(uint64_t));
    ((uint64_t *)note)[op->words] = op->words;
    if (!old)
        return;
    note->action = old->action;
    memcpy((uint64_t *)p4rt_params(note), old->params, op->table->param_words * sizeof(uint64_t));
}

int p4rt_undo_to(struct p4rt_undo *u, size_t mark)
{
    int result = TABLE_OK;
    while (u->used > mark) {
        u->used -= u->ops[u->used - 1] + 1;
        const struct p4rt_op *op = op_at(u->ops, u->used);
        int done = op->kind == P4RT_INSERT ? delete(op) : op->kind == P4RT_DELETE ? insert(op) : modify(op);
        result = result ? result : done;
    }
    return result;
}

/* ---- batches ---- */

/* Would taking the operation back need more than its old action and data? */
static int undo_needs_more(const struct p4rt_op *op)
{
    const struct entry_state *state = op->table->state;
    return op->kind == P4RT_MODIFY ? state->meters || state->idle
                                   : op->kind == P4RT_DELETE && (state->counters || state->meters || state->idle);
}

static int carry_out(const struct p4rt_op *op, struct p4rt_undo *undo)
{
    struct p4rt_op *note = NULL;
    int64_t number = -1;
    if (op->kind == P4RT_PYTHON || (undo && undo_needs_more(op)))
        return LEAVE;
    if (op->kind != P4RT_INSERT) {
        number = number_of(op);
        if (number < 0)
            return TABLE_MISSING;
        if (p4rt_marked(op->table, (uint32_t)number))
            return LEAVE;
    }
    if (undo) {
        if (!(note = undo_room(undo, op->words)))
            return TABLE_NO_MEMORY;
        undo_fill(note, op, number < 0 ? NULL : entry_at(op->table, (uint32_t)number));
    }
    int result = op->kind == P4RT_INSERT ? insert(op) : op->kind == P4RT_MODIFY ? modify(op) : delete(op);
    if (result != TABLE_OK)
        return result;
    if (op->kind == P4RT_MODIFY)
        modified(op->table->state, (uint32_t)number);
    if (undo)
        undo->used += op->words + 1;
    return TABLE_OK;
}

static void step(struct p4rt_batch *b)
{
    b->at += op_at(b->ops, b->at)->words;
    b->next++;
}

static int gathers(const struct p4rt_op *op)
{
    return op->kind == P4RT_INSERT && op->table->store == P4RT_STORE_TERNARY;
}

/* How many inserts into the same ternary table begin here, this one included. */
static uint32_t run_length(const struct p4rt_batch *b)
{
    const struct p4rt_op *first = op_at(b->ops, b->at), *op = first;
    size_t at = b->at;
    uint32_t n = 0;
    while (n < GATHER_MAX && gathers(op) && op->table == first->table) {
        n++;
        at += op->words;
        if (b->next + n == b->updates)
            break;
        op = op_at(b->ops, at);
    }
    return n;
}

/* Do the next n operations, inserts into one ternary table, in one call. 0: no memory, nothing was done. */
static int insert_run(struct p4rt_batch *b, uint32_t n)
{
    const struct p4rt_table *t = op_at(b->ops, b->at)->table;
    size_t need = (size_t)n * (2 * t->words + t->param_words + 2);
    if (b->gathered_capacity < need) {
        free(b->gathered);
        b->gathered = malloc(need * sizeof *b->gathered);
        b->gathered_capacity = b->gathered ? need : 0;
    }
    if (!b->gathered)
        return 0;
    uint64_t *values = b->gathered, *masks = values + (size_t)n * t->words, *params = masks + (size_t)n * t->words;
    uint32_t *ranks = (uint32_t *)(params + (size_t)n * t->param_words), *actions = ranks + n;
    int *results = (int *)(actions + n);
    uint32_t first = b->next;
    for (uint32_t i = 0; i < n; i++, step(b)) {
        const struct p4rt_op *op = op_at(b->ops, b->at);
        memcpy(values + (size_t)i * t->words, p4rt_key(op), t->words * sizeof *values);
        memcpy(masks + (size_t)i * t->words, p4rt_mask(op), t->words * sizeof *masks);
        if (t->param_words)
            memcpy(params + (size_t)i * t->param_words, p4rt_params(op), t->param_words * sizeof *params);
        ranks[i] = op->rank;
        actions[i] = op->action;
    }
    ternary_insert_many(t->lookup, n, values, masks, ranks, actions, params, NULL, results);
    for (uint32_t i = 0; i < n; i++) {
        b->results[first + i] = (int8_t)results[i];
        b->refused += results[i] != TABLE_OK;
    }
    return 1;
}

/* The line of the table where an operation's search begins. */
static void prefetch(const struct p4rt_op *op)
{
    const struct p4rt_table *t = op->table;
    if (t && t->store == P4RT_STORE_EXACT)
        __builtin_prefetch(exact_bucket(t->lookup, p4rt_key(op), t->words, t->param_words), 1);
}

int64_t p4rt_write(struct p4rt_batch *b, struct p4rt_undo *undo, uint32_t most)
{
    size_t ahead_at = b->at;
    uint32_t ahead = b->next, start = b->next, run;
    while (b->next < b->updates) {
        if (b->next - start >= most)
            return P4RT_MORE;
        const struct p4rt_op *op = op_at(b->ops, b->at);
        if (ahead < b->next) {
            ahead = b->next;
            ahead_at = b->at;
        }
        for (; ahead < b->updates && ahead < b->next + AHEAD; ahead++) {
            prefetch(op_at(b->ops, ahead_at));
            ahead_at += op_at(b->ops, ahead_at)->words;
        }
        if (!undo && gathers(op) && (run = run_length(b)) > 1 && insert_run(b, run))
            continue;
        uint32_t number = b->next;
        int result = carry_out(op, undo);
        step(b);
        if (result == LEAVE || (undo && result != TABLE_OK))
            return number;
        b->results[number] = (int8_t)result;
        b->refused += result != TABLE_OK;
    }
    return P4RT_DONE;
}
