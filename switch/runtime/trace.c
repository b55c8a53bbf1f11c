#include "trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registers.h"

struct trace *trace_create(void)
{
    struct trace *t = calloc(1, sizeof *t);
    if (t && !(t->text = calloc(1, t->room = 1 << 16))) {
        free(t);
        return NULL;
    }
    return t;
}

void trace_destroy(struct trace *t)
{
    if (t)
        free(t->text);
    free(t);
}

void trace_clear(struct trace *t)
{
    t->used = 0;
    t->text[0] = 0;
    t->next_id = 0;
    t->writes = 0;
}

const char *trace_text(const struct trace *t)
{
    return t->text;
}

#define TRACE_ROOM_MAX (16u << 20) /* a packet that goes round and round is cut off here */

static void append(struct trace *t, const char *format, va_list arguments)
{
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

void trace_state(struct trace *t, const char *name, uint32_t offset)
{
    trace_line(t, "state\t%s\t%u", name, offset);
}

void trace_extract(struct trace *t, const char *header, uint32_t bytes)
{
    trace_line(t, "extract\t%s\t%u", header, bytes);
}

int trace_condition(struct trace *t, const char *text, int truth)
{
    trace_line(t, "condition\t%d\t%s", truth != 0, text);
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

void trace_validity(struct trace *t, const char *header, int before, int after)
{
    if (before != after)
        trace_line(t, "valid\t%s\t%d", header, after);
}

static void add_number(struct trace *t, unsigned __int128 value)
{
    if (value >> 64)
        add(t, "\t%llx%016llx", (unsigned long long)(value >> 64), (unsigned long long)value);
    else
        add(t, "\t%llx", (unsigned long long)value);
}

void trace_field(struct trace *t, const char *name, int fresh, unsigned __int128 before, unsigned __int128 after)
{
    if (before == after || (fresh && after == 0))
        return;
    add(t, "set\t%s", name);
    add_number(t, fresh ? 0 : before);
    add_number(t, after);
    add(t, "\n");
}

static void add_bytes(struct trace *t, const uint8_t *bytes, unsigned n)
{
    add(t, "\t");
    for (unsigned i = 0; i < n; i++)
        add(t, "%02x", bytes[i]);
}

void trace_bytes(struct trace *t, const char *name, const uint8_t *before, unsigned before_length, const uint8_t *after,
                 unsigned after_length)
{
    if (before_length == after_length && memcmp(before, after, after_length) == 0)
        return;
    add(t, "set\t%s", name);
    add_bytes(t, before, before_length);
    add_bytes(t, after, after_length);
    add(t, "\n");
}

uint64_t trace_register_read(struct trace *t, const struct registers *array, uint64_t index)
{
    for (unsigned i = t->writes; i-- > 0;)
        if (t->write[i].array == array && t->write[i].index == index)
            return t->write[i].value;
    return register_read(array, index);
}

void trace_register_write(struct trace *t, const struct registers *array, uint64_t index, uint64_t value)
{
    if (index >= array->size)
        return;
    if (t->writes < TRACE_REGISTERS) {
        t->write[t->writes].array = array;
        t->write[t->writes].index = index;
        t->write[t->writes++].value = value;
    }
    trace_line(t, "register\t%llu\t%llx", (unsigned long long)index, (unsigned long long)value);
}
