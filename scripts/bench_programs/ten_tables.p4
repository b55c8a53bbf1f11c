// A VXLAN gateway of ten tables for the engine's benchmark: eight exact, a route, an access list; a policer, two checksums
// (the outer IPv4 header's verified, the outer and the inner one's updated), counters by tenant and by drop reason.
// It routes between a tenant's subnets: a packet comes from one host's tunnel and leaves through another's.

#include <core.p4>
#include <v1model.p4>

typedef bit<48> mac_t;
typedef bit<32> ipv4_t;
typedef bit<16> tenant_t;

const bit<16> TYPE_IPV4  = 0x0800;
const bit<8>  PROTO_TCP  = 6;
const bit<8>  PROTO_UDP  = 17;
const bit<16> VXLAN_PORT = 4789;
const bit<2>  RED        = 2;

header ethernet_h {
    mac_t   dst;
    mac_t   src;
    bit<16> type;
}

header ipv4_h {
    bit<4>  version;
    bit<4>  ihl;
    bit<8>  tos;
    bit<16> len;
    bit<16> id;
    bit<3>  flags;
    bit<13> frag;
    bit<8>  ttl;
    bit<8>  proto;
    bit<16> csum;
    ipv4_t  src;
    ipv4_t  dst;
}

header udp_h {
    bit<16> sport;
    bit<16> dport;
    bit<16> len;
    bit<16> csum;
}

header tcp_h {
    bit<16> sport;
    bit<16> dport;
    bit<32> seq;
    bit<32> ack;
    bit<4>  offset;
    bit<4>  reserved;
    bit<8>  flags;
    bit<16> window;
    bit<16> csum;
    bit<16> urgent;
}

header vxlan_h {
    bit<8>  flags;
    bit<24> reserved;
    bit<24> vni;
    bit<8>  reserved2;
}

struct headers_t {
    ethernet_h eth;
    ipv4_h     ip;
    udp_h      udp;
    vxlan_h    vxlan;
    ethernet_h inner_eth;
    ipv4_h     inner_ip;
    tcp_h      inner_tcp;
    udp_h      inner_udp;
}

enum bit<8> Drop {
    NONE        = 0,
    MALFORMED   = 1,    // parser error, wrong checksum, not VXLAN over IPv4
    NOT_OURS    = 2,
    TENANT      = 3,
    SPOOFED     = 4,
    NOT_ROUTED  = 5,
    DENIED      = 6,
    POLICED     = 7,
    NO_ROUTE    = 8,
    NO_ENDPOINT = 9,
    NO_HOST     = 10,
    NO_PORT     = 11
}

struct metadata_t {
    Drop     drop;
    tenant_t tenant;
    bit<32>  policer;
    bit<2>   color;
    bit<16>  sport;
    bit<16>  dport;
    ipv4_t   next;         // inner address whose endpoint is looked up
    ipv4_t   host;         // tunnel endpoint to send to
    mac_t    vm_mac;
    mac_t    gateway_mac;
}

parser TenParser(packet_in pkt, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.eth);
        transition select(hdr.eth.type) {
            TYPE_IPV4: ipv4;
            default: accept;
        }
    }
    state ipv4 {
        pkt.extract(hdr.ip);
        transition select(hdr.ip.version, hdr.ip.ihl, hdr.ip.frag, hdr.ip.proto) {
            (4, 5, 0, PROTO_UDP): udp;
            default: accept;
        }
    }
    state udp {
        pkt.extract(hdr.udp);
        transition select(hdr.udp.dport) {
            VXLAN_PORT: vxlan;
            default: accept;
        }
    }
    state vxlan {
        pkt.extract(hdr.vxlan);
        pkt.extract(hdr.inner_eth);
        transition select(hdr.inner_eth.type) {
            TYPE_IPV4: inner_ipv4;
            default: accept;
        }
    }
    state inner_ipv4 {
        pkt.extract(hdr.inner_ip);
        transition select(hdr.inner_ip.ihl, hdr.inner_ip.frag, hdr.inner_ip.proto) {
            (5, 0, PROTO_TCP): inner_tcp;
            (5, 0, PROTO_UDP): inner_udp;
            default: accept;
        }
    }
    state inner_tcp {
        pkt.extract(hdr.inner_tcp);
        meta.sport = hdr.inner_tcp.sport;
        meta.dport = hdr.inner_tcp.dport;
        transition accept;
    }
    state inner_udp {
        pkt.extract(hdr.inner_udp);
        meta.sport = hdr.inner_udp.sport;
        meta.dport = hdr.inner_udp.dport;
        transition accept;
    }
}

#define CHECKSUM_FIELDS(h) { h.version, h.ihl, h.tos, h.len, h.id, h.flags, h.frag, h.ttl, h.proto, h.src, h.dst }

control TenVerify(inout headers_t hdr, inout metadata_t meta) {
    apply {
        verify_checksum(hdr.ip.isValid(), CHECKSUM_FIELDS(hdr.ip), hdr.ip.csum, HashAlgorithm.csum16);
    }
}

control TenUpdate(inout headers_t hdr, inout metadata_t meta) {
    apply {
        update_checksum(hdr.ip.isValid(), CHECKSUM_FIELDS(hdr.ip), hdr.ip.csum, HashAlgorithm.csum16);
        update_checksum(hdr.inner_ip.isValid(), CHECKSUM_FIELDS(hdr.inner_ip), hdr.inner_ip.csum, HashAlgorithm.csum16);
    }
}

control TenIngress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    counter(256, CounterType.packets_and_bytes) drops;
    counter(4096, CounterType.packets_and_bytes) by_tenant;
    meter(65536, MeterType.bytes) policers;

    action drop(Drop reason) {
        meta.drop = reason;
    }

    // 1: packets to one of the gateway's tunnel endpoints
    action local() { }
    table vtep {
        key = { hdr.eth.dst: exact; hdr.ip.dst: exact; }
        actions = { local; @defaultonly drop; }
        const default_action = drop(Drop.NOT_OURS);
        size = 256;
    }

    // 2: the tenant of a VNI
    action set_tenant(tenant_t tenant, mac_t gateway_mac) {
        meta.tenant = tenant;
        meta.gateway_mac = gateway_mac;
        by_tenant.count((bit<32>)tenant);
    }
    table vni {
        key = { hdr.vxlan.vni: exact; }
        actions = { set_tenant; @defaultonly drop; }
        const default_action = drop(Drop.TENANT);
        size = 4096;
    }

    // 3: is the sender who it says it is, and does it live on that host?
    action genuine() { }
    table source {
        key = { meta.tenant: exact; hdr.inner_ip.src: exact; hdr.inner_eth.src: exact; hdr.ip.src: exact; }
        actions = { genuine; @defaultonly drop; }
        const default_action = drop(Drop.SPOOFED);
        size = 1048576;
    }

    // 4: packets to the tenant's gateway are routed
    action routed() { }
    table router_mac {
        key = { meta.tenant: exact; hdr.inner_eth.dst: exact; }
        actions = { routed; @defaultonly drop; }
        const default_action = drop(Drop.NOT_ROUTED);
        size = 4096;
    }

    // 5: the policer of a tenant's class of service
    action police(bit<32> policer) {
        policers.execute_meter(policer, meta.color);
    }
    action unlimited() { }
    table policer {
        key = { meta.tenant: exact; hdr.inner_ip.tos: exact; }
        actions = { police; unlimited; }
        const default_action = unlimited();
        size = 65536;
    }

    // 6
    action permit() { }
    action deny() {
        meta.drop = Drop.DENIED;
    }
    table acl {
        key = {
            meta.tenant       : ternary;
            hdr.inner_ip.src  : ternary;
            hdr.inner_ip.dst  : ternary;
            hdr.inner_ip.proto: ternary;
            meta.sport        : ternary;
            meta.dport        : ternary;
        }
        actions = { permit; deny; }
        const default_action = permit();
        size = 4096;
    }

    // 7
    action connected() {
        meta.next = hdr.inner_ip.dst;
    }
    action via(ipv4_t next) {
        meta.next = next;
    }
    table route {
        key = { meta.tenant: exact; hdr.inner_ip.dst: lpm; }
        actions = { connected; via; @defaultonly drop; }
        const default_action = drop(Drop.NO_ROUTE);
        size = 16384;
    }

    // 8: the VM that has an address, and the host that it lives on
    action vm(mac_t mac, ipv4_t host) {
        meta.vm_mac = mac;
        meta.host = host;
    }
    table endpoint {
        key = { meta.tenant: exact; meta.next: exact; }
        actions = { vm; @defaultonly drop; }
        const default_action = drop(Drop.NO_ENDPOINT);
        size = 1048576;
    }

    // 9: the way to a host in the underlay
    action to_port(bit<9> port, mac_t mac) {
        std.egress_spec = port;
        hdr.eth.dst = mac;
    }
    table next_hop {
        key = { meta.host: exact; }
        actions = { to_port; @defaultonly drop; }
        const default_action = drop(Drop.NO_HOST);
        size = 4096;
    }

    // 10: what a port sends with
    action send_as(mac_t mac, ipv4_t vtep_ip) {
        hdr.eth.src = mac;
        hdr.ip.src = vtep_ip;
    }
    table port_map {
        key = { std.egress_spec: exact; }
        actions = { send_as; @defaultonly drop; }
        const default_action = drop(Drop.NO_PORT);
        size = 512;
    }

    action rewrite() {
        hdr.ip.dst = meta.host;
        hdr.ip.ttl = 64;
        hdr.udp.sport = 0xc000 | (meta.sport ^ meta.dport) & 0x3fff;
        hdr.udp.csum = 0;
        hdr.inner_eth.src = meta.gateway_mac;
        hdr.inner_eth.dst = meta.vm_mac;
        hdr.inner_ip.ttl = hdr.inner_ip.ttl - 1;
    }

    apply {
        if (std.parser_error != error.NoError || std.checksum_error == 1 || !hdr.inner_ip.isValid()
            || hdr.inner_ip.ttl <= 1) {
            drop(Drop.MALFORMED);
        } else if (vtep.apply().hit && vni.apply().hit && source.apply().hit && router_mac.apply().hit) {
            policer.apply();
            if (meta.color == RED) {
                drop(Drop.POLICED);
            } else {
                acl.apply();
                if (meta.drop == Drop.NONE && route.apply().hit && endpoint.apply().hit && next_hop.apply().hit) {
                    port_map.apply();
                    rewrite();
                }
            }
        }
        if (meta.drop != Drop.NONE) {
            drops.count((bit<32>)(bit<8>)meta.drop);
            mark_to_drop(std);
        }
    }
}

control TenEgress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    apply { }
}

control TenDeparser(packet_out pkt, in headers_t hdr) {
    apply {
        pkt.emit(hdr);
    }
}

V1Switch(TenParser(), TenVerify(), TenIngress(), TenEgress(), TenUpdate(), TenDeparser()) main;
