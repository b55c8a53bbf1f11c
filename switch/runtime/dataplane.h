/* The ports and threads of a running switch. The packet path begins and ends here; it never enters Python.
 *
 * Each worker thread goes round its links: receive a burst, worker_process (pipeline.h), which calls back
 * dataplane_deliver with what leaves. A worker that found nothing for a while sleeps in poll on all its links and on an
 * eventfd of its own, so an idle switch costs no processor time; it spins for SPIN_NS before that, so that a busy one
 * pays for no system call it does not need.
 *
 * Which worker receives: with port affinity, link i belongs to worker i % workers, and the packets of a port stay in
 * order. With flow affinity every worker has a queue of its own on each Linux interface, and the kernel spreads by flow
 * (PACKET_FANOUT_HASH); packets of a flow stay in order. Any worker sends on any port.
 *
 * dataplane_pause() returns when every worker is parked between two bursts; links and pipelines change only then. What
 * takes long about a port (rings mapped and freed) is done outside of the pause, so other ports wait for microseconds.
 * All functions below but dataplane_deliver, and those of which it is said, are for one control thread at a time.
 */
#ifndef P4GATE_DATAPLANE_H
#define P4GATE_DATAPLANE_H

#include <stddef.h>
#include <stdint.h>

#include "link.h"
#include "pipeline.h"

#define SPIN_NS 50000

struct tap;

/* A port as it is now. */
struct port_state {
    uint32_t port;
    uint32_t enabled; /* not shut by dataplane_enable() */
    uint32_t running; /* carrier, or a client that serves it */
    char kind[28];
    struct port_counters counters;
};

/* NULL: no memory, no file descriptors, or no such number of workers. */
struct dataplane *dataplane_create(unsigned workers, int flow_affinity);
void dataplane_destroy(struct dataplane *d);
int dataplane_start(struct dataplane *d); /* 0, or an errno */
void dataplane_stop(struct dataplane *d);

void dataplane_pause(struct dataplane *d);
void dataplane_resume(struct dataplane *d);
/* Return when every packet that had arrived at a link before the call has been processed and sent. For tests. Any thread. */
void dataplane_settle(struct dataplane *d);

/* Paused. NULL: packets are received and dropped. */
void dataplane_set_worker(struct dataplane *d, unsigned thread, struct worker *worker);
/* Workers copy what they receive into the tap (tap.h) from now on; NULL: no more, and none is inside of it. */
void dataplane_set_tap(struct dataplane *d, struct tap *tap);
/* How long the thread has had nothing to do, in ns since its start. Read twice, it tells the thread's load. */
uint64_t dataplane_idle_ns(struct dataplane *d, unsigned thread);
/* What worker_create() must be given for this thread. */
void *dataplane_context(struct dataplane *d, unsigned thread);
void dataplane_deliver(void *context, const struct packet_out *packets, unsigned count);

/* Ports. Each pauses the workers itself. 0, or -1 with one line in `error`. */
int dataplane_add_interface(struct dataplane *d, uint32_t port, const char *interface, char *error, unsigned room);
int dataplane_add_xdp(struct dataplane *d, uint32_t port, const char *interface, char *error, unsigned room);
int dataplane_add_nn(struct dataplane *d, const char *address, char *error, unsigned room);
/* A port from pcap file `in` to `out`; dataplane_start_files() when all are added. */
int dataplane_add_files(struct dataplane *d, uint32_t port, const char *in, const char *out, char *error, unsigned room);
/* Let the files' packets in, `wait_ns` after this or, without a pipeline, after there is one. */
void dataplane_start_files(struct dataplane *d, uint64_t wait_ns);
/* Write a port's packets to pcap files, as they come in and as they leave; replaces what was captured before. NULL: not
 * this direction. */
int dataplane_capture(struct dataplane *d, uint32_t port, const char *in, const char *out, char *error, unsigned room);
/* Not for ports of nn, which its client removes, nor of files. */
int dataplane_remove(struct dataplane *d, uint32_t port);
/* Shut a port or open it again: a shut one drops what it gets in either direction, and counts it. -1: there is none. */
int dataplane_enable(struct dataplane *d, uint32_t port, int enabled);
/* Ports without a link of their own are in memory: dataplane_take() finds what is sent to them. */
void dataplane_keep_unconnected(struct dataplane *d);

/* A packet into a port from memory (also packet-outs, with the CPU port's number). 0, or an errno. Any thread. */
int dataplane_inject(struct dataplane *d, uint32_t port, const uint8_t *data, uint32_t length);
/* A packet that was sent to a port in memory: its length, or -1 if there is none (or `room` is too small). Any thread. */
int dataplane_take(struct dataplane *d, uint32_t *port, uint8_t *data, uint32_t room);
/* Readable while dataplane_take() would find something. */
int dataplane_take_event(struct dataplane *d);

void dataplane_counters(struct dataplane *d, uint32_t port, struct port_counters *sum);
/* The ports that have a link, by number; returns how many of them are in `list`. */
unsigned dataplane_ports(struct dataplane *d, struct port_state *list, unsigned room);
/* Packets sent to a port that has no link. */
uint64_t dataplane_unconnected(struct dataplane *d);

unsigned dataplane_workers(struct dataplane *d);
/* How many queues a Linux interface has: one for each worker with flow affinity. */
int dataplane_queues(struct dataplane *d);
/* For links: lost packets are counted against a port. */
struct port_counters *dataplane_port_counters(struct dataplane *d, unsigned worker, uint32_t port);

#endif
