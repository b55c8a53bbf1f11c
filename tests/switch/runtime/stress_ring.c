/* A small ring, pushed to and popped from in any order, with records of any length. Oracle: a list of what was pushed, and the
 * sanitizer for what lies behind the ring's end. Usage: stress_ring STEPS. Exits 0, or says what was wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "ring.h"

#define SIZE 256u
#define LONGEST 96u /* less than half of it, with a header: what an empty ring always has room for */

struct expected {
    uint32_t length, seed;
};

static uint8_t byte_of(uint32_t seed, uint32_t i)
{
    return (uint8_t)(seed * 31 + i);
}

static void fail(const char *what)
{
    printf("%s\n", what);
    exit(1);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    struct ring *r = ring_create(SIZE);
    struct expected list[SIZE]; /* as a ring of its own: more than fit */
    uint32_t first = 0, last = 0, pushed = 0;
    uint64_t state = 1;
    for (long step = atol(argv[1]); step > 0; step--) {
        if (random_next(&state) % 2) {
            struct expected e = {(uint32_t)random_between(&state, 0, LONGEST), pushed};
            uint8_t *bytes = ring_reserve(r, RING_DIGEST, e.seed, 7, e.length);
            if (!bytes) {
                if (first == last)
                    fail("an empty ring has no room");
                continue;
            }
            for (uint32_t i = 0; i < e.length; i++)
                bytes[i] = byte_of(e.seed, i);
            ring_publish(r);
            list[last++ % SIZE] = e;
            pushed++;
        } else {
            struct ring_record record;
            uint8_t bytes[LONGEST];
            int found = ring_pop(r, &record, bytes, sizeof bytes);
            if (found != (first != last))
                fail("the ring and the list are not equally long");
            if (!found)
                continue;
            struct expected e = list[first++ % SIZE];
            if (record.kind != RING_DIGEST || record.id != e.seed || record.port != 7 || record.length != e.length)
                fail("another record was expected");
            for (uint32_t i = 0; i < e.length; i++)
                if (bytes[i] != byte_of(e.seed, i))
                    fail("other bytes were expected");
        }
    }
    ring_destroy(r);
    printf("%u records\n", pushed);
    return 0;
}
