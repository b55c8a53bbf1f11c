/* What the traced object of a program writes down: one line of text for each event, fields separated by tabs.
 *
 * switch/trace/ reads it. A traced packet changes nothing: counters, meters and ages are left alone, what it writes to
 * registers is kept here and read back from here, and what it sends goes to a worker that delivers to nobody.
 *
 *     arrive     id parent cause port length          a packet, or a copy of one
 *     enter      id                                   its bytes go to the parser
 *     parsed     id error header_bytes                ingress  id checksum_error
 *     egress     id port rid instance_type            deparse  id
 *     note       id what number                       (drop, send, multicast, ... by the driver)
 *     sent       id port bytes
 *
 *     state      name offset
 *     extract    header|stack element member bytes    element -1: a header; member -1: not of a union
 *     failure    operation|select offset left         the parser ends with an error here
 *     select     value ...                            the fields that it compares
 *     checksum   place computed found
 *     condition  truth node
 *     apply      table hit action number key params   action -1: none
 *     member     slot group_slot                      (indirect tables) group_slot -1: the entry names the member itself
 *     action     number                               do       primitive
 *     end                                             of the action
 *     update     place                                a checksum was computed for the packet that leaves
 *     valid      header 0|1                           set      field old new
 *     count      array index                          meter    array table index color kind
 *     read       array index value                    write    array index value
 *     hash       calculation value
 *
 * Numbers are decimal, but those of fields, keys and registers hexadecimal.
 */
#ifndef P4GATE_TRACE_H
#define P4GATE_TRACE_H

#include <stddef.h>
#include <stdint.h>

struct registers;
struct meters;

#define TRACE_REGISTERS 256

struct trace {
    char *text;
    size_t used, room;
    int quiet;  /* write nothing: the packet is only looked at */
    int cut;    /* the text outgrew TRACE_ROOM_MAX: events are missing */
    void *seen; /* a struct packet: what changes are told against */
    uint32_t next_id;
    unsigned writes; /* of registers */
    struct {
        const struct registers *array;
        uint64_t index;
        unsigned __int128 value;
    } write[TRACE_REGISTERS];
};

/* `context_size`: of the program's struct packet. */
struct trace *trace_create(size_t context_size);
void trace_destroy(struct trace *t);
void trace_clear(struct trace *t);
/* NUL-terminated. */
const char *trace_text(const struct trace *t);
int trace_is_cut(const struct trace *t);

void trace_line(struct trace *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A line in pieces: its name, then numbers. */
void trace_begin(struct trace *t, const char *name);
void trace_number(struct trace *t, unsigned __int128 value);
void trace_limbs(struct trace *t, const uint64_t *limb, unsigned count); /* least significant first */
void trace_end(struct trace *t);

void trace_state(struct trace *t, const char *name, uint32_t offset);
void trace_extract(struct trace *t, const char *header, int element, int member, uint32_t bytes);
void trace_failure(struct trace *t, const char *operation, uint32_t offset, uint32_t left);
int trace_condition(struct trace *t, const char *node, int truth);
void trace_apply(struct trace *t, unsigned table, int hit, uint32_t action, uint32_t number, const uint64_t *key, unsigned key_words,
                 const uint64_t *params, unsigned param_words);
void trace_member(struct trace *t, uint32_t slot, int group);
void trace_action(struct trace *t, unsigned action);
void trace_statement(struct trace *t, unsigned primitive);
void trace_validity(struct trace *t, const char *header, int before, int after);
void trace_field(struct trace *t, const char *name, int fresh, unsigned __int128 before, unsigned __int128 after);
void trace_bytes(struct trace *t, const char *name, int fresh, const uint8_t *before, unsigned before_length, const uint8_t *after,
                 unsigned after_length);
void trace_sent(struct trace *t, uint32_t id, uint32_t port, const uint8_t *bytes, unsigned length);

void trace_count(struct trace *t, unsigned array, uint64_t index);
/* The colour that the meter would give; its buckets stay as they are. `table`: of a direct meter, or -1. */
uint64_t trace_meter(struct trace *t, unsigned array, int table, struct meters *m, uint64_t index, uint64_t bytes, uint64_t now_ns);
/* `calculation`: -1 for that of a selector. */
uint64_t trace_hash(struct trace *t, int calculation, uint64_t value);
/* Is it wrong? */
int trace_checksum(struct trace *t, unsigned place, uint64_t computed, uint64_t found);
void trace_checksum_update(struct trace *t, unsigned place);
/* Up to 128 bits; wider registers are read as they are and not written. */
unsigned __int128 trace_register_read(struct trace *t, unsigned number, struct registers *array, uint64_t index);
void trace_register_write(struct trace *t, unsigned number, const struct registers *array, uint64_t index, unsigned __int128 value);

#endif
