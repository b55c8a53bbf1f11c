/* actions and externs at top level */
#include <core.p4>
#include <v1model.p4>
enum bit<8> K { A = 1, B = 2, C = 0x80 }
enum M { x, y, z }
header h_t { bit<8> a; bit<8> b; bit<16> c; bit<1> f; bit<7> g; K k; }
action glob(inout bit<8> q, bit<8> v) { q = v; } @name("g2") @id(55) action glob2() { } counter(5, CounterType.bytes) tc; register<bit<8>>(4) tr; @name("tname") meter(4, MeterType.bytes) tm; action_profile(4) tp;
struct headers_t { h_t h; h_t[3] st;  }
struct meta_t { bit<8> m; bool flag; bit<48> mac; int<8> s; M e; error er;  }
parser P(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {  state start { pkt.extract(hdr.h);  transition accept; }  }
control V(inout headers_t hdr, inout meta_t meta) { apply { } }

control I(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {

 table t { key = { hdr.h.a : exact; } actions = { glob(hdr.h.a); glob2; NoAction; } implementation = tp; }
    apply { t.apply(); glob2(); tc.count(1); }
}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { table t { key = { hdr.h.a : exact; } actions = { glob2; glob(hdr.h.b); } } apply { t.apply(); } }
control C(inout headers_t hdr, inout meta_t meta) { apply { } }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr.h); } }
 V1Switch(P(), V(), I(), E(), C(), D()) main;
