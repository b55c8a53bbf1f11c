/* several instances of controls with direct resources, renamed and moved */
#include <core.p4>
#include <v1model.p4>
enum bit<8> K { A = 1, B = 2, C = 0x80 }
enum M { x, y, z }
header h_t { bit<8> a; bit<8> b; bit<16> c; bit<1> f; bit<7> g; K k; }

struct headers_t { h_t h; h_t[3] st;  }
struct meta_t { bit<8> m; bool flag; bit<48> mac; int<8> s; M e; error er;  }
parser P(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {  state start { pkt.extract(hdr.h);  transition accept; }  }
control V(inout headers_t hdr, inout meta_t meta) { apply { } }

control Q(inout headers_t hdr)(bit<8> n) {
  direct_counter(CounterType.packets) dc; direct_meter<bit<8>>(MeterType.bytes) dm; counter(8, CounterType.bytes) c; register<bit<8>>(2) rr;
  action qa(bit<8> v) { hdr.h.a = v + n; dm.read(hdr.h.b); }
  table qt { key = { hdr.h.a: exact; } actions = { qa; NoAction; } counters = dc; meters = dm; }
  apply { qt.apply(); c.count(1); rr.write(0, 1);}
}
control Q2(inout headers_t hdr) { Q(1) one; @name("renamed") Q(2) two; apply { two.apply(hdr); one.apply(hdr); } }

control I(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
Q2() x; @name(".toplevel") Q2() y; Q(3) z;
    apply { x.apply(hdr); y.apply(hdr); z.apply(hdr); }
}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
control C(inout headers_t hdr, inout meta_t meta) { apply { } }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr.h); } }
 V1Switch(P(), V(), I(), E(), C(), D()) main;
