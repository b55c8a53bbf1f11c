"""Two second, stupid implementations: what an intent says of a packet, and what a gateway's entries do to it.

Both work packet by packet on plain values and share no code with the planner. A packet is a routed inner IPv4 packet.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, ip_address, ip_network
from typing import Any, NamedTuple

from controller.intent import Intent


class Packet(NamedTuple):
    """`port`: destination port; None: neither TCP nor UDP, or a later fragment."""

    vni: int
    host: int
    mac: int
    src: int
    dst: int
    proto: int
    port: int | None


Fate = tuple[Any, ...]
"""("to", switch port, host, MAC) or ("drop", reason)."""


def intended(intent: Intent, gateway: str, packet: Packet) -> Fate:
    """From the words of the intent."""
    tenant = next((t for t in intent.tenants.values() if t.vni == packet.vni), None)
    if tenant is None:
        return ("drop", "UNKNOWN_VNI")
    by_ip = {int(vm.ip): vm for vm in tenant.vms.values()}
    sender = by_ip.get(packet.src)
    if sender is None or sender.mac != packet.mac or int(intent.hosts[sender.host].ip) != packet.host:
        return ("drop", "SPOOFED")
    verdict = tenant.acl_default
    for rule in tenant.acl:
        ports = rule.ports is None or (
            packet.port is not None and packet.port in range(rule.ports[0], rule.ports[1] + 1)
        )
        proto = rule.proto is None or rule.proto == packet.proto
        if ports and proto and _in(tenant, rule.source, packet.src) and _in(tenant, rule.to, packet.dst):
            verdict = rule.action
            break
    if verdict == "deny":
        return ("drop", "ACL_DENIED")
    if not any(ip_address(packet.dst) in subnet.cidr for subnet in tenant.subnets.values()):
        return ("drop", "NO_ROUTE")
    gateways = [subnet.gateway or next(iter(subnet.cidr.hosts())) for subnet in tenant.subnets.values()]
    if ip_address(packet.dst) in gateways:
        return ("drop", "TO_GATEWAY")
    target = by_ip.get(packet.dst)
    if target is None:
        return ("drop", "UNKNOWN_VM")
    port = next(n for n, one in intent.gateways[gateway].ports.items() if target.host in one.hosts)
    return ("to", port, int(intent.hosts[target.host].ip), target.mac)


def _in(tenant: Any, words: str, address: int) -> bool:
    network: IPv4Network
    if words == "any":
        return True
    if words in tenant.vms:
        return bool(tenant.vms[words].ip == IPv4Address(address))
    network = tenant.subnets[words].cidr if words in tenant.subnets else ip_network(words)  # type: ignore[assignment]
    return IPv4Address(address) in network


State = dict[str, dict[tuple[Any, ...], tuple[Any, ...]]]


def fates(state: State, packet: Packet) -> set[Fate]:
    """From the entries of the tables, read as docs/gateway.md does. More than one where priorities tie."""
    found = state["vni"].get((packet.vni, 0))
    if found is None:
        return {("drop", "UNKNOWN_VNI")}
    tenant = found[1]
    if (tenant, packet.src, packet.mac, packet.host, 0) not in state["vm_source"]:
        return {("drop", "SPOOFED")}
    hits: dict[int, set[str]] = {}
    for (owner, src, dst, proto, has_ports, sport, dport, priority), (verdict,) in state["acl"].items():
        fields = [
            (packet.src, src),
            (packet.dst, dst),
            (packet.proto, proto),
            (int(packet.port is not None), has_ports),
            (0, sport),
            (packet.port or 0, dport),
        ]
        if owner == tenant and all(value & mask == want for value, (want, mask) in fields):
            hits.setdefault(priority, set()).add(verdict)
    verdicts = hits[max(hits)] if hits else {"permit"}
    return {("drop", "ACL_DENIED") if one == "deny" else _onwards(state, tenant, packet) for one in verdicts}


def _onwards(state: State, tenant: int, packet: Packet) -> Fate:
    routes = [
        (length, action)
        for (owner, (prefix, length), _), (action,) in state["route"].items()
        if owner == tenant and (packet.dst ^ prefix) >> (32 - length) == 0
    ]
    if not routes or max(routes)[1] != "connected":
        return ("drop", "NO_ROUTE")
    target = state["endpoint"].get((tenant, packet.dst, 0))
    if target is None:
        return ("drop", "UNKNOWN_VM")
    if target[0] == "gateway":
        return ("drop", "TO_GATEWAY")
    way = state["next_hop"].get((target[1], 0))
    if way is None:
        return ("drop", "NO_NEXT_HOP")
    return ("to", way[1], target[1], target[2])
