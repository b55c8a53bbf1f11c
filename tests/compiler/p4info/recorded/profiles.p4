/* action profiles and selectors, in place and shared */
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

 action a(bit<8> x) { hdr.h.a = x; }
 @max_group_size(5) @selector_size_semantics("sum_of_members") @max_member_weight(9) action_selector(HashAlgorithm.crc32, 10, 16) s1;
 @max_group_size(5) @selector_size_semantics("sum_of_weights") action_selector(HashAlgorithm.crc32, 10, 16) s2; @id(3) action_profile(5) p1; action_profile(6) unused;
 table t1 { key = { hdr.h.a: exact; hdr.h.b : selector; } actions = { a; NoAction; } implementation = s1; }
 table t2 { key = { hdr.h.b : selector; hdr.h.a: exact; hdr.h.c: lpm; } actions = { a; NoAction; } implementation = s1; }
 table t3 { key = { hdr.h.a: exact; hdr.h.b : selector; } actions = { a; NoAction; } implementation = s2; }
 table t4 { key = { hdr.h.a: exact; } actions = { a; NoAction; } implementation = p1; support_timeout = true; }
 table t5 { key = { hdr.h.a: exact; } actions = { a; NoAction; } @name("inpl") implementation = action_profile(8); support_timeout = false; }
 table t6 { key = { hdr.h.a: exact; } actions = { a; NoAction; } @name("cc") counters = direct_counter(CounterType.packets_and_bytes);  }

    apply { t1.apply();  t3.apply(); t4.apply(); t5.apply();t6.apply(); }
}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
control C(inout headers_t hdr, inout meta_t meta) { apply { } }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr.h); } }
 V1Switch(P(), V(), I(), E(), C(), D()) main;
