// Per-tenant stateless access list over the inner 5-tuple. What no rule matches is permitted; a tenant that wants it
// the other way round has a rule of lowest priority that denies everything.
// Later fragments have no ports: a rule on ports asks for has_ports = 1, else it would match them as port 0.

control Acl(inout headers_t hdr, inout metadata_t meta) {
    DIRECT_PACKET_BYTE_COUNTER(acl_hits);

    action permit() {
        acl_hits.count();
    }
    action deny() {
        acl_hits.count();
        meta.drop_reason = DropReason.ACL_DENIED;
    }
    table acl {
        key = {
            meta.tenant        : exact   @name("tenant");
            hdr.inner_ip.src   : ternary @name("src");
            hdr.inner_ip.dst   : ternary @name("dst");
            hdr.inner_ip.proto : ternary @name("proto");
            meta.has_ports     : ternary @name("has_ports");
            meta.l4_src        : ternary @name("sport");
            meta.l4_dst        : ternary @name("dport");
        }
        actions = { permit; deny; }
        const default_action = permit();
        counters = acl_hits;
        size = MAX_ACL_RULES;
    }
    apply {
        acl.apply();
    }
}
