/* PTF's `nn` platform: many ports behind one socket, without root.
 *
 * The wire is the Scalability Protocols' Pair version 0 (nanomsg, nng): over tcp:// a stream, over ipc:// a Unix socket.
 * Both sides open with eight bytes (0 'S' 'P' 0, protocol, 0 0); then each message is a 64-bit big-endian length and its
 * bytes, with a byte 1 before it on ipc. A pair has one peer: while one is connected, others are turned away.
 * A message is three little-endian int32 (type, port, length or status) and data. We listen, PTF dials.
 *
 * Its worker alone reads; any worker may write, under `lock`. A peer that reads slowly holds its worker up, so that a test
 * loses nothing; one that has not read for PATIENCE_MS loses packets, never halves of them (what was begun is kept and
 * goes out first).
 */
#define _GNU_SOURCE /* accept4 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "dataplane.h"
#include "link.h"

enum message_type { PORT_ADD, PORT_REMOVE, PORT_STATUS, PACKET_IN, PACKET_OUT, INFO_REQUEST, INFO_REPLY };
enum { STATUS_UP = 0, STATUS_DOWN = 1 };
enum { INFO_ADDRESS = 0, INFO_COUNTERS = 1 };
enum { INFO_SUCCESS = 0, INFO_NOT_SUPPORTED = 1 };

#define HANDSHAKE 8
#define HEADER 12                                     /* type, port, more */
#define MESSAGE_MAX (HEADER + PACKET_LENGTH_MAX)
#define NONSENSE (64u << 20)                           /* a length that no message has: hang up */
#define INBOX (4 * (9 + MESSAGE_MAX))                 /* bytes read but not yet taken apart */
#define SLOT (PACKET_HEADROOM + PACKET_LENGTH_MAX + PACKET_TAILROOM)
#define OUTBOX (9 + HEADER + PACKET_OUT_MAX)
#define PATIENCE_MS 1000

static const uint8_t hello[HANDSHAKE] = {0, 'S', 'P', 0, 0, 16, 0, 0}; /* 16: Pair, version 0 */

struct nn_link {
    struct link link;
    int listener, ipc;
    char path[108]; /* of the Unix socket, to be removed */
    _Atomic uint8_t up[PORTS_MAX];
    uint8_t *slots; /* BURST packets given to the pipeline */

    /* The connection; changed by the reading worker, under `lock` where writers look. */
    pthread_mutex_t lock;
    int fd;        /* -1: nobody is connected */
    int greeted;   /* the peer's hello has come */
    uint8_t *inbox;
    size_t have;
    uint64_t skip;   /* bytes to come of a message that is too long */
    uint8_t *outbox; /* the rest of a message that the socket did not take whole */
    size_t unsent, unsent_at;
    int stalled;     /* the peer did not read for PATIENCE_MS: no more waiting until it does */
};

/* ---- writing */

static void hang_up(struct nn_link *n)
{
    pthread_mutex_lock(&n->lock);
    if (n->fd >= 0)
        close(n->fd);
    n->fd = -1;
    n->greeted = n->stalled = 0;
    n->have = n->unsent = n->unsent_at = 0;
    n->skip = 0;
    for (unsigned i = 0; i < PORTS_MAX; i++)
        atomic_store_explicit(&n->up[i], 0, memory_order_relaxed);
    pthread_mutex_unlock(&n->lock);
}

/* Under the lock. 1 if the socket takes something again. */
static int wait_writable(struct nn_link *n)
{
    struct pollfd fd = {.fd = n->fd, .events = POLLOUT};
    if (!n->stalled && poll(&fd, 1, PATIENCE_MS) > 0 && !(fd.revents & (POLLERR | POLLHUP)))
        return 1;
    n->stalled = 1;
    return 0;
}

/* Under the lock. 1 if nothing is left over from earlier messages. */
static int flush(struct nn_link *n)
{
    while (n->unsent) {
        ssize_t done = send(n->fd, n->outbox + n->unsent_at, n->unsent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (done < 0) {
            if (errno == EINTR || (errno == EAGAIN && wait_writable(n)))
                continue;
            return 0;
        }
        n->stalled = 0;
        n->unsent_at += (size_t)done;
        n->unsent -= (size_t)done;
    }
    return 1;
}

/* Under the lock. Send one message whole, or keep its tail for later; 0 if it was not begun. */
static int send_message(struct nn_link *n, int type, uint32_t port, uint32_t more, const uint8_t *data, uint32_t length)
{
    if (n->fd < 0 || !n->greeted || !flush(n))
        return 0;
    uint8_t head[9 + HEADER];
    uint64_t size = htobe64(HEADER + (uint64_t)length);
    uint32_t words[3] = {htole32((uint32_t)type), htole32(port), htole32(more)};
    head[0] = 1;
    memcpy(head + 1, &size, sizeof size);
    memcpy(head + 9, words, sizeof words);
    unsigned skip = n->ipc ? 0 : 1;
    struct iovec parts[2] = {{head + skip, sizeof head - skip}, {(uint8_t *)data, length}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = length ? 2 : 1};
    ssize_t done;
    while ((done = sendmsg(n->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL)) < 0)
        if (errno != EINTR && (errno != EAGAIN || !wait_writable(n)))
            return 0;
    n->stalled = 0;
    size_t total = parts[0].iov_len + length, sent = (size_t)done;
    n->unsent_at = 0;
    n->unsent = total - sent;
    if (n->unsent) {
        /* The rest of the head, if any, and then of the data. */
        size_t from_head = sent < parts[0].iov_len ? parts[0].iov_len - sent : 0;
        memcpy(n->outbox, head + sizeof head - from_head, from_head);
        memcpy(n->outbox + from_head, data + (length - (n->unsent - from_head)), n->unsent - from_head);
    }
    return 1;
}

static void nn_send(struct link *link, unsigned worker, const struct packet_out *packets, unsigned count,
                    struct port_counters *counters)
{
    struct nn_link *n = (struct nn_link *)link;
    (void)worker;
    pthread_mutex_lock(&n->lock);
    for (unsigned i = 0; i < count; i++)
        if (send_message(n, PACKET_OUT, packets[i].port, packets[i].length, packets[i].data, packets[i].length))
            count_sent(counters, packets[i].length);
        else
            counters->send_drops++;
    pthread_mutex_unlock(&n->lock);
}

/* ---- reading */

static void greet(struct nn_link *n)
{
    int fd = accept4(n->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    if (n->fd >= 0) {
        close(fd); /* a pair has one peer */
        return;
    }
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (send(fd, hello, sizeof hello, MSG_NOSIGNAL) != sizeof hello) {
        close(fd);
        return;
    }
    pthread_mutex_lock(&n->lock);
    n->fd = fd;
    pthread_mutex_unlock(&n->lock);
}

static struct port_counters *counters_of(struct nn_link *n, uint32_t port)
{
    return dataplane_port_counters(n->link.dataplane, n->link.first, port);
}

static void answer_info(struct nn_link *n, uint32_t port, uint32_t what)
{
    uint8_t reply[12];
    uint32_t words[3] = {htole32(INFO_NOT_SUPPORTED)};
    uint32_t length = 4;
    if (what == INFO_COUNTERS) {
        struct port_counters sum;
        dataplane_counters(n->link.dataplane, port, &sum);
        words[0] = htole32(INFO_SUCCESS);
        words[1] = htole32((uint32_t)sum.received);
        words[2] = htole32((uint32_t)sum.sent);
        length = 12;
    }
    memcpy(reply, words, length);
    pthread_mutex_lock(&n->lock);
    send_message(n, INFO_REPLY, port, what, reply, length);
    pthread_mutex_unlock(&n->lock);
}

/* One message. 1 if it is a packet, which then is in slot `index` and *in. */
static int take_message(struct nn_link *n, const uint8_t *message, size_t length, unsigned index, struct packet_in *in)
{
    uint32_t words[3];
    if (length < HEADER)
        return 0;
    memcpy(words, message, sizeof words);
    uint32_t type = le32toh(words[0]), port = le32toh(words[1]), more = le32toh(words[2]);
    if (port >= PORTS_MAX)
        return 0;
    switch (type) {
    case PORT_ADD:
    case PORT_REMOVE:
        atomic_store_explicit(&n->up[port], type == PORT_ADD, memory_order_relaxed);
        return 0;
    case PORT_STATUS:
        atomic_store_explicit(&n->up[port], more == STATUS_UP, memory_order_relaxed);
        return 0;
    case INFO_REQUEST:
        answer_info(n, port, more);
        return 0;
    case PACKET_IN:
        if (!atomic_load_explicit(&n->up[port], memory_order_relaxed)) {
            counters_of(n, port)->receive_drops++;
            return 0;
        }
        if (more != length - HEADER || more > PACKET_LENGTH_MAX) {
            counters_of(n, port)->receive_errors++;
            return 0;
        }
        uint8_t *data = n->slots + (size_t)index * SLOT + PACKET_HEADROOM;
        memcpy(data, message + HEADER, more);
        *in = (struct packet_in){data, more, (uint16_t)port};
        return 1;
    default:
        return 0;
    }
}

static void count_too_long(struct nn_link *n, const uint8_t *message)
{
    uint32_t words[3];
    memcpy(words, message, sizeof words);
    if (le32toh(words[0]) == PACKET_IN && le32toh(words[1]) < PORTS_MAX)
        counters_of(n, le32toh(words[1]))->receive_errors++;
}

static int is_packet(const uint8_t *message, size_t length)
{
    uint32_t type = htole32(PACKET_IN);
    if (length >= HEADER)
        memcpy(&type, message, sizeof type);
    return le32toh(type) == PACKET_IN;
}

/* Take whole messages out of the inbox, up to `room` packets. -1: the peer does not speak the protocol. */
static int take_apart(struct nn_link *n, struct packet_in *in, unsigned room)
{
    size_t at = 0, prefix = n->ipc ? 9 : 8;
    unsigned packets = 0;
    if (!n->greeted) {
        if (n->have < HANDSHAKE)
            return 0;
        if (memcmp(n->inbox, hello, HANDSHAKE))
            return -1;
        at = HANDSHAKE;
        pthread_mutex_lock(&n->lock);
        n->greeted = 1;
        pthread_mutex_unlock(&n->lock);
    }
    while (packets < room && n->have - at >= prefix) {
        uint64_t size;
        memcpy(&size, n->inbox + at + prefix - 8, sizeof size);
        size = be64toh(size);
        if (size > NONSENSE || (n->ipc && n->inbox[at] != 1))
            return -1;
        if (size > MESSAGE_MAX) {
            /* Longer than any packet may be: counted against its port, and read past. */
            if (n->have - at - prefix < HEADER)
                break;
            count_too_long(n, n->inbox + at + prefix);
            size_t there = n->have - at - prefix;
            n->skip = there < size ? size - there : 0;
            at += prefix + (there < size ? there : (size_t)size);
            continue;
        }
        if (n->have - at - prefix < size)
            break;
        /* A port must not change under packets that came before: they are processed first. */
        if (packets && !is_packet(n->inbox + at + prefix, (size_t)size))
            break;
        packets += (unsigned)take_message(n, n->inbox + at + prefix, (size_t)size, packets, &in[packets]);
        at += prefix + (size_t)size;
    }
    n->have -= at;
    memmove(n->inbox, n->inbox + at, n->have);
    return (int)packets;
}

static unsigned nn_receive(struct link *link, unsigned queue, struct packet_in *in, unsigned room)
{
    struct nn_link *n = (struct nn_link *)link;
    (void)queue;
    if (n->fd < 0) {
        greet(n);
        if (n->fd < 0)
            return 0;
    }
    int gone = 0;
    if (n->have < INBOX) {
        ssize_t got = recv(n->fd, n->inbox + n->have, INBOX - n->have, MSG_DONTWAIT);
        gone = got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
        if (got > 0) {
            size_t skipped = (uint64_t)got < n->skip ? (size_t)got : (size_t)n->skip; /* only with an empty inbox */
            memmove(n->inbox + n->have, n->inbox + n->have + skipped, (size_t)got - skipped);
            n->have += (size_t)got - skipped;
            n->skip -= skipped;
        }
    }
    int packets = take_apart(n, in, room);
    if (packets < 0 || (gone && packets == 0)) {
        hang_up(n);
        return 0;
    }
    if (n->unsent) {
        pthread_mutex_lock(&n->lock);
        flush(n);
        pthread_mutex_unlock(&n->lock);
    }
    return (unsigned)packets;
}

static void nn_release(struct link *link, unsigned queue)
{
    (void)link;
    (void)queue;
}

static unsigned nn_sleep_on(struct link *link, unsigned queue, struct pollfd *fds)
{
    struct nn_link *n = (struct nn_link *)link;
    (void)queue;
    fds[0] = (struct pollfd){.fd = n->listener, .events = POLLIN};
    if (n->fd < 0)
        return 1;
    fds[1] = (struct pollfd){.fd = n->fd, .events = (short)(POLLIN | (n->unsent ? POLLOUT : 0))};
    return 2;
}

/* While a peer is connected, somebody else may knock: greet() turns him away. */
static void nn_woken(struct link *link, unsigned queue, const struct pollfd *fds, unsigned count)
{
    struct nn_link *n = (struct nn_link *)link;
    (void)queue;
    if (count && fds[0].revents && n->fd >= 0)
        greet(n);
}

static int nn_running(struct link *link, uint32_t port)
{
    return nn_serves(link, port);
}

/* ---- opening and closing */

static void nn_close(struct link *link)
{
    struct nn_link *n = (struct nn_link *)link;
    if (n->fd >= 0)
        close(n->fd);
    if (n->listener >= 0)
        close(n->listener);
    if (n->path[0])
        unlink(n->path);
    pthread_mutex_destroy(&n->lock);
    free(n->slots);
    free(n->inbox);
    free(n->outbox);
    free(n);
}

static const struct link_ops nn_ops = {
    .receive = nn_receive,
    .release = nn_release,
    .send = nn_send,
    .sleep_on = nn_sleep_on,
    .woken = nn_woken,
    .running = nn_running,
    .close = nn_close,
};

/* A Unix socket at `path`. One that a dead switch left behind is replaced, one that answers is not. */
static int listen_ipc(struct nn_link *n, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0)
        return -1;
    int taken = connect(probe, (struct sockaddr *)&address, sizeof address) == 0;
    int stale = !taken && errno == ECONNREFUSED;
    close(probe);
    if (taken) {
        errno = EADDRINUSE;
        return -1;
    }
    if (stale)
        unlink(path);
    n->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (n->listener < 0 || bind(n->listener, (struct sockaddr *)&address, sizeof address))
        return -1;
    strcpy(n->path, path);
    return listen(n->listener, 4);
}

/* HOST:PORT, HOST may be `*`. */
static int listen_tcp(struct nn_link *n, const char *where)
{
    char host[256];
    const char *colon = strrchr(where, ':');
    if (!colon || (size_t)(colon - where) >= sizeof host) {
        errno = EINVAL;
        return -1;
    }
    memcpy(host, where, (size_t)(colon - where));
    host[colon - where] = 0;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found;
    if (getaddrinfo(strcmp(host, "*") ? host : NULL, colon + 1, &hints, &found)) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    int one = 1;
    n->listener = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int failed = n->listener < 0 || setsockopt(n->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) ||
                 bind(n->listener, found->ai_addr, found->ai_addrlen) || listen(n->listener, 4);
    freeaddrinfo(found);
    return failed ? -1 : 0;
}

struct link *link_open_nn(struct dataplane *d, const char *address, char *error, unsigned room)
{
    struct nn_link *n = calloc(1, sizeof *n);
    if (!n) {
        snprintf(error, room, "out of memory");
        return NULL;
    }
    n->link = (struct link){.ops = &nn_ops, .kind = "nn", .dataplane = d, .port = PORT_ANY, .queues = 1};
    n->fd = n->listener = -1;
    pthread_mutex_init(&n->lock, NULL);
    n->slots = calloc(BURST, SLOT);
    n->inbox = malloc(INBOX);
    n->outbox = malloc(OUTBOX);
    int failed;
    if (!n->slots || !n->inbox || !n->outbox) {
        errno = ENOMEM;
        failed = -1;
    } else if (!strncmp(address, "ipc://", 6)) {
        n->ipc = 1;
        failed = listen_ipc(n, address + 6);
    } else if (!strncmp(address, "tcp://", 6))
        failed = listen_tcp(n, address + 6);
    else {
        snprintf(error, room, "%s: an nn socket is ipc://PATH or tcp://HOST:PORT", address);
        nn_close(&n->link);
        return NULL;
    }
    if (!failed)
        return &n->link;
    snprintf(error, room, "%s: %s", address, strerror(errno));
    nn_close(&n->link);
    return NULL;
}

int nn_serves(struct link *link, uint32_t port)
{
    return atomic_load_explicit(&((struct nn_link *)link)->up[port], memory_order_relaxed);
}
