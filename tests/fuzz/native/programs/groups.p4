// Headers in groups: stacks with indexes, push and pop, unions, a stack of unions, variable lengths; ingress and egress change them.
#include <core.p4>
#include <v1model.p4>

header first_t { bit<8> kind; bit<8> count; bit<8> index; bit<8> note; }
header label_t { bit<7> value; bit<1> last; bit<8> ttl; }
header option_t { bit<8> kind; bit<8> length; varbit<128> data; }
header small_t { bit<8> kind; bit<8> a; }
header large_t { bit<8> kind; bit<24> b; }
header_union choice_t { small_t small; large_t large; }

struct headers_t {
    first_t first;
    label_t[4] labels;
    choice_t[3] choices;
    choice_t single;
    option_t option;
    option_t copied;
}
struct metadata_t { bit<8> found; bit<16> sum; }

parser P(packet_in b, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    state start {
        b.extract(hdr.first);
        transition select(hdr.first.kind[3:0]) {
            0: accept;
            1: labels;
            2: choices;
            3: single;
            4 &&& 0xc: option;
            8 .. 11: skip;
            default: labels;
        }
    }
    state labels {
        b.extract(hdr.labels.next);
        transition select(hdr.labels.last.last, hdr.labels.last.ttl) {
            (1, _): after_labels;
            (0, 0x80 &&& 0x80): choices;
            (0, _): labels;
        }
    }
    state after_labels {
        meta.found = hdr.labels.last.ttl;
        transition select(hdr.first.kind[4:4]) { 1: choices; default: accept; }
    }
    state choices {
        transition select(b.lookahead<bit<8>>()) {
            1: small;
            2: large;
            3: single;
            default: accept;
        }
    }
    state small { b.extract(hdr.choices.next.small); transition choices; }
    state large { b.extract(hdr.choices.next.large); transition choices; }
    state single {
        b.advance(8);
        transition select(b.lookahead<bit<4>>()) {
            0: single_small;
            default: single_large;
        }
    }
    state single_small { b.extract(hdr.single.small); transition accept; }
    state single_large { b.extract(hdr.single.large); transition accept; }
    state skip { b.advance((bit<32>)hdr.first.count); transition labels; }
    state option {
        verify(hdr.first.count < 200, error.HeaderTooShort);
        b.extract(hdr.option, (bit<32>)hdr.first.count << 3);
        transition accept;
    }
}

control V(inout headers_t hdr, inout metadata_t meta) { apply { } }

control I(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    action push1() { hdr.labels.push_front(1); hdr.labels[0].setValid(); hdr.labels[0] = { 5, 0, 9 }; }
    action push3() { hdr.labels.push_front(3); hdr.labels[1] = { 7, 1, 1 }; }
    action pop1() { hdr.labels.pop_front(1); }
    action pop2() { hdr.labels.pop_front(2); }
    action swap() { label_t t = hdr.labels[0]; hdr.labels[0] = hdr.labels[2]; hdr.labels[2] = t; }
    action to_large(bit<24> value) { hdr.single.large.setValid(); hdr.single.large = { 2, value }; }
    action to_small(bit<8> value) { hdr.single.small.setValid(); hdr.single.small = { 1, value }; }
    action none() { hdr.single.small.setInvalid(); hdr.single.large.setInvalid(); }
    action union_copy() { hdr.choices[0] = hdr.single; }
    action option_copy() { hdr.copied = hdr.option; hdr.option.setInvalid(); }
    table what {
        key = { hdr.first.kind: ternary; hdr.labels[0].isValid(): exact; hdr.single.isValid(): exact; }
        actions = { push1; push3; pop1; pop2; swap; to_large; to_small; none; union_copy; option_copy; NoAction; }
        size = 64;
    }
    apply {
        std.egress_spec = 2;
        if (!hdr.first.isValid()) { hdr.first = { 0, 0, 0, 0xee }; }
        what.apply();
        if (hdr.choices[1].small.isValid()) { hdr.first.note = hdr.choices[1].small.a; }
        if (hdr.choices[2].large.isValid()) { hdr.choices[2].large.b = hdr.choices[2].large.b + 1; }
        if (hdr.choices[0].isValid()) { meta.sum = meta.sum + 1; }
        if (hdr.labels[1].isValid() && hdr.labels[1] == hdr.labels[0]) { meta.sum = meta.sum + 256; }
        bit<32> i = (bit<32>)hdr.first.index;
        if (i < 4) {
            if (hdr.labels[i].isValid()) {
                hdr.labels[i].ttl = hdr.labels[i].ttl - 1;
                hdr.first.note = hdr.first.note + hdr.labels[i].ttl;
            } else if (hdr.first.kind[7:7] == 1) {
                hdr.labels[i].setValid();
                hdr.labels[i] = { 1, 1, 1 };
            }
        }
    }
}

control E(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    apply {
        hdr.first.count = meta.found;
        hdr.first.index = (bit<8>)meta.sum ^ (bit<8>)(meta.sum >> 8);
        if (std.parser_error != error.NoError) { hdr.first.note = 0x55; }
        if (hdr.first.kind[6:6] == 1) { hdr.labels.pop_front(1); }
    }
}

control C(inout headers_t hdr, inout metadata_t meta) { apply { } }
control D(packet_out b, in headers_t hdr) {
    apply { b.emit(hdr.first); b.emit(hdr.labels); b.emit(hdr.choices); b.emit(hdr.single); b.emit(hdr.option); b.emit(hdr.copied); }
}
V1Switch(P(), V(), I(), E(), C(), D()) main;
