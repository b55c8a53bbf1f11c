#include "trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "meter.h"
#include "registers.h"

struct trace *trace_create(size_t context_size)
{
    struct trace *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->text = calloc(1, t->room = 1 << 16);
    t->seen = aligned_alloc(64, (context_size + 63) / 64 * 64);
    if (!t->text || !t->seen) {
        trace_destroy(t);
        return NULL;
    }
    return t;
}

void trace_destroy(struct trace *t)
{
    if (!t)
        return;
    free(t->text);
    free(t->seen);
    free(t);
}

void trace_clear(struct trace *t)
{
    t->used = 0;
    t->text[0] = 0;
    t->cut = 0;
    t->next_id = 0;
    t->writes = 0;
}

const char *trace_text(const struct trace *t)
{
    return t->text;
}

int trace_is_cut(const struct trace *t)
{
    return t->cut;
}

#define TRACE_ROOM_MAX (16u << 20) /* a packet that goes round and round is cut off here */

static void append(struct trace *t, const char *format, va_list arguments)
{
    if (t->quiet || t->cut)
        return;
    va_list again;
    va_copy(again, arguments);
    int n = vsnprintf(t->text + t->used, t->room - t->used, format, arguments);
    if (n > 0 && t->used + (size_t)n >= t->room && t->room < TRACE_ROOM_MAX) {
        size_t room = 2 * t->room + (size_t)n;
        char *more = realloc(t->text, room);
        if (more) {
            t->text = more;
            t->room = room;
            n = vsnprintf(t->text + t->used, t->room - t->used, format, again);
        }
    }
    va_end(again);
    if (n > 0 && t->used + (size_t)n < t->room)
        t->used += (size_t)n;
    else if (n > 0)
        t->cut = 1;
    t->text[t->used] = 0;
}

static void add(struct trace *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct trace *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    append(t, format, arguments);
    va_end(arguments);
}

void trace_line(struct trace *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    append(t, format, arguments);
    va_end(arguments);
    add(t, "\n");
}

void trace_begin(struct trace *t, const char *name)
{
    add(t, "%s", name);
}

void trace_number(struct trace *t, unsigned __int128 value)
{
    if (value >> 64)
        add(t, "\t%llx%016llx", (unsigned long long)(value >> 64), (unsigned long long)value);
    else
        add(t, "\t%llx", (unsigned long long)value);
}

void trace_limbs(struct trace *t, const uint64_t *limb, unsigned count)
{
    add(t, "\t");
    for (unsigned i = count; i-- > 0;)
        add(t, "%016llx", (unsigned long long)limb[i]);
}

void trace_end(struct trace *t)
{
    add(t, "\n");
}

/* ---- parser */

void trace_state(struct trace *t, const char *name, uint32_t offset)
{
    trace_line(t, "state\t%s\t%u", name, offset);
}

void trace_extract(struct trace *t, const char *header, int element, int member, uint32_t bytes)
{
    trace_line(t, "extract\t%s\t%d\t%d\t%u", header, element, member, bytes);
}

void trace_failure(struct trace *t, const char *operation, uint32_t offset, uint32_t left)
{
    trace_line(t, "failure\t%s\t%u\t%u", operation, offset, left);
}

/* ---- controls */

int trace_condition(struct trace *t, const char *node, int truth)
{
    trace_line(t, "condition\t%d\t%s", truth != 0, node);
    return truth;
}

static void add_words(struct trace *t, const uint64_t *word, unsigned words)
{
    add(t, "\t");
    for (unsigned i = 0; word && i < words; i++)
        add(t, "%016llx", (unsigned long long)word[i]);
}

void trace_apply(struct trace *t, unsigned table, int hit, uint32_t action, uint32_t number, const uint64_t *key, unsigned key_words,
                 const uint64_t *params, unsigned param_words)
{
    add(t, "apply\t%u\t%d\t%d\t%u", table, hit, (int)action, number);
    add_words(t, key, key_words);
    add_words(t, params, param_words);
    add(t, "\n");
}

void trace_member(struct trace *t, uint32_t slot, int group)
{
    trace_line(t, "member\t%u\t%d", slot, group);
}

void trace_action(struct trace *t, unsigned action)
{
    trace_line(t, "action\t%u", action);
}

void trace_statement(struct trace *t, unsigned primitive)
{
    trace_line(t, "do\t%u", primitive);
}

/* ---- changes */

void trace_validity(struct trace *t, const char *header, int before, int after)
{
    if (before != after)
        trace_line(t, "valid\t%s\t%d", header, after);
}

void trace_field(struct trace *t, const char *name, int fresh, unsigned __int128 before, unsigned __int128 after)
{
    if (fresh ? after == 0 : before == after)
        return;
    add(t, "set\t%s", name);
    trace_number(t, fresh ? 0 : before);
    trace_number(t, after);
    add(t, "\n");
}

static void add_bytes(struct trace *t, const uint8_t *bytes, unsigned n)
{
    add(t, "\t");
    for (unsigned i = 0; i < n; i++)
        add(t, "%02x", bytes[i]);
}

void trace_bytes(struct trace *t, const char *name, int fresh, const uint8_t *before, unsigned before_length, const uint8_t *after,
                 unsigned after_length)
{
    if (!fresh && before_length == after_length && memcmp(before, after, after_length) == 0)
        return;
    add(t, "set\t%s", name);
    add_bytes(t, before, fresh ? 0 : before_length);
    add_bytes(t, after, after_length);
    add(t, "\n");
}

void trace_sent(struct trace *t, uint32_t id, uint32_t port, const uint8_t *bytes, unsigned length)
{
    add(t, "sent\t%u\t%u", id, port);
    add_bytes(t, bytes, length);
    add(t, "\n");
}

/* ---- externs */

void trace_count(struct trace *t, unsigned array, uint64_t index)
{
    trace_line(t, "count\t%u\t%llu", array, (unsigned long long)index);
}

uint64_t trace_meter(struct trace *t, unsigned array, int table, struct meters *m, uint64_t index, uint64_t bytes, uint64_t now_ns)
{
    struct meter_config config;
    enum meter_kind kind = meter_configuration(m, index, &config);
    enum meter_color color = meter_peek(m, index, bytes, now_ns, METER_GREEN);
    trace_line(t, "meter\t%u\t%d\t%llu\t%d\t%d", array, table, (unsigned long long)index, (int)color, (int)kind);
    return (uint64_t)color;
}

uint64_t trace_hash(struct trace *t, int calculation, uint64_t value)
{
    trace_line(t, "hash\t%d\t%llx", calculation, (unsigned long long)value);
    return value;
}

int trace_checksum(struct trace *t, unsigned place, uint64_t computed, uint64_t found)
{
    trace_line(t, "checksum\t%u\t%llx\t%llx", place, (unsigned long long)computed, (unsigned long long)found);
    return computed != found;
}

void trace_checksum_update(struct trace *t, unsigned place)
{
    trace_line(t, "update\t%u", place);
}

static unsigned __int128 register_value(struct trace *t, struct registers *array, uint64_t index)
{
    for (unsigned i = t->writes; i-- > 0;)
        if (t->write[i].array == array && t->write[i].index == index)
            return t->write[i].value;
    if (array->words == 1)
        return register_read(array, index);
    uint64_t word[2] = {0};
    if (index < array->size)
        register_read_wide(array, index, word);
    return (unsigned __int128)word[0] << 64 | word[1];
}

unsigned __int128 trace_register_read(struct trace *t, unsigned number, struct registers *array, uint64_t index)
{
    unsigned __int128 value = register_value(t, array, index);
    add(t, "read\t%u\t%llu", number, (unsigned long long)index);
    trace_number(t, value);
    add(t, "\n");
    return value;
}

void trace_register_write(struct trace *t, unsigned number, const struct registers *array, uint64_t index, unsigned __int128 value)
{
    add(t, "write\t%u\t%llu", number, (unsigned long long)index);
    trace_number(t, value);
    add(t, "\n");
    if (index >= array->size)
        return;
    for (unsigned i = 0; i < t->writes; i++)
        if (t->write[i].array == array && t->write[i].index == index) {
            t->write[i].value = value;
            return;
        }
    if (t->writes < TRACE_REGISTERS) {
        t->write[t->writes].array = array;
        t->write[t->writes].index = index;
        t->write[t->writes++].value = value;
    }
}
