/* Runs packets through a pipeline that was compiled with sanitizers. `setup` comes from the test: it makes the tables and
 * changes default actions, so that every action runs with odd data. Usage: sanitized FILE ROUNDS, where FILE has records of
 * {uint32 port, uint32 length, bytes}. Exits 0, or not at all well. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packet_test.h"
#include "pipeline.h"
#include "trace.h"

extern const struct pipeline_code p4gate_code;
struct pipeline *setup_create(void);
void setup_round(struct pipeline *p, unsigned round);
void setup_destroy(struct pipeline *p);

#ifdef TRACED /* the object under test is the traced one */
enum truth p4gate_match(struct worker *w, const struct packet_in *in, const struct packet_test *tests, unsigned count);

/* Every field that a filter may ask for, then the packet on its own. */
static void run(struct worker *w, struct packet_in *in, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct packet_test tests[64];
        for (unsigned k = 0; k < 63; k++)
            tests[k] = (struct packet_test){.op = TEST_FIELD, .field = k, .mask = {0, 255}, .high = {0, 7}};
        tests[63] = (struct packet_test){.op = TEST_LENGTH, .mask = {0, 255}, .high = {0, 64}};
        p4gate_match(w, &in[i], tests, 64);
        trace_clear(w->trace);
        worker_process(w, &in[i], 1);
    }
}
#else
#define run worker_process
#endif

static uint64_t sum;

static void touch(void *context, const struct packet_out *packets, unsigned count)
{
    (void)context;
    for (unsigned i = 0; i < count; i++)
        for (uint32_t k = 0; k < packets[i].length; k++)
            sum += packets[i].data[k];
}

int main(int argc, char **argv)
{
    FILE *f = argc == 3 ? fopen(argv[1], "rb") : NULL;
    if (!f)
        return 2;
    struct pipeline *p = setup_create();
    pipeline_set_code(p, &p4gate_code);
    struct worker *w = worker_create(p, 0, touch, NULL);
    if (!w)
        return 3;
#ifdef TRACED
    w->trace = trace_create(p4gate_code.context_size);
#endif
    unsigned rounds = (unsigned)atoi(argv[2]);
    for (unsigned round = 0; round < rounds; round++) {
        setup_round(p, round);
        rewind(f);
        for (int more = 1; more;) {
            struct packet_in in[BURST];
            uint8_t *memory[BURST];
            unsigned n = 0;
            uint32_t head[2];
            while (n < BURST && (more = fread(head, sizeof head, 1, f) == 1)) {
                /* of its very size, so that a step too far is seen */
                memory[n] = calloc(1, PACKET_HEADROOM + head[1] + PACKET_TAILROOM);
                if (!memory[n] || fread(memory[n] + PACKET_HEADROOM, 1, head[1], f) != head[1])
                    return 4;
                in[n] = (struct packet_in){memory[n] + PACKET_HEADROOM, head[1], (uint16_t)head[0]};
                n++;
            }
            worker_online(w);
            run(w, in, n);
            worker_offline(w);
            while (n)
                free(memory[--n]);
        }
    }
    trace_destroy(w->trace);
    worker_destroy(w);
    setup_destroy(p);
    fclose(f);
    printf("sum %llu\n", (unsigned long long)sum);
    return 0;
}
