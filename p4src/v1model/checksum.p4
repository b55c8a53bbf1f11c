// IPv4 header checksums (RFC 1071), outer and inner. Headers with options are not covered: they are dropped.

#define IPV4_CHECKSUM_FIELDS(ip) \
    { ip.version, ip.ihl, ip.tos, ip.len, ip.id, ip.reserved, ip.df, ip.mf, ip.frag, ip.ttl, ip.proto, ip.src, ip.dst }

control GatewayVerifyChecksum(inout headers_t hdr, inout metadata_t meta) {
    apply {
        verify_checksum(hdr.ip.isValid() && hdr.ip.ihl == 5,
            IPV4_CHECKSUM_FIELDS(hdr.ip), hdr.ip.csum, HashAlgorithm.csum16);
        verify_checksum(hdr.inner_ip.isValid() && hdr.inner_ip.ihl == 5,
            IPV4_CHECKSUM_FIELDS(hdr.inner_ip), hdr.inner_ip.csum, HashAlgorithm.csum16);
    }
}

// v1model tells that a checksum was wrong, not which. Off the fast path, so the outer one is computed again.
control BadChecksum(inout headers_t hdr, inout metadata_t meta) {
    apply {
        bit<16> expected;
        hash(expected, HashAlgorithm.csum16, 16w0, IPV4_CHECKSUM_FIELDS(hdr.ip), 32w0x10000);
        if (hdr.ip.csum != expected) {
            meta.drop_reason = DropReason.OUTER_CHECKSUM;
        } else {
            meta.drop_reason = DropReason.INNER_CHECKSUM;
        }
    }
}

control GatewayComputeChecksum(inout headers_t hdr, inout metadata_t meta) {
    apply {
        update_checksum(hdr.ip.isValid(), IPV4_CHECKSUM_FIELDS(hdr.ip), hdr.ip.csum, HashAlgorithm.csum16);
        update_checksum(meta.routed == 1, IPV4_CHECKSUM_FIELDS(hdr.inner_ip), hdr.inner_ip.csum, HashAlgorithm.csum16);
    }
}
