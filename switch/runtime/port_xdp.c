/* One Linux interface as a port: AF_XDP, in the driver; zero-copy where the driver can, else with one copy in the kernel.
 *
 * A socket on every queue of the interface; queue q is received by the port's worker, or with flow affinity by worker q %
 * workers (the card, or on a veth the sender, spreads flows over queues). Any worker sends, on the socket of its own number,
 * under that socket's lock. Packets are processed where they lie in the socket's memory; those in several pieces are put
 * together first.
 *
 * The kernel sees nothing of what arrives. On a veth the peer's kernel leaves checksums to "hardware", and XDP does not tell:
 * offload_finish_unmarked finds and finishes them. Long packets of the peer's (GSO) do not come, the driver turns them off.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane.h"
#include "link.h"
#include "offload.h"
#include "xdp_program.h"
#include "xdp_socket.h"

#define SOCKETS_MAX 64
#define SLOT (PACKET_HEADROOM + PACKET_LENGTH_MAX + PACKET_TAILROOM)
#define VLAN_TAGS 8 /* two */

struct xdp_queue {
    struct xdp_socket socket;
    uint32_t held;         /* descriptors given to the pipeline */
    uint8_t *pieces;       /* BURST packets that came in several pieces; NULL where none can */
    unsigned slot;         /* of `pieces`, where the next such packet is put together ... */
    uint32_t collected;    /* ... and how many bytes of it are there */
    int collecting;        /* more of it is to come */
    int skipping;          /* it is too long */
    pthread_mutex_t sending;
};

struct xdp_link {
    struct link link;
    struct xdp_program program;
    char name[IFNAMSIZ];
    int control;             /* a socket for ioctl() */
    uint32_t largest;        /* bytes of a frame that the interface sends */
    int finish_checksums;
    unsigned sockets;
    unsigned turn[WORKERS_MAX]; /* which of its sockets a worker looks at next */
    int waiting[WORKERS_MAX]; /* epoll descriptors, one for each of the link's queues */
    struct xdp_queue *queue;
};

/* ---- in */

/* One descriptor. 1 if a packet is complete, which then is *in. */
static int take(struct xdp_link *x, struct xdp_queue *q, const struct xdp_desc *d, struct packet_in *in, unsigned worker)
{
    int more = (d->options & 1) != 0; /* XDP_PKT_CONTD */
    uint8_t *data = q->socket.memory + d->addr;
    uint32_t length = d->len;
    if (more || q->collecting) {
        uint8_t *whole = q->pieces + (size_t)q->slot * SLOT + PACKET_HEADROOM;
        if (!q->skipping && q->collected + length > PACKET_LENGTH_MAX) {
            q->skipping = 1;
            dataplane_port_counters(x->link.dataplane, worker, x->link.port)->receive_errors++;
        }
        if (!q->skipping)
            memcpy(whole + q->collected, data, length);
        q->collected += length;
        q->collecting = more;
        if (more)
            return 0;
        int skipped = q->skipping;
        length = q->collected;
        q->collected = 0;
        q->skipping = 0;
        if (skipped)
            return 0;
        q->slot++;
        data = whole;
    }
    if (length < ETH_HLEN) {
        dataplane_port_counters(x->link.dataplane, worker, x->link.port)->receive_errors++;
        return 0;
    }
    if (x->finish_checksums)
        offload_finish_unmarked(data, length);
    *in = (struct packet_in){data, length, (uint16_t)x->link.port};
    return 1;
}

/* A new burst begins: what was put together before is done with, but for a packet that goes on. */
static void keep_piece(struct xdp_queue *q)
{
    if (q->collecting && q->slot && !q->skipping)
        memcpy(q->pieces + PACKET_HEADROOM, q->pieces + (size_t)q->slot * SLOT + PACKET_HEADROOM, q->collected);
    q->slot = 0;
}

static unsigned receive_from(struct xdp_link *x, struct xdp_queue *q, struct packet_in *in, unsigned room, unsigned worker)
{
    uint32_t there = xdp_poll(&q->socket, room);
    /* Another core wrote the packets: fetch their headers, two lines, all at once. */
    for (uint32_t k = 0; k < there; k++) {
        const uint8_t *data = q->socket.memory + xdp_received(&q->socket, k)->addr;
        __builtin_prefetch(data);
        __builtin_prefetch(data + 64);
    }
    keep_piece(q);
    unsigned n = 0;
    for (; q->held < there; q->held++)
        n += (unsigned)take(x, q, xdp_received(&q->socket, q->held), &in[n], worker);
    if (!n && q->held) {
        xdp_return(&q->socket, q->held);
        q->held = 0;
    }
    return n;
}

/* From one of the worker's sockets; they take turns, so that a busy one does not keep out the others. */
static unsigned xdp_receive(struct link *link, unsigned queue, struct packet_in *in, unsigned room)
{
    struct xdp_link *x = (struct xdp_link *)link;
    unsigned mine = (x->sockets + link->queues - 1 - queue) / link->queues;
    for (unsigned i = 0; i < mine; i++) {
        unsigned turn = x->turn[queue]++ % mine;
        unsigned n = receive_from(x, &x->queue[queue + turn * link->queues], in, room, link->first + queue);
        if (n)
            return n;
    }
    return 0;
}

static void xdp_release(struct link *link, unsigned queue)
{
    struct xdp_link *x = (struct xdp_link *)link;
    for (unsigned i = queue; i < x->sockets; i += link->queues)
        if (x->queue[i].held) {
            xdp_return(&x->queue[i].socket, x->queue[i].held);
            x->queue[i].held = 0;
        }
}

static unsigned xdp_sleep_on(struct link *link, unsigned queue, struct pollfd *fds)
{
    fds[0] = (struct pollfd){.fd = ((struct xdp_link *)link)->waiting[queue], .events = POLLIN};
    return 1;
}

/* An interface that went away leaves an error; unread, it would keep poll() from sleeping. */
static void xdp_woken(struct link *link, unsigned queue, const struct pollfd *fds, unsigned count)
{
    struct xdp_link *x = (struct xdp_link *)link;
    (void)fds;
    (void)count;
    struct epoll_event events[SOCKETS_MAX];
    int ready = epoll_wait(x->waiting[queue], events, SOCKETS_MAX, 0);
    for (int i = 0; i < ready; i++)
        if (events[i].events & (EPOLLERR | EPOLLHUP)) {
            int error;
            socklen_t size = sizeof error;
            getsockopt(x->queue[events[i].data.u32].socket.fd, SOL_SOCKET, SO_ERROR, &error, &size);
        }
}

/* ---- out */

static void xdp_send(struct link *link, unsigned worker, const struct packet_out *packets, unsigned count,
                     struct port_counters *counters)
{
    struct xdp_link *x = (struct xdp_link *)link;
    struct xdp_queue *q = &x->queue[worker % x->sockets];
    pthread_mutex_lock(&q->sending);
    for (unsigned i = 0; i < count; i++) {
        uint32_t length = packets[i].length;
        if (length > x->largest || length < ETH_HLEN) {
            counters->send_errors++;
            continue;
        }
        if (!xdp_queue(&q->socket, packets[i].data, length)) {
            xdp_flush(&q->socket);
            if (!xdp_queue(&q->socket, packets[i].data, length)) {
                counters->send_drops++;
                continue;
            }
        }
        count_sent(counters, length);
    }
    xdp_flush(&q->socket);
    pthread_mutex_unlock(&q->sending);
}

/* ---- state */

static int xdp_running(struct link *link, uint32_t port)
{
    struct xdp_link *x = (struct xdp_link *)link;
    struct ifreq request = {0};
    (void)port;
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", x->name);
    short up = IFF_UP | IFF_RUNNING;
    return ioctl(x->control, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & up) == up;
}

static uint64_t xdp_missed(struct link *link)
{
    struct xdp_link *x = (struct xdp_link *)link;
    uint64_t sum = 0;
    for (unsigned i = 0; i < x->sockets; i++) {
        struct xdp_statistics s = {0};
        socklen_t size = sizeof s;
        if (getsockopt(x->queue[i].socket.fd, SOL_XDP, XDP_STATISTICS, &s, &size) == 0)
            sum += s.rx_dropped + s.rx_ring_full;
    }
    return sum;
}

/* ---- opening and closing */

static void xdp_close(struct link *link)
{
    struct xdp_link *x = (struct xdp_link *)link;
    xdp_program_detach(&x->program);
    for (unsigned i = 0; i < x->sockets; i++) {
        xdp_socket_close(&x->queue[i].socket);
        pthread_mutex_destroy(&x->queue[i].sending);
        free(x->queue[i].pieces);
    }
    for (unsigned i = 0; i < WORKERS_MAX; i++)
        if (x->waiting[i] >= 0)
            close(x->waiting[i]);
    if (x->control >= 0)
        close(x->control);
    free(x->queue);
    free(x);
}

static const struct link_ops xdp_ops = {
    .receive = xdp_receive,
    .release = xdp_release,
    .send = xdp_send,
    .sleep_on = xdp_sleep_on,
    .woken = xdp_woken,
    .running = xdp_running,
    .missed = xdp_missed,
    .close = xdp_close,
};

static int ethtool(const struct xdp_link *x, void *command)
{
    struct ifreq request = {0};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", x->name);
    request.ifr_data = command;
    return ioctl(x->control, SIOCETHTOOL, &request);
}

/* How many queues receive. */
static unsigned device_queues(const struct xdp_link *x)
{
    struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
    unsigned count = ethtool(x, &channels) ? 1 : channels.rx_count + channels.combined_count;
    return count < 1 ? 1 : count > SOCKETS_MAX ? SOCKETS_MAX : count;
}

static int is_veth(const struct xdp_link *x)
{
    struct ethtool_drvinfo driver = {.cmd = ETHTOOL_GDRVINFO};
    return ethtool(x, &driver) == 0 && strcmp(driver.driver, "veth") == 0;
}

static const char *open_waiting(struct xdp_link *x)
{
    for (unsigned i = 0; i < x->link.queues; i++) {
        x->waiting[i] = epoll_create1(EPOLL_CLOEXEC);
        if (x->waiting[i] < 0)
            return "epoll";
    }
    for (unsigned i = 0; i < x->sockets; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        if (epoll_ctl(x->waiting[i % x->link.queues], EPOLL_CTL_ADD, x->queue[i].socket.fd, &event))
            return "epoll";
    }
    return NULL;
}

static const char *open_interface(struct xdp_link *x)
{
    x->control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {0};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", x->name);
    if (x->control < 0 || ioctl(x->control, SIOCGIFINDEX, &request))
        return "interface";
    int interface = request.ifr_ifindex;
    if (ioctl(x->control, SIOCGIFMTU, &request))
        return "mtu";
    x->largest = (uint32_t)request.ifr_mtu + ETH_HLEN + VLAN_TAGS;
    x->finish_checksums = is_veth(x);
    x->sockets = device_queues(x);
    x->queue = aligned_alloc(64, (x->sockets * sizeof *x->queue + 63) & ~(size_t)63);
    const char *failed = NULL;
    if (!x->queue) {
        x->sockets = 0;
        return "memory";
    }
    memset(x->queue, 0, x->sockets * sizeof *x->queue);
    for (unsigned i = 0; i < x->sockets; i++) {
        x->queue[i].socket.fd = -1;
        pthread_mutex_init(&x->queue[i].sending, NULL);
    }
    if (xdp_program_attach(&x->program, interface, x->sockets, &failed))
        return failed;
    for (unsigned i = 0; i < x->sockets; i++) {
        struct xdp_queue *q = &x->queue[i];
        if (xdp_socket_open(&q->socket, interface, i, x->largest, &failed))
            return failed;
        if (q->socket.segments && !(q->pieces = calloc(BURST, SLOT)))
            return "memory";
        if (xdp_program_set(&x->program, i, q->socket.fd))
            return "BPF map";
    }
    return open_waiting(x);
}

struct link *link_open_xdp(struct dataplane *d, uint32_t port, const char *interface, char *error, unsigned room)
{
    struct xdp_link *x = calloc(1, sizeof *x);
    if (!x) {
        snprintf(error, room, "out of memory");
        return NULL;
    }
    x->link = (struct link){
        .ops = &xdp_ops, .dataplane = d, .port = port, .queues = (unsigned)dataplane_queues(d)};
    x->program = (struct xdp_program){-1, -1, -1};
    x->control = -1;
    for (unsigned i = 0; i < WORKERS_MAX; i++)
        x->waiting[i] = -1;
    snprintf(x->name, sizeof x->name, "%s", interface);
    errno = 0;
    const char *failed = open_interface(x);
    if (!failed) {
        x->link.kind = x->queue[0].socket.zero_copy ? "xdp zero-copy" : "xdp copy";
        return &x->link;
    }
    int why = errno;
    if (why == EPERM || why == EACCES)
        snprintf(error, room, "interface %s: %s: not permitted; it needs root, or CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF",
                 interface, failed);
    else if (why == ENODEV)
        snprintf(error, room, "interface %s: there is none of that name", interface);
    else if (why == EBUSY)
        snprintf(error, room, "interface %s: %s: another program uses it", interface, failed);
    else
        snprintf(error, room, "interface %s: %s: %s", interface, failed, strerror(why));
    xdp_close(&x->link);
    return NULL;
}
