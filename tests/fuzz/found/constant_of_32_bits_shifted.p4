#include <core.p4>
#include <v1model.p4>
header h_t { bit<33> a; bit<1> b; bit<64> c; bit<6> pad; }
header o_t { bit<33> x; bit<64> y; bit<7> pad; bit<16> sum; }
struct headers_t { h_t h; o_t o; }
struct meta_t { }
parser P(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start { pkt.extract(hdr.h); transition accept; }
}
control V(inout headers_t hdr, inout meta_t meta) { apply { } }
control I(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        std.egress_spec = 3;
        hdr.o = { (32w0xffffffff ++ hdr.h.b) | (hdr.h.a - 1), hdr.h.c + (64w0x80000000 << 1), 0, 0 };
    }
}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
control C(inout headers_t hdr, inout meta_t meta) { apply {
    update_checksum(true, { 64w0xffffffff, hdr.h.pad, 64w5, 10w0 }, hdr.o.sum, HashAlgorithm.csum16);
} }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr.o); } }
V1Switch(P(), V(), I(), E(), C(), D()) main;
