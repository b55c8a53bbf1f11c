// The gateway, from a parsed packet to one that is ready to send, or a reason to drop it.
// Knows no architecture; what one must provide is listed in v1model/architecture.p4.

#include "underlay.p4"
#include "tunnel.p4"
#include "sender.p4"
#include "acl.p4"
#include "forwarding.p4"

control Gateway(inout headers_t hdr, inout metadata_t meta, in port_t ingress_port) {
    LocalVtep() local_vtep;
    UnderlayArp() underlay_arp;
    Decapsulation() decapsulation;
    Sender() sender;
    Acl() acl;
    Routing() routing;
    Endpoints() endpoints;
    Encapsulation() encapsulation;
    NextHop() next_hop;
    PACKET_BYTE_COUNTER(tenant_tx, MAX_TENANTS, tenant_t);

    apply {
        local_vtep.apply(hdr, meta);
        if (meta.drop_reason == DropReason.NONE) {
            if (hdr.arp.isValid()) {
                underlay_arp.apply(hdr, meta, ingress_port);
            } else {
                decapsulation.apply(hdr, meta);
                if (meta.drop_reason == DropReason.NONE) {
                    sender.apply(hdr, meta);
                }
                if (meta.drop_reason == DropReason.NONE) {
                    if (hdr.inner_ip.isValid()) {
                        acl.apply(hdr, meta);
                        if (meta.drop_reason == DropReason.NONE) {
                            routing.apply(hdr, meta);
                        }
                    } else if (hdr.inner_arp.spa == hdr.inner_arp.tpa) {
                        meta.drop_reason = DropReason.ARP_GRATUITOUS;
                    }
                }
                if (meta.drop_reason == DropReason.NONE) {
                    endpoints.apply(hdr, meta);
                }
                if (meta.drop_reason == DropReason.NONE) {
                    next_hop.apply(hdr, meta);
                }
                if (meta.drop_reason == DropReason.NONE) {
                    encapsulation.apply(hdr, meta);
                    COUNT(tenant_tx, meta.tenant);
                }
            }
        }
    }
}
