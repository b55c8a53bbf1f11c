// VXLAN (RFC 7348): what is accepted from a host, and what is sent to one.

// The outer packet is VXLAN for us and sound; its VNI is a tenant's. Checksum and frame length were checked before,
// by the architecture's part.
control Decapsulation(inout headers_t hdr, inout metadata_t meta) {
    action set_tenant(tenant_t tenant, mac_t gateway_mac) {
        meta.tenant = tenant;
        meta.gateway_mac = gateway_mac;
    }
    action drop(DropReason reason) {
        meta.drop_reason = reason;
    }
    table vni {
        key = { hdr.vxlan.vni : exact @name("vni"); }
        actions = { set_tenant; @defaultonly drop; }
        const default_action = drop(DropReason.UNKNOWN_VNI);
        size = MAX_TENANTS;
    }
    apply {
        // The parser reaches the inner Ethernet header only through sound outer headers: one test for the good case.
        if (hdr.inner_eth.isValid()) {
            if (!MAC_EQUAL(hdr.eth.dst, meta.local_mac)) {
                drop(DropReason.OUTER_MAC);
            } else if ((bit<32>)hdr.ip.len != (bit<32>)hdr.udp.len + IPV4_BYTES) {
                drop(DropReason.OUTER_LENGTH);
            } else {
                vni.apply();
            }
        } else if (hdr.ip.version != 4 || hdr.ip.ihl < 5) {
            drop(DropReason.OUTER_HEADER);
        } else if (hdr.ip.ihl != 5) {
            drop(DropReason.OUTER_OPTIONS);
        } else if (hdr.ip.mf == 1 || hdr.ip.frag != 0) {
            drop(DropReason.OUTER_FRAGMENT);
        } else if (!hdr.vxlan.isValid()) {
            drop(DropReason.NOT_VXLAN);
        } else {
            drop(DropReason.VXLAN_FLAGS);
        }
    }
}

// Outer headers for the way to meta.host. The inner frame has the length that it came with, so the outer lengths stay;
// TOS stays too, which carries DSCP and ECN from host to host (RFC 6040). The Ethernet addresses are NextHop's.
control Encapsulation(inout headers_t hdr, inout metadata_t meta) {
    action encapsulate() {
        hdr.ip.id = 0;                  // never fragmented: RFC 6864
        hdr.ip.reserved = 0;
        hdr.ip.df = 1;
        hdr.ip.ttl = 64;
        hdr.ip.src = meta.local_ip;
        hdr.ip.dst = meta.host;
        hdr.udp.sport = meta.entropy;
        hdr.udp.csum = 0;
        hdr.vxlan.flags = VXLAN_FLAG_I;
        hdr.vxlan.reserved = 0;
        hdr.vxlan.reserved2 = 0;
    }
    apply {
        // All fragments of a packet, the first one too, leave out the ports: they must take one path.
        if (!hdr.inner_ip.isValid()) {
            ENTROPY_PORT(meta.entropy, hdr.inner_eth.dst, hdr.inner_eth.src);
        } else if (hdr.inner_ip.mf == 1) {
            ENTROPY_PORT(meta.entropy, hdr.inner_ip.src, hdr.inner_ip.dst, hdr.inner_ip.proto, 16w0, 16w0);
        } else {
            ENTROPY_PORT(meta.entropy, hdr.inner_ip.src, hdr.inner_ip.dst, hdr.inner_ip.proto,
                meta.l4_src, meta.l4_dst);
        }
        encapsulate();
    }
}
