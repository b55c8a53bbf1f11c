/* ten_tables.p4 written by hand: a yardstick for what the engine makes of that program (scripts/bench_by_hand.py).
 *
 * It is a `struct pipeline_code` like the generated one, so the same loop feeds it (switch/runtime/bench.c): the same packets,
 * bursts, copies, clock. For the same entries it gives the same packets, ports, counts and colours, held by
 * tests/switch/engine/test_ten_tables_by_hand.py. What it may do that generated code may not:
 * - tables are made in full before the first packet and never change: no grace periods, no tags, as much room as is best;
 * - one worker: policers without a lock;
 * - it knows the program: which bytes are constants by now, which look-ups may come early, which part of a checksum stays.
 *
 * Two loops over the burst, nothing else; what the second needs of the first is a cache line a packet, and only packets that
 * go on have one. The first looks at all that leads to the two large tables, whose lines come while it takes the next packets:
 *
 *     first:   parse, verify the checksum, vtep, vni, route;  fetch the lines of source and endpoint
 *     second:  source, router_mac, policer, acl, endpoint, next_hop, port_map;  rewrite, checksums
 *
 * What the route said waits for its turn, so that a packet is dropped for the first of its reasons, in the program's order.
 * Addresses, ports and MACs stay as they lie in the packet, loaded little-endian.
 */
#include "pipeline.h"

#include "by_hand/gateway.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "fields are loaded little-endian here"
#endif

/* Where headers begin where all are there: the outer IPv4 header has no options, or the packet is malformed. */
enum { ETH = 0, IP = 14, UDP = 34, VXLAN = 42, INNER_ETH = 50, INNER_IP = 64, INNER_L4 = 84 };

#define PROTO_TCP 6
#define PROTO_UDP 17
#define TCP_BYTES 20
#define UDP_BYTES 8
#define VXLAN_PORT 0xb512u         /* as it lies in the packet, as what follows */
#define TYPE_VERSION_IHL 0xffffffu /* of the EtherType and what follows */
#define IPV4_4_5 0x450008u
#define FRAGMENT_PROTO 0xff00ff1fu /* of flags, fragment offset, TTL, protocol */
#define WHOLE_UDP 0x11000000u
#define FRAGMENT 0xff1fu           /* of flags and fragment offset */
#define CHECKSUM UINT64_C(0xffff0000) /* in bytes 8 to 15 of an IPv4 header */
#define SENT_TTL 64u
#define DROP_PORT 511              /* a next hop may say so; for the program that is no reason */
#define NONE_BUT_DROPPED DROPS

/* A packet between the loops. */
struct context {
    _Alignas(LINE) struct source_key source_key;
    const struct source_bucket *source;
    uint8_t *data;
    uint64_t endpoint_key; /* EMPTY: there is no route */
    uint64_t tenant;       /* what vni said: the gateway's MAC, then the tenant */
    uint64_t sum;          /* of the outer IPv4 header, but for TTL and addresses: what the rewritten one begins with */
    uint32_t length;
    uint32_t ports;        /* 0: neither TCP nor UDP, or a fragment */
};

static __attribute__((noinline)) void drop(struct worker *w, enum drop reason, uint32_t bytes)
{
    if (reason != NONE_BUT_DROPPED)
        count(&gateway.drops[reason], bytes);
    w->drops[DROP_BY_PROGRAM_INGRESS]++;
}

/* The checksum of a sum of 32-bit words. One's complement addition does not mind the order of bytes. Adding a sum to itself with
 * its halves exchanged leaves what their addition gives, carry included, in the upper half. */
INLINE uint32_t checksum(uint64_t sum)
{
    uint32_t half = (uint32_t)((sum + (sum << 32 | sum >> 32)) >> 32);
    return ~(half + (half << 16 | half >> 16)) >> 16;
}

INLINE uint64_t halves(uint64_t words)
{
    return (words & 0xffffffff) + (words >> 32);
}

/* ---- the first loop */

/* 0: malformed. Each header must be there up to the inner IPv4 one; TCP and UDP behind it as far as they are named. */
INLINE int parse(struct context *c, const uint8_t *data, uint32_t length)
{
    if (unlikely(length < INNER_L4))
        return 0;
    const uint64_t ip_0 = load64(data + IP), ip_8 = load64(data + IP + 8);
    const uint64_t wrong = ((load32(data + ETH + 12) & TYPE_VERSION_IHL) ^ IPV4_4_5) /* all of it in one branch */
        | ((load32(data + IP + 6) & FRAGMENT_PROTO) ^ WHOLE_UDP) | ((uint32_t)load16(data + UDP + 2) ^ VXLAN_PORT)
        | ((uint32_t)load16(data + INNER_ETH + 12) ^ TYPE_IPV4);
    const uint64_t sum = halves(ip_0) + (PROTO_UDP << 8);
    const uint32_t right = checksum(sum + (ip_8 & 0xff) + (ip_8 >> 32) + load32(data + IP + 16));
    if (unlikely(wrong | (right ^ (uint16_t)(ip_8 >> 16))) || unlikely(data[INNER_IP + 8] <= 1))
        return 0;
    c->sum = sum;
    c->length = length;
    c->ports = 0;
    if ((data[INNER_IP] & 0xf) == 5 && !(load16(data + INNER_IP + 6) & FRAGMENT)) {
        const uint8_t proto = data[INNER_IP + 9];
        if (proto == PROTO_UDP || proto == PROTO_TCP) {
            if (unlikely(length < INNER_L4 + (uint32_t)(proto == PROTO_UDP ? UDP_BYTES : TCP_BYTES)))
                return 0;
            c->ports = load32(data + INNER_L4);
        }
    }
    return 1;
}

INLINE enum drop first(struct context *c, uint8_t *data, uint32_t length)
{
    if (unlikely(!parse(c, data, length)))
        return MALFORMED;
    c->data = data;
    const uint32_t vtep = load32(data + IP + 16);
    if (unlikely(!small_has(&gateway.vtep, vtep_key(load64(data + ETH - 2) >> 16, vtep), vtep)))
        return NOT_OURS;
    const uint64_t *found = small_find(&gateway.vni, load32(data + VXLAN + 4) & 0xffffff);
    if (unlikely(!found))
        return TENANT;
    c->tenant = *found;
    const uint64_t tenant = c->tenant >> MAC_WIDTH;
    if (tenant < TENANTS_COUNTED)
        count(&gateway.by_tenant[tenant], length);

    c->source_key = source_key(tenant, load32(data + INNER_IP + 12), load64(data + INNER_ETH + 6), load32(data + IP + 12));
    c->source = source_home(&gateway.source, c->source_key);
    __builtin_prefetch(c->source);

    uint32_t next = load32(data + INNER_IP + 16);
    const uint32_t leaf = route_find(&gateway.route, (uint16_t)tenant, __builtin_bswap32(next));
    if (leaf >= LEAF_VIA)
        next = gateway.route.via[leaf - LEAF_VIA];
    c->endpoint_key = leaf == LEAF_NONE ? EMPTY : endpoint_key(tenant, next);
    __builtin_prefetch(endpoint_home(&gateway.endpoint, endpoint_key(tenant, next)));
    return NONE;
}

/* ---- the second loop */

INLINE int denied(const struct context *c, uint64_t tenant)
{
    uint8_t key[KEY_BYTES];
    store64(key, load64(c->data + INNER_IP + 12));
    store64(key + 8, c->ports | tenant << 32 | (uint64_t)c->data[INNER_IP + 9] << 48);
    return acl_denies(&gateway.acl, key);
}

/* Where to and with what, and the packet rewritten: its port, or -reason. */
INLINE int second(const struct context *c, uint64_t now_ns)
{
    uint8_t *data = c->data;
    const uint64_t tenant = c->tenant >> MAC_WIDTH;
    if (unlikely(!source_has(&gateway.source, c->source, &c->source_key)))
        return -SPOOFED;
    if (unlikely(!small_has(&gateway.router_mac, router_mac_key(load64(data + INNER_ETH - 2) >> 16, tenant), tenant)))
        return -NOT_ROUTED;
    const uint64_t *policer = small_find(&gateway.policer, policer_key(tenant, data[INNER_IP + 1]));
    if (policer && *policer < POLICERS && unlikely(police(&gateway.policers[*policer], c->length, now_ns) == RED))
        return -POLICED;
    if (unlikely(denied(c, tenant)))
        return -DENIED;
    if (unlikely(c->endpoint_key == EMPTY))
        return -NO_ROUTE;
    struct endpoint vm;
    if (unlikely(!endpoint_find(&gateway.endpoint, c->endpoint_key, &vm)))
        return -NO_ENDPOINT;
    const uint32_t host = (uint32_t)(vm.mac_and_host >> 32);
    const uint64_t *next_hop = small_find(&gateway.next_hop, host);
    if (unlikely(!next_hop))
        return -NO_HOST;
    const unsigned port = (unsigned)(*next_hop >> MAC_WIDTH);
    const struct egress *egress = &gateway.port_map[port];
    if (unlikely(!egress->mac_and_type))
        return -NO_PORT;
    if (unlikely(port == DROP_PORT))
        return -NONE_BUT_DROPPED;

    /* each MAC with 2 bytes too many, which the next store mends */
    store64(data + ETH, *next_hop);
    store64(data + ETH + 6, egress->mac_and_type);
    const uint64_t sum = c->sum + SENT_TTL + egress->ip + host;
    store32(data + IP + 8, SENT_TTL | PROTO_UDP << 8 | checksum(sum) << 16);
    store32(data + IP + 12, (uint32_t)egress->ip);
    store32(data + IP + 16, host);
    store16(data + UDP, (uint16_t)(0x00c0 | ((c->ports ^ c->ports >> 16) & 0xff3f)));
    store16(data + UDP + 6, 0);
    store16(data + INNER_ETH, (uint16_t)(vm.key_and_mac >> MAC_WIDTH));
    store32(data + INNER_ETH + 2, (uint32_t)vm.mac_and_host);
    store64(data + INNER_ETH + 6, (c->tenant & MAC_BITS) | (uint64_t)TYPE_IPV4 << MAC_WIDTH);

    const uint64_t inner_8 = (load64(data + INNER_IP + 8) & ~CHECKSUM) - 1; /* the TTL, which is 2 at least */
    const uint64_t inner_sum = halves(load64(data + INNER_IP)) + halves(inner_8) + load32(data + INNER_IP + 16);
    store32(data + INNER_IP + 8, (uint32_t)inner_8 | checksum(inner_sum) << 16);
    return (int)port;
}

static void process(struct worker *w, struct packet_in *in, unsigned packets)
{
    struct context contexts[BURST], *end = contexts;
    uint64_t received_bytes = 0, sent_bytes = 0;
    for (unsigned i = 0; i < packets; i++) {
        received_bytes += in[i].length;
        const enum drop reason = first(end, in[i].data, in[i].length);
        if (unlikely(reason != NONE))
            drop(w, reason, in[i].length);
        else
            end++;
    }
    struct packet_out *out = w->out;
    for (const struct context *c = contexts; c < end; c++) {
        const int port = second(c, w->now_ns);
        if (unlikely(port < 0)) {
            drop(w, (enum drop)-port, c->length);
            continue;
        }
        *out++ = (struct packet_out){c->data, c->length, (uint16_t)port};
        sent_bytes += c->length;
    }
    w->received += packets, w->received_bytes += received_bytes;
    w->sent += (uint64_t)(out - w->out), w->sent_bytes += sent_bytes;
    if (out != w->out)
        w->deliver(w->deliver_context, w->out, (unsigned)(out - w->out));
}

const struct pipeline_code by_hand_code = {PIPELINE_ABI, sizeof(struct context), process};

/* ---- for scripts/bench_by_hand.py. While no worker runs */

/* Make a table of `count` rows, numbered and with columns as in gateway.h. TABLE_OK or an error. */
int by_hand_fill(unsigned table, const uint64_t *rows, uint64_t entries)
{
    if (table >= TABLES)
        return TABLE_INVALID;
    void *made = filled(entries * table_rows[table].bytes + 1, 0);
    if (table == PORT_MAP)
        memset(gateway.port_map, 0, sizeof gateway.port_map);
    for (uint64_t i = 0; made && i < entries; i++)
        fill_row((enum table_number)table, rows + i * table_rows[table].columns, (uint8_t *)made + i * table_rows[table].bytes);
    const int done = made && make_table((enum table_number)table, made, entries);
    free(made);
    return done ? TABLE_OK : TABLE_NO_MEMORY;
}

/* Numbers of columns of a table's rows; 0: there is no such table. */
unsigned by_hand_columns(unsigned table)
{
    return table < TABLES ? table_rows[table].columns : 0;
}

/* After the table `policer` was made, of whatever entries. */
int by_hand_police(uint64_t index, uint64_t cir, uint64_t cburst, uint64_t pir, uint64_t pburst, uint64_t now_ns)
{
    if (index >= POLICERS || !gateway.policers)
        return TABLE_INVALID;
    policer_configure(&gateway.policers[index], cir, cburst, pir, pburst, now_ns);
    return TABLE_OK;
}

/* The colour of a packet, and its tokens spent: for the test that holds it to meter_execute. */
int by_hand_meter(uint64_t index, uint32_t bytes, uint64_t now_ns)
{
    return police(&gateway.policers[index], bytes, now_ns);
}

/* Packets and bytes so far: [DROPS], then [TENANTS_COUNTED], then green, yellow, red of [POLICERS]. */
void by_hand_counts(uint64_t *drops, uint64_t *by_tenant, uint64_t *policers)
{
    memcpy(drops, gateway.drops, sizeof gateway.drops);
    memcpy(by_tenant, gateway.by_tenant, sizeof gateway.by_tenant);
    for (unsigned i = 0; i < POLICERS; i++)
        memcpy(policers + i * 2 * COLORS, gateway.policers[i].count, sizeof gateway.policers[i].count);
}

/* As at first. */
void by_hand_clear(void)
{
    free(gateway.vtep.slots), free(gateway.vni.slots), free(gateway.source.buckets), free(gateway.router_mac.slots);
    free(gateway.policer.slots), free(gateway.endpoint.buckets), free(gateway.next_hop.slots), free(gateway.policers);
    acl_free(&gateway.acl);
    routes_free(&gateway.route);
    memset(&gateway, 0, sizeof gateway);
}
