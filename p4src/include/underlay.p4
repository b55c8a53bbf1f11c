// The gateway as a host of the underlay: its own addresses, ARP for them, and the way to other hosts.

// Is the packet for us?
control LocalVtep(inout headers_t hdr, inout metadata_t meta) {
    action local(mac_t mac) {
        meta.local_mac = mac;
    }
    action drop(DropReason reason) {
        meta.drop_reason = reason;
    }
    table local_vtep {
        key = { meta.local_ip : exact @name("address"); }
        actions = { local; @defaultonly drop; }
        const default_action = drop(DropReason.NOT_LOCAL);
        size = MAX_VTEPS;
    }
    apply {
        if (hdr.ip.isValid() || hdr.arp.isValid()) {
            local_vtep.apply();
        } else {
            drop(DropReason.OUTER_ETHERTYPE);
        }
    }
}

// Answers an ARP request for one of our addresses (RFC 826) on the port that it came from; a probe (sender 0.0.0.0)
// too, because the address is taken (RFC 5227 §2.1.1).
control UnderlayArp(inout headers_t hdr, inout metadata_t meta, in port_t ingress_port) {
    action reply() {
        hdr.eth.dst = hdr.eth.src;
        hdr.eth.src = meta.local_mac;
        hdr.arp.op = ARP_REPLY;
        hdr.arp.tha = hdr.arp.sha;
        hdr.arp.tpa = hdr.arp.spa;
        hdr.arp.sha = meta.local_mac;
        hdr.arp.spa = meta.local_ip;
        meta.egress_port = ingress_port;
    }
    apply {
        if (hdr.arp.htype == ARP_HTYPE_ETHERNET && hdr.arp.ptype == ETHERTYPE_IPV4 &&
                hdr.arp.hlen == 6 && hdr.arp.plen == 4 && hdr.arp.op == ARP_REQUEST) {
            reply();
        } else {
            meta.drop_reason = DropReason.UNDERLAY_ARP;
        }
    }
}

// The way to the host meta.host: port and Ethernet addresses.
control NextHop(inout headers_t hdr, inout metadata_t meta) {
    action to_port(port_t port, mac_t src_mac, mac_t dst_mac) {
        meta.egress_port = port;
        hdr.eth.src = src_mac;
        hdr.eth.dst = dst_mac;
    }
    action drop(DropReason reason) {
        meta.drop_reason = reason;
    }
    table next_hop {
        key = { meta.host : exact @name("host"); }
        actions = { to_port; @defaultonly drop; }
        const default_action = drop(DropReason.NO_NEXT_HOP);
        size = MAX_HOSTS;
    }
    apply {
        next_hop.apply();
    }
}
