// Every kind of copy, chosen by the packet: clones of both kinds, resubmit, recirculate, multicast, truncation, digests, in any mix.
#include <core.p4>
#include <v1model.p4>

header op_t {
    bit<8> what;
    bit<8> egress_what;
    bit<8> session;
    bit<8> group;
    bit<16> length;
    bit<8> count;
    bit<8> seen;
}

header extra_t { bit<16> a; bit<16> b; }

struct headers_t { op_t op; extra_t extra; }

struct metadata_t {
    @field_list(1, 2) bit<8> kept;
    @field_list(2) bit<16> more;
    bit<8> lost;
}

struct sample_t { bit<8> what; bit<8> kept; bit<9> port; bit<16> length; }

parser P(packet_in b, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    state start {
        b.extract(hdr.op);
        transition select(hdr.op.what[7:7], std.ingress_port) {
            (1, _): more;
            (_, 5): more;
            default: accept;
        }
    }
    state more { b.extract(hdr.extra); transition accept; }
}

control V(inout headers_t hdr, inout metadata_t meta) { apply { } }

control I(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    action to(bit<9> port) { std.egress_spec = port; }
    action group(bit<16> number) { std.mcast_grp = number; }
    action drop() { mark_to_drop(std); }
    table forward {
        key = { std.instance_type: exact; hdr.op.group: ternary; meta.kept: ternary; }
        actions = { to; group; drop; NoAction; }
        default_action = to(2);
    }
    apply {
        meta.lost = hdr.op.seen;
        meta.more = hdr.op.length;
        if (hdr.op.what[0:0] == 1) { clone_preserving_field_list(CloneType.I2E, (bit<32>)hdr.op.session, 2); }
        if (hdr.op.what[1:1] == 1) { digest<sample_t>(1, { hdr.op.what, meta.kept, std.ingress_port, hdr.op.length }); }
        if (hdr.op.what[5:5] == 1) { truncate((bit<32>)hdr.op.length); }
        if (hdr.op.what[2:2] == 1 && meta.kept < 3) {
            meta.kept = meta.kept + 1;
            resubmit_preserving_field_list(1);
        }
        if (hdr.op.what[3:3] == 1) { hdr.extra.setValid(); hdr.extra.a = hdr.op.length; hdr.extra.b = meta.more; }
        if (hdr.op.what[4:4] == 1) { hdr.extra.setInvalid(); }
        forward.apply();
        if (hdr.op.what[6:6] == 1) { std.mcast_grp = (bit<16>)hdr.op.group; }
        hdr.op.seen = hdr.op.seen ^ (bit<8>)std.instance_type;
    }
}

control E(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    action rewrite(bit<8> value) { hdr.op.egress_what = hdr.op.egress_what & value; }
    action drop() { mark_to_drop(std); }
    table out_port {
        key = { std.egress_port: exact; std.egress_rid: ternary; std.instance_type: ternary; }
        actions = { rewrite; drop; NoAction; }
    }
    apply {
        hdr.op.count = hdr.op.count + 1;
        hdr.op.seen = hdr.op.seen + meta.kept + meta.lost + (bit<8>)std.egress_rid;
        hdr.op.length = hdr.op.length + (bit<16>)std.packet_length + meta.more;
        if (hdr.op.egress_what[0:0] == 1 && std.instance_type != 2) {
            meta.kept = meta.kept + 16;
            clone_preserving_field_list(CloneType.E2E, (bit<32>)hdr.op.session, 1);
        }
        if (hdr.op.egress_what[1:1] == 1) { truncate((bit<32>)hdr.op.group); }
        if (hdr.op.egress_what[2:2] == 1 && hdr.op.count < 3) { recirculate_preserving_field_list(2); }
        if (hdr.op.egress_what[3:3] == 1) { hdr.extra.setValid(); hdr.extra.a = (bit<16>)std.egress_port; hdr.extra.b = 7; }
        out_port.apply();
    }
}

control C(inout headers_t hdr, inout metadata_t meta) { apply { } }
control D(packet_out b, in headers_t hdr) { apply { b.emit(hdr.op); b.emit(hdr.extra); } }
V1Switch(P(), V(), I(), E(), C(), D()) main;
