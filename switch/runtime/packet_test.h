/* A filter over one packet as it was received: tests of parsed fields, in postfix order, with three-valued logic.
 *
 * What parsing alone does not tell (table hits, drops) is TEST_UNKNOWN. A packet passes unless the result is certainly false; the
 * caller traces those that passed and asks the whole filter. switch/trace/filter/native.py compiles to this.
 */
#ifndef P4GATE_PACKET_TEST_H
#define P4GATE_PACKET_TEST_H

#include <stdint.h>

enum test_op { TEST_FIELD, TEST_PORT, TEST_LENGTH, TEST_UNKNOWN, TEST_AND, TEST_OR, TEST_NOT };
enum truth { CERTAINLY_NOT = 0, UNKNOWN = 1, CERTAINLY = 2 };

#define TESTS_MAX 256

/* low <= (value & mask) <= high, or not if `negate`. A field of a header that is not valid passes neither way. */
struct packet_test {
    uint32_t op, field, negate, unused;
    uint64_t mask[2], low[2], high[2]; /* most significant word first */
};

struct packet;
typedef int read_field_fn(const struct packet *p, uint32_t field, unsigned __int128 *value);

static inline unsigned __int128 test_number(const uint64_t word[2])
{
    return (unsigned __int128)word[0] << 64 | word[1];
}

/* `tests` are well formed: every operator finds its operands, one result is left. */
static inline enum truth packet_test(const struct packet_test *tests, unsigned count, const struct packet *p, uint16_t port,
                                     uint32_t length, read_field_fn *read_field)
{
    uint8_t stack[TESTS_MAX];
    unsigned depth = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct packet_test *t = &tests[i];
        unsigned __int128 value = 0;
        int there = 1;
        switch (t->op) {
        case TEST_UNKNOWN:
            stack[depth++] = UNKNOWN;
            continue;
        case TEST_AND:
            depth--;
            if (stack[depth] < stack[depth - 1])
                stack[depth - 1] = stack[depth];
            continue;
        case TEST_OR:
            depth--;
            if (stack[depth] > stack[depth - 1])
                stack[depth - 1] = stack[depth];
            continue;
        case TEST_NOT:
            stack[depth - 1] = (uint8_t)(CERTAINLY - stack[depth - 1]);
            continue;
        case TEST_PORT:
            value = port;
            break;
        case TEST_LENGTH:
            value = length;
            break;
        default:
            there = read_field(p, t->field, &value);
        }
        value &= test_number(t->mask);
        int inside = value >= test_number(t->low) && value <= test_number(t->high);
        stack[depth++] = there && inside != (int)t->negate ? CERTAINLY : CERTAINLY_NOT;
    }
    return count ? (enum truth)stack[0] : UNKNOWN;
}

#endif
