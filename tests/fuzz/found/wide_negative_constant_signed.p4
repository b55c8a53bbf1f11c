#include <core.p4>
#include <v1model.p4>
header h_t { bit<8> c; int<127> f; bit<1> pad; }
header o_t { bit<8> x; }
struct headers_t { h_t h; o_t o; }
struct meta_t { }
parser P(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start { pkt.extract(hdr.h); transition accept; }
}
control V(inout headers_t hdr, inout meta_t meta) { apply { } }
control I(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        std.egress_spec = 3;
        hdr.o = { 0 };
        if ((hdr.h.c == 1 ? hdr.h.f : ((int<127>) (-60193554055806847609580593307782813720))) > (hdr.h.c == 2 ? hdr.h.f : 127s85070591730234615865843651857942052863)) {
            hdr.o.x = 1;
        }
    }
}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
control C(inout headers_t hdr, inout meta_t meta) { apply { } }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr.o); } }
V1Switch(P(), V(), I(), E(), C(), D()) main;
