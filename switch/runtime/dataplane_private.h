/* What dataplane.c (threads, the packet path) and dataplane_ports.c (ports come and go) share. */
#ifndef P4GATE_DATAPLANE_PRIVATE_H
#define P4GATE_DATAPLANE_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "capture.h"
#include "dataplane.h"
#include "tap.h"

#define LINKS_MAX (PORTS_MAX + 8)

struct input {
    struct link *link;
    unsigned queue;
};

/* One worker thread. `request` and `settle_wanted` are written by the control thread, the rest by the thread itself. */
struct thread {
    struct dataplane *dataplane;
    struct worker *worker; /* NULL: no pipeline */
    unsigned index;
    pthread_t id;
    int event; /* wakes the thread */
    _Alignas(64) _Atomic int request;
    _Atomic uint64_t settle_wanted;
    _Alignas(64) struct input inputs[LINKS_MAX];
    unsigned input_count;
    struct pollfd fds[1 + LINKS_MAX * LINK_FDS_MAX]; /* what it sleeps on: its event, then those of each input ... */
    unsigned first_fd[LINKS_MAX + 1];                /* ... from here on */
    int parked;            /* under the data plane's lock */
    uint64_t settle_done;  /* under the data plane's lock */
    _Atomic uint64_t idle_ns;    /* time without packets, but for the idleness that began at ... */
    _Atomic uint64_t idle_since; /* ... 0: it is busy */
    uint64_t unconnected;
    struct port_counters counters[PORTS_MAX];
};

struct dataplane {
    unsigned threads;
    int flow_affinity, running, keep_unconnected;
    int pauses; /* how many dataplane_pause() are open */
    struct thread *thread;
    struct link *route[PORTS_MAX]; /* port -> its link */
    struct link *links;
    struct link *memory;
    struct link *nn;
    struct link *files;
    int files_wanted;       /* begin when there is a pipeline ... */
    uint64_t files_wait_ns; /* ... and this long after */
    unsigned captures;      /* ports that have one; workers look only then */
    struct capture *capture_in[PORTS_MAX], *capture_out[PORTS_MAX];
    struct tap *tap; /* NULL: nobody wants copies of what is received */
    unsigned next_owner;
    _Atomic unsigned shut_count; /* of the ports in `shut` */
    _Atomic uint8_t shut[PORTS_MAX];
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

static inline int is_shut(struct dataplane *d, uint32_t port)
{
    return atomic_load_explicit(&d->shut_count, memory_order_relaxed) != 0 && port < PORTS_MAX &&
           atomic_load_explicit(&d->shut[port], memory_order_relaxed);
}

#endif
