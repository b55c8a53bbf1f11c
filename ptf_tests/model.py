"""What the gateway must do with a frame, said a second time: plain Python over bytes, from docs/gateway.md and RFCs.

Knows nothing of P4. Slow, and in one piece on purpose: the order of the checks is the order of the lines.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import packets


@dataclass
class Tables:
    """The tables of docs/gateway.md; addresses are integers."""

    local_vtep: dict[int, bytes] = field(default_factory=dict)  # address -> mac
    vni: dict[int, tuple[int, bytes]] = field(default_factory=dict)  # vni -> tenant, gateway mac
    vm_source: set[tuple[int, int, bytes, int]] = field(default_factory=set)  # tenant, address, mac, host
    acl: list[tuple[int, dict[str, int | tuple[int, int]], str]] = field(default_factory=list)  # priority, key, action
    route: dict[tuple[int, int, int], str] = field(default_factory=dict)  # tenant, address, prefix length -> action
    endpoint: dict[tuple[int, int], tuple[int, bytes] | None] = field(default_factory=dict)  # None: the gateway
    next_hop: dict[int, tuple[int, bytes, bytes]] = field(default_factory=dict)  # host -> port, src mac, dst mac


class Dropped(Exception):
    """The packet is dropped for the reason named in the argument."""


def checksum(header: bytes) -> int:
    """RFC 1071 over a header of an even number of bytes."""
    total = sum(int.from_bytes(header[i : i + 2], "big") for i in range(0, len(header), 2))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def forward(tables: Tables, port: int, frame: bytes) -> tuple[int, bytes]:
    """The port and the frame that leave for `frame` into `port`, or Dropped."""
    outer = _Frame(frame)
    outer.need(14)
    ethertype = outer.number(12, 2)
    if ethertype == 0x0806:
        outer.need(42)
        return port, _underlay_arp(tables, frame)
    if ethertype != 0x0800:
        raise Dropped("OUTER_ETHERTYPE")
    outer.need(34)
    outer_parsed = outer.number(14, 1) == 0x45 and not outer.number(20, 2) & 0x3FFF and outer.number(23, 1) == 17
    vxlan = good = False
    if outer_parsed:
        outer.need(42)
        vxlan = outer.number(36, 2) == 4789
    if vxlan:
        outer.need(50)
        good = bool(outer.number(42, 1) & 0x08)
    has_ports = False
    inner_type = 0
    if good:
        outer.need(64)
        inner_type = outer.number(62, 2)
        if inner_type == 0x0806:
            outer.need(92)
        if inner_type == 0x0800:
            outer.need(84)
            first = not outer.number(70, 2) & 0x1FFF
            has_ports = outer.number(64, 1) == 0x45 and first and outer.number(73, 1) in (6, 17)
            if has_ports:
                outer.need(88)

    if outer.number(14, 1) & 0xF == 5 and checksum(frame[14:24] + bytes(2) + frame[26:34]) != outer.number(24, 2):
        raise Dropped("OUTER_CHECKSUM")
    inner_covered = inner_type == 0x0800 and outer.number(64, 1) & 0xF == 5
    if inner_covered and checksum(frame[64:74] + bytes(2) + frame[76:84]) != outer.number(74, 2):
        raise Dropped("INNER_CHECKSUM")
    ip_length = outer.number(16, 2)
    if len(frame) < 14 + ip_length:
        raise Dropped("OUTER_LENGTH")

    source_host, local = outer.number(26, 4), outer.number(30, 4)
    if local not in tables.local_vtep:
        raise Dropped("NOT_LOCAL")
    if not good:
        version_ihl = outer.number(14, 1)
        if version_ihl >> 4 != 4 or version_ihl & 0xF < 5:
            raise Dropped("OUTER_HEADER")
        if version_ihl != 0x45:
            raise Dropped("OUTER_OPTIONS")
        if outer.number(20, 2) & 0x3FFF:
            raise Dropped("OUTER_FRAGMENT")
        raise Dropped("VXLAN_FLAGS" if vxlan else "NOT_VXLAN")
    if frame[0:6] != tables.local_vtep[local]:
        raise Dropped("OUTER_MAC")
    udp_length = outer.number(38, 2)
    if ip_length != udp_length + 20:
        raise Dropped("OUTER_LENGTH")
    vni = outer.number(46, 3)
    if vni not in tables.vni:
        raise Dropped("UNKNOWN_VNI")
    tenant, gateway_mac = tables.vni[vni]

    inner = bytearray(frame[50:])
    if inner_type == 0x0800:
        host = _inner_ipv4(tables, tenant, gateway_mac, source_host, inner, udp_length, has_ports)
    elif inner_type == 0x0806:
        host = _inner_arp(tables, tenant, gateway_mac, source_host, inner, udp_length)
    else:
        raise Dropped("INNER_VLAN" if inner_type in (0x8100, 0x88A8) else "INNER_ETHERTYPE")

    if host not in tables.next_hop:
        raise Dropped("NO_NEXT_HOP")
    out_port, src_mac, dst_mac = tables.next_hop[host]
    addresses = local.to_bytes(4, "big") + host.to_bytes(4, "big")
    ip = frame[14:18] + bytes.fromhex("0000 4000 40 11 0000") + addresses
    ip = ip[:10] + checksum(ip).to_bytes(2, "big") + ip[12:]
    udp = packets.entropy_port(bytes(inner)).to_bytes(2, "big") + frame[36:40] + bytes(2)
    vxlan_header = b"\x08\0\0\0" + frame[46:49] + b"\0"
    return out_port, dst_mac + src_mac + b"\x08\x00" + ip + udp + vxlan_header + bytes(inner)


def _underlay_arp(tables: Tables, frame: bytes) -> bytes:
    asked = int.from_bytes(frame[38:42], "big")
    if asked not in tables.local_vtep:
        raise Dropped("NOT_LOCAL")
    if frame[14:22] != bytes.fromhex("0001 0800 06 04 0001"):
        raise Dropped("UNDERLAY_ARP")
    mac = tables.local_vtep[asked]
    reply = frame[14:20] + b"\x00\x02" + mac + frame[38:42] + frame[22:32]
    return frame[6:12] + mac + b"\x08\x06" + reply + frame[42:]


def _inner_ipv4(
    tables: Tables, tenant: int, gateway_mac: bytes, host: int, inner: bytearray, udp_length: int, has_ports: bool
) -> int:
    """Checks the inner IPv4 packet, rewrites it in place if it is routed; the host that it goes to."""
    packet = _Frame(bytes(inner))
    version_ihl, length = packet.number(14, 1), packet.number(16, 2)
    if version_ihl >> 4 != 4 or version_ihl & 0xF < 5:
        raise Dropped("INNER_HEADER")
    if version_ihl != 0x45:
        raise Dropped("INNER_OPTIONS")
    if length < 20 or length + 30 > udp_length or (has_ports and length < 28):
        raise Dropped("INNER_LENGTH")
    src, dst = packet.number(26, 4), packet.number(30, 4)
    if src >> 24 in (0, 127) or src >> 24 >= 224:
        raise Dropped("MARTIAN")
    if (tenant, src, bytes(inner[6:12]), host) not in tables.vm_source:
        raise Dropped("SPOOFED")
    ports = (packet.number(34, 2), packet.number(36, 2)) if has_ports else (0, 0)
    if _denied(tables, tenant, src, dst, packet.number(23, 1), has_ports, ports):
        raise Dropped("ACL_DENIED")
    routed = inner[0:6] == gateway_mac
    if routed:
        if packet.number(22, 1) <= 1:
            raise Dropped("TTL_EXPIRED")
        matches = [
            (bits, action)
            for (of, address, bits), action in tables.route.items()
            if of == tenant and address >> (32 - bits) == dst >> (32 - bits)
        ]
        if not matches:
            raise Dropped("NO_ROUTE")
        if max(matches)[1] == "blackhole":
            raise Dropped("BLACKHOLE")
    if (tenant, dst) not in tables.endpoint:
        raise Dropped("UNKNOWN_VM")
    vm = tables.endpoint[tenant, dst]
    if vm is None:
        raise Dropped("TO_GATEWAY")
    if routed:
        inner[0:12] = vm[1] + gateway_mac
        inner[22] -= 1
        inner[24:26] = checksum(bytes(inner[14:24]) + bytes(2) + inner[26:34]).to_bytes(2, "big")
    elif inner[0:6] != vm[1]:
        raise Dropped("INNER_MAC")
    return vm[0]


def _inner_arp(tables: Tables, tenant: int, gateway_mac: bytes, host: int, inner: bytearray, udp_length: int) -> int:
    """Turns a VM's ARP request into the reply, in place; the host that it goes to."""
    arp = _Frame(bytes(inner))
    if udp_length < 58:
        raise Dropped("INNER_LENGTH")
    if inner[14:20] != bytes.fromhex("0001 0800 06 04"):
        raise Dropped("ARP_MALFORMED")
    if arp.number(20, 2) != 1:
        raise Dropped("ARP_NOT_REQUEST")
    sender, target = arp.number(28, 4), arp.number(38, 4)
    if sender == 0:
        raise Dropped("ARP_PROBE")
    mac = bytes(inner[6:12])
    if inner[22:28] != mac or (tenant, sender, mac, host) not in tables.vm_source:
        raise Dropped("SPOOFED")
    if sender == target:
        raise Dropped("ARP_GRATUITOUS")
    if (tenant, target) not in tables.endpoint:
        raise Dropped("ARP_UNKNOWN_TARGET")
    vm = tables.endpoint[tenant, target]
    answer = gateway_mac if vm is None else vm[1]
    inner[0:12] = mac + answer
    inner[20:42] = b"\x00\x02" + answer + arp.data[38:42] + mac + arp.data[28:32]
    return host


def _denied(
    tables: Tables, tenant: int, src: int, dst: int, proto: int, has_ports: bool, ports: tuple[int, int]
) -> bool:
    fields = {"src": src, "dst": dst, "proto": proto, "has_ports": int(has_ports), "sport": ports[0], "dport": ports[1]}
    for _, key, action in sorted(tables.acl, key=lambda rule: -rule[0]):
        masks = {name: wanted for name, wanted in key.items() if isinstance(wanted, tuple)}
        if key["tenant"] == tenant and all(fields[name] & m == v & m for name, (v, m) in masks.items()):
            return action == "deny"
    return False


@dataclass(frozen=True)
class _Frame:
    data: bytes

    def need(self, length: int) -> None:
        if len(self.data) < length:
            raise Dropped("PARSER_ERROR")

    def number(self, at: int, size: int) -> int:
        return int.from_bytes(self.data[at : at + size], "big")
