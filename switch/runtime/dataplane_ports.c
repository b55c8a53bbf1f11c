/* Ports come, go, are shut and opened, and are asked what they counted. See dataplane.h. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane_private.h"

/* Paused. A port that comes begins to count at 0. */
static void clear_counters(struct dataplane *d, uint32_t port)
{
    for (unsigned i = 0; i < d->threads; i++)
        memset(&d->thread[i].counters[port], 0, sizeof d->thread[i].counters[port]);
}

/* Paused. Give the link's queues to workers. */
static void connect_link(struct dataplane *d, struct link *link)
{
    link->next = d->links;
    d->links = link;
    link->first = link->queues == d->threads ? 0 : d->next_owner++ % d->threads;
    for (unsigned q = 0; q < link->queues; q++) {
        struct thread *t = &d->thread[link->first + q];
        t->inputs[t->input_count++] = (struct input){link, q};
    }
}

static void disconnect_link(struct dataplane *d, struct link *link)
{
    for (unsigned i = 0; i < d->threads; i++) {
        struct thread *t = &d->thread[i];
        unsigned kept = 0;
        for (unsigned k = 0; k < t->input_count; k++)
            if (t->inputs[k].link != link)
                t->inputs[kept++] = t->inputs[k];
        t->input_count = kept;
    }
    for (struct link **at = &d->links; *at; at = &(*at)->next)
        if (*at == link) {
            *at = link->next;
            break;
        }
}

static int is_free(const struct dataplane *d, uint32_t port, char *error, unsigned room)
{
    if (port >= PORTS_MAX)
        snprintf(error, room, "port %u is not below %u", port, PORTS_MAX);
    else if (d->route[port])
        snprintf(error, room, "port %u is in use", port);
    else
        return 1;
    return 0;
}

typedef struct link *open_fn(struct dataplane *d, uint32_t port, const char *interface, char *error, unsigned room);

static int add_interface(struct dataplane *d, uint32_t port, const char *interface, open_fn *open, char *error,
                         unsigned room)
{
    if (!is_free(d, port, error, room))
        return -1;
    if (strlen(interface) >= IFNAMSIZ) { /* cut off it might be another one's */
        snprintf(error, room, "interface %s: there is none of that name", interface);
        return -1;
    }
    struct link *link = open(d, port, interface, error, room);
    if (!link)
        return -1;
    dataplane_pause(d);
    clear_counters(d, port);
    connect_link(d, link);
    d->route[port] = link;
    dataplane_resume(d);
    return 0;
}

int dataplane_add_interface(struct dataplane *d, uint32_t port, const char *interface, char *error, unsigned room)
{
    return add_interface(d, port, interface, link_open_packet, error, room);
}

int dataplane_add_xdp(struct dataplane *d, uint32_t port, const char *interface, char *error, unsigned room)
{
    return add_interface(d, port, interface, link_open_xdp, error, room);
}

int dataplane_add_nn(struct dataplane *d, const char *address, char *error, unsigned room)
{
    if (d->nn) {
        snprintf(error, room, "there is an nn socket already");
        return -1;
    }
    struct link *link = link_open_nn(d, address, error, room);
    if (!link)
        return -1;
    dataplane_pause(d);
    connect_link(d, link);
    d->nn = link;
    dataplane_resume(d);
    return 0;
}

int dataplane_add_files(struct dataplane *d, uint32_t port, const char *in, const char *out, char *error, unsigned room)
{
    if (!is_free(d, port, error, room))
        return -1;
    struct link *link = d->files ? d->files : link_open_files(d);
    if (!link) {
        snprintf(error, room, "out of memory");
        return -1;
    }
    dataplane_pause(d);
    if (!d->files)
        connect_link(d, link);
    d->files = link;
    int failed = files_add(link, port, in, out, error, room);
    if (!failed) {
        clear_counters(d, port);
        d->route[port] = link;
    }
    dataplane_resume(d);
    return failed;
}

void dataplane_start_files(struct dataplane *d, uint64_t wait_ns)
{
    dataplane_pause(d);
    d->files_wait_ns = wait_ns;
    d->files_wanted = d->files != NULL;
    if (d->files_wanted && d->thread[0].worker)
        files_begin(d->files, wait_ns);
    dataplane_resume(d);
}

int dataplane_capture(struct dataplane *d, uint32_t port, const char *in, const char *out, char *error, unsigned room)
{
    if (port >= PORTS_MAX) {
        snprintf(error, room, "port %u is not below %u", port, PORTS_MAX);
        return -1;
    }
    struct capture *captures[2] = {NULL, NULL};
    const char *paths[2] = {in, out};
    for (unsigned i = 0; i < 2; i++)
        if (paths[i] && !(captures[i] = capture_open(paths[i], error, room))) {
            capture_close(captures[0]);
            return -1;
        }
    dataplane_pause(d);
    struct capture *before[2] = {d->capture_in[port], d->capture_out[port]};
    d->capture_in[port] = captures[0];
    d->capture_out[port] = captures[1];
    d->captures += (captures[0] || captures[1]) - (before[0] || before[1]);
    dataplane_resume(d);
    capture_close(before[0]);
    capture_close(before[1]);
    return 0;
}

static void open_again(struct dataplane *d, uint32_t port)
{
    if (atomic_exchange(&d->shut[port], 0))
        atomic_fetch_sub(&d->shut_count, 1);
}

int dataplane_remove(struct dataplane *d, uint32_t port)
{
    if (port >= PORTS_MAX || !d->route[port] || d->route[port] == d->files)
        return -1;
    dataplane_pause(d);
    struct link *link = d->route[port];
    d->route[port] = NULL;
    disconnect_link(d, link);
    dataplane_resume(d);
    link->ops->close(link);
    open_again(d, port);
    if (d->capture_in[port] || d->capture_out[port])
        dataplane_capture(d, port, NULL, NULL, NULL, 0);
    return 0;
}

static int has_link(const struct dataplane *d, uint32_t port)
{
    return port < PORTS_MAX && (d->route[port] || (d->nn && nn_serves(d->nn, port)));
}

int dataplane_enable(struct dataplane *d, uint32_t port, int enabled)
{
    if (!has_link(d, port))
        return -1;
    if (enabled)
        open_again(d, port);
    else if (!atomic_exchange(&d->shut[port], 1))
        atomic_fetch_add(&d->shut_count, 1);
    return 0;
}

void dataplane_keep_unconnected(struct dataplane *d)
{
    dataplane_pause(d);
    d->keep_unconnected = 1;
    dataplane_resume(d);
}

unsigned dataplane_workers(struct dataplane *d)
{
    return d->threads;
}

int dataplane_queues(struct dataplane *d)
{
    return d->flow_affinity ? (int)d->threads : 1;
}

int dataplane_inject(struct dataplane *d, uint32_t port, const uint8_t *data, uint32_t length)
{
    if (port >= PORTS_MAX || length > PACKET_LENGTH_MAX)
        return EINVAL;
    return memory_push(d->memory, port, data, length);
}

int dataplane_take(struct dataplane *d, uint32_t *port, uint8_t *data, uint32_t room)
{
    return memory_pop(d->memory, port, data, room);
}

int dataplane_take_event(struct dataplane *d)
{
    return memory_event(d->memory);
}

void dataplane_counters(struct dataplane *d, uint32_t port, struct port_counters *sum)
{
    memset(sum, 0, sizeof *sum);
    for (unsigned i = 0; i < d->threads && port < PORTS_MAX; i++) {
        const struct port_counters *c = &d->thread[i].counters[port];
        sum->received += c->received;
        sum->received_bytes += c->received_bytes;
        sum->receive_drops += c->receive_drops;
        sum->receive_errors += c->receive_errors;
        sum->sent += c->sent;
        sum->sent_bytes += c->sent_bytes;
        sum->send_drops += c->send_drops;
        sum->send_errors += c->send_errors;
    }
    struct link *link = port < PORTS_MAX ? d->route[port] : NULL;
    if (link && link->ops->missed)
        sum->receive_drops += link->ops->missed(link);
}

unsigned dataplane_ports(struct dataplane *d, struct port_state *list, unsigned room)
{
    unsigned count = 0;
    for (uint32_t port = 0; port < PORTS_MAX && count < room; port++) {
        if (!has_link(d, port))
            continue;
        struct link *link = d->route[port] ? d->route[port] : d->nn;
        struct port_state *s = &list[count++];
        memset(s, 0, sizeof *s);
        s->port = port;
        s->enabled = !is_shut(d, port);
        s->running = !link->ops->running || link->ops->running(link, port);
        snprintf(s->kind, sizeof s->kind, "%s", link->kind);
        dataplane_counters(d, port, &s->counters);
    }
    return count;
}

uint64_t dataplane_unconnected(struct dataplane *d)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < d->threads; i++)
        sum += d->thread[i].unconnected;
    return sum;
}
