"""The gateway of ten tables under load (bench_programs/ten_tables.p4): entries, and packets that use them.

Addresses are scattered. Packets are routed from a VM to another VM of its tenant, pass every table, and are sent.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from bench_gateway import PACKET_BYTES, TENANTS, VTEP, VTEP_MAC, Row, Vm, host_address, make_packets, write_rows

from switch.engine import Engine
from switch.values import Exact, Lpm, MeterConfig, Ternary

HOSTS, PORTS, PREFIXES = 256, 8, 8
GATEWAY_MAC = 0x02AA00000001
POLICED = MeterConfig(10**11, 10**9, 2 * 10**11, 2 * 10**9)  # bytes: never reached


def fill(engine: Engine, vms: list[Vm], acl_rules: int = 200, masks: int = 8) -> int:
    """Write the entries for these VMs; the number of entries written."""
    for policer in range(TENANTS):
        engine.write_meter("TenIngress.policers", policer, POLICED)
    return write_rows(engine, entries(vms, acl_rules, masks))


def entries(vms: list[Vm], acl_rules: int, masks: int) -> Iterator[tuple[str, list[Row]]]:
    """(table, rows)"""
    tenants = range(TENANTS)
    yield "vtep", [((Exact(VTEP_MAC), Exact(VTEP)), "local", (), 0)]
    yield "vni", [((Exact(5000 + t),), "set_tenant", (t, GATEWAY_MAC), 0) for t in tenants]
    yield "source", [((Exact(v.tenant), Exact(v.ip), Exact(v.mac), Exact(v.host)), "genuine", (), 0) for v in vms]
    yield "router_mac", [((Exact(t), Exact(GATEWAY_MAC)), "routed", (), 0) for t in tenants]
    yield "policer", [((Exact(t), Exact(0)), "police", (t,), 0) for t in tenants]
    yield "acl", [_acl_row(number, acl_rules, masks) for number in range(acl_rules)]
    yield (
        "route",
        [((Exact(t), Lpm(0x0A000000 | n << 21, 11)), "connected", (), 0) for t in tenants for n in range(PREFIXES)],
    )
    yield "endpoint", [((Exact(v.tenant), Exact(v.ip)), "vm", (v.mac, v.host), 0) for v in vms]
    yield (
        "next_hop",
        [((Exact(host_address(n)),), "to_port", (1 + n % PORTS, 0x02AB00000000 + n), 0) for n in range(HOSTS)],
    )
    yield (
        "port_map",
        [((Exact(1 + n),), "send_as", (VTEP_MAC + n, VTEP + n), 0) for n in range(PORTS)],
    )


def _acl_row(number: int, rules: int, masks: int) -> Row:
    """A rule that denies a TCP port between two prefixes. `masks` pairs of prefix lengths; no packet here matches."""
    rng = random.Random(number)
    kind = number % masks
    source, destination = _prefix(9 + kind % 8, rng), _prefix(9 + kind // 8, rng) if masks > 8 else Ternary(0, 0)
    match = (
        Ternary(rng.randrange(TENANTS), 0xFFFF),
        source,
        destination,
        Ternary(6, 0xFF),
        Ternary(0, 0),
        Ternary(1000 + number, 0xFFFF),
    )
    return match, "deny", (), rules - number


def _prefix(length: int, rng: random.Random) -> Ternary:
    mask = (0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF
    return Ternary((0x0A000000 | rng.randrange(1 << 24)) & mask, mask)


__all__ = ["PACKET_BYTES", "fill", "make_packets"]
