/* value sets of bits, structs and enums */
#include <core.p4>
#include <v1model.p4>
enum bit<8> K { A = 1, B = 2, C = 0x80 }
enum M { x, y, z }
header h_t { bit<8> a; bit<8> b; bit<16> c; bit<1> f; bit<7> g; K k; }
struct vs_t { @id(3) @match(ternary) @brief("q") bit<8> a; @match(lpm) bit<16> b; @foo bit<4> c; @match(range) @name("ren") bit<9> d; @match(optional) bit<8> e; }
struct headers_t { h_t h; h_t[3] st;  }
struct meta_t { bit<8> m; bool flag; bit<48> mac; int<8> s; M e; error er;  }
parser P(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { @id(9) @name("vv") @an(1) value_set<bit<8>>(4) v1; @size(7) value_set<vs_t>(5) v2; value_set<K>(3) v3; state start { pkt.extract(hdr.h); transition select(hdr.h.a) { v1: s2; default: accept; } } state s2 { transition select(hdr.h.a, hdr.h.c, 4w1, 9w2, 8w3) { v2: s3; default: accept; } } state s3 { transition select(hdr.h.k) { v3: accept; default: reject; } } state s4 { transition accept; }  }
control V(inout headers_t hdr, inout meta_t meta) { apply { } }

control I(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {

    apply {  }
}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
control C(inout headers_t hdr, inout meta_t meta) { apply { } }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr.h); } }
 V1Switch(P(), V(), I(), E(), C(), D()) main;
