// Why a packet was dropped. The value is the index into the counter `drops`; the names reach the controller through
// P4Info (type_info, because the action `drop` takes one). docs/gateway.md explains each. Numbers are never reused.

enum bit<8> DropReason {
    NONE               = 0,     // not dropped

    // The outer packet.
    PARSER_ERROR       = 1,     // ends within a header
    OUTER_ETHERTYPE    = 2,     // neither IPv4 nor ARP
    NOT_LOCAL          = 3,     // for an address that is not ours
    OUTER_MAC          = 4,     // for our address, but another MAC
    OUTER_HEADER       = 5,     // IPv4 version or IHL
    OUTER_OPTIONS      = 6,
    OUTER_FRAGMENT     = 7,
    OUTER_CHECKSUM     = 8,
    OUTER_LENGTH       = 9,     // IPv4 or UDP length against the frame
    NOT_VXLAN          = 10,    // for us, but not UDP port 4789
    VXLAN_FLAGS        = 11,    // I flag clear
    UNDERLAY_ARP       = 12,    // ARP for us that is not a well-formed request

    // The inner packet.
    UNKNOWN_VNI        = 13,
    INNER_VLAN         = 14,
    INNER_ETHERTYPE    = 15,    // neither IPv4 nor ARP
    INNER_HEADER       = 16,    // IPv4 version or IHL
    INNER_OPTIONS      = 17,
    INNER_CHECKSUM     = 18,
    INNER_LENGTH       = 19,    // IPv4 length, or an ARP body, against the outer UDP length
    MARTIAN            = 20,    // source is multicast, broadcast, loopback or zero
    SPOOFED            = 21,    // outer source, tenant, inner source IP and MAC do not belong together

    // Policy and forwarding.
    ACL_DENIED         = 22,
    TTL_EXPIRED        = 23,
    NO_ROUTE           = 24,
    BLACKHOLE          = 25,    // a route says so
    UNKNOWN_VM         = 26,    // no such address in the tenant
    INNER_MAC          = 27,    // neither the gateway's nor the destination VM's
    TO_GATEWAY         = 28,    // IPv4 for a gateway address
    NO_NEXT_HOP        = 29,    // no way to the destination's host

    // ARP of VMs.
    ARP_MALFORMED      = 30,    // not Ethernet and IPv4
    ARP_NOT_REQUEST    = 31,
    ARP_PROBE          = 32,    // sender address 0.0.0.0 (RFC 5227)
    ARP_GRATUITOUS     = 33,    // sender and target address are the same
    ARP_UNKNOWN_TARGET = 34
}

// Cells of the counter.
const bit<32> DROP_REASONS = 64;
