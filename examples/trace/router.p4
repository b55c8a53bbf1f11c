// A router with an access list: the example of docs/trace.md.
#include <core.p4>
#include <v1model.p4>

header ethernet_t { bit<48> dst; bit<48> src; bit<16> type; }
header ipv4_t {
    bit<4> version; bit<4> ihl; bit<8> tos; bit<16> len;
    bit<16> id; bit<3> flags; bit<13> frag;
    bit<8> ttl; bit<8> proto; bit<16> csum;
    bit<32> src; bit<32> dst;
}
header ports_t { bit<16> src; bit<16> dst; }
struct headers_t { ethernet_t eth; ipv4_t ipv4; ports_t l4; }
struct meta_t { bit<16> dport; }

parser RouterParser(packet_in p, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        p.extract(hdr.eth);
        transition select(hdr.eth.type) {
            0x800: ipv4;
            default: accept;
        }
    }
    state ipv4 {
        p.extract(hdr.ipv4);
        transition select(hdr.ipv4.ihl, hdr.ipv4.proto) {
            (5, 6): l4;
            (5, 17): l4;
            default: accept;
        }
    }
    state l4 {
        p.extract(hdr.l4);
        meta.dport = hdr.l4.dst;
        transition accept;
    }
}

control RouterVerify(inout headers_t hdr, inout meta_t meta) {
    apply {
        verify_checksum(hdr.ipv4.isValid(), { hdr.ipv4.version, hdr.ipv4.ihl, hdr.ipv4.tos, hdr.ipv4.len, hdr.ipv4.id,
            hdr.ipv4.flags, hdr.ipv4.frag, hdr.ipv4.ttl, hdr.ipv4.proto, hdr.ipv4.src, hdr.ipv4.dst },
            hdr.ipv4.csum, HashAlgorithm.csum16);
    }
}

control RouterIngress(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    direct_counter(CounterType.packets) denied;

    action permit() { }
    action deny() {
        denied.count();
        mark_to_drop(std);
        exit;
    }
    action mirror(bit<32> session) { clone(CloneType.I2E, session); }
    table acl {
        key = {
            hdr.ipv4.src: ternary @name("src");
            meta.dport: range @name("dport");
        }
        actions = { permit; deny; mirror; }
        default_action = permit();
        counters = denied;
    }

    action drop() { mark_to_drop(std); }
    action forward(bit<9> port, bit<48> mac) {
        std.egress_spec = port;
        hdr.eth.dst = mac;
        hdr.ipv4.ttl = hdr.ipv4.ttl - 1;
    }
    table route {
        key = { hdr.ipv4.dst: lpm @name("dst"); }
        actions = { forward; drop; }
        default_action = drop();
    }

    apply {
        if (!hdr.ipv4.isValid() || std.checksum_error == 1) {
            drop();
            return;
        }
        acl.apply();
        route.apply();
    }
}

control RouterEgress(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }

control RouterCompute(inout headers_t hdr, inout meta_t meta) {
    apply {
        update_checksum(hdr.ipv4.isValid(), { hdr.ipv4.version, hdr.ipv4.ihl, hdr.ipv4.tos, hdr.ipv4.len, hdr.ipv4.id,
            hdr.ipv4.flags, hdr.ipv4.frag, hdr.ipv4.ttl, hdr.ipv4.proto, hdr.ipv4.src, hdr.ipv4.dst },
            hdr.ipv4.csum, HashAlgorithm.csum16);
    }
}

control RouterDeparser(packet_out p, in headers_t hdr) {
    apply { p.emit(hdr); }
}

V1Switch(RouterParser(), RouterVerify(), RouterIngress(), RouterEgress(), RouterCompute(), RouterDeparser()) main;
