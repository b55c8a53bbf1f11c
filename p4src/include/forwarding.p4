// Where the inner packet goes: the tenant's route, then the host that the destination lives on.

// Routed packets only: those that were sent to the gateway's MAC address.
control Routing(inout headers_t hdr, inout metadata_t meta) {
    action connected() { }              // deliver to the VM that has the address
    action blackhole() {
        meta.drop_reason = DropReason.BLACKHOLE;
    }
    action drop(DropReason reason) {
        meta.drop_reason = reason;
    }
    table route {
        key = {
            meta.tenant    : exact @name("tenant");
            meta.target_ip : lpm   @name("dst");
        }
        actions = { connected; blackhole; @defaultonly drop; }
        const default_action = drop(DropReason.NO_ROUTE);
        size = MAX_ROUTES;
    }
    apply {
        if (MAC_EQUAL(hdr.inner_eth.dst, meta.gateway_mac)) {
            meta.routed = 1;
            if (hdr.inner_ip.ttl <= 1) {
                drop(DropReason.TTL_EXPIRED);
            } else {
                route.apply();
            }
        }
    }
}

// Every address of a tenant: a VM on a host, or the tenant's gateway in a subnet. Packets are sent to it,
// ARP requests are answered for it.
control Endpoints(inout headers_t hdr, inout metadata_t meta) {
    action vm(ipv4_t host, mac_t mac) {
        meta.host = host;
        meta.vm_mac = mac;
    }
    action gateway() {
        meta.vm_mac = meta.gateway_mac;
    }
    action miss() { }
    action route_packet() {
        hdr.inner_eth.src = meta.gateway_mac;
        hdr.inner_eth.dst = meta.vm_mac;
        hdr.inner_ip.ttl = hdr.inner_ip.ttl - 1;
    }
    // RFC 826: the reply goes to the host that asked.
    action answer_arp() {
        hdr.inner_eth.dst = hdr.inner_eth.src;
        hdr.inner_eth.src = meta.vm_mac;
        hdr.inner_arp.op = ARP_REPLY;
        hdr.inner_arp.tha = hdr.inner_arp.sha;
        hdr.inner_arp.tpa = hdr.inner_arp.spa;
        hdr.inner_arp.sha = meta.vm_mac;
        hdr.inner_arp.spa = meta.target_ip;
        meta.host = hdr.ip.src;
    }
    table endpoint {
        key = {
            meta.tenant    : exact @name("tenant");
            meta.target_ip : exact @name("address");
        }
        actions = { vm; gateway; @defaultonly miss; }
        const default_action = miss();
        size = MAX_VMS + MAX_SUBNETS;
    }
    apply {
        switch (endpoint.apply().action_run) {
            vm: {
                if (hdr.inner_arp.isValid()) {
                    answer_arp();
                } else if (meta.routed == 1) {
                    route_packet();
                } else if (!MAC_EQUAL(hdr.inner_eth.dst, meta.vm_mac)) {
                    meta.drop_reason = DropReason.INNER_MAC;
                }
            }
            gateway: {
                if (hdr.inner_arp.isValid()) {
                    answer_arp();
                } else {
                    meta.drop_reason = DropReason.TO_GATEWAY;
                }
            }
            miss: {
                if (hdr.inner_arp.isValid()) {
                    meta.drop_reason = DropReason.ARP_UNKNOWN_TARGET;
                } else {
                    meta.drop_reason = DropReason.UNKNOWN_VM;
                }
            }
        }
    }
}
