#define _GNU_SOURCE /* MAP_ANONYMOUS, madvise */
#include "xdp_socket.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef XDP_USE_SG
#define XDP_USE_SG (1 << 4)
#define XDP_PKT_CONTD (1 << 0)
#endif
#ifndef XDP_MAX_TX_SKB_BUDGET
#define XDP_MAX_TX_SKB_BUDGET 9 /* Linux 6.17: packets that one system call sends in copy mode; 32 before */
#endif
#define XDP_HEADROOM 256 /* the kernel's own, before a received packet; ours comes on top */
#define BUSY_MS 500
#define FLUSH_TRIES 64   /* system calls for one flush: 32 packets each in copy mode */

static uint32_t load(const uint32_t *p)
{
    return atomic_load_explicit((const _Atomic uint32_t *)p, memory_order_acquire);
}

static void store(uint32_t *p, uint32_t value)
{
    atomic_store_explicit((_Atomic uint32_t *)p, value, memory_order_release);
}

static int needs_wakeup(const struct xdp_ring *r)
{
    return (atomic_load_explicit((const _Atomic uint32_t *)r->flags, memory_order_relaxed) & XDP_RING_NEED_WAKEUP) != 0;
}

/* ---- opening */

static int map_ring(struct xdp_socket *s, struct xdp_ring *r, const struct xdp_ring_offset *at, size_t entry, off_t where)
{
    r->size = at->desc + XDP_FRAMES * entry;
    r->mapped = mmap(NULL, r->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, s->fd, where);
    if (r->mapped == MAP_FAILED) {
        r->mapped = NULL;
        return -1;
    }
    uint8_t *base = r->mapped;
    r->producer = (uint32_t *)(base + at->producer);
    r->consumer = (uint32_t *)(base + at->consumer);
    r->flags = (uint32_t *)(base + at->flags);
    r->entries = base + at->desc;
    r->mask = XDP_FRAMES - 1;
    r->ours = 0;
    return 0;
}

static int map_rings(struct xdp_socket *s)
{
    struct xdp_mmap_offsets at;
    socklen_t size = sizeof at;
    if (getsockopt(s->fd, SOL_XDP, XDP_MMAP_OFFSETS, &at, &size))
        return -1;
    return map_ring(s, &s->rx, &at.rx, sizeof(struct xdp_desc), XDP_PGOFF_RX_RING) ||
                   map_ring(s, &s->tx, &at.tx, sizeof(struct xdp_desc), XDP_PGOFF_TX_RING) ||
                   map_ring(s, &s->fill, &at.fr, sizeof(uint64_t), (off_t)XDP_UMEM_PGOFF_FILL_RING) ||
                   map_ring(s, &s->completion, &at.cr, sizeof(uint64_t), (off_t)XDP_UMEM_PGOFF_COMPLETION_RING)
               ? -1
               : 0;
}

static int map_memory(struct xdp_socket *s)
{
    /* one page more: the pipeline may read PACKET_TAILROOM bytes past a packet */
    s->memory_size = 2 * (size_t)XDP_FRAMES * s->chunk + 4096;
    s->memory = mmap(NULL, s->memory_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (s->memory == MAP_FAILED) {
        s->memory = NULL;
        return -1;
    }
    madvise(s->memory, s->memory_size, MADV_HUGEPAGE);
    return 0;
}

/* One way of binding; everything anew, as the kernel keeps half of what failed. */
static int open_with(struct xdp_socket *s, int interface, unsigned queue, uint16_t flags, uint32_t chunk, const char **what)
{
    memset(s, 0, offsetof(struct xdp_socket, free));
    s->free_count = 0;
    s->fd = -1;
    s->segments = (flags & XDP_USE_SG) != 0;
    s->zero_copy = (flags & XDP_ZEROCOPY) != 0;
    s->chunk = chunk;
    *what = "AF_XDP socket";
    s->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (s->fd < 0 || map_memory(s))
        return -1;
    struct xdp_umem_reg memory = {
        .addr = (uint64_t)(uintptr_t)s->memory,
        .len = s->memory_size - 4096,
        .chunk_size = s->chunk,
        .headroom = PACKET_HEADROOM - XDP_HEADROOM,
    };
    *what = "packet memory";
    if (setsockopt(s->fd, SOL_XDP, XDP_UMEM_REG, &memory, sizeof memory))
        return -1;
    *what = "rings";
    static const int rings[] = {XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_RX_RING, XDP_TX_RING};
    for (unsigned i = 0; i < 4; i++) {
        int length = XDP_FRAMES;
        if (setsockopt(s->fd, SOL_XDP, rings[i], &length, sizeof length))
            return -1;
    }
    if (map_rings(s))
        return -1;
    uint32_t budget = BURST;
    setsockopt(s->fd, SOL_XDP, XDP_MAX_TX_SKB_BUDGET, &budget, sizeof budget); /* an older kernel needs more calls */
    for (uint64_t i = 0; i < XDP_FRAMES; i++) {
        ((uint64_t *)s->fill.entries)[i] = i * s->chunk;
        s->free[s->free_count++] = (XDP_FRAMES + i) * s->chunk;
    }
    s->fill.ours = XDP_FRAMES;
    store(s->fill.producer, XDP_FRAMES);
    struct sockaddr_xdp address = {
        .sxdp_family = AF_XDP,
        .sxdp_flags = flags,
        .sxdp_ifindex = (uint32_t)interface,
        .sxdp_queue_id = queue,
    };
    *what = "AF_XDP on its queue";
    return bind(s->fd, (struct sockaddr *)&address, sizeof address);
}

int xdp_socket_open(struct xdp_socket *s, int interface, unsigned queue, uint32_t largest, const char **what)
{
    static const uint16_t ways[] = {XDP_ZEROCOPY, XDP_COPY};
    uint32_t chunk = largest <= 2048 - PACKET_HEADROOM ? 2048 : 4096;
    uint16_t flags = XDP_USE_NEED_WAKEUP | (largest > chunk - PACKET_HEADROOM ? XDP_USE_SG : 0);
    int why = 0;
    for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++) {
        /* A socket that was closed just now keeps its queue for a moment more. */
        for (unsigned wait = 0; (why = open_with(s, interface, queue, ways[i] | flags, chunk, what) ? errno : 0) == EBUSY &&
                                wait < BUSY_MS; wait++) {
            xdp_socket_close(s);
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        }
        if (!why)
            return 0;
        xdp_socket_close(s);
        if (why != EOPNOTSUPP && why != ENOTSUP && why != EINVAL && why != EPROTONOSUPPORT)
            break;
    }
    errno = why;
    return -1;
}

void xdp_socket_close(struct xdp_socket *s)
{
    struct xdp_ring *rings[] = {&s->fill, &s->completion, &s->rx, &s->tx};
    for (unsigned i = 0; i < 4; i++)
        if (rings[i]->mapped)
            munmap(rings[i]->mapped, rings[i]->size);
    if (s->fd >= 0)
        close(s->fd);
    if (s->memory)
        munmap(s->memory, s->memory_size);
    memset(s, 0, offsetof(struct xdp_socket, free));
    s->fd = -1;
}

/* ---- in */

uint32_t xdp_poll(struct xdp_socket *s, uint32_t room)
{
    uint32_t there = load(s->rx.producer) - s->rx.ours;
    if (!there && needs_wakeup(&s->fill))
        recvfrom(s->fd, NULL, 0, MSG_DONTWAIT, NULL, NULL);
    return there < room ? there : room;
}

void xdp_return(struct xdp_socket *s, uint32_t count)
{
    uint64_t *entries = s->fill.entries;
    for (uint32_t i = 0; i < count; i++)
        entries[(s->fill.ours + i) & s->fill.mask] = xdp_received(s, i)->addr & ~(uint64_t)(s->chunk - 1);
    s->fill.ours += count;
    s->rx.ours += count;
    store(s->rx.consumer, s->rx.ours);
    store(s->fill.producer, s->fill.ours);
}

/* ---- out */

static void reap(struct xdp_socket *s)
{
    const uint64_t *entries = s->completion.entries;
    uint32_t end = load(s->completion.producer);
    for (; s->completion.ours != end; s->completion.ours++)
        s->free[s->free_count++] = entries[s->completion.ours & s->completion.mask] & ~(uint64_t)(s->chunk - 1);
    store(s->completion.consumer, end);
}

int xdp_queue(struct xdp_socket *s, const uint8_t *data, uint32_t length)
{
    uint32_t pieces = (length + s->chunk - 1) / s->chunk;
    if (s->free_count < pieces)
        reap(s);
    if (s->free_count < pieces || s->tx.ours - load(s->tx.consumer) > XDP_FRAMES - pieces)
        return 0;
    struct xdp_desc *entries = s->tx.entries;
    for (uint32_t left = length; left;) {
        uint32_t size = left < s->chunk ? left : s->chunk;
        uint64_t address = s->free[--s->free_count];
        memcpy(s->memory + address, data, size);
        data += size;
        left -= size;
        entries[s->tx.ours++ & s->tx.mask] = (struct xdp_desc){address, size, left ? XDP_PKT_CONTD : 0};
    }
    return 1;
}

void xdp_flush(struct xdp_socket *s)
{
    store(s->tx.producer, s->tx.ours);
    for (unsigned i = 0; i < FLUSH_TRIES && load(s->tx.consumer) != s->tx.ours && needs_wakeup(&s->tx); i++)
        if (sendto(s->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 && errno != EAGAIN && errno != EINTR)
            break;
    reap(s);
}
