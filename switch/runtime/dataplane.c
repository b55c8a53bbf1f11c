#define _GNU_SOURCE /* pthread_setname_np */
#include "dataplane_private.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum request { RUN = 0, PARK = 1, QUIT = 2 };

/* ---- the packet path */

struct port_counters *dataplane_port_counters(struct dataplane *d, unsigned worker, uint32_t port)
{
    return &d->thread[worker].counters[port < PORTS_MAX ? port : PORTS_MAX - 1];
}

static struct link *link_of(struct dataplane *d, uint32_t port)
{
    if (port >= PORTS_MAX)
        return NULL;
    if (d->route[port])
        return d->route[port];
    if (d->nn && nn_serves(d->nn, port))
        return d->nn;
    return d->keep_unconnected ? d->memory : NULL;
}

static void capture_all(struct capture *capture, const struct packet_out *packets, unsigned count)
{
    uint64_t now = realtime_ns();
    for (unsigned i = 0; i < count; i++)
        capture_write(capture, now, packets[i].data, packets[i].length);
    capture_flush(capture);
}

/* Send packets that all go to one port. */
static void send_run(struct thread *t, const struct packet_out *packets, unsigned count)
{
    uint32_t port = packets[0].port;
    struct link *link = link_of(t->dataplane, port);
    if (!link) {
        t->unconnected += count;
        return;
    }
    if (is_shut(t->dataplane, port)) {
        t->counters[port].send_drops += count;
        return;
    }
    if (t->dataplane->captures && t->dataplane->capture_out[port])
        capture_all(t->dataplane->capture_out[port], packets, count);
    link->ops->send(link, t->index, packets, count, &t->counters[port]);
}

void dataplane_deliver(void *context, const struct packet_out *packets, unsigned count)
{
    struct thread *t = context;
    unsigned same = 1;
    while (same < count && packets[same].port == packets[0].port)
        same++;
    if (same == count) {
        if (count)
            send_run(t, packets, count);
        return;
    }
    /* Several ports: gather each port's packets, in order, so that each link is called once. */
    struct packet_out run[BURST];
    uint64_t done = 0;
    for (unsigned i = 0; i < count; i++) {
        if (done >> i & 1)
            continue;
        unsigned n = 0;
        for (unsigned j = i; j < count; j++)
            if (packets[j].port == packets[i].port) {
                run[n++] = packets[j];
                done |= UINT64_C(1) << j;
            }
        send_run(t, run, n);
    }
}

/* Write down what was received, whatever becomes of it. */
static void capture_received(struct dataplane *d, const struct packet_in *in, unsigned count)
{
    uint64_t now = realtime_ns();
    for (unsigned i = 0; i < count; i++)
        if (d->capture_in[in[i].port])
            capture_write(d->capture_in[in[i].port], now, in[i].data, in[i].length);
    for (unsigned i = 0; i < count; i++)
        if (d->capture_in[in[i].port])
            capture_flush(d->capture_in[in[i].port]);
}

/* Count what was received; what may not go on (a shut port, no pipeline) is taken out. Returns how many are left. */
static unsigned admit(struct thread *t, struct packet_in *in, unsigned count)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < count; i++) {
        struct port_counters *c = &t->counters[in[i].port];
        if (!t->worker || is_shut(t->dataplane, in[i].port)) {
            c->receive_drops++;
            continue;
        }
        c->received++;
        c->received_bytes += in[i].length;
        in[kept++] = in[i];
    }
    return kept;
}

/* One round over the thread's links: at most a burst from each. Returns how many packets were found. */
static unsigned round_trip(struct thread *t)
{
    unsigned found = 0;
    for (unsigned i = 0; i < t->input_count; i++) {
        struct link *link = t->inputs[i].link;
        struct packet_in in[BURST];
        unsigned n = link->ops->receive(link, t->inputs[i].queue, in, BURST);
        if (!n)
            continue;
        found += n;
        if (t->dataplane->captures)
            capture_received(t->dataplane, in, n);
        n = admit(t, in, n);
        if (n && t->dataplane->tap)
            tap_offer(t->dataplane->tap, t->index, in, n);
        if (n)
            worker_process(t->worker, in, n);
        link->ops->release(link, t->inputs[i].queue);
    }
    return found;
}

/* ---- sleeping, parking */

static void wake(struct thread *t)
{
    uint64_t one = 1;
    while (write(t->event, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

/* Wait until a link has something or the control thread wants us. */
static void sleep_until_woken(struct thread *t)
{
    struct pollfd *fds = t->fds;
    unsigned count = 1;
    fds[0] = (struct pollfd){.fd = t->event, .events = POLLIN};
    for (unsigned i = 0; i < t->input_count; i++) {
        t->first_fd[i] = count;
        count += t->inputs[i].link->ops->sleep_on(t->inputs[i].link, t->inputs[i].queue, fds + count);
    }
    t->first_fd[t->input_count] = count;
    if (t->worker)
        worker_offline(t->worker);
    int ready = poll(fds, count, -1);
    if (t->worker)
        worker_online(t->worker);
    if (ready <= 0)
        return;
    if (fds[0].revents) {
        uint64_t ignored;
        while (read(t->event, &ignored, sizeof ignored) < 0 && errno == EINTR)
            ;
    }
    for (unsigned i = 0; i < t->input_count; i++) {
        struct link *link = t->inputs[i].link;
        unsigned first = t->first_fd[i], end = t->first_fd[i + 1];
        if (link->ops->woken && end > first)
            link->ops->woken(link, t->inputs[i].queue, fds + first, end - first);
    }
}

static void park(struct thread *t)
{
    struct dataplane *d = t->dataplane;
    if (t->worker)
        worker_offline(t->worker);
    pthread_mutex_lock(&d->lock);
    t->parked = 1;
    pthread_cond_broadcast(&d->changed);
    while (atomic_load(&t->request) == PARK)
        pthread_cond_wait(&d->changed, &d->lock);
    t->parked = 0;
    pthread_mutex_unlock(&d->lock);
    if (t->worker)
        worker_online(t->worker);
}

static void settled(struct thread *t, uint64_t wanted)
{
    pthread_mutex_lock(&t->dataplane->lock);
    t->settle_done = wanted;
    pthread_cond_broadcast(&t->dataplane->changed);
    pthread_mutex_unlock(&t->dataplane->lock);
}

/* The thread has something to do again. The clock is only read where the worker has not just done so: it has not where all
 * that came was dropped. */
static void end_idleness(struct thread *t, uint64_t since)
{
    if (!since)
        return;
    uint64_t now = t->worker && t->worker->now_ns > since ? t->worker->now_ns : monotonic_ns();
    uint64_t idle = atomic_load_explicit(&t->idle_ns, memory_order_relaxed) + (now > since ? now - since : 0);
    atomic_store_explicit(&t->idle_since, 0, memory_order_relaxed);
    atomic_store_explicit(&t->idle_ns, idle, memory_order_relaxed);
}

static void *run(void *argument)
{
    struct thread *t = argument;
    char name[16];
    snprintf(name, sizeof name, "p4gate-%u", t->index);
    pthread_setname_np(pthread_self(), name);
    uint64_t idle_since = 0, spinning_since = 0, settle_seen = 0;
    for (;;) {
        int request = atomic_load_explicit(&t->request, memory_order_acquire);
        if (request == QUIT)
            break;
        if (request == PARK)
            park(t);
        uint64_t wanted = atomic_load_explicit(&t->settle_wanted, memory_order_acquire);
        if (round_trip(t)) {
            end_idleness(t, idle_since);
            idle_since = spinning_since = 0;
            continue;
        }
        if (wanted != settle_seen)
            settled(t, settle_seen = wanted);
        uint64_t now = monotonic_ns();
        if (!idle_since)
            atomic_store_explicit(&t->idle_since, idle_since = now, memory_order_relaxed);
        if (!spinning_since)
            spinning_since = now;
        if (now - spinning_since < SPIN_NS)
            continue;
        sleep_until_woken(t);
        spinning_since = 0;
    }
    if (t->worker)
        worker_offline(t->worker);
    return NULL;
}

uint64_t dataplane_idle_ns(struct dataplane *d, unsigned thread)
{
    struct thread *t = &d->thread[thread];
    uint64_t since = atomic_load_explicit(&t->idle_since, memory_order_relaxed), now = monotonic_ns();
    return atomic_load_explicit(&t->idle_ns, memory_order_relaxed) + (since && now > since ? now - since : 0);
}

static void ask(struct thread *t, enum request request)
{
    atomic_store(&t->request, request);
    wake(t);
}

void dataplane_pause(struct dataplane *d)
{
    pthread_mutex_lock(&d->lock);
    if (d->pauses++ == 0 && d->running) {
        for (unsigned i = 0; i < d->threads; i++)
            ask(&d->thread[i], PARK);
        for (unsigned i = 0; i < d->threads; i++)
            while (!d->thread[i].parked)
                pthread_cond_wait(&d->changed, &d->lock);
    }
    pthread_mutex_unlock(&d->lock);
}

void dataplane_resume(struct dataplane *d)
{
    pthread_mutex_lock(&d->lock);
    if (--d->pauses == 0 && d->running) {
        for (unsigned i = 0; i < d->threads; i++)
            atomic_store(&d->thread[i].request, RUN);
        pthread_cond_broadcast(&d->changed);
    }
    pthread_mutex_unlock(&d->lock);
}

void dataplane_settle(struct dataplane *d)
{
    pthread_mutex_lock(&d->lock);
    for (unsigned i = 0; i < d->threads && d->running && !d->pauses; i++) {
        struct thread *t = &d->thread[i];
        uint64_t wanted = atomic_fetch_add(&t->settle_wanted, 1) + 1;
        wake(t);
        while (t->settle_done < wanted)
            pthread_cond_wait(&d->changed, &d->lock);
    }
    pthread_mutex_unlock(&d->lock);
}

/* ---- life */

struct dataplane *dataplane_create(unsigned workers, int flow_affinity)
{
    struct dataplane *d = calloc(1, sizeof *d);
    struct thread *threads = aligned_alloc(64, workers * sizeof *threads);
    if (!d || !threads || workers == 0 || workers > WORKERS_MAX) {
        free(d);
        free(threads);
        return NULL;
    }
    memset(threads, 0, workers * sizeof *threads);
    d->threads = workers;
    d->thread = threads;
    d->flow_affinity = flow_affinity;
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->changed, NULL);
    int failed = 0;
    for (unsigned i = 0; i < workers; i++) {
        threads[i].dataplane = d;
        threads[i].index = i;
        threads[i].event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        failed |= threads[i].event < 0;
    }
    d->memory = link_open_memory(d);
    if (failed || !d->memory) {
        dataplane_destroy(d);
        return NULL;
    }
    threads[0].inputs[threads[0].input_count++] = (struct input){d->memory, 0};
    return d;
}

void dataplane_destroy(struct dataplane *d)
{
    dataplane_stop(d);
    while (d->links) {
        struct link *link = d->links;
        d->links = link->next;
        link->ops->close(link);
    }
    if (d->memory)
        d->memory->ops->close(d->memory);
    for (unsigned i = 0; i < PORTS_MAX; i++) {
        capture_close(d->capture_in[i]);
        capture_close(d->capture_out[i]);
    }
    for (unsigned i = 0; i < d->threads; i++)
        if (d->thread[i].event >= 0)
            close(d->thread[i].event);
    pthread_cond_destroy(&d->changed);
    pthread_mutex_destroy(&d->lock);
    free(d->thread);
    free(d);
}

int dataplane_start(struct dataplane *d)
{
    for (unsigned i = 0; i < d->threads; i++) {
        atomic_store(&d->thread[i].request, d->pauses ? PARK : RUN);
        int failed = pthread_create(&d->thread[i].id, NULL, run, &d->thread[i]);
        if (failed) {
            while (i--) {
                ask(&d->thread[i], QUIT);
                pthread_join(d->thread[i].id, NULL);
            }
            return failed;
        }
    }
    d->running = 1;
    return 0;
}

void dataplane_stop(struct dataplane *d)
{
    if (!d->running)
        return;
    pthread_mutex_lock(&d->lock);
    for (unsigned i = 0; i < d->threads; i++)
        ask(&d->thread[i], QUIT);
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
    for (unsigned i = 0; i < d->threads; i++)
        pthread_join(d->thread[i].id, NULL);
    d->running = 0;
}

void dataplane_set_tap(struct dataplane *d, struct tap *tap)
{
    dataplane_pause(d);
    d->tap = tap;
    dataplane_resume(d);
}

void dataplane_set_worker(struct dataplane *d, unsigned thread, struct worker *worker)
{
    d->thread[thread].worker = worker;
    if (worker && d->files_wanted)
        files_begin(d->files, d->files_wait_ns);
}

void *dataplane_context(struct dataplane *d, unsigned thread)
{
    return &d->thread[thread];
}
