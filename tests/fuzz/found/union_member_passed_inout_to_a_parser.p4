#include <core.p4>
#include <v1model.p4>
header k_t { bit<8> sel; }
header h1_t { bit<8> f0; }
header h2_t { bit<8> f0; }
header_union u_t { h1_t x; h2_t y; }
struct meta_t { bit<8> m0; }
header o_t { bit<8> r; }
struct headers_t { k_t k; u_t u; o_t o; }
parser Q(packet_in pkt, inout h1_t p) { state start { transition accept; } }
parser Q1(packet_in pkt, inout h1_t p) { state start { p = {9}; transition accept; } }
parser Q2(packet_in pkt, inout h1_t p, in bit<8> s) { state start { transition select(s) { 4: more; default: accept; } } state more { pkt.extract(p); transition accept; } }
parser P(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start { pkt.extract(hdr.k); pkt.extract(hdr.u.y); meta.m0 = 1; transition select(hdr.k.sel) { 1: a; 2: b; 3: c; 4: c; default: accept; } }
    state a { Q.apply(pkt, hdr.u.x); meta.m0 = 2; transition accept; }
    state b { Q1.apply(pkt, hdr.u.x); transition accept; }
    state c { Q2.apply(pkt, hdr.u.x, hdr.k.sel); meta.m0 = 5; transition accept; }
}
control V(inout headers_t hdr, inout meta_t meta) { apply { } }
control I(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.o.setValid(); hdr.o.r = meta.m0; std.egress_spec = 2;
    }
}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
control C(inout headers_t hdr, inout meta_t meta) { apply { } }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr); } }
V1Switch(P(), V(), I(), E(), C(), D()) main;
