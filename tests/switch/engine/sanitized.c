/* Runs packets through a pipeline that was compiled with sanitizers. `setup` comes from the test: it makes the tables and
 * changes default actions, so that every action runs with odd data. Usage: sanitized FILE ROUNDS, where FILE has records of
 * {uint32 port, uint32 length, bytes}. Exits 0, or not at all well. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline.h"

extern const struct pipeline_code p4gate_code;
struct pipeline *setup_create(void);
void setup_round(struct pipeline *p, unsigned round);
void setup_destroy(struct pipeline *p);

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
            worker_process(w, in, n);
            worker_offline(w);
            while (n)
                free(memory[--n]);
        }
    }
    worker_destroy(w);
    setup_destroy(p);
    fclose(f);
    printf("sum %llu\n", (unsigned long long)sum);
    return 0;
}
