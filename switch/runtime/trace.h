/* What the traced object of a program writes down: one line of text for each event, fields separated by tabs.
 *
 * switch/trace.py reads it. A traced packet changes nothing: counters, meters and ages are left alone, what it writes to
 * registers is kept here and read back from here, and what it sends goes to a worker that delivers to nobody.
 *
 *     arrive  id parent cause port length        ingress id       egress id port
 *     state   name offset        extract header bytes
 *     condition truth text       apply table hit action number key params
 *     valid   header 0|1         set field old new
 *     note    id what number     (drop, send, multicast, ... by the driver)
 */
#ifndef P4GATE_TRACE_H
#define P4GATE_TRACE_H

#include <stddef.h>
#include <stdint.h>

struct registers;

#define TRACE_REGISTERS 256

struct trace {
    char *text;
    size_t used, room;
    uint32_t next_id;
    unsigned writes; /* of registers */
    struct {
        const struct registers *array;
        uint64_t index, value;
    } write[TRACE_REGISTERS];
};

struct trace *trace_create(void);
void trace_destroy(struct trace *t);
void trace_clear(struct trace *t);
/* NUL-terminated. */
const char *trace_text(const struct trace *t);

void trace_line(struct trace *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void trace_state(struct trace *t, const char *name, uint32_t offset);
void trace_extract(struct trace *t, const char *header, uint32_t bytes);
int trace_condition(struct trace *t, const char *text, int truth);
void trace_apply(struct trace *t, unsigned table, int hit, uint32_t action, uint32_t number, const uint64_t *key, unsigned key_words,
                 const uint64_t *params, unsigned param_words);
void trace_validity(struct trace *t, const char *header, int before, int after);
void trace_field(struct trace *t, const char *name, int fresh, unsigned __int128 before, unsigned __int128 after);
void trace_bytes(struct trace *t, const char *name, const uint8_t *before, unsigned before_length, const uint8_t *after,
                 unsigned after_length);
/* Up to 64 bits; wider registers are read as they are and not written. */
uint64_t trace_register_read(struct trace *t, const struct registers *array, uint64_t index);
void trace_register_write(struct trace *t, const struct registers *array, uint64_t index, uint64_t value);

#endif
