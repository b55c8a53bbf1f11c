/* keys that are slices, validity, stack elements, casts, sums */
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

 action a() {}
 table t { key = { hdr.h.a[3:0] : exact; hdr.h.c[15:8] : ternary; hdr.h.isValid() : exact; hdr.st[1].a : exact; hdr.st[0].isValid() : exact; meta.flag : exact; meta.s : exact; hdr.h.k : exact; std.ingress_port : exact; (bit<4>)hdr.h.b : exact @name("cast"); hdr.h.a & 0xF : exact @name("msk"); hdr.h.a + 1 : exact @name("sum"); hdr.st[2].c[3:1] : ternary; } actions = { a; } }
 table m { key = { hdr.h.a & 8w0x0F : ternary; } actions = { a; } }

    apply { t.apply(); m.apply(); }
}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
control C(inout headers_t hdr, inout meta_t meta) { apply { } }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr.h); } }
 V1Switch(P(), V(), I(), E(), C(), D()) main;
