/* structured annotations with every kind of value */
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

 @a[] @b[1] @c[-1] @d[1+2*3] @e["s", "t\"q\\b", true, false] @f[x=1, y="z", w=true] @g[0x7fffffffffffffff] @h["a" ++ "b"]
 @foo[1 == 1] @n[1 << 4] @nl["line\nfeed"] @tri[true ? 1 : 2]
 action a(@z[1] @y bit<8> v, @p(1, 2,3) bit<16> w) { hdr.h.a = v; }
 @c3[1,2] action b() {}
 @k1[k=1+1] @k2[k = "a", l = -5] table t { key = { hdr.h.a : exact @m[q=1] @nn; } actions = { @ref[1] a; @tableonly NoAction; @defaultonly b; } default_action = b; }

    apply { t.apply(); }
}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
control C(inout headers_t hdr, inout meta_t meta) { apply { } }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr.h); } }
 V1Switch(P(), V(), I(), E(), C(), D()) main;
