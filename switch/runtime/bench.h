/* Packets through a pipeline in memory, called from Python. */
#ifndef P4GATE_BENCH_H
#define P4GATE_BENCH_H

#include "pipeline.h"

struct bench_result {
    uint64_t packets, sent;
    double seconds;
    uint64_t burst_p99_ns; /* what 99 of 100 bursts took at most, from being handed over to the last delivery */
};

/* Cycle through `count` packets (bytes + offsets[i], lengths[i], ports[i]) in bursts of BURST, each copied into a buffer with
 * head-room first, for about `seconds`. `index`: a worker index that nobody else uses. */
int bench_run(struct pipeline *p, unsigned index, const uint8_t *bytes, const uint32_t *offsets, const uint32_t *lengths,
              const uint16_t *ports, uint32_t count, double seconds, struct bench_result *result);

/* A worker that takes one packet at a time and keeps what comes out: records of {port, length} as two uint32_t, and bytes. */
struct memory_worker;
struct memory_worker *memory_worker_create(struct pipeline *p, unsigned index);
void memory_worker_destroy(struct memory_worker *m);
struct worker *memory_worker_of(struct memory_worker *m);
/* From now on with the traced object of the program, writing to the trace. */
int memory_worker_trace(struct memory_worker *m, const struct pipeline_code *traced);
struct trace *memory_worker_trace_of(struct memory_worker *m);
/* Returns the number of bytes at *out, valid until the next call. */
size_t memory_worker_process(struct memory_worker *m, uint16_t port, const uint8_t *data, uint32_t length, const uint8_t **out);

#endif
