/* controller headers: padding, hidden fields, flattened structs, enums, translated types */
#include <core.p4>
#include <v1model.p4>
enum bit<8> K { A = 1, B = 2, C = 0x80 }
enum M { x, y, z }
header h_t { bit<8> a; bit<8> b; bit<16> c; bit<1> f; bit<7> g; K k; }

struct inn { @foo bit<8> q; @id(9) @name("rrr") bit<8> r; }
@p4runtime_translation("u", string) type bit<16> Pid;
@controller_header("packet_in") @foo("x") @brief("b") header pin_t { @id(3) bit<9> port; @padding bit<7> pad; @hidden bit<8> hid; @name("ren") bit<16> x; K k; Pid pid; int<8> sg; }
@controller_header("packet_out") header pout_t { bit<9> port; @proto_tag(2) bit<7> pad; }
@controller_header("other") @id(77) @name("cpuname") header po_t { inn s; bit<8> t; }

struct headers_t { h_t h; h_t[3] st; pin_t i; pout_t o; }
struct meta_t { bit<8> m; bool flag; bit<48> mac; int<8> s; M e; error er;  }
parser P(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {  state start { pkt.extract(hdr.h);  transition accept; }  }
control V(inout headers_t hdr, inout meta_t meta) { apply { } }

control I(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {

    apply {  }
}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
control C(inout headers_t hdr, inout meta_t meta) { apply { } }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr.h); } }
 V1Switch(P(), V(), I(), E(), C(), D()) main;
