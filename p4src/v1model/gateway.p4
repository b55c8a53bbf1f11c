// The gateway for v1model (BMv2, p4gate switch). Sizes: include/sizes.p4. Tables: docs/gateway.md.

#include <core.p4>
#include <v1model.p4>

#include "../include/sizes.p4"
#include "../include/headers.p4"
#include "../include/drop_reasons.p4"
#include "../include/metadata.p4"
#include "architecture.p4"
#include "parser.p4"
#include "checksum.p4"
#include "../include/gateway.p4"

control GatewayIngress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    BadChecksum() bad_checksum;
    Gateway() gateway;
    PACKET_BYTE_COUNTER(drops, DROP_REASONS, DropReason);

    apply {
        if (std.parser_error != error.NoError) {
            meta.drop_reason = DropReason.PARSER_ERROR;
        } else if (std.checksum_error == 1) {
            bad_checksum.apply(hdr, meta);
        } else if (hdr.ip.isValid() && std.packet_length < (bit<32>)hdr.ip.len + ETHERNET_BYTES) {
            meta.drop_reason = DropReason.OUTER_LENGTH;
        } else {
            gateway.apply(hdr, meta, std.ingress_port);
        }

        if (meta.drop_reason == DropReason.NONE) {
            std.egress_spec = meta.egress_port;
        } else {
            COUNT(drops, (bit<8>)meta.drop_reason);
            mark_to_drop(std);
        }
    }
}

control GatewayEgress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    apply { }
}

V1Switch(GatewayParser(), GatewayVerifyChecksum(), GatewayIngress(), GatewayEgress(), GatewayComputeChecksum(),
    GatewayDeparser()) main;
