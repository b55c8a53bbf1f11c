/* The tables of ten_tables.p4 by hand, and how entries come into them: by_hand_fill once for each table, before any packet.
 *
 * Entries are rows of numbers as P4Runtime has them. Here they are turned round once, into what lies in packets. */
#ifndef BY_HAND_GATEWAY_H
#define BY_HAND_GATEWAY_H

#include "acl.h"
#include "maps.h"
#include "policers.h"
#include "routes.h"

enum drop {
    NONE,
    MALFORMED,
    NOT_OURS,
    TENANT,
    SPOOFED,
    NOT_ROUTED,
    DENIED,
    POLICED,
    NO_ROUTE,
    NO_ENDPOINT,
    NO_HOST,
    NO_PORT,
    DROPS
};

#define TYPE_IPV4 0x0008u /* as it lies in the packet */
#define MAC_BITS UINT64_C(0xffffffffffff)
#define MAC_WIDTH 48
#define TENANTS_COUNTED 4096
#define POLICERS 65536
#define NO_POLICER POLICERS
#define PORTS 512

/* What a port sends with. */
struct egress {
    uint64_t mac_and_type; /* the source MAC, then the EtherType, which is always the same; 0: no such port */
    uint64_t ip;
};

static struct {
    struct small_map vtep;
    struct small_map vni; /* -> the gateway's MAC, then the tenant */
    struct source_set source;
    struct small_map router_mac;
    struct small_map policer; /* -> index into policers, or NO_POLICER */
    struct acl acl;
    struct routes route;
    struct endpoint_map endpoint;
    struct small_map next_hop; /* -> MAC, then the port */
    struct egress port_map[PORTS];
    struct policer *policers; /* [POLICERS] */
    struct count by_tenant[TENANTS_COUNTED], drops[DROPS];
} gateway;

/* ---- keys. Fields as they lie in the packet; the tenant as a number */

/* Half of the address; the slot's second word has it all. */
INLINE uint64_t vtep_key(uint64_t mac, uint32_t ip)
{
    return mac | (uint64_t)(ip >> 16) << MAC_WIDTH;
}

/* The tenant is in the slot's second word too, as this may be EMPTY. */
INLINE uint64_t router_mac_key(uint64_t mac, uint64_t tenant)
{
    return mac | tenant << MAC_WIDTH;
}

INLINE uint64_t policer_key(uint64_t tenant, uint8_t tos)
{
    return tenant << 8 | tos;
}

/* `mac_and_type`: the inner source MAC and what follows it, the EtherType, which is always the same by then. */
INLINE struct source_key source_key(uint64_t tenant, uint32_t ip, uint64_t mac_and_type, uint32_t host)
{
    return (struct source_key){host | (uint64_t)ip << 32, mac_and_type + (tenant << MAC_WIDTH)};
}

INLINE uint64_t endpoint_key(uint64_t tenant, uint32_t ip)
{
    return tenant << 32 | ip;
}

/* ---- entries */

static inline uint32_t ip_bytes(uint64_t number)
{
    return __builtin_bswap32((uint32_t)number);
}

static inline uint64_t mac_bytes(uint64_t number)
{
    return __builtin_bswap64(number) >> 16;
}

static inline uint64_t with_type(uint64_t mac)
{
    return mac | (uint64_t)TYPE_IPV4 << MAC_WIDTH;
}

static int by_priority(const void *a, const void *b)
{
    const struct acl_rule *x = a, *y = b;
    return (x->priority < y->priority) - (x->priority > y->priority);
}

/* tenant, source, destination, protocol, ports: value and mask of each; priority; 1: deny, 0: permit */
static struct acl_rule acl_rule(const uint64_t *row)
{
    static const struct {
        uint8_t at, bytes, turned;
    } field[] = {{12, 2, 0}, {0, 4, 1}, {4, 4, 1}, {14, 1, 0}, {8, 2, 1}, {10, 2, 1}};
    struct acl_rule rule = {{0}, {0}, row[12], (int)row[13]};
    for (unsigned f = 0; f < 6; f++)
        for (unsigned i = 0; i < field[f].bytes; i++) {
            unsigned shift = 8 * (field[f].turned ? field[f].bytes - 1 - i : i);
            rule.value[field[f].at + i] = (uint8_t)(row[2 * f] >> shift);
            rule.mask[field[f].at + i] = (uint8_t)(row[2 * f + 1] >> shift);
        }
    return rule;
}

/* Columns of each table's rows, and what becomes of row number i. */
enum table_number { VTEP, VNI, SOURCE, ROUTER_MAC, POLICER, ACL, ROUTE, ENDPOINT, NEXT_HOP, PORT_MAP, TABLES };
static const struct {
    unsigned columns, bytes;
} table_rows[TABLES] = {
    [VTEP] = {2, sizeof(struct small_slot)},       /* MAC, address */
    [VNI] = {3, sizeof(struct small_slot)},        /* VNI; tenant, the gateway's MAC */
    [SOURCE] = {4, sizeof(struct source_key)},     /* tenant, address, MAC, host */
    [ROUTER_MAC] = {2, sizeof(struct small_slot)}, /* tenant, MAC */
    [POLICER] = {4, sizeof(struct small_slot)},    /* tenant, TOS; 1: police, 0: unlimited; index */
    [ACL] = {14, sizeof(struct acl_rule)},         /* see acl_rule */
    [ROUTE] = {5, sizeof(struct route)},           /* tenant, address, prefix length; 1: connected, 0: via; address */
    [ENDPOINT] = {4, sizeof(struct endpoint)},     /* tenant, address; MAC, host */
    [NEXT_HOP] = {3, sizeof(struct small_slot)},   /* host; port, MAC */
    [PORT_MAP] = {3, sizeof(struct egress)},       /* port; MAC, address */
};

static void fill_row(enum table_number table, const uint64_t *row, void *to)
{
    switch (table) {
    case VTEP:
        *(struct small_slot *)to = (struct small_slot){vtep_key(mac_bytes(row[0]), ip_bytes(row[1])), ip_bytes(row[1])};
        break;
    case VNI:
        *(struct small_slot *)to = (struct small_slot){ip_bytes(row[0]) >> 8, mac_bytes(row[2]) | row[1] << MAC_WIDTH};
        break;
    case SOURCE:
        *(struct source_key *)to = source_key(row[0], ip_bytes(row[1]), with_type(mac_bytes(row[2])), ip_bytes(row[3]));
        break;
    case ROUTER_MAC:
        *(struct small_slot *)to = (struct small_slot){router_mac_key(mac_bytes(row[1]), row[0]), row[0]};
        break;
    case POLICER:
        *(struct small_slot *)to = (struct small_slot){policer_key(row[0], (uint8_t)row[1]), row[2] ? row[3] : NO_POLICER};
        break;
    case ACL:
        *(struct acl_rule *)to = acl_rule(row);
        break;
    case ROUTE:
        *(struct route *)to =
            (struct route){(uint32_t)row[0], (uint32_t)row[1], (uint32_t)row[2], (int)row[3], ip_bytes(row[4])};
        break;
    case ENDPOINT:
        *(struct endpoint *)to =
            (struct endpoint){endpoint_key(row[0], ip_bytes(row[1])) | mac_bytes(row[2]) << MAC_WIDTH,
                              mac_bytes(row[2]) >> 16 | (uint64_t)ip_bytes(row[3]) << 32};
        break;
    case NEXT_HOP:
        *(struct small_slot *)to = (struct small_slot){ip_bytes(row[0]), mac_bytes(row[2]) | row[1] << MAC_WIDTH};
        break;
    case PORT_MAP:
        gateway.port_map[row[0]] = (struct egress){with_type(mac_bytes(row[1])), ip_bytes(row[2])};
        break;
    case TABLES:
        break;
    }
}

static int make_table(enum table_number table, void *entries, uint64_t count)
{
    switch (table) {
    case VTEP:
        return small_make(&gateway.vtep, entries, count);
    case VNI:
        return small_make(&gateway.vni, entries, count);
    case SOURCE:
        return source_make(&gateway.source, entries, count);
    case ROUTER_MAC:
        return small_make(&gateway.router_mac, entries, count);
    case POLICER:
        if (!gateway.policers && !(gateway.policers = filled(POLICERS * sizeof *gateway.policers, 0)))
            return 0;
        return small_make(&gateway.policer, entries, count);
    case ACL:
        qsort(entries, count, sizeof(struct acl_rule), by_priority);
        return acl_make(&gateway.acl, entries, count);
    case ROUTE:
        return routes_make(&gateway.route, entries, count);
    case ENDPOINT:
        return endpoint_make(&gateway.endpoint, entries, count);
    case NEXT_HOP:
        return small_make(&gateway.next_hop, entries, count);
    case PORT_MAP:
    case TABLES:
        break;
    }
    return 1;
}

#endif
