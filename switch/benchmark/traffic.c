/* Packets as quickly as one thread can send them on a Linux interface, by AF_PACKET or AF_XDP. Loaded beside the runtime,
 * whose symbols it uses. */
#define _GNU_SOURCE /* sendmmsg */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "xdp_socket.h"

#define BATCH 64

/* A socket that sends on the interface, or -errno. */
int traffic_open(const char *interface)
{
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), one = 1, room = 4 << 20;
    if (fd < 0)
        return -errno;
    struct ifreq request = {0};
    strncpy(request.ifr_name, interface, sizeof request.ifr_name - 1);
    struct sockaddr_ll address = {.sll_family = AF_PACKET};
    if (ioctl(fd, SIOCGIFINDEX, &request) == 0) {
        address.sll_ifindex = request.ifr_ifindex;
        setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
        setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one);
        if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0)
            return fd;
    }
    int why = errno;
    close(fd);
    return -why;
}

/* Go round `count` packets (one after another in `bytes`) until *stop is set or `most` are sent. Returns how many were. */
uint64_t traffic_send(int fd, const uint8_t *bytes, const uint32_t *lengths, uint32_t count, uint64_t most,
                      const _Atomic int *stop)
{
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    uint64_t sent = 0;
    const uint8_t *at = bytes;
    uint32_t next = 0;
    memset(messages, 0, sizeof messages);
    while (sent < most && !atomic_load_explicit(stop, memory_order_relaxed)) {
        unsigned size = most - sent < BATCH ? (unsigned)(most - sent) : BATCH;
        for (unsigned i = 0; i < size; i++) {
            parts[i] = (struct iovec){(void *)at, lengths[next]};
            messages[i].msg_hdr.msg_iov = &parts[i];
            messages[i].msg_hdr.msg_iovlen = 1;
            at += lengths[next];
            if (++next == count) {
                next = 0;
                at = bytes;
            }
        }
        int done = sendmmsg(fd, messages, size, 0);
        sent += done > 0 ? (uint64_t)done : 0;
    }
    return sent;
}

/* The same by AF_XDP, which costs less: a socket on queue 0 of the interface, NULL if it cannot be had. */
struct xdp_socket *traffic_open_xdp(const char *interface, uint32_t largest)
{
    struct xdp_socket *s = calloc(1, sizeof *s);
    const char *what;
    if (s && xdp_socket_open(s, (int)if_nametoindex(interface), 0, largest, &what) == 0)
        return s;
    free(s);
    return NULL;
}

uint64_t traffic_send_xdp(struct xdp_socket *s, const uint8_t *bytes, const uint32_t *lengths, uint32_t count,
                          uint64_t most, const _Atomic int *stop)
{
    uint64_t sent = 0;
    const uint8_t *at = bytes;
    uint32_t next = 0;
    while (sent < most && !atomic_load_explicit(stop, memory_order_relaxed)) {
        for (unsigned i = 0; i < BATCH && sent < most && xdp_queue(s, at, lengths[next]); i++) {
            sent++;
            at += lengths[next];
            if (++next == count) {
                next = 0;
                at = bytes;
            }
        }
        xdp_flush(s);
    }
    return sent;
}

void traffic_close_xdp(struct xdp_socket *s)
{
    xdp_socket_close(s);
    free(s);
}
