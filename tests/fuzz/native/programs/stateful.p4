// What outlives a packet, beside each other: direct and indirect counters and meters, registers, ageing, a selector, random.
#include <core.p4>
#include <v1model.p4>

header h_t {
    bit<8> key;
    bit<16> address;
    bit<8> index;
    bit<32> value;
    bit<8> colour;
    bit<8> colour2;
    bit<16> low;
    bit<16> high;
    bit<16> chance;
    bit<96> wide;
}

struct headers_t { h_t h; }
struct metadata_t { bit<2> colour; bit<8> chosen; }

parser P(packet_in b, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    state start { b.extract(hdr.h); transition accept; }
}

control V(inout headers_t hdr, inout metadata_t meta) { apply { } }

control I(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    counter(8, CounterType.packets_and_bytes) indirect;
    direct_counter(CounterType.packets_and_bytes) direct;
    meter(4, MeterType.packets) by_packets;
    meter(4, MeterType.bytes) by_bytes;
    direct_meter<bit<2>>(MeterType.bytes) direct_bytes;
    direct_meter<bit<2>>(MeterType.packets) direct_packets;
    register<bit<32>>(8) cells;
    register<bit<96>>(3) wide_cells;
    register<int<7>>(4) signed_cells;
    action_selector(HashAlgorithm.crc32, 32w64, 32w10) balance;

    action counted(bit<9> port) { std.egress_spec = port; direct.count(); }
    action metered(bit<9> port) { std.egress_spec = port; direct_bytes.read(meta.colour); }
    action limited() { direct_packets.read(meta.colour); }
    action choose(bit<8> number, bit<9> port) { meta.chosen = number; std.egress_spec = port; }
    action drop() { mark_to_drop(std); }

    table t_counted {
        key = { hdr.h.key: exact; }
        actions = { counted; drop; NoAction; }
        counters = direct;
        support_timeout = true;
        size = 32;
    }
    table t_metered {
        key = { hdr.h.address: lpm; }
        actions = { metered; NoAction; }
        meters = direct_bytes;
        size = 32;
    }
    table t_limited {
        key = { hdr.h.key: ternary; hdr.h.address: range; }
        actions = { limited; NoAction; }
        meters = direct_packets;
        support_timeout = true;
        size = 32;
    }
    table t_balanced {
        key = { hdr.h.index: exact; hdr.h.address: selector; hdr.h.value: selector; std.ingress_port: selector; }
        actions = { choose; drop; NoAction; }
        implementation = balance;
        size = 32;
    }
    apply {
        bit<32> old;
        bit<96> old_wide;
        int<7> old_signed;
        bit<16> drawn;
        meta.colour = 3;
        t_counted.apply();
        t_metered.apply();
        hdr.h.colour = (bit<8>)meta.colour;
        t_limited.apply();
        hdr.h.colour = hdr.h.colour << 4 | (bit<8>)meta.colour;
        indirect.count((bit<32>)hdr.h.index);
        by_packets.execute_meter<bit<8>>((bit<32>)hdr.h.index, hdr.h.colour2);
        bit<8> other = 0;
        by_bytes.execute_meter<bit<8>>((bit<32>)hdr.h.key, other);
        hdr.h.colour2 = hdr.h.colour2 << 4 | other;
        cells.read(old, (bit<32>)hdr.h.index);
        cells.write((bit<32>)hdr.h.index, old + hdr.h.value);
        hdr.h.value = old;
        wide_cells.read(old_wide, (bit<32>)hdr.h.index);
        wide_cells.write((bit<32>)hdr.h.index, hdr.h.wide);
        hdr.h.wide = old_wide ^ hdr.h.wide;
        signed_cells.read(old_signed, (bit<32>)hdr.h.key);
        signed_cells.write((bit<32>)hdr.h.key, old_signed |-| (int<7>)hdr.h.address[6:0]);
        if (old_signed < 0) { hdr.h.low = hdr.h.low + 1; }
        random(drawn, hdr.h.low, hdr.h.high);
        hdr.h.chance = drawn;
        t_balanced.apply();
        hdr.h.key = meta.chosen;
    }
}

control E(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) { apply { } }
control C(inout headers_t hdr, inout metadata_t meta) { apply { } }
control D(packet_out b, in headers_t hdr) { apply { b.emit(hdr.h); } }
V1Switch(P(), V(), I(), E(), C(), D()) main;
