/* names with dots, quotes, blanks, unicode */
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

 @name(".abs") action a() {} @name("x.y.z") action b() {} @name(".x.y") action c() {} @name("w\"q") action d() {} @name("üni") action e() {} @name("$dollar") action f() {} @name("a[1]") action g() {} @name("has space") action hh() {}
 @name("..two") action j() {} @name("trail.") action k() {}
 @name(".tt") table t { key = { hdr.h.a : exact @name(".lead"); hdr.h.b : exact @name("x.y"); hdr.h.c : exact @name("q\"q"); hdr.h.f : exact;} actions = { a; b; c; d; e; f; g; hh; j; k; } }
 @name("c.n") counter(1, CounterType.bytes) cn; @name(".cn") counter(1, CounterType.bytes) cn2; @name("I.cn") counter(1, CounterType.bytes) cn3;

    apply { t.apply(); }
}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
control C(inout headers_t hdr, inout meta_t meta) { apply { } }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr.h); } }
 V1Switch(P(), V(), I(), E(), C(), D()) main;
