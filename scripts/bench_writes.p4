// One exact table for a million endpoints: what `scripts/bench writes` fills over P4Runtime.

#include <core.p4>
#include <v1model.p4>

header frame_t { bit<24> network; bit<32> address; bit<48> mac; bit<8> unused; }
struct headers_t { frame_t frame; }
struct metadata_t { }

parser P(packet_in packet, out headers_t h, inout metadata_t m, inout standard_metadata_t s) {
    state start { packet.extract(h.frame); transition accept; }
}
control V(inout headers_t h, inout metadata_t m) { apply { } }
control I(inout headers_t h, inout metadata_t m, inout standard_metadata_t s) {
    action forward(bit<9> port, bit<48> mac) { s.egress_spec = port; h.frame.mac = mac; }
    action drop() { mark_to_drop(s); }
    table endpoint {
        key = { h.frame.network: exact; h.frame.address: exact; }
        actions = { forward; drop; }
        default_action = drop();
        size = 1048576;
    }
    apply { endpoint.apply(); }
}
control E(inout headers_t h, inout metadata_t m, inout standard_metadata_t s) { apply { } }
control C(inout headers_t h, inout metadata_t m) { apply { } }
control D(packet_out packet, in headers_t h) { apply { packet.emit(h.frame); } }
V1Switch(P(), V(), I(), E(), C(), D()) main;
