// Each packet says which state of its key it met in a table of each kind.
#include <core.p4>
#include <v1model.p4>

header seen_t {
    bit<32> number;
    bit<32> address;
    bit<32> exact_version;
    bit<64> exact_check;
    bit<32> prefix_version;
    bit<64> prefix_check;
    bit<32> rule_version;
    bit<64> rule_check;
}
struct headers_t { seen_t seen; }
struct metadata_t { }

parser P(packet_in packet, out headers_t h, inout metadata_t m, inout standard_metadata_t s) {
    state start { packet.extract(h.seen); transition accept; }
}
control V(inout headers_t h, inout metadata_t m) { apply { } }
control I(inout headers_t h, inout metadata_t m, inout standard_metadata_t s) {
    action set_exact(bit<32> version, bit<64> check) { h.seen.exact_version = version; h.seen.exact_check = check; }
    action set_prefix(bit<32> version, bit<64> check) { h.seen.prefix_version = version; h.seen.prefix_check = check; }
    action set_rule(bit<32> version, bit<64> check) { h.seen.rule_version = version; h.seen.rule_check = check; }
    table exact_table { key = { h.seen.address: exact; } actions = { set_exact; NoAction; } size = 4096; }
    table prefix_table { key = { h.seen.address: lpm; } actions = { set_prefix; NoAction; } size = 4096; }
    table rule_table { key = { h.seen.address: ternary; } actions = { set_rule; NoAction; } size = 4096; }
    apply {
        s.egress_spec = 1;
        exact_table.apply();
        prefix_table.apply();
        rule_table.apply();
    }
}
control E(inout headers_t h, inout metadata_t m, inout standard_metadata_t s) { apply { } }
control C(inout headers_t h, inout metadata_t m) { apply { } }
control D(packet_out packet, in headers_t h) { apply { packet.emit(h.seen); } }
V1Switch(P(), V(), I(), E(), C(), D()) main;
