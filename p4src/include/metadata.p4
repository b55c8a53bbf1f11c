// What is known of a packet besides its headers. All zero at the start.

struct metadata_t {
    DropReason drop_reason;
    bit<1>     routed;         // between subnets: TTL and MAC addresses change
    bit<1>     has_ports;      // l4_src and l4_dst are the packet's
    port_t     egress_port;
    tenant_t   tenant;
    bit<16>    l4_src;         // 0 without ports
    bit<16>    l4_dst;
    bit<16>    entropy;        // outer UDP source port to send with
    ipv4_t     local_ip;       // underlay address that the packet is for (ARP: asks for)
    ipv4_t     source_ip;      // inner sender
    ipv4_t     target_ip;      // inner destination (ARP: address asked for)
    ipv4_t     host;           // tunnel endpoint to send to
    mac_t      local_mac;      // MAC of local_ip
    mac_t      gateway_mac;    // MAC of the tenant's gateway addresses
    mac_t      vm_mac;         // MAC of target_ip
}
