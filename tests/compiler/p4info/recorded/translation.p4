/* new types and translated types everywhere */
#include <core.p4>
#include <v1model.p4>
enum bit<8> K { A = 1, B = 2, C = 0x80 }
enum M { x, y, z }
header h_t { bit<8> a; bit<8> b; bit<16> c; bit<1> f; bit<7> g; K k; }

@p4runtime_translation("com/ex", string) type bit<9> port_t;
@p4runtime_translation("", 32) type bit<9> p32_t;
@p4runtime_translation("x", bit<48>) @foo(1) @bar[2] type bit<9> p48_t;
@p4runtime_translation_mappings({ {"a", 1}, {"b", 2} }) @p4runtime_translation("", string) type bit<12> vrf_t;
type bit<8> plain_t; type plain_t plain2_t; type int<8> sint_t; type bit<4> named_t;
@p4runtime_translation("y", string) type plain_t tp_t;
typedef port_t tdp_t;
struct rs { plain_t p; tdp_t t; K k; }

struct headers_t { h_t h; h_t[3] st;  }
struct meta_t { bit<8> m; bool flag; bit<48> mac; int<8> s; M e; error er; port_t p; p32_t q; p48_t r; vrf_t v; plain_t pl; plain2_t pl2; sint_t si; named_t na; tp_t tp; tdp_t td; }
parser P(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {  state start { pkt.extract(hdr.h);  transition accept; }  }
control V(inout headers_t hdr, inout meta_t meta) { apply { } }

control I(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {

 action a(port_t p, p32_t q, p48_t r, vrf_t v, plain_t pl, plain2_t pl2, sint_t si, K ke, named_t na, tp_t tp, tdp_t td, int<8> ss) { meta.p = p; }
 table t { key = { meta.p: exact; meta.q: ternary; meta.r: lpm; meta.v: optional; meta.pl: exact; meta.pl2: exact; meta.si: exact; meta.na: exact; meta.tp: exact; meta.td: exact; } actions = { a; NoAction; } }
    register<int<33>>(2) r7;

    apply { t.apply(); }
}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
control C(inout headers_t hdr, inout meta_t meta) { apply { } }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr.h); } }
 V1Switch(P(), V(), I(), E(), C(), D()) main;
