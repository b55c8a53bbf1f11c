// Headers that are added, removed, copied, swapped and written to while they are not there; by the first byte's bits.
#include <core.p4>
#include <v1model.p4>

header ask_h  { bit<8> what; bit<4> low; bit<4> high; }
header mac_h  { bit<48> dst; bit<48> src; bit<16> type; }
header tag_h  { bit<3> pri; bit<1> dei; bit<12> vid; bit<16> type; }
header wide_h { bit<24> a; bit<40> b; bit<56> c; bit<128> d; bit<8> e; }

struct headers_t { ask_h ask; mac_h outer; tag_h tag; mac_h inner; wide_h wide; wide_h other; }
struct metadata_t { bit<1> seen; bit<1> guard; bit<16> sum; bit<48> kept; }

parser P(packet_in pkt, out headers_t hdr, inout metadata_t m, inout standard_metadata_t s) {
    state start {
        pkt.extract(hdr.ask);
        transition select(hdr.ask.low) {
            0: inner;
            1: wide;
            default: outer;
        }
    }
    state outer {
        pkt.extract(hdr.outer);
        transition select(hdr.outer.type) {
            0x8100: tag;
            default: inner;
        }
    }
    state tag { pkt.extract(hdr.tag); transition inner; }
    state inner {
        pkt.extract(hdr.inner);
        transition select(hdr.ask.high) {
            1: wide;
            2: both;
            default: accept;
        }
    }
    state wide { pkt.extract(hdr.wide); transition accept; }
    state both { pkt.extract(hdr.other); pkt.extract(hdr.wide); transition accept; }
}

control V(inout headers_t hdr, inout metadata_t m) {
    apply {
        verify_checksum(hdr.inner.isValid(), { hdr.inner.dst, hdr.inner.src }, hdr.inner.type, HashAlgorithm.csum16);
    }
}

control I(inout headers_t hdr, inout metadata_t m, inout standard_metadata_t s) {
    apply {
        s.egress_spec = 3;
        if (hdr.inner.isValid() && hdr.ask.isValid()) { m.guard = 1; }
        if (hdr.ask.what[0:0] == 1) {                       // encapsulate
            hdr.outer.setValid();
            hdr.outer.dst = 0x112233445566;
            if (hdr.inner.isValid()) { hdr.outer.src = hdr.inner.src; }
            hdr.outer.type = 0x8100;
        }
        if (hdr.ask.what[1:1] == 1) {                       // in the middle
            hdr.tag.setValid();
            hdr.tag.vid = 0xabc;
            hdr.tag.dei = 1;
            m.seen = 1;
        }
        if (hdr.ask.what[2:2] == 1) { hdr.outer.setInvalid(); }
        if (hdr.ask.what[3:3] == 1) { hdr.other = hdr.wide; }
        if (hdr.ask.what[4:4] == 1 && hdr.outer.isValid() && hdr.inner.isValid()) {
            mac_h old = hdr.outer;
            hdr.outer = hdr.inner;
            hdr.inner = old;
        }
        if (hdr.ask.what[5:5] == 1) {                       // written while it is not there: nothing of the packet changes
            hdr.other.setInvalid();
            hdr.other.b = 0xffffffffff;
            hdr.other.d = 1;
        }
        if (hdr.ask.what[6:6] == 1 && hdr.wide.isValid()) {
            hdr.wide.c = hdr.wide.c + 1;
            hdr.wide.a = hdr.wide.a ^ 0xf0f0f0;
            hdr.wide.d = hdr.wide.d + 5;
        }
        if (hdr.ask.what[7:7] == 1) { hdr.ask.setInvalid(); }
        if (m.guard == 1 && m.seen == 1) { s.egress_spec = 4; }
        if (s.checksum_error == 1) { m.sum = 1; } else { m.sum = 2; }
        if (m.sum == 1) { s.egress_spec = s.egress_spec + 8; }
    }
}

control E(inout headers_t hdr, inout metadata_t m, inout standard_metadata_t s) {
    apply {
        if (hdr.tag.isValid()) { hdr.tag.pri = 5; }
        if (s.egress_port == 12) { hdr.inner.setInvalid(); }
    }
}

control U(inout headers_t hdr, inout metadata_t m) {
    apply {
        update_checksum(hdr.outer.isValid(), { hdr.outer.dst, hdr.outer.src }, hdr.outer.type, HashAlgorithm.csum16);
    }
}

control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr); } }

V1Switch(P(), V(), I(), E(), U(), D()) main;
