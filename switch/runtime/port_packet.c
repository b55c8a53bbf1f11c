/* One Linux interface as a port: AF_PACKET.
 *
 * In: a TPACKET_V2 ring for each queue, mapped; packets are processed where they lie, with PACKET_RESERVE for head-room.
 * Version 2 and not 3, because 3 hands packets over a block at a time and a lone packet waits for a timer (1 ms at least).
 * A packet that does not fit a slot (a 64 KiB GSO packet of a kernel peer) is queued by the kernel beside the ring
 * (PACKET_COPY_THRESH, TP_STATUS_COPY) and read from there. Offloads are finished as offload.h says; a VLAN tag that
 * the kernel took out is put back.
 *
 * Out: sendmmsg of a burst on a socket of each worker's own, past the queueing discipline (PACKET_QDISC_BYPASS).
 *
 * The port's own packets are not received (PACKET_IGNORE_OUTGOING), everybody else's are (promiscuous).
 */
#define _GNU_SOURCE /* sendmmsg */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane.h"
#include "link.h"
#include "offload.h"

#define RESERVE (PACKET_HEADROOM + 16) /* and a VLAN tag may be put back in front */
#define RING_SLOTS 2048
#define RING_BLOCK 131072
#define VLAN_TAG 4
#define LARGEST_GSO (65536 + 256)
#define SOCKET_QUEUE (4 << 20) /* bytes that packets too large for the ring may hold */
#define PIECES BURST           /* segments made at a time */
#define PIECE_SIZE (PACKET_HEADROOM + PACKET_LENGTH_MAX + PACKET_TAILROOM)

/* The receiving half of one worker. */
struct packet_queue {
    int fd;
    uint8_t *ring;
    size_t mapped;
    unsigned slot, held;   /* the next slot to look at; slots behind it that are still ours to give back */
    uint8_t *large;        /* a packet that did not fit the ring, or is being cut up: a tag's room, then its bytes */
    uint8_t *large_data;   /* where it begins in there */
    struct offload_plan plan;
    uint32_t next_segment; /* of `large`; segments are left while it is below plan.count */
    uint8_t *pieces;
};

struct packet_link {
    struct link link;
    int send_fd[WORKERS_MAX]; /* a socket for each worker: they would wait for one another on one */
    unsigned senders;
    char name[IFNAMSIZ];
    _Atomic uint64_t missed; /* what the kernel has told so far */
    unsigned slot_size, slots_per_block, slots;
    struct packet_queue queue[];
};

static struct tpacket2_hdr *slot_at(const struct packet_link *p, const struct packet_queue *q, unsigned slot)
{
    size_t offset = (size_t)(slot / p->slots_per_block) * RING_BLOCK + (size_t)(slot % p->slots_per_block) * p->slot_size;
    return (struct tpacket2_hdr *)(q->ring + offset);
}

static _Atomic uint32_t *status_of(struct tpacket2_hdr *h)
{
    return (_Atomic uint32_t *)&h->tp_status;
}

/* ---- in */

static void count_wrong(struct packet_link *p, unsigned worker)
{
    dataplane_port_counters(p->link.dataplane, worker, p->link.port)->receive_errors++;
}

/* Put the VLAN tag that the kernel took out back in front of the EtherType. */
static uint8_t *restore_vlan(const struct tpacket2_hdr *h, uint8_t *data, uint32_t *length)
{
    uint16_t type = h->tp_status & TP_STATUS_VLAN_TPID_VALID ? h->tp_vlan_tpid : ETH_P_8021Q;
    memmove(data - VLAN_TAG, data, 12);
    data -= VLAN_TAG;
    data[12] = (uint8_t)(type >> 8);
    data[13] = (uint8_t)type;
    data[14] = (uint8_t)(h->tp_vlan_tci >> 8);
    data[15] = (uint8_t)h->tp_vlan_tci;
    *length += VLAN_TAG;
    return data;
}

/* The segments of q->large that are left, as far as there is room. */
static unsigned take_segments(struct packet_link *p, struct packet_queue *q, struct packet_in *in, unsigned room)
{
    unsigned n = 0;
    for (; n < room && n < PIECES && q->next_segment < q->plan.count; n++) {
        uint8_t *data = q->pieces + (size_t)n * PIECE_SIZE + PACKET_HEADROOM;
        uint32_t length = offload_segment(&q->plan, q->large_data, q->next_segment++, data);
        in[n] = (struct packet_in){data, length, (uint16_t)p->link.port};
    }
    return n;
}

/* A packet to be cut up, or one too large for a slot: move it to q->large and start on it. 0 if it cannot be had. */
static int begin_large(struct packet_queue *q, const struct tpacket2_hdr *h, struct virtio_net_hdr header,
                       const uint8_t *slot_data)
{
    uint8_t *data = q->large + VLAN_TAG;
    ssize_t received = h->tp_snaplen;
    if (h->tp_status & TP_STATUS_COPY) {
        struct iovec parts[2] = {{&header, sizeof header}, {data, LARGEST_GSO}};
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
        received = recvmsg(q->fd, &message, MSG_DONTWAIT) - (ssize_t)sizeof header;
        if (message.msg_flags & MSG_TRUNC)
            return 0;
    } else
        memcpy(data, slot_data, (size_t)received);
    if (received < ETH_HLEN)
        return 0;
    uint32_t length = (uint32_t)received;
    if (h->tp_status & TP_STATUS_VLAN_VALID) {
        data = restore_vlan(h, data, &length);
        header.csum_start += VLAN_TAG;
    }
    q->large_data = data;
    q->next_segment = 0;
    if (header.gso_type != VIRTIO_NET_HDR_GSO_NONE) {
        if (!offload_plan(&header, data, length, &q->plan))
            return 0;
    } else {
        if (header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM && !offload_finish_checksum(&header, data, length))
            return 0;
        /* Whole: one "segment" without a header to mend. */
        q->plan = (struct offload_plan){.payload = length, .segment = length, .count = 1};
    }
    return q->plan.headers + q->plan.segment <= PACKET_LENGTH_MAX;
}

/* One packet of the ring into *in; 0 if it must be passed over, or was moved to q->large. */
static int take_slot(struct packet_link *p, struct packet_queue *q, unsigned worker, struct tpacket2_hdr *h,
                     struct packet_in *in)
{
    uint8_t *data = (uint8_t *)h + h->tp_mac;
    uint32_t length = h->tp_snaplen, tag = h->tp_status & TP_STATUS_VLAN_VALID ? VLAN_TAG : 0;
    struct virtio_net_hdr header;
    memcpy(&header, data - sizeof header, sizeof header);
    if (__builtin_expect(h->tp_status & TP_STATUS_COPY || header.gso_type != VIRTIO_NET_HDR_GSO_NONE, 0)) {
        if (!begin_large(q, h, header, data)) {
            q->plan.count = q->next_segment = 0;
            count_wrong(p, worker);
        }
        return 0;
    }
    if (length < h->tp_len || length < ETH_HLEN || length + tag > PACKET_LENGTH_MAX ||
        (header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM && !offload_finish_checksum(&header, data, length))) {
        count_wrong(p, worker);
        return 0;
    }
    if (tag)
        data = restore_vlan(h, data, &length);
    *in = (struct packet_in){data, length, (uint16_t)p->link.port};
    return 1;
}

static unsigned packet_receive(struct link *link, unsigned queue, struct packet_in *in, unsigned room)
{
    struct packet_link *p = (struct packet_link *)link;
    struct packet_queue *q = &p->queue[queue];
    if (q->next_segment < q->plan.count)
        return take_segments(p, q, in, room);
    unsigned n = 0;
    while (n < room) {
        struct tpacket2_hdr *h = slot_at(p, q, q->slot);
        if (!(atomic_load_explicit(status_of(h), memory_order_acquire) & TP_STATUS_USER))
            break;
        n += (unsigned)take_slot(p, q, link->first + queue, h, &in[n]);
        q->slot = q->slot + 1 == p->slots ? 0 : q->slot + 1;
        q->held++;
        if (q->next_segment < q->plan.count)
            return n ? n : take_segments(p, q, in, room);
    }
    if (!n && q->held)
        link->ops->release(link, queue);
    return n;
}

static void packet_release(struct link *link, unsigned queue)
{
    struct packet_link *p = (struct packet_link *)link;
    struct packet_queue *q = &p->queue[queue];
    unsigned slot = (q->slot + p->slots - q->held) % p->slots;
    for (; q->held; q->held--) {
        atomic_store_explicit(status_of(slot_at(p, q, slot)), TP_STATUS_KERNEL, memory_order_release);
        slot = slot + 1 == p->slots ? 0 : slot + 1;
    }
}

static unsigned packet_sleep_on(struct link *link, unsigned queue, struct pollfd *fds)
{
    struct packet_queue *q = &((struct packet_link *)link)->queue[queue];
    fds[0] = (struct pollfd){.fd = q->fd, .events = POLLIN};
    return 1;
}

/* An interface that goes down leaves an error on the socket; unread, it would keep poll() from sleeping. */
static void packet_woken(struct link *link, unsigned queue, const struct pollfd *fds, unsigned count)
{
    int error;
    socklen_t size = sizeof error;
    if (count && fds[0].revents & POLLERR)
        getsockopt(((struct packet_link *)link)->queue[queue].fd, SOL_SOCKET, SO_ERROR, &error, &size);
}

/* ---- out */

static void packet_send(struct link *link, unsigned worker, const struct packet_out *packets, unsigned count,
                        struct port_counters *counters)
{
    struct packet_link *p = (struct packet_link *)link;
    struct mmsghdr messages[BURST];
    struct iovec parts[BURST];
    int fd = p->send_fd[worker];
    for (unsigned i = 0; i < count; i++) {
        parts[i] = (struct iovec){packets[i].data, packets[i].length};
        messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &parts[i], .msg_iovlen = 1}};
    }
    /* A packet that is refused (too long, too short, no room) is passed over; the others must not suffer. */
    for (unsigned at = 0; at < count;) {
        int done = sendmmsg(fd, messages + at, count - at, MSG_DONTWAIT);
        if (done > 0) {
            for (unsigned end = at + (unsigned)done; at < end; at++)
                count_sent(counters, packets[at].length);
        } else if (errno == EMSGSIZE || errno == EINVAL) {
            counters->send_errors++;
            at++;
        } else if (errno != EINTR) {
            counters->send_drops++;
            at++;
        }
    }
}

/* ---- state */

static int packet_running(struct link *link, uint32_t port)
{
    struct packet_link *p = (struct packet_link *)link;
    struct ifreq request = {0};
    (void)port;
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", p->name);
    return ioctl(p->send_fd[0], SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
}

/* The kernel forgets what it has told; nn's worker may ask at the same time. */
static uint64_t packet_missed(struct link *link)
{
    struct packet_link *p = (struct packet_link *)link;
    for (unsigned i = 0; i < link->queues; i++) {
        struct tpacket_stats statistics;
        socklen_t size = sizeof statistics;
        if (getsockopt(p->queue[i].fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &size) == 0)
            atomic_fetch_add(&p->missed, statistics.tp_drops);
    }
    return atomic_load(&p->missed);
}

/* ---- opening and closing */

static void packet_close(struct link *link)
{
    struct packet_link *p = (struct packet_link *)link;
    for (unsigned i = 0; i < link->queues; i++) {
        struct packet_queue *q = &p->queue[i];
        if (q->ring)
            munmap(q->ring, q->mapped);
        if (q->fd >= 0)
            close(q->fd);
        free(q->large);
        free(q->pieces);
    }
    for (unsigned i = 0; i < p->senders; i++)
        close(p->send_fd[i]);
    free(p);
}

static const struct link_ops packet_ops = {
    .receive = packet_receive,
    .release = packet_release,
    .send = packet_send,
    .sleep_on = packet_sleep_on,
    .woken = packet_woken,
    .running = packet_running,
    .missed = packet_missed,
    .close = packet_close,
};

static int set_option(int fd, int option, int value)
{
    return setsockopt(fd, SOL_PACKET, option, &value, sizeof value);
}

static int bind_to(int fd, int interface, int protocol)
{
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons((uint16_t)protocol), .sll_ifindex = interface};
    return bind(fd, (struct sockaddr *)&address, sizeof address);
}

/* Map the ring, with a page of zeros behind it: the pipeline may read PACKET_TAILROOM bytes past a packet. */
static uint8_t *map_ring(int fd, size_t size)
{
    uint8_t *all = mmap(NULL, size + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED)
        return NULL;
    if (mmap(all, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) {
        munmap(all, size + 4096);
        return NULL;
    }
    return all;
}

static const char *open_queue(struct packet_link *p, struct packet_queue *q, int interface)
{
    q->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (q->fd < 0)
        return "socket";
    int size = SOCKET_QUEUE;
    if (setsockopt(q->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size))
        setsockopt(q->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (set_option(q->fd, PACKET_VERSION, TPACKET_V2))
        return "PACKET_VERSION";
    if (set_option(q->fd, PACKET_VNET_HDR, 1))
        return "PACKET_VNET_HDR";
    if (set_option(q->fd, PACKET_RESERVE, RESERVE))
        return "PACKET_RESERVE";
    if (set_option(q->fd, PACKET_COPY_THRESH, 1))
        return "PACKET_COPY_THRESH";
    if (set_option(q->fd, PACKET_IGNORE_OUTGOING, 1))
        return "PACKET_IGNORE_OUTGOING";
    unsigned blocks = (RING_SLOTS + p->slots_per_block - 1) / p->slots_per_block;
    p->slots = blocks * p->slots_per_block;
    struct tpacket_req request = {RING_BLOCK, blocks, p->slot_size, p->slots};
    if (setsockopt(q->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof request))
        return "PACKET_RX_RING";
    q->mapped = (size_t)blocks * RING_BLOCK + 4096;
    q->ring = map_ring(q->fd, q->mapped - 4096);
    if (!q->ring)
        return "mmap";
    q->large = calloc(1, VLAN_TAG + LARGEST_GSO + PACKET_TAILROOM);
    q->pieces = calloc(PIECES, PIECE_SIZE);
    if (!q->large || !q->pieces)
        return "memory";
    struct packet_mreq promiscuous = {.mr_ifindex = interface, .mr_type = PACKET_MR_PROMISC};
    if (setsockopt(q->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous))
        return "promiscuous mode";
    return bind_to(q->fd, interface, ETH_P_ALL) ? "bind" : NULL;
}

static const char *open_sender(struct packet_link *p, int *fd)
{
    *fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (*fd < 0)
        return "socket";
    p->senders++;
    int size = SOCKET_QUEUE;
    if (setsockopt(*fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size))
        setsockopt(*fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    set_option(*fd, PACKET_QDISC_BYPASS, 1); /* quicker, not needed */
    return NULL;
}

static const char *open_sockets(struct packet_link *p, const char *name)
{
    const char *failed = open_sender(p, &p->send_fd[0]);
    if (failed)
        return failed;
    struct ifreq request = {0};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    if (ioctl(p->send_fd[0], SIOCGIFINDEX, &request))
        return "interface";
    int interface = request.ifr_ifindex;
    if (ioctl(p->send_fd[0], SIOCGIFMTU, &request))
        return "mtu";
    while (p->senders < dataplane_workers(p->link.dataplane))
        if ((failed = open_sender(p, &p->send_fd[p->senders])))
            return failed;
    for (unsigned i = 0; i < p->senders; i++)
        if (bind_to(p->send_fd[i], interface, 0))
            return "bind";
    /* A slot holds a packet of the interface's MTU; TPACKET_ALIGNMENT asks for a multiple of 16. */
    unsigned largest = (unsigned)request.ifr_mtu + ETH_HLEN + 2 * VLAN_TAG;
    if (largest > PACKET_LENGTH_MAX)
        largest = PACKET_LENGTH_MAX;
    p->slot_size = (unsigned)TPACKET_ALIGN(TPACKET2_HDRLEN + RESERVE + 32 + sizeof(struct virtio_net_hdr) + largest);
    if (p->slot_size < 2048)
        p->slot_size = 2048;
    p->slots_per_block = RING_BLOCK / p->slot_size;
    int group = (int)(getpid() ^ (interface << 8)) & 0xffff;
    for (unsigned i = 0; i < p->link.queues; i++) {
        failed = open_queue(p, &p->queue[i], interface);
        if (failed)
            return failed;
        if (p->link.queues > 1 &&
            set_option(p->queue[i].fd, PACKET_FANOUT, group | PACKET_FANOUT_HASH << 16)) /* fragments stay what they are */
            return "PACKET_FANOUT";
    }
    return NULL;
}

struct link *link_open_packet(struct dataplane *d, uint32_t port, const char *interface, char *error, unsigned room)
{
    unsigned queues = (unsigned)dataplane_queues(d);
    struct packet_link *p = calloc(1, sizeof *p + queues * sizeof *p->queue);
    if (!p) {
        snprintf(error, room, "out of memory");
        return NULL;
    }
    p->link = (struct link){.ops = &packet_ops, .kind = "packet", .dataplane = d, .port = port, .queues = queues};
    snprintf(p->name, sizeof p->name, "%s", interface);
    for (unsigned i = 0; i < queues; i++)
        p->queue[i].fd = -1;
    const char *failed = open_sockets(p, interface);
    if (!failed)
        return &p->link;
    int why = errno;
    if (why == EPERM || why == EACCES)
        snprintf(error, room, "interface %s: not permitted; raw packets need root or CAP_NET_RAW", interface);
    else if (why == ENODEV)
        snprintf(error, room, "interface %s: there is none of that name", interface);
    else
        snprintf(error, room, "interface %s: %s: %s", interface, failed, strerror(why));
    packet_close(&p->link);
    return NULL;
}
