#include "offload.h"

#include <string.h>

#define ETHER_IPV4 0x0800
#define ETHER_IPV6 0x86dd
#define ETHER_VLAN 0x8100
#define ETHER_QINQ 0x88a8
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define UDP_HEADER 8
#define TUNNEL_HEADER 8 /* VXLAN, VXLAN-GPE; Geneve without options */
#define PORT_VXLAN 4789
#define ETHERNET_HEADER 14

#define TCP_FIN 0x01
#define TCP_PSH 0x08
#define TCP_CWR 0x80

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void put32(uint8_t *p, uint32_t value)
{
    put16(p, value >> 16);
    put16(p + 2, value);
}

/* Sum of big-endian 16-bit words, not yet folded; an odd last byte counts as a high byte. */
static uint64_t sum_words(const uint8_t *p, uint32_t length, uint64_t sum)
{
    for (; length >= 2; p += 2, length -= 2)
        sum += get16(p);
    return length ? sum + ((uint64_t)*p << 8) : sum;
}

static uint16_t fold(uint64_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

int offload_finish_checksum(const struct virtio_net_hdr *header, uint8_t *data, uint32_t length)
{
    uint32_t start = header->csum_start, at = start + header->csum_offset;
    if (start >= length || at + 2 > length)
        return 0;
    uint16_t sum = (uint16_t)~fold(sum_words(data + start, length - start, 0));
    /* UDP writes a sum of 0 as ffff, since 0 means that there is none. TCP may too: the two are equal there. */
    put16(data + at, sum ? sum : 0xffff);
    return 1;
}

/* The offset of the IP header after an Ethernet header at `at`, or 0. */
static uint32_t skip_ethernet(const uint8_t *data, uint32_t length, uint32_t at, int *v6)
{
    at += ETHERNET_HEADER;
    if (at > length)
        return 0;
    uint16_t type = get16(data + at - 2);
    while ((type == ETHER_VLAN || type == ETHER_QINQ) && at + 4 <= length) {
        type = get16(data + at + 2);
        at += 4;
    }
    *v6 = type == ETHER_IPV6;
    return type == ETHER_IPV4 || type == ETHER_IPV6 ? at : 0;
}

/* The offset behind the IP header at `at`, or 0; *protocol is what follows. IPv6 extension headers are not looked into. */
static uint32_t skip_ip(const uint8_t *data, uint32_t length, uint32_t at, int v6, uint8_t *protocol)
{
    uint32_t size = 40;
    if (at + 20 > length)
        return 0;
    if (!v6) {
        size = (data[at] & 15) * 4u;
        if (size < 20)
            return 0;
    }
    if (at + size > length)
        return 0;
    *protocol = data[at + (v6 ? 6 : 9)];
    return at + size;
}

int offload_plan(const struct virtio_net_hdr *header, const uint8_t *data, uint32_t length, struct offload_plan *plan)
{
    memset(plan, 0, sizeof *plan);
    if (!header->gso_size || !(header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
        return 0;
    uint32_t at = 0;
    uint8_t protocol = 0;
    /* Outer layers are followed until the transport header is the one whose checksum is to be finished: the innermost. */
    for (plan->layers = 0; plan->layers < 2;) {
        unsigned i = plan->layers++;
        plan->layer[i].ip = skip_ethernet(data, length, at, &plan->layer[i].v6);
        if (!plan->layer[i].ip)
            return 0;
        uint32_t next = skip_ip(data, length, plan->layer[i].ip, plan->layer[i].v6, &protocol);
        if (!next)
            return 0;
        plan->layer[i].transport = next;
        if (next == header->csum_start)
            break;
        if (protocol != PROTOCOL_UDP)
            return 0;
        at = next + UDP_HEADER + TUNNEL_HEADER;
    }
    plan->transport = plan->layer[plan->layers - 1].transport;
    if (plan->transport != header->csum_start)
        return 0;
    plan->tcp = protocol == PROTOCOL_TCP;
    if (plan->tcp) {
        if (plan->transport + 20 > length)
            return 0;
        plan->headers = plan->transport + (data[plan->transport + 12] >> 4) * 4u;
    } else if (protocol == PROTOCOL_UDP)
        plan->headers = plan->transport + UDP_HEADER;
    else
        return 0;
    if (plan->headers >= length)
        return 0;
    plan->payload = length - plan->headers;
    plan->segment = header->gso_size;
    plan->count = (plan->payload + plan->segment - 1) / plan->segment;
    return 1;
}

/* The checksum of the transport header at `at` and all behind it, with the pseudo header of the IP header at `ip`. */
static uint16_t transport_checksum(const uint8_t *p, uint32_t length, uint32_t ip, int v6, uint32_t at, int tcp)
{
    uint64_t sum = (uint64_t)(tcp ? PROTOCOL_TCP : PROTOCOL_UDP) + (length - at);
    sum = v6 ? sum_words(p + ip + 8, 32, sum) : sum_words(p + ip + 12, 8, sum);
    return (uint16_t)~fold(sum_words(p + at, length - at, sum));
}

uint32_t offload_segment(const struct offload_plan *plan, const uint8_t *data, uint32_t index, uint8_t *out)
{
    uint32_t offset = index * plan->segment;
    uint32_t size = plan->payload - offset < plan->segment ? plan->payload - offset : plan->segment;
    uint32_t length = plan->headers + size;
    memcpy(out, data, plan->headers);
    memcpy(out + plan->headers, data + plan->headers + offset, size);

    uint8_t *transport = out + plan->transport;
    if (plan->tcp) {
        put32(transport + 4, get32(transport + 4) + offset);
        if (index + 1 < plan->count)
            transport[13] &= (uint8_t)~(TCP_FIN | TCP_PSH);
        if (index)
            transport[13] &= (uint8_t)~TCP_CWR;
    }
    /* Innermost first, since an outer UDP checksum covers what is inside. */
    for (unsigned i = plan->layers; i--;) {
        uint8_t *ip = out + plan->layer[i].ip, *next = out + plan->layer[i].transport;
        uint32_t after_ip = length - plan->layer[i].transport;
        int v6 = plan->layer[i].v6, tcp = plan->tcp && i + 1 == plan->layers;
        if (v6)
            put16(ip + 4, length - plan->layer[i].ip - 40);
        else {
            put16(ip + 2, length - plan->layer[i].ip);
            put16(ip + 4, get16(ip + 4) + index);
            put16(ip + 10, 0);
            put16(ip + 10, (uint16_t)~fold(sum_words(ip, plan->layer[i].transport - plan->layer[i].ip, 0)));
        }
        uint8_t *checksum = next + (tcp ? 16 : 6);
        int wanted = i + 1 == plan->layers || get16(checksum) != 0; /* a tunnel's UDP may go without */
        if (!tcp)
            put16(next + 4, after_ip);
        put16(checksum, 0);
        if (wanted) {
            uint16_t sum = transport_checksum(out, length, plan->layer[i].ip, v6, plan->layer[i].transport, tcp);
            put16(checksum, sum || tcp ? sum : 0xffff);
        }
    }
    return length;
}

/* The offset behind what the IP header at `at` says belongs to it, or 0: cut off, a fragment, nonsense. */
static uint32_t end_of_ip(const uint8_t *data, uint32_t length, uint32_t at, uint32_t next, int v6)
{
    uint32_t end = v6 ? next + get16(data + at + 4) : at + get16(data + at + 2);
    int fragment = !v6 && (get16(data + at + 6) & 0x3fff) != 0;
    return fragment || end < next || end > length ? 0 : end;
}

void offload_finish_unmarked(uint8_t *data, uint32_t length)
{
    uint32_t at = 0;
    for (unsigned layer = 0; layer < 2; layer++) {
        int v6;
        uint8_t protocol;
        uint32_t ip = skip_ethernet(data, length, at, &v6);
        uint32_t next = ip ? skip_ip(data, length, ip, v6, &protocol) : 0;
        uint32_t end = next ? end_of_ip(data, length, ip, next, v6) : 0;
        if (!end || (protocol != PROTOCOL_TCP && protocol != PROTOCOL_UDP))
            return;
        uint32_t field = next + (protocol == PROTOCOL_TCP ? 16 : 6);
        if (field + 2 > end)
            return;
        uint64_t sum = protocol + (uint64_t)(end - next);
        sum = v6 ? sum_words(data + ip + 8, 32, sum) : sum_words(data + ip + 12, 8, sum);
        if (get16(data + field) == fold(sum)) {
            uint16_t checksum = (uint16_t)~fold(sum_words(data + next, end - next, 0));
            put16(data + field, checksum || protocol == PROTOCOL_TCP ? checksum : 0xffff);
        }
        if (protocol != PROTOCOL_UDP || get16(data + next + 2) != PORT_VXLAN)
            return;
        at = next + UDP_HEADER + TUNNEL_HEADER;
    }
}
