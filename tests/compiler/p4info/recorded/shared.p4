/* actions of the same name in two controls */
#include <core.p4>
#include <v1model.p4>
enum bit<8> K { A = 1, B = 2, C = 0x80 }
enum M { x, y, z }
header h_t { bit<8> a; bit<8> b; bit<16> c; bit<1> f; bit<7> g; K k; }

struct headers_t { h_t h; h_t[3] st;  }
struct meta_t { bit<8> m; bool flag; bit<48> mac; int<8> s; M e; error er;  }
parser P(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {  state start { pkt.extract(hdr.h);  transition accept; }  }
control V(inout headers_t hdr, inout meta_t meta) { apply { } }

control I(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {

 action a(bit<8> x) { hdr.h.a = x; } action un() {} action onlycalled(bit<8> y) { hdr.h.b = y; }
table t { key = { hdr.h.a : exact; } actions = { a; NoAction; } } table t2 { key = { hdr.h.a : exact; } actions = { a; @defaultonly NoAction; } default_action = NoAction; }
    apply { if (hdr.h.a == 1) { t.apply(); onlycalled(5);} else t2.apply(); }
}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { action a(bit<8> x) { hdr.h.b = x; } table t { key = { hdr.h.a : exact; } actions = { a; NoAction; } } @name("I.zz") table zz { key = { hdr.h.a : exact; } actions = { a; } default_action = a(1); } apply { t.apply(); zz.apply(); } }
control C(inout headers_t hdr, inout meta_t meta) { apply { } }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr.h); } }
 V1Switch(P(), V(), I(), E(), C(), D()) main;
