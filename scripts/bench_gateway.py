"""The gateway under load: its tables filled for many VMs, and packets that use them. For the engine's benchmark.

Addresses are scattered (dense ones flatter a hash table), 200 ACL rules over 8 masks are walked past by most packets.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.layers.vxlan import VXLAN
from scapy.packet import Raw

from switch.bmv2 import Bmv2
from switch.engine import Engine
from switch.values import Action, Entry, Exact, Lpm, Match, Ternary
from topo.prober import internet_checksum

VTEP, VTEP_MAC = 0x0AFF0001, 0x02000AFF0001
GATEWAY_MAC = 0x02AA00000001
TENANTS = 16
HOSTS = 256
ACL_RULES = 200
PACKET_BYTES = 104
Row = tuple[tuple[Match, ...], str, tuple[int, ...], int]  # match, action, its data, priority


@dataclass(frozen=True, slots=True)
class Vm:
    """A VM of the load: all numbers as the tables have them."""

    tenant: int
    ip: int
    mac: int
    host: int


def make_vms(count: int, seed: int = 1) -> list[Vm]:
    """VMs with random addresses in 10.0.0.0/8, spread over tenants and hosts."""
    rng = random.Random(seed)
    taken: set[tuple[int, int]] = set()
    while len(taken) < count:
        taken.add((rng.randrange(TENANTS), 0x0A000000 | rng.randrange(1 << 24)))
    return [
        Vm(tenant, ip, 0x020000000000 | rng.getrandbits(40), host_address(rng.randrange(HOSTS)))
        for tenant, ip in sorted(taken)
    ]


def host_address(number: int) -> int:
    """Underlay address of a host."""
    return 0x0AFE0000 + number


def fill(engine: Engine | Bmv2, vms: list[Vm]) -> int:
    """Write the entries for these VMs; the number of entries written."""
    return write_rows(engine, _entries(vms))


def write_rows(engine: Engine | Bmv2, rows: Iterable[tuple[str, list[Row]]]) -> int:
    """Write (table, rows), tables and actions by the last part of their names; the number of entries written."""
    tables = {info.name.rsplit(".", 1)[-1]: info for info in engine.tables()}
    total = 0
    for table, entries in rows:
        info = tables[table]
        actions = {name.rsplit(".", 1)[-1]: name for name in info.actions}
        writes = []
        for match, action, params, priority in entries:
            assert len(match) == len(info.match_kinds), table
            writes.append(("insert", Entry(match, Action(actions[action], params), priority)))
        failed = [result for result in engine.write_many(info.name, writes) if result is not None]  # type: ignore[arg-type]
        if failed:
            raise failed[0]
        total += len(writes)
    return total


def _entries(vms: list[Vm]) -> Iterator[tuple[str, list[Row]]]:
    """(table, rows) in the terms of docs/gateway.md."""
    yield "local_vtep", [((Exact(VTEP),), "local", (VTEP_MAC,), 0)]
    yield "vni", [((Exact(5000 + t),), "set_tenant", (t, GATEWAY_MAC), 0) for t in range(TENANTS)]
    yield (
        "vm_source",
        [((Exact(v.tenant), Exact(v.ip), Exact(v.mac), Exact(v.host)), "genuine", (), 0) for v in vms],
    )
    yield "acl", [_acl_row(number) for number in range(ACL_RULES)]
    yield "route", [((Exact(t), Lpm(0x0A000000, 8)), "connected", (), 0) for t in range(TENANTS)]
    yield "endpoint", [((Exact(v.tenant), Exact(v.ip)), "vm", (v.host, v.mac), 0) for v in vms]
    yield (
        "next_hop",
        [((Exact(host_address(n)),), "to_port", (1 + n % 2, VTEP_MAC, 0x02AB00000000 + n), 0) for n in range(HOSTS)],
    )


def _acl_row(number: int) -> Row:
    """A rule that denies a port in a source prefix; eight different prefix lengths, so eight masks."""
    rng = random.Random(number)
    length = 9 + number % 8
    mask = (0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF
    match = (
        Exact(rng.randrange(TENANTS)),
        Ternary((0x0A000000 | rng.randrange(1 << 24)) & mask, mask),
        Ternary(0, 0),
        Ternary(6, 0xFF),
        Ternary(1, 1),
        Ternary(0, 0),
        Ternary(1000 + number, 0xFFFF),
    )
    return match, "deny", (), 1000 - number


def make_packets(vms: list[Vm], count: int, seed: int = 2) -> list[tuple[int, bytes]]:
    """(port, frame) of routed UDP packets between random VMs of a tenant, all different, PACKET_BYTES long."""
    rng = random.Random(seed)
    by_tenant = [[vm for vm in vms if vm.tenant == tenant] for tenant in range(TENANTS)]
    packets = []
    template = _template()
    for _ in range(count):
        members = rng.choice(by_tenant)
        source, destination = rng.choice(members), rng.choice(members)
        packets.append((1, _packet(template, source, destination, rng)))
    return packets


def _template() -> bytes:
    inner = Ether(dst=_mac(GATEWAY_MAC)) / IP(src="0.0.0.0", dst="0.0.0.0", ttl=64) / UDP(sport=1, dport=2)
    inner = inner / Raw(bytes(PACKET_BYTES - 50 - len(inner)))
    outer = Ether(dst=_mac(VTEP_MAC)) / IP(src="0.0.0.0", dst="10.255.0.1", flags="DF") / UDP(dport=4789, chksum=0)
    return bytes(outer / VXLAN(vni=0, flags="Instance") / inner)


def _packet(template: bytes, source: Vm, destination: Vm, rng: random.Random) -> bytes:
    frame = bytearray(template)
    frame[26:30] = source.host.to_bytes(4, "big")
    frame[34:36] = (49152 + rng.randrange(16384)).to_bytes(2, "big")
    frame[46:49] = (5000 + source.tenant).to_bytes(3, "big")
    frame[56:62] = source.mac.to_bytes(6, "big")
    frame[76:80] = source.ip.to_bytes(4, "big")
    frame[80:84] = destination.ip.to_bytes(4, "big")
    frame[84:86] = rng.randrange(1024, 65536).to_bytes(2, "big")
    for start in (14, 64):
        frame[start + 10 : start + 12] = bytes(2)
        frame[start + 10 : start + 12] = internet_checksum(bytes(frame[start : start + 20])).to_bytes(2, "big")
    return bytes(frame)


def _mac(value: int) -> str:
    return ":".join(f"{byte:02x}" for byte in value.to_bytes(6, "big"))
