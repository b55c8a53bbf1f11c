"""The gateway's P4Info, written by hand from docs/gateway.md: what the tests' fake switch runs.

It does not come from the controller's own layout, so that the two check one another.
"""

from __future__ import annotations

from finsy.proto import p4i

# table: (size, [(key, kind, bits)], {action: [(param, bits)]})
TABLES: dict[str, tuple[int, list[tuple[str, str, int]], dict[str, list[tuple[str, int]]]]] = {
    "underlay.local_vtep": (256, [("address", "EXACT", 32)], {"local": [("mac", 48)]}),
    "decapsulation.vni": (
        4096,
        [("vni", "EXACT", 24)],
        {"set_tenant": [("tenant", 16), ("gateway_mac", 48)]},
    ),
    "sender.vm_source": (
        65536,
        [("tenant", "EXACT", 16), ("address", "EXACT", 32), ("mac", "EXACT", 48), ("host", "EXACT", 32)],
        {"genuine": []},
    ),
    "acl.acl": (
        1024,
        [
            ("tenant", "EXACT", 16),
            ("src", "TERNARY", 32),
            ("dst", "TERNARY", 32),
            ("proto", "TERNARY", 8),
            ("has_ports", "TERNARY", 1),
            ("sport", "TERNARY", 16),
            ("dport", "TERNARY", 16),
        ],
        {"permit": [], "deny": []},
    ),
    "routing.route": (
        16384,
        [("tenant", "EXACT", 16), ("dst", "LPM", 32)],
        {"connected": [], "blackhole": []},
    ),
    "endpoints.endpoint": (
        73728,
        [("tenant", "EXACT", 16), ("address", "EXACT", 32)],
        {"vm": [("host", 32), ("mac", 48)], "gateway": []},
    ),
    "next_hop.next_hop": (
        4096,
        [("host", "EXACT", 32)],
        {"to_port": [("port", 9), ("src_mac", 48), ("dst_mac", 48)]},
    ),
}
COUNTERS = {"gateway.tenant_tx": 4096, "gateway.sender.tenant_rx": 4096, "drops": 64}
DROP_REASONS = {0: "NONE", 3: "NOT_LOCAL", 13: "UNKNOWN_VNI", 21: "SPOOFED", 22: "ACL_DENIED"}


def gateway_info(sizes: dict[str, int] | None = None) -> p4i.P4Info:
    """P4Info of the gateway; `sizes` (by table alias) overrides the tables' sizes."""
    info = p4i.P4Info()
    info.pkg_info.name = "gateway.p4"
    info.pkg_info.arch = "v1model"
    for t, (path, (size, keys, actions)) in enumerate(TABLES.items(), start=1):
        alias = path.split(".")[-1]
        table = info.tables.add(size=(sizes or {}).get(alias, size))
        table.preamble.id = 0x02000000 | t
        table.preamble.name = f"GatewayIngress.gateway.{path}"
        table.preamble.alias = alias
        for k, (key, kind, bits) in enumerate(keys, start=1):
            table.match_fields.add(id=k, name=key, bitwidth=bits, match_type=p4i.MatchField.MatchType.Value(kind))
        for a, (name, params) in enumerate({**actions, "drop": [("reason", 8)]}.items(), start=1):
            action = info.actions.add()
            action.preamble.id = 0x01000000 | t << 8 | a
            action.preamble.name = f"GatewayIngress.gateway.{path.split('.')[0]}.{name}"
            action.preamble.alias = f"{path.split('.')[0]}.{name}" if name == "drop" else name
            for p, (param, bits) in enumerate(params, start=1):
                action.params.add(id=p, name=param, bitwidth=bits)
            table.action_refs.add(id=action.preamble.id)
    for c, (path, size) in enumerate(COUNTERS.items(), start=1):
        counter = info.counters.add(size=size)
        counter.preamble.id = 0x12000000 | c
        counter.preamble.name = f"GatewayIngress.{path}"
        counter.preamble.alias = path.split(".")[-1]
    reasons = info.type_info.serializable_enums["DropReason"]
    for value, name in DROP_REASONS.items():
        reasons.members.add(name=name, value=bytes([value]))
    return info
