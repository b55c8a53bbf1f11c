/* The XDP program that hands an interface's packets to AF_XDP sockets, written as BPF instructions: no libbpf needed.
 *
 * A packet of device queue q goes to the socket that is in the map at q; without one it goes on to the kernel. The program is
 * attached by a BPF link, which goes when its descriptor is closed, however the process ends. Linux 5.9 or later.
 */
#ifndef P4GATE_XDP_PROGRAM_H
#define P4GATE_XDP_PROGRAM_H

struct xdp_program {
    int map, program, link; /* descriptors, -1: none */
};

/* Load it, and attach it in the driver. 0, or -1 with errno and what failed in *what. */
int xdp_program_attach(struct xdp_program *p, int interface, unsigned queues, const char **what);
int xdp_program_set(struct xdp_program *p, unsigned queue, int socket);
void xdp_program_detach(struct xdp_program *p);

#endif
