/* enums with and without representation as parameters, keys, digests and registers */
#include <core.p4>
#include <v1model.p4>
enum bit<8> K { A = 1, B = 2, C = 0x80 }
enum M { x, y, z }
header h_t { bit<8> a; bit<8> b; bit<16> c; bit<1> f; bit<7> g; K k; }
enum bit<8> U { One = 1, Two = 2 } enum int<8> SI { N = -1, P = 1 } @name("renamedenum") enum PE { a, b }
struct headers_t { h_t h; h_t[3] st;  }
struct meta_t { bit<8> m; bool flag; bit<48> mac; int<8> s; M e; error er; U u; SI si; PE pe; }
parser P(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {  state start { pkt.extract(hdr.h);  transition accept; }  }
control V(inout headers_t hdr, inout meta_t meta) { apply { } }

control I(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {

 action a(U u, K k) {} action b() {} table t { key = { meta.u: exact; } actions = { a; b; } } register<U>(3) r;
    apply { t.apply();digest(1, meta.pe); }
}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
control C(inout headers_t hdr, inout meta_t meta) { apply { } }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr.h); } }
 V1Switch(P(), V(), I(), E(), C(), D()) main;
