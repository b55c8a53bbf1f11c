/* @id everywhere; generated ids give way to given ones */
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

 @id(1) action a() {} @id(2) action b() {} @id(0x01000003) action c(@id(3) bit<8> x, bit<8> y, @id(1) bit<8> z, bit<8> w) { hdr.h.a = x;hdr.h.b=y; hdr.h.c=z++w; }
 @id(1) table t { key = { hdr.h.a : exact @id(2); hdr.h.b: exact; hdr.h.c : exact @id(5); hdr.h.f: exact; } actions = { a; b; c;} default_action = c(1,2,3,4); }
 @id(0xFFFFFF) counter(1, CounterType.bytes) c1; @id(5) register<bit<8>>(3) r1;@id(5) meter(3, MeterType.bytes) m1;

    apply { t.apply(); }
}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
control C(inout headers_t hdr, inout meta_t meta) { apply { } }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr.h); } }
 V1Switch(P(), V(), I(), E(), C(), D()) main;
