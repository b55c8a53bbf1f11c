#include <core.p4>
#include <v1model.p4>
header h_t { bit<5> a; bit<64> b; bit<4> c; bit<55> d; }
header o_t { bit<16> sum; }
struct headers_t { h_t h; o_t o; }
struct meta_t { }
parser P(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start { pkt.extract(hdr.h); transition accept; }
}
control V(inout headers_t hdr, inout meta_t meta) { apply { } }
control I(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply { std.egress_spec = 3; hdr.o.setValid(); }
}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
control C(inout headers_t hdr, inout meta_t meta) { apply {
    update_checksum(true, { hdr.h.a, hdr.h.b, hdr.h.c, hdr.h.d }, hdr.o.sum, HashAlgorithm.csum16);
} }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr.o); } }
V1Switch(P(), V(), I(), E(), C(), D()) main;
