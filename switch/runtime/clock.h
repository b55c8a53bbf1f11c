/* The clock of workers, meters and idle timeouts. */
#ifndef P4GATE_CLOCK_H
#define P4GATE_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC, in nanoseconds. */
uint64_t monotonic_ns(void);

#endif
