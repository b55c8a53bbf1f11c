// Every kind of entity that P4Runtime can address on v1model, for the tests beside it.
#include <core.p4>
#include <v1model.p4>

@p4runtime_translation("p4gate.test/vrf", string) type bit<4> vrf_t;
@p4runtime_translation("p4gate.test/number", 32) type bit<9> number_t;
type bit<16> plain_t;
enum bit<8> kind_t { A = 1, B = 2 }

header h_t {
    bit<8>  op;
    bit<8>  key;
    bit<32> a;
    bit<8>  r;
    bit<8>  color;
    bit<8>  prio;
    bit<16> rid;
    bit<16> port;
}

struct headers_t { h_t h; }
struct meta_t { vrf_t vrf; number_t number; bit<2> color; @field_list(1) bit<8> kept; }

struct match_t {
    bit<8>                   exact_;
    @match(ternary) bit<16>  ternary_;
    @match(range) bit<8>     range_;
    @match(lpm) bit<8>       lpm_;
    @match(optional) bit<8>  optional_;
}

struct learn_t { bit<8> key; bit<32> a; }
struct also_t { bit<8> op; vrf_t vrf; }

parser MyParser(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    value_set<match_t>(4) known;
    state start {
        pkt.extract(hdr.h);
        transition select(hdr.h.key, hdr.h.a[31:16], hdr.h.a[15:8], hdr.h.a[7:0], hdr.h.r) {
            known: marked;
            default: accept;
        }
    }
    state marked { meta.kept = 0x77; transition accept; }
}

control MyVerify(inout headers_t hdr, inout meta_t meta) { apply { } }

control MyIngress(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    @name("c") counter(4, CounterType.packets_and_bytes) c;
    @name("two") meter(2, MeterType.packets) two;
    @single_rate_three_color @name("three") meter(2, MeterType.packets) three;
    @single_rate_two_color @name("single") meter(2, MeterType.packets) single;
    @name("reg") register<bit<12>>(4) reg;
    @name("reg_signed") register<int<12>>(2) reg_signed;
    @name("reg_plain") register<plain_t>(2) reg_plain;
    @name("reg_kind") register<kind_t>(2) reg_kind;
    @name("reg_vrf") register<vrf_t>(2) reg_vrf;

    direct_counter(CounterType.packets_and_bytes) dc;
    direct_meter<bit<2>>(MeterType.packets) dm;
    direct_counter(CounterType.packets_and_bytes) keyless_counter;

    action set(bit<8> r) { hdr.h.r = r; dc.count(); dm.read(meta.color); }
    action other() { dc.count(); }
    action send(bit<9> port) { std.egress_spec = port; }
    action set_vrf(vrf_t vrf) { meta.vrf = vrf; }
    action set_number(number_t number) { meta.number = number; }
    action mark(bit<8> r) { hdr.h.r = r; }
    action idle_set(bit<8> r) { hdr.h.r = r; }

    @name("t") table t {
        key = { hdr.h.key : ternary; hdr.h.a : exact; }
        actions = { set; other; NoAction; }
        default_action = other();
        counters = dc;
        meters = dm;
        size = 16;
    }
    @name("always") table always {
        actions = { mark; @defaultonly NoAction; }
        default_action = NoAction();
        counters = keyless_counter;
    }
    @name("idle") table idle {
        key = { hdr.h.key : exact; }
        actions = { idle_set; NoAction; }
        default_action = NoAction();
        support_timeout = true;
        size = 8;
    }
    @name("vrfs") table vrfs {
        key = { hdr.h.key : exact; }
        actions = { set_vrf; set_number; NoAction; }
        default_action = NoAction();
    }
    @name("by_vrf") table by_vrf {
        key = { meta.vrf : exact; meta.number : optional; }
        actions = { mark; NoAction; }
        default_action = NoAction();
    }
    @max_group_size(4) @name("sel") action_selector(HashAlgorithm.crc16, 32w8, 32w16) sel;
    @name("ecmp") table ecmp {
        key = { hdr.h.key : exact; hdr.h.a : selector; }
        actions = { send; mark; NoAction; }
        implementation = sel;
        size = 16;
    }
    @name("wide_sel") action_selector(HashAlgorithm.crc16, 32w0, 32w16) wide_sel;
    @name("wide") table wide {
        key = { hdr.h.key : exact; hdr.h.a : selector; }
        actions = { send; NoAction; }
        implementation = wide_sel;
        size = 16;
    }

    apply {
        std.egress_spec = 1;
        if (hdr.h.op == 1) { t.apply(); }
        if (hdr.h.op == 2) { always.apply(); }
        if (hdr.h.op == 3) { idle.apply(); }
        if (hdr.h.op == 4) { vrfs.apply(); by_vrf.apply(); hdr.h.port = 12w0 ++ (bit<4>)meta.vrf; }
        if (hdr.h.op == 5) { ecmp.apply(); }
        if (hdr.h.op == 6) { wide.apply(); }
        if (hdr.h.op == 7) { two.execute_meter((bit<32>)hdr.h.key, meta.color); }
        if (hdr.h.op == 8) { three.execute_meter((bit<32>)hdr.h.key, meta.color); }
        if (hdr.h.op == 9) { single.execute_meter((bit<32>)hdr.h.key, meta.color); }
        if (hdr.h.op == 10) { std.mcast_grp = (bit<16>)hdr.h.key; }
        if (hdr.h.op == 11) { clone_preserving_field_list(CloneType.I2E, 7, 1); }
        if (hdr.h.op == 12) {
            digest<learn_t>(1, { hdr.h.key, hdr.h.a });
            meta.vrf = (vrf_t)hdr.h.key[3:0];
            digest<also_t>(1, { hdr.h.op, meta.vrf });
            if (hdr.h.r == 1) { digest<learn_t>(1, { hdr.h.key + 1, hdr.h.a }); }
        }
        if (hdr.h.op == 13) {
            c.count(0);
            bit<12> old; reg.read(old, 0); reg.write(0, old + 1);
            int<12> s; reg_signed.read(s, 0); reg_signed.write(0, s);
            plain_t p; reg_plain.read(p, 0); reg_plain.write(0, p);
            kind_t k; reg_kind.read(k, 0); reg_kind.write(0, k);
            vrf_t v; reg_vrf.read(v, 0); reg_vrf.write(0, v);
        }
        if (hdr.h.op == 14) { hdr.h.r = meta.kept; }
        hdr.h.color = 6w0 ++ meta.color;
    }
}

control MyEgress(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.h.prio = 5w0 ++ std.priority;
        hdr.h.rid = std.egress_rid;
        if (hdr.h.op != 4) { hdr.h.port = 7w0 ++ std.egress_port; }
    }
}

control MyCompute(inout headers_t hdr, inout meta_t meta) { apply { } }
control MyDeparser(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr.h); } }

V1Switch(MyParser(), MyVerify(), MyIngress(), MyEgress(), MyCompute(), MyDeparser()) main;
