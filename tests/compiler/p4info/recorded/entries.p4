/* const and initial entries with every match kind */
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

 action a(bit<8> x, bit<1> b, K k) { hdr.h.a = x; }
 table t1 { key = { hdr.h.a: exact; hdr.h.c: lpm; hdr.h.b: ternary; hdr.h.k: exact; meta.flag: exact; } actions = { a; NoAction; } const entries = { (1, 0x1200 &&& 0xff00, 5, K.A, true): a(1,1,K.B); (2, _, _, K.B, false): NoAction(); (3, 0x1234, 3 &&& 7, K.C, true): a(3, 0, K.A); (4, 0 &&& 0, 0 &&& 0, K.C, true): NoAction(); } }
 table t2 { key = { hdr.h.a: range; hdr.h.b: optional; hdr.h.c[7:0]: ternary @name("sl"); hdr.h.isValid(): exact; } actions = { a; NoAction; } entries = { priority = 30: (1 .. 5, _, _, true): a(1, 1, K.A); (7, 9, 1, true): NoAction(); const (0..255, 9, 1, false): NoAction(); } priority_delta = 10; }
 table t3 { key = { hdr.h.a: ternary; } actions = { NoAction; } entries = { 1: NoAction(); const 2: NoAction(); 3: NoAction(); } largest_priority_wins = false; }
 table t4 { key = { hdr.h.a: exact; } actions = { NoAction; } entries = { 1: NoAction(); const 2: NoAction(); 3: NoAction(); } }
 table t5 { key = { hdr.h.a: exact; } actions = { NoAction; } entries = { 1: NoAction(); } }
 table t6 { key = { hdr.h.a: ternary; } actions = { NoAction; } const entries = { 1: NoAction(); 2: NoAction(); _: NoAction(); } largest_priority_wins = false; priority_delta = 5; }
 table t7 { key = { hdr.h.f: exact; hdr.h.c: lpm; } actions = { NoAction; } const entries = { (1, default): NoAction(); } }

    apply { t1.apply(); t2.apply(); t3.apply(); t4.apply(); t5.apply();t6.apply(); t7.apply(); }
}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
control C(inout headers_t hdr, inout meta_t meta) { apply { } }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr.h); } }
 V1Switch(P(), V(), I(), E(), C(), D()) main;
