// One object of each kind that P4Runtime knows, for foreign clients to drive. First byte: what to do with the packet.
#include <core.p4>
#include <v1model.p4>

@controller_header("packet_in") header packet_in_t { bit<9> ingress_port; bit<7> pad; }
@controller_header("packet_out") header packet_out_t { bit<9> egress_port; bit<7> pad; }
header data_t { bit<8> op; bit<32> a; bit<16> b; bit<8> c; }
struct headers_t { packet_in_t pin; packet_out_t pout; data_t data; }
struct metadata_t { bit<2> colour; bit<1> special; }
struct learnt_t { bit<32> a; bit<16> b; }

parser P(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    value_set<bit<8>>(4) special;
    state start { transition select(std.ingress_port) { 510: from_cpu; default: data; } }
    state from_cpu { packet.extract(hdr.pout); transition data; }
    state data {
        packet.extract(hdr.data);
        transition select(hdr.data.op) { special: mark; default: accept; }
    }
    state mark { meta.special = 1; transition accept; }
}

control V(inout headers_t hdr, inout metadata_t meta) { apply { } }

control I(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    counter(8, CounterType.packets_and_bytes) counts;
    meter(8, MeterType.packets) police;
    register<bit<32>>(8) last;
    direct_counter(CounterType.packets_and_bytes) hits;
    direct_meter<bit<2>>(MeterType.packets) pace;
    action_selector(HashAlgorithm.crc16, 32w16, 32w8) hash_of;
    action_profile(16) shared;

    action forward(bit<9> port) { std.egress_spec = port; }
    action forward_counted(bit<9> port) { std.egress_spec = port; hits.count(); }
    action forward_paced(bit<9> port) { pace.read(meta.colour); std.egress_spec = port; }
    action drop() { mark_to_drop(std); }
    action copy(bit<32> session) { clone(CloneType.I2E, session); }
    action flood(bit<16> group) { std.mcast_grp = group; }
    action learn() { digest<learnt_t>(1, { hdr.data.a, hdr.data.b }); }

    table exact_table { key = { hdr.data.a : exact; } actions = { forward_counted; drop; } counters = hits; default_action = drop(); size = 65536; }
    table lpm_table { key = { hdr.data.a : lpm; } actions = { forward_paced; NoAction; } meters = pace; }
    table ternary_table { key = { hdr.data.a : ternary; hdr.data.b : ternary; } actions = { forward; NoAction; } }
    table range_table { key = { hdr.data.b : range; } actions = { forward; NoAction; } }
    table optional_table { key = { hdr.data.a : optional; hdr.data.b : optional; } actions = { forward; NoAction; } }
    table selected { key = { hdr.data.a : exact; hdr.data.b : selector; } actions = { forward; NoAction; } implementation = hash_of; }
    table indirect { key = { hdr.data.a : exact; } actions = { forward; NoAction; } implementation = shared; }
    table aged { key = { hdr.data.a : exact; } actions = { forward; NoAction; } support_timeout = true; }
    table special_actions { key = { hdr.data.c : exact; } actions = { copy; flood; learn; NoAction; } }

    apply {
        counts.count((bit<32>)hdr.data.c & 7);
        police.execute_meter((bit<32>)hdr.data.c & 7, meta.colour);
        last.write((bit<32>)hdr.data.c & 7, hdr.data.a);
        if (hdr.pout.isValid()) { std.egress_spec = hdr.pout.egress_port; hdr.pout.setInvalid(); }
        else if (meta.special == 1) { std.egress_spec = 500; }
        else if (hdr.data.op == 0) { std.egress_spec = 510; }
        else if (hdr.data.op == 1) { exact_table.apply(); }
        else if (hdr.data.op == 2) { lpm_table.apply(); }
        else if (hdr.data.op == 3) { ternary_table.apply(); }
        else if (hdr.data.op == 4) { range_table.apply(); }
        else if (hdr.data.op == 5) { optional_table.apply(); }
        else if (hdr.data.op == 6) { selected.apply(); }
        else if (hdr.data.op == 7) { indirect.apply(); }
        else if (hdr.data.op == 8) { aged.apply(); }
        else { std.egress_spec = 9; special_actions.apply(); }
    }
}

control E(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    apply {
        if (std.egress_port == 510) { hdr.pin.setValid(); hdr.pin.ingress_port = std.ingress_port; hdr.pin.pad = 0; }
    }
}
control C(inout headers_t hdr, inout metadata_t meta) { apply { } }
control D(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr.pin); packet.emit(hdr.data); } }

V1Switch(P(), V(), I(), E(), C(), D()) main;
