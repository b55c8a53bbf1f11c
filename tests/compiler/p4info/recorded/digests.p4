/* digests of structs, tuples, scalars: names and types */
#include <core.p4>
#include <v1model.p4>
enum bit<8> K { A = 1, B = 2, C = 0x80 }
enum M { x, y, z }
header h_t { bit<8> a; bit<8> b; bit<16> c; bit<1> f; bit<7> g; K k; }
struct d_t { bit<8> a; bit<16> b; } struct inner { bit<4> q; } struct dd_t { inner i; bit<8> z; K k; bool bb; error e; M m; }
struct headers_t { h_t h; h_t[3] st;  }
struct meta_t { bit<8> m; bool flag; bit<48> mac; int<8> s; M e; error er;  }
parser P(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {  state start { pkt.extract(hdr.h);  transition accept; }  }
control V(inout headers_t hdr, inout meta_t meta) { apply { } }

control I(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {

 action a() { digest<d_t>(1, { hdr.h.a, hdr.h.c }); } table t { key = {hdr.h.a: exact;} actions = { a; } }
    apply { t.apply(); digest(1, hdr.h.a); digest<tuple<bit<8>, bit<16>>>(2, { hdr.h.b, hdr.h.c }); digest(3, { hdr.h.b, hdr.h.c }); digest(2, meta.s); digest(2, {hdr.h.b, hdr.h.c}); digest(5, hdr.st[0].b); }
}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
control C(inout headers_t hdr, inout meta_t meta) { apply { } }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr.h); } }
 V1Switch(P(), V(), I(), E(), C(), D()) main;
