#include <core.p4>
#include <v1model.p4>
error { Odd, Even }
typedef bit<320> w320_t;
enum E0 { M0, M1, M2 }
enum bit<320> E1 { N0 = 0, N1 = 2 }
header h0_t { E1 f0; E1 f1; bit<8> f2; bit<8> f3; bit<128> f4; }
header h1_t { bit<128> f0; E1 f1; int<320> f2; bit<128> f3; }
header h2_t { int<8> f0; bit<5> f1; bit<128> f2; bit<320> f3; bit<5> f4; bit<6> pad; }
struct meta_t { int<320> m0; bit<320> m1; bit<320> m2; }
header o_t { E1 x0; E1 x1; bit<8> x2; bit<8> x3; bit<128> x4; int<320> x5; bit<320> x6; bit<320> x7; bit<9> x8; bit<128> x9; bit<7> pad; }
header e_t { E1 x0; E1 x1; bit<8> x2; bit<8> x3; bit<128> x4; int<320> x5; bit<320> x6; bit<320> x7; bit<9> x8; int<320> x9; bit<128> x10; bit<7> pad; }
struct headers_t { h0_t h; h1_t a; o_t o; e_t e; }

E0 f3() {
    return E0.M1;
}
parser P(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    bool n4 = true;
    value_set<bit<4>>(4) vs5;
    state start {
        pkt.extract(hdr.h);
        n4 = (!(!(E0.M0 != E0.M2)));
        meta.m2[282:155] = (2 * ((bit<128>) (4w0x7 |+| ((bit<4>) hdr.h.f4))));
        transition select(hdr.h.f2[5:2]) {
            
        }
    }
    state parse_a {
        
        transition accept;
    }
}
control V(inout headers_t hdr, inout meta_t meta) { apply { } }

control I(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    
    apply {
        
        
        hdr.o.setValid();
        hdr.o.x0 = hdr.h.f0;
        hdr.o.x1 = hdr.h.f1;
        hdr.o.x2 = hdr.h.f2;
        hdr.o.x3 = hdr.h.f3;
        hdr.o.x4 = hdr.h.f4;
        
    }
}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    int<320> l32 = (hdr.a.isValid() ? hdr.a.f2 : 320s5);
    bit<128> l33 = hdr.h.f4;
    action a36(in bool p34, in E0 p35) {
    }
    action a39(inout bit<128> p37, in bit<128> p38) {
    }
    
    table t41 {
        key = {
            ((bit<2>) hdr.h.f4): exact @name("k0");
        }
        actions = {
            a39(hdr.h.f4, (hdr.a.isValid() ? hdr.a.f0 : 128w0x6));
            NoAction;
        }
        const entries = {
            2w1: NoAction();
            2w2: NoAction();
            2w3: NoAction();
        }
        default_action = NoAction();
    }
    apply {
        t41.apply();
        hdr.a.f2 = (((int<320>) ((bit<320>) 5w0)) + (hdr.a.isValid() ? hdr.a.f2 : 320s7));
        hdr.a = {(hdr.a.isValid() ? hdr.a.f3 : 128w34266840584754873762945053000804351372), ((false || false) ? E1.N0 : hdr.h.f0), ((int<320>) (7s0 << 9)), ((false != false) ? hdr.h.f4 : ((hdr.a.isValid() ? hdr.a.f3 : 128w0x7fffffffffffffffffffffffffffffff) ^ (hdr.a.isValid() ? hdr.a.f3 : 128w0x80000000000000000000000000000000)))};
        hdr.e.setValid();
        hdr.e.x0 = hdr.h.f0;
        hdr.e.x1 = hdr.h.f1;
        hdr.e.x2 = hdr.h.f2;
        hdr.e.x3 = hdr.h.f3;
        
    }
}
control C(inout headers_t hdr, inout meta_t meta) { apply { } }
control D(packet_out pkt, in headers_t hdr) { apply {
    pkt.emit(hdr.h);
    pkt.emit(hdr.a);
    pkt.emit(hdr.o); pkt.emit(hdr.e);
} }
V1Switch(P(), V(), I(), E(), C(), D()) main;
