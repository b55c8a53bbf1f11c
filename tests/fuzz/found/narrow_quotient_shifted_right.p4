#include <core.p4>
#include <v1model.p4>
header h_t { bit<128> a; bit<128> b; bit<8> n; }
header o_t { bit<128> x; }
struct headers_t { h_t h; o_t o; }
struct meta_t { }
parser P(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start { pkt.extract(hdr.h); transition accept; }
}
control V(inout headers_t hdr, inout meta_t meta) { apply { } }
control I(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        std.egress_spec = 3;
        hdr.o = { ((hdr.h.a ^ hdr.h.b) / 128w36028797018963968) >> (hdr.h.n + 8w6) };
    }
}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
control C(inout headers_t hdr, inout meta_t meta) { apply { } }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr.o); } }
V1Switch(P(), V(), I(), E(), C(), D()) main;
