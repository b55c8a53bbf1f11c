/* Links: where the packets of one or more ports come from and go to.
 *
 *   port_packet.c   one Linux interface, one port (AF_PACKET)
 *   port_xdp.c      the same by AF_XDP
 *   port_nn.c       PTF's `nn` socket: any number of ports behind one connection
 *   port_files.c    pcap files, any number of ports
 *   port_memory.c   packets from and to Python, any port: packet-outs, tests without root
 *
 * A link has one queue for each worker that receives from it; a queue is touched by its worker's thread only. `send` may
 * be called by every worker at once and sees to it itself. Links are added and removed while all workers are parked.
 */
#ifndef P4GATE_LINK_H
#define P4GATE_LINK_H

#include <poll.h>
#include <stdint.h>

#include "pipeline.h"
#include "port_counters.h"

#define PORTS_MAX 1024      /* port numbers are below this */
#define LINK_FDS_MAX 2      /* file descriptors that one queue may sleep on */
#define PORT_ANY UINT32_MAX /* a link that serves every port number */

struct dataplane;
struct link;

struct link_ops {
    /* Up to `room` received packets, whose buffers are ours until release(). Never waits. */
    unsigned (*receive)(struct link *link, unsigned queue, struct packet_in *in, unsigned room);
    /* The packets of the last receive() are done with. */
    void (*release)(struct link *link, unsigned queue);
    /* Send packets, all of one port; the data may be reused on return. Each one is counted, as sent, dropped or wrong. */
    void (*send)(struct link *link, unsigned worker, const struct packet_out *packets, unsigned count,
                 struct port_counters *counters);
    /* The descriptors that become readable when receive() may find something; returns how many. */
    unsigned (*sleep_on)(struct link *link, unsigned queue, struct pollfd *fds);
    /* After a sleep: `fds` as poll() left them (errors on a descriptor can be cleared here). May be NULL. */
    void (*woken)(struct link *link, unsigned queue, const struct pollfd *fds, unsigned count);
    /* Whether the other side is there: an interface's carrier, a connected nn client. NULL: always. Control thread. */
    int (*running)(struct link *link, uint32_t port);
    /* Packets that arrived and found no room before we saw them, since the link was opened. NULL: none. Control thread. */
    uint64_t (*missed)(struct link *link);
    /* Free everything, the link too. No worker uses it any more. */
    void (*close)(struct link *link);
};

/* The head of each kind's own struct. */
struct link {
    const struct link_ops *ops;
    const char *kind; /* what users see */
    struct dataplane *dataplane;
    uint32_t port;   /* the port, or PORT_ANY */
    unsigned queues; /* how many workers receive: 1, or all of them */
    unsigned first;  /* the worker that receives queue 0; queue i is worker first + i's */
    struct link *next;
};

struct link *link_open_packet(struct dataplane *d, uint32_t port, const char *interface, char *error, unsigned room);
struct link *link_open_xdp(struct dataplane *d, uint32_t port, const char *interface, char *error, unsigned room);
struct link *link_open_nn(struct dataplane *d, const char *address, char *error, unsigned room);
struct link *link_open_files(struct dataplane *d);
struct link *link_open_memory(struct dataplane *d);

/* True if an nn client has added this port and it is up. */
int nn_serves(struct link *link, uint32_t port);

/* All workers are parked. Another port, from pcap file `in` to `out`: 0, or -1 with one line in `error`. */
int files_add(struct link *link, uint32_t port, const char *in, const char *out, char *error, unsigned room);
/* The first packet of all files enters after this time. A second call does nothing. */
void files_begin(struct link *link, uint64_t wait_ns);

int memory_push(struct link *link, uint32_t port, const uint8_t *data, uint32_t length);
int memory_pop(struct link *link, uint32_t *port, uint8_t *data, uint32_t room);
int memory_event(struct link *link);

#endif
