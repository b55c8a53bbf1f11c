/* default actions with arguments of every type that can be one */
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

 action a(bit<8> x, K k, int<8> s, bit<33> w) { hdr.h.a = x; }
 action e() {}
 action dirn(inout bit<8> q, bit<8> v) { q = v; }
 table t1 { key = { hdr.h.a: exact; } actions = { a; e; } const default_action = a(1, K.B, 5, 0x1FFFFFFFF); }
 table t2 { key = { hdr.h.a: exact; } actions = { a; e; } default_action = e; }
 table t3 { key = { hdr.h.a: exact; } actions = { @defaultonly e; @tableonly a; } const default_action = e; size = 3; const entries = { 1: a(1,K.A,0,0); } }
 table t4 { key = { hdr.h.a: exact; } actions = { dirn(hdr.h.b); } default_action = dirn(hdr.h.b, 7); entries = { 1: dirn(hdr.h.b, 3); const 2: dirn(hdr.h.b, 4); } }
 table t5 { key = { hdr.h.a: exact; } actions = { a; } default_action = a(1, K.B, 5, 0x1FFFFFFFF); const entries = { } }

    apply { t1.apply(); t2.apply(); t3.apply(); t4.apply(); t5.apply(); }
}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
control C(inout headers_t hdr, inout meta_t meta) { apply { } }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr.h); } }
 V1Switch(P(), V(), I(), E(), C(), D()) main;
