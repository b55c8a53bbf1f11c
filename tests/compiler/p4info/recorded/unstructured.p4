/* unstructured annotations: tokens, strings, comments */
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

 @empty @empty2() @one(1) @two(1,2) @str("s") @two_str("a", "b") @esc("q\"uo\\te") @nested((1,2),{3}) @toks(a.b.c == 5 && !x ? y : z) @arr([1]) @ops(+ - * / % << >> <= >= == != & && | || ^ ~ ! |+| |-| ++ &&& .. @ # $) @num(0xFF 8w1 0b1010 -5 1_000) @kw(table control int bit<8> string bool true false)
 @dup(1) @dup(2) @brief("br") @description("de\nsc \"quoted\" back\\slash \t tab") @deprecated("old") @noWarn("unused") @match(exact) @priority(5) @optional @pure @noSideEffects @length(5) @defaultonly @tableonly @noSideEffects()
 @entry_restriction("a == 1 &&\n b == 2") @refers_to(t, k) @refers_to(builtin::multicast_group_table, multicast_group_id) @format(IPV6_ADDRESS) @sai_action(SAI_X, Y) @proto_package("x") @proto_id(3)
 action a(@brief("pb") @description("pd") @format(MAC_ADDRESS) @refers_to(x, y) @id(4) @name("nm") bit<8> v) { hdr.h.a = v; }
 @unicode("äöü €") @sp(  a   b  ) @nl(a
   b) @cm(a /* comment */ b // eol
 c)
 table t { key = { hdr.h.a : exact @name("äkey") @brief("x") @format(IPV4) @matchxx; } actions = { @proto_id(1) a; NoAction; } }

    apply { t.apply(); }
}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
control C(inout headers_t hdr, inout meta_t meta) { apply { } }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr.h); } }
 V1Switch(P(), V(), I(), E(), C(), D()) main;
