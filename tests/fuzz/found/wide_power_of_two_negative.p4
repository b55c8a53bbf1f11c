#include <core.p4>
#include <v1model.p4>
header h_t { bit<129> a; int<129> b; bit<6> pad; }
struct headers_t { h_t h; }
struct meta_t { bit<129> m; }
parser P(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start { pkt.extract(hdr.h); transition accept; }
}
control V(inout headers_t hdr, inout meta_t meta) { apply { } }
control I(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        std.egress_spec = 3;
        hdr.h.a |+|= (((int<129>) (-340282366920938463463374607431768211456)) |+| hdr.h.b)[128:0];
    }
}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
control C(inout headers_t hdr, inout meta_t meta) { apply { } }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr); } }
V1Switch(P(), V(), I(), E(), C(), D()) main;
