// Packet in, headers out. The way through the states is the way of a good packet; what leaves it early ends without
// the next header, and the controls find the reason.

parser GatewayParser(packet_in pkt, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.eth);
        transition select(hdr.eth.type) {
            ETHERTYPE_IPV4: ipv4;
            ETHERTYPE_ARP: arp;
            default: accept;
        }
    }
    state arp {
        pkt.extract(hdr.arp);
        meta.local_ip = hdr.arp.tpa;
        transition accept;
    }
    state ipv4 {
        pkt.extract(hdr.ip);
        meta.local_ip = hdr.ip.dst;
        transition select(hdr.ip.version, hdr.ip.ihl, hdr.ip.mf, hdr.ip.frag, hdr.ip.proto) {
            (4, 5, 0, 0, PROTO_UDP): udp;
            default: accept;
        }
    }
    state udp {
        pkt.extract(hdr.udp);
        transition select(hdr.udp.dport) {
            VXLAN_PORT: vxlan;
            default: accept;
        }
    }
    state vxlan {
        pkt.extract(hdr.vxlan);
        transition select(hdr.vxlan.flags) {
            VXLAN_FLAG_I &&& VXLAN_FLAG_I: inner_ethernet;
            default: accept;
        }
    }
    state inner_ethernet {
        pkt.extract(hdr.inner_eth);
        transition select(hdr.inner_eth.type) {
            ETHERTYPE_IPV4: inner_ipv4;
            ETHERTYPE_ARP: inner_arp;
            default: accept;
        }
    }
    state inner_arp {
        pkt.extract(hdr.inner_arp);
        meta.source_ip = hdr.inner_arp.spa;
        meta.target_ip = hdr.inner_arp.tpa;
        transition accept;
    }
    state inner_ipv4 {
        pkt.extract(hdr.inner_ip);
        meta.source_ip = hdr.inner_ip.src;
        meta.target_ip = hdr.inner_ip.dst;
        transition select(hdr.inner_ip.version, hdr.inner_ip.ihl, hdr.inner_ip.frag, hdr.inner_ip.proto) {
            (4, 5, 0, PROTO_TCP): inner_ports;
            (4, 5, 0, PROTO_UDP): inner_ports;
            default: accept;
        }
    }
    state inner_ports {
        pkt.extract(hdr.inner_ports);
        meta.l4_src = hdr.inner_ports.src;
        meta.l4_dst = hdr.inner_ports.dst;
        meta.has_ports = 1;
        transition accept;
    }
}

control GatewayDeparser(packet_out pkt, in headers_t hdr) {
    apply {
        pkt.emit(hdr);
    }
}
