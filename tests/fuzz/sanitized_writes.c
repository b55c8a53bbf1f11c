/* P4Runtime requests from a file through the native path, for sanitizers: nothing is read or written out of bounds, whatever the
 * bytes are; a batch that is taken back leaves the tables as they were.
 *
 * The file, in 32-bit numbers of this machine: the schema (its length and description); the number of tables, and of each: store,
 * words, width of the exact part and of the prefix field (LPM), words of action data, size, ranges {shift, width} with their number
 * in front, and whether there are counters, meters, idle times; then requests: length, mode (enum mode), bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counter.h"
#include "exact.h"
#include "idle.h"
#include "lpm.h"
#include "meter.h"
#include "p4rt_read.h"
#include "p4rt_write.h"
#include "ternary.h"

enum mode { CONTINUE, ALL_OR_NONE, TAKE_BACK };

static struct qsbr qsbr;
static struct p4rt_schema *schema;
static uint64_t **marks;
static FILE *input;

static void fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static uint32_t number(void)
{
    uint32_t value;
    if (fread(&value, sizeof value, 1, input) != 1)
        fail("the file is cut off");
    return value;
}

static void make_table(uint32_t index)
{
    uint32_t store = number(), words = number(), exact_width = number(), width = number(), param_words = number(), size = number();
    uint32_t ranges = number();
    struct ternary_range *range = calloc(ranges + 1, sizeof *range);
    for (uint32_t i = 0; i < ranges; i++) {
        range[i].shift = number();
        range[i].width = number();
    }
    void *lookup = store == P4RT_STORE_EXACT ? (void *)exact_create(&qsbr, words, param_words, size)
                   : store == P4RT_STORE_LPM ? (void *)lpm_create(&qsbr, exact_width, width, param_words, size)
                                             : (void *)ternary_create(&qsbr, words, param_words, size, ranges, range);
    uint32_t cells = size + ENTRY_SPARE, counters = number(), meters = number(), idle = number();
    struct entry_state *state =
        entry_state_create(counters ? counters_create(1, cells) : NULL, meters ? meters_create(1, METER_PACKETS, cells) : NULL,
                           idle ? idle_create(cells) : NULL);
    marks[index] = calloc(cells / 64 + 1, sizeof **marks);
    if (!lookup || !state || !marks[index])
        fail("a table could not be made");
    if (store == P4RT_STORE_EXACT)
        exact_set_state(lookup, state);
    else if (store == P4RT_STORE_LPM)
        lpm_set_state(lookup, state);
    else
        ternary_set_state(lookup, state);
    p4rt_schema_bind(schema, index, lookup, state, marks[index]);
    free(range);
}

/* Counters count nothing here, but their messages have bounds, too. */
static void read_counters(void)
{
    for (uint32_t i = 0; i < schema->tables; i++) {
        const struct p4rt_table *t = p4rt_schema_table(schema, i);
        size_t capacity = p4rt_read_capacity(t);
        uint8_t *out = malloc(capacity);
        for (int shown = P4RT_COUNTED_ENTRIES; t->state->counters && shown <= P4RT_COUNTERS; shown++)
            for (struct p4rt_chunk chunk = {0}; chunk.number != UINT32_MAX; chunk.number += chunk.marked)
                p4rt_read(t, (enum p4rt_shown)shown, 0, 0, out, capacity, &chunk);
        free(out);
    }
}

/* All entries: their number, and a sum over them that does not depend on their order. */
static uint64_t read_all(uint64_t *count)
{
    uint64_t sum = 0;
    *count = 0;
    for (uint32_t i = 0; i < schema->tables; i++) {
        const struct p4rt_table *t = p4rt_schema_table(schema, i);
        size_t capacity = p4rt_read_capacity(t);
        uint8_t *out = malloc(capacity); /* room for one entity: what is written past it is found */
        struct p4rt_chunk chunk = {0};
        while (chunk.number != UINT32_MAX) {
            p4rt_read(t, P4RT_ENTRIES, 0, 0, out, capacity, &chunk);
            uint64_t hash = 1469598103934665603u;
            for (size_t b = 0; b < chunk.length; b++)
                hash = (hash ^ out[b]) * 1099511628211u;
            sum += chunk.length ? hash : 0;
            *count += chunk.length != 0;
            chunk.number += chunk.marked;
        }
        free(out);
    }
    return sum;
}

static void set_marks(int on)
{
    for (uint32_t i = 0; i < schema->tables; i++)
        marks[i][0] = on ? 0x1111111111111111u : 0;
}

static uint64_t write_request(const uint8_t *request, size_t length, uint32_t mode, struct p4rt_batch *batch, struct p4rt_undo *undo)
{
    uint64_t before_count, after_count, before = read_all(&before_count), updates = 0;
    if (!p4rt_decode(schema, request, length, batch))
        return 0;
    int64_t stopped;
    while ((stopped = p4rt_write(batch, mode == CONTINUE ? NULL : undo, 17)) != P4RT_DONE) {
        if (stopped != P4RT_MORE && stopped >= (int64_t)batch->updates)
            fail("stopped at an update that there is not");
        if (stopped != P4RT_MORE && mode == ALL_OR_NONE)
            break;
    }
    updates = batch->updates - batch->python;
    if (mode == TAKE_BACK || (mode == ALL_OR_NONE && stopped != P4RT_DONE)) {
        if (p4rt_undo_to(undo, 0))
            fail("not everything could be taken back");
        uint64_t after = read_all(&after_count);
        if (after != before || after_count != before_count)
            fail("taking a batch back left something behind");
    }
    p4rt_undo_forget(undo, 0);
    return updates;
}

int main(int argc, char **argv)
{
    if (argc != 2 || !(input = fopen(argv[1], "rb")))
        fail("usage: sanitized_writes FILE");
    qsbr_init(&qsbr);
    uint32_t length = number(), *description = malloc((length + 1) * sizeof *description);
    for (uint32_t i = 0; i < length; i++)
        description[i] = number();
    for (uint32_t cut = 0; cut < length; cut++) /* a description that is cut off is refused, not misread */
        p4rt_schema_destroy(p4rt_schema_create(description, cut));
    schema = p4rt_schema_create(description, length);
    free(description);
    if (!schema)
        fail("the schema does not add up");
    uint32_t tables = number();
    marks = calloc(tables + 1, sizeof *marks);
    for (uint32_t i = 0; i < tables; i++)
        make_table(i);
    struct p4rt_batch *batch = p4rt_batch_create();
    struct p4rt_undo *undo = p4rt_undo_create();
    uint64_t requests = 0, updates = 0, count;
    for (uint32_t size; fread(&size, sizeof size, 1, input) == 1; requests++) {
        uint32_t mode = number();
        uint8_t *request = malloc(size); /* its own block: what is read past its end is found */
        if (size && fread(request, size, 1, input) != 1)
            fail("the file is cut off");
        set_marks(requests % 5 == 4 && mode == CONTINUE);
        updates += write_request(request, size, mode, batch, undo);
        read_all(&count);
        read_counters();
        free(request);
    }
    read_all(&count);
    printf("%llu requests, %llu updates taken, %llu entries at the end\n", (unsigned long long)requests, (unsigned long long)updates,
           (unsigned long long)count);
    return 0; /* memory is the process's to free: no leak checker is asked */
}
