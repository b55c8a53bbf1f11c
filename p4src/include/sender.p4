// The inner packet as its sender made it: is it sound, and is the sender who it says it is?

control InnerIpv4Check(inout headers_t hdr, inout metadata_t meta) {
    apply {
        if (hdr.inner_ip.version != 4 || hdr.inner_ip.ihl < 5) {
            meta.drop_reason = DropReason.INNER_HEADER;
        } else if (hdr.inner_ip.ihl != 5) {
            meta.drop_reason = DropReason.INNER_OPTIONS;
        } else if (hdr.inner_ip.len < IPV4_BYTES || (bit<32>)hdr.inner_ip.len + INNER_OFFSET > (bit<32>)hdr.udp.len ||
                (meta.has_ports == 1 && hdr.inner_ip.len < IPV4_BYTES + UDP_BYTES)) {
            meta.drop_reason = DropReason.INNER_LENGTH;
        } else if (hdr.inner_ip.src[31:29] == 7 || hdr.inner_ip.src[31:24] == 127 || hdr.inner_ip.src[31:24] == 0) {
            meta.drop_reason = DropReason.MARTIAN;      // 224/3: multicast, reserved and broadcast
        }
    }
}

control InnerArpCheck(inout headers_t hdr, inout metadata_t meta) {
    apply {
        if (hdr.udp.len < INNER_OFFSET + ARP_BYTES) {
            meta.drop_reason = DropReason.INNER_LENGTH;
        } else if (hdr.inner_arp.htype != ARP_HTYPE_ETHERNET || hdr.inner_arp.ptype != ETHERTYPE_IPV4 ||
                hdr.inner_arp.hlen != 6 || hdr.inner_arp.plen != 4) {
            meta.drop_reason = DropReason.ARP_MALFORMED;
        } else if (hdr.inner_arp.op != ARP_REQUEST) {
            meta.drop_reason = DropReason.ARP_NOT_REQUEST;
        } else if (hdr.inner_arp.spa == 0) {
            meta.drop_reason = DropReason.ARP_PROBE;
        } else if (!MAC_EQUAL(hdr.inner_arp.sha, hdr.inner_eth.src)) {
            meta.drop_reason = DropReason.SPOOFED;
        }
    }
}

// Anti-spoof: host, tenant, IP and MAC address of the sender are one entry, or the packet is dropped.
// What passes is counted for the tenant, in the cell of its id.
control Sender(inout headers_t hdr, inout metadata_t meta) {
    InnerIpv4Check() ipv4_check;
    InnerArpCheck() arp_check;
    PACKET_BYTE_COUNTER(tenant_rx, MAX_TENANTS, tenant_t);

    action genuine() { }
    action drop(DropReason reason) {
        meta.drop_reason = reason;
    }
    table vm_source {
        key = {
            meta.tenant       : exact @name("tenant");
            meta.source_ip    : exact @name("address");
            hdr.inner_eth.src : exact @name("mac");
            hdr.ip.src        : exact @name("host");
        }
        actions = { genuine; @defaultonly drop; }
        const default_action = drop(DropReason.SPOOFED);
        size = MAX_VMS;
    }
    apply {
        if (hdr.inner_ip.isValid()) {
            ipv4_check.apply(hdr, meta);
        } else if (hdr.inner_arp.isValid()) {
            arp_check.apply(hdr, meta);
        } else if (hdr.inner_eth.type == ETHERTYPE_VLAN || hdr.inner_eth.type == ETHERTYPE_QINQ) {
            drop(DropReason.INNER_VLAN);
        } else {
            drop(DropReason.INNER_ETHERTYPE);
        }
        if (meta.drop_reason == DropReason.NONE) {
            if (vm_source.apply().hit) {
                COUNT(tenant_rx, meta.tenant);
            }
        }
    }
}
