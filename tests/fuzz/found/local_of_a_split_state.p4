#include <core.p4>
#include <v1model.p4>
header h_t { bit<16> a; }
struct headers_t { h_t h; }
struct meta_t { }
parser Q(packet_in pkt, out h_t x, in bit<8> p) {
    state start {
        bit<8> look = pkt.lookahead<bit<8>>();
        pkt.extract(x);
        if (look == 10) {
            x.a = look ++ p;
        }
        transition accept;
    }
}
parser P(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    Q() q;
    state start { q.apply(pkt, hdr.h, 7); transition accept; }
}
control V(inout headers_t hdr, inout meta_t meta) { apply { } }
control I(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { std.egress_spec = 3; } }
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
control C(inout headers_t hdr, inout meta_t meta) { apply { } }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr); } }
V1Switch(P(), V(), I(), E(), C(), D()) main;
