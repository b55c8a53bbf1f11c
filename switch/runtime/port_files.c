/* Ports whose packets come from pcap files and go to pcap files, as simple_switch's --use-files has them.
 *
 * All of them are one link, so that packets of several files enter in the order of their time stamps. The first one
 * enters when the wait that files_begin() was given is over, the others as long after it as they were captured after it.
 * A file's end is no event: the port stays, and takes what is sent to it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "capture.h"
#include "dataplane.h"
#include "link.h"
#include "recording.h"

#define SLOT (PACKET_HEADROOM + PACKET_LENGTH_MAX + PACKET_TAILROOM)
#define NEVER UINT64_MAX

struct file_port {
    struct recording *in;
    struct capture *out;
};

struct files_link {
    struct link link;
    struct file_port port[PORTS_MAX];
    uint16_t with_input[PORTS_MAX]; /* the ports that have packets left */
    unsigned inputs;
    int timer;
    uint64_t first_ns; /* time stamp of the first packet of all */
    uint64_t start_ns; /* CLOCK_MONOTONIC at which it enters; NEVER: not begun */
    uint8_t *slots;
};

/* The input whose packet is the next of all; PORTS_MAX when all have ended. */
static unsigned earliest(struct files_link *f, struct recorded_packet *next)
{
    unsigned found = PORTS_MAX;
    for (unsigned i = 0; i < f->inputs;) {
        struct recorded_packet packet;
        if (!recording_peek(f->port[f->with_input[i]].in, &packet)) {
            /* keep the order of the others: packets of the same time enter in the order of the ports */
            memmove(&f->with_input[i], &f->with_input[i + 1], (--f->inputs - i) * sizeof f->with_input[0]);
            continue;
        }
        if (found == PORTS_MAX || packet.time_ns < next->time_ns) {
            *next = packet;
            found = f->with_input[i];
        }
        i++;
    }
    return found;
}

static void sleep_until(struct files_link *f, uint64_t at)
{
    struct itimerspec when = {.it_value = {(time_t)(at / 1000000000), (long)(at % 1000000000)}};
    timerfd_settime(f->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static unsigned files_receive(struct link *link, unsigned queue, struct packet_in *in, unsigned room)
{
    struct files_link *f = (struct files_link *)link;
    (void)queue;
    if (f->start_ns == NEVER || !f->inputs)
        return 0;
    uint64_t now = monotonic_ns();
    unsigned n = 0;
    while (n < room) {
        struct recorded_packet packet;
        unsigned port = earliest(f, &packet);
        if (port == PORTS_MAX)
            break;
        uint64_t due = f->start_ns + (packet.time_ns - f->first_ns);
        if (due > now) {
            if (!n)
                sleep_until(f, due);
            return n;
        }
        recording_pass(f->port[port].in);
        if (packet.length > PACKET_LENGTH_MAX) {
            dataplane_port_counters(link->dataplane, link->first, port)->receive_errors++;
            continue;
        }
        uint8_t *data = f->slots + (size_t)n * SLOT + PACKET_HEADROOM;
        memcpy(data, packet.data, packet.length);
        in[n++] = (struct packet_in){data, packet.length, (uint16_t)port};
    }
    if (!f->inputs)
        timerfd_settime(f->timer, 0, &(struct itimerspec){0}, NULL);
    return n;
}

static void files_release(struct link *link, unsigned queue)
{
    (void)link;
    (void)queue;
}

static void files_send(struct link *link, unsigned worker, const struct packet_out *packets, unsigned count,
                       struct port_counters *counters)
{
    struct capture *out = ((struct files_link *)link)->port[packets[0].port].out;
    uint64_t now = realtime_ns();
    (void)worker;
    for (unsigned i = 0; i < count; i++) {
        capture_write(out, now, packets[i].data, packets[i].length);
        count_sent(counters, packets[i].length);
    }
    capture_flush(out);
}

static unsigned files_sleep_on(struct link *link, unsigned queue, struct pollfd *fds)
{
    (void)queue;
    fds[0] = (struct pollfd){.fd = ((struct files_link *)link)->timer, .events = POLLIN};
    return 1;
}

static void files_close(struct link *link)
{
    struct files_link *f = (struct files_link *)link;
    for (unsigned i = 0; i < PORTS_MAX; i++) {
        recording_close(f->port[i].in);
        capture_close(f->port[i].out);
    }
    if (f->timer >= 0)
        close(f->timer);
    free(f->slots);
    free(f);
}

static const struct link_ops files_ops = {
    .receive = files_receive,
    .release = files_release,
    .send = files_send,
    .sleep_on = files_sleep_on,
    .close = files_close,
};

struct link *link_open_files(struct dataplane *d)
{
    struct files_link *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->link = (struct link){.ops = &files_ops, .kind = "files", .dataplane = d, .port = PORT_ANY, .queues = 1};
    f->start_ns = NEVER;
    f->slots = calloc(BURST, SLOT);
    f->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (f->slots && f->timer >= 0)
        return &f->link;
    files_close(&f->link);
    return NULL;
}

int files_add(struct link *link, uint32_t port, const char *in, const char *out, char *error, unsigned room)
{
    struct files_link *f = (struct files_link *)link;
    struct file_port *p = &f->port[port];
    p->in = recording_open(in, error, room);
    p->out = p->in ? capture_open(out, error, room) : NULL;
    if (!p->out) {
        recording_close(p->in);
        p->in = NULL;
        return -1;
    }
    struct recorded_packet packet;
    if (recording_peek(p->in, &packet)) {
        if (!f->inputs || packet.time_ns < f->first_ns)
            f->first_ns = packet.time_ns;
        f->with_input[f->inputs++] = (uint16_t)port;
    }
    return 0;
}

void files_begin(struct link *link, uint64_t wait_ns)
{
    struct files_link *f = (struct files_link *)link;
    if (f->start_ns != NEVER)
        return;
    f->start_ns = monotonic_ns() + wait_ns;
    if (f->inputs)
        sleep_until(f, f->start_ns);
}
