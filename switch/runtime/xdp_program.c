#include "xdp_program.h"

#include <linux/bpf.h>
#include <linux/if_link.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef BPF_F_XDP_HAS_FRAGS
#define BPF_F_XDP_HAS_FRAGS (1U << 5) /* Linux 5.18: the program does not mind packets in several pieces */
#endif

static int bpf(int command, union bpf_attr *attributes)
{
    return (int)syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

static int load(int map, int with_fragments)
{
    struct bpf_insn code[] = {
        /* r2 = ctx->rx_queue_index */
        {.code = BPF_LDX | BPF_W | BPF_MEM, .dst_reg = 2, .src_reg = 1, .off = offsetof(struct xdp_md, rx_queue_index)},
        /* r1 = the map (two instructions) */
        {.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = map},
        {0},
        /* return bpf_redirect_map(r1, r2, what to do without a socket) */
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3, .imm = XDP_PASS},
        {.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect_map},
        {.code = BPF_JMP | BPF_EXIT},
    };
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.prog_type = BPF_PROG_TYPE_XDP;
    attributes.insns = (uint64_t)(uintptr_t)code;
    attributes.insn_cnt = sizeof code / sizeof *code;
    attributes.license = (uint64_t)(uintptr_t) "Apache-2.0";
    attributes.prog_flags = with_fragments ? BPF_F_XDP_HAS_FRAGS : 0;
    memcpy(attributes.prog_name, "p4gate_port", sizeof "p4gate_port");
    return bpf(BPF_PROG_LOAD, &attributes);
}

int xdp_program_attach(struct xdp_program *p, int interface, unsigned queues, const char **what)
{
    union bpf_attr attributes;
    *p = (struct xdp_program){-1, -1, -1};
    memset(&attributes, 0, sizeof attributes);
    attributes.map_type = BPF_MAP_TYPE_XSKMAP;
    attributes.key_size = attributes.value_size = sizeof(uint32_t);
    attributes.max_entries = queues;
    *what = "BPF map";
    p->map = bpf(BPF_MAP_CREATE, &attributes);
    if (p->map < 0)
        return -1;
    *what = "BPF program";
    p->program = load(p->map, 1);
    if (p->program < 0)
        p->program = load(p->map, 0); /* an older kernel */
    if (p->program < 0)
        return -1;
    memset(&attributes, 0, sizeof attributes);
    attributes.link_create.prog_fd = (uint32_t)p->program;
    attributes.link_create.target_ifindex = (uint32_t)interface;
    attributes.link_create.attach_type = BPF_XDP;
    attributes.link_create.flags = XDP_FLAGS_DRV_MODE;
    *what = "XDP in the driver";
    p->link = bpf(BPF_LINK_CREATE, &attributes);
    return p->link < 0 ? -1 : 0;
}

int xdp_program_set(struct xdp_program *p, unsigned queue, int socket)
{
    union bpf_attr attributes;
    uint32_t key = queue, value = (uint32_t)socket;
    memset(&attributes, 0, sizeof attributes);
    attributes.map_fd = (uint32_t)p->map;
    attributes.key = (uint64_t)(uintptr_t)&key;
    attributes.value = (uint64_t)(uintptr_t)&value;
    return bpf(BPF_MAP_UPDATE_ELEM, &attributes);
}

void xdp_program_detach(struct xdp_program *p)
{
    int *all[] = {&p->link, &p->program, &p->map};
    for (unsigned i = 0; i < 3; i++) {
        if (*all[i] >= 0)
            close(*all[i]);
        *all[i] = -1;
    }
}
