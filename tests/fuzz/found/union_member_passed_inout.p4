#include <core.p4>
#include <v1model.p4>
header k_t { bit<8> sel; }
header h1_t { bit<8> f0; }
header h2_t { bit<8> f0; }
header_union u_t { h1_t x; h2_t y; }
struct meta_t { bit<8> m0; }
header o_t { bit<8> r; }
struct headers_t { k_t k; u_t u; o_t o; }
bit<8> f(inout h1_t p) { return p.isValid() ? p.f0 : 8w7; }
action ag(inout h1_t p) { p.f0 = 4; }
control Sub(inout h1_t p) { apply { p.f0 = 5; } }
parser P(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start { pkt.extract(hdr.k); pkt.extract(hdr.u.y); transition accept; }
}
control V(inout headers_t hdr, inout meta_t meta) { apply { } }
control I(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    Sub() sub;
    apply {
        hdr.o.setValid(); hdr.o.r = 0; std.egress_spec = 2;
        switch (hdr.k.sel) {
          1: { hdr.o.r = f(hdr.u.x); }
          2: { ag(hdr.u.x); }
          3: { sub.apply(hdr.u.x); }
        }
    }
}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
control C(inout headers_t hdr, inout meta_t meta) { apply { } }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr); } }
V1Switch(P(), V(), I(), E(), C(), D()) main;
