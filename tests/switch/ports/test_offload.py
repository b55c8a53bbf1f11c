"""Checksums and segmentation that a sending kernel left undone. Oracle: scapy, which builds each packet whole."""

from __future__ import annotations

import ctypes

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1Q, Ether
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet, Raw

from switch import build

NEEDS_CSUM = 1
GSO_TCPV4, GSO_UDP_L4, GSO_TCPV6 = 1, 5, 4


class VirtioHeader(ctypes.Structure):
    _fields_ = [
        ("flags", ctypes.c_uint8),
        ("gso_type", ctypes.c_uint8),
        ("hdr_len", ctypes.c_uint16),
        ("gso_size", ctypes.c_uint16),
        ("csum_start", ctypes.c_uint16),
        ("csum_offset", ctypes.c_uint16),
    ]


class Plan(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("headers", "payload", "segment", "count", "transport")] + [
        ("rest", ctypes.c_uint32 * 16)
    ]


def header_for(packet: Packet, gso_type: int = 0, gso_size: int = 0) -> VirtioHeader:
    """What the kernel would say of a packet whose innermost transport checksum is unfinished."""
    inner = packet.getlayer(TCP, 1) or packet.getlayer(UDP, 2) or packet.getlayer(UDP, 1)
    start = len(packet) - len(inner)
    return VirtioHeader(NEEDS_CSUM, gso_type, 0, gso_size, start, 16 if isinstance(inner, TCP) else 6)


def pseudo_sum(packet: Packet) -> int:
    """The checksum field as the kernel leaves it: the pseudo header's sum, folded, not inverted."""
    inner = packet.getlayer(TCP, 1) or packet.getlayer(UDP, 2) or packet.getlayer(UDP, 1)
    ip = inner.underlayer
    words = bytes(ip)[8:40] if isinstance(ip, IPv6) else bytes(ip)[12:20]
    total = sum(int.from_bytes(words[i : i + 2], "big") for i in range(0, len(words), 2))
    total += len(inner) + (6 if isinstance(inner, TCP) else 17)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def unfinished(packet: Packet, header: VirtioHeader) -> bytearray:
    data = bytearray(bytes(packet))
    at = header.csum_start + header.csum_offset
    data[at : at + 2] = pseudo_sum(packet).to_bytes(2, "big")
    return data


ETHER = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
V4 = IP(src="10.0.0.1", dst="10.0.0.2", id=7, flags="DF")
V6 = IPv6(src="2001:db8::1", dst="2001:db8::2")
TUNNEL = ETHER / IP(src="192.0.2.1", dst="192.0.2.2", id=300) / UDP(sport=50000, dport=4789, chksum=0) / VXLAN(vni=42)
TUNNEL6 = ETHER / V6 / UDP(sport=50000, dport=4789) / VXLAN(vni=42)
SEGMENT = TCP(sport=1000, dport=80, seq=0xFFFFFF00, flags="PA", options=[("Timestamp", (1, 2))])
PLAIN = {
    "tcp4": ETHER / V4 / SEGMENT,
    "tcp4-vlan": ETHER / Dot1Q(vlan=5) / V4 / SEGMENT,
    "tcp6": ETHER / V6 / SEGMENT,
    "udp4": ETHER / V4 / UDP(sport=9, dport=10),
    "udp6": ETHER / V6 / UDP(sport=9, dport=10),
    "vxlan-tcp4": TUNNEL / ETHER / V4 / SEGMENT,
    "vxlan-tcp6": TUNNEL / ETHER / V6 / SEGMENT,
    "vxlan6-tcp4": TUNNEL6 / ETHER / V4 / SEGMENT,
}


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("size", [0, 1, 2, 333])
def test_finished_checksums_are_those_of_a_whole_packet(name: str, size: int) -> None:
    packet = PLAIN[name] / Raw(bytes(i % 251 for i in range(size)))
    packet = Ether(bytes(packet))
    header = header_for(packet)
    data = unfinished(packet, header)
    buffer = (ctypes.c_uint8 * len(data)).from_buffer(data)
    assert build.runtime_library().offload_finish_checksum(ctypes.byref(header), buffer, len(data)) == 1
    assert bytes(data).hex() == bytes(packet).hex()


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("size", [0, 1, 2, 333])
@pytest.mark.parametrize("padding", [0, 5])
def test_unfinished_checksums_are_found_and_finished_where_nothing_marks_them(
    name: str, size: int, padding: int
) -> None:
    packet = Ether(bytes(PLAIN[name] / Raw(bytes(i % 251 for i in range(size)))))
    whole = bytes(packet) + bytes(padding)
    for data in (unfinished(packet, header_for(packet)) + bytes(padding), bytearray(whole)):
        buffer = (ctypes.c_uint8 * len(data)).from_buffer(data)
        build.runtime_library().offload_finish_unmarked(buffer, len(data))
        assert bytes(data).hex() == whole.hex()


@pytest.mark.parametrize("name", PLAIN)
def test_a_wrong_checksum_stays_wrong_and_cut_off_packets_are_left_alone(name: str) -> None:
    packet = bytearray(bytes(Ether(bytes(PLAIN[name] / Raw(b"x" * 20)))))
    packet[-1] ^= 0x40
    before = bytes(packet)
    for length in (len(packet), *range(0, len(packet), 7)):
        data = packet[:length]
        buffer = (ctypes.c_uint8 * (length + 64)).from_buffer_copy(data + bytes(64))
        build.runtime_library().offload_finish_unmarked(buffer, length)
        assert bytes(buffer)[:length] == before[:length]


def test_a_checksum_outside_of_the_packet_is_refused() -> None:
    data = (ctypes.c_uint8 * 60)()
    for start, offset in ((60, 0), (40, 20), (59, 0), (58, 1)):
        header = VirtioHeader(NEEDS_CSUM, 0, 0, 0, start, offset)
        assert build.runtime_library().offload_finish_checksum(ctypes.byref(header), data, 60) == 0


def segments_of(packet: Packet, gso_type: int, gso_size: int) -> list[bytes]:
    library = build.runtime_library()
    header = header_for(packet, gso_type, gso_size)
    data = bytes(unfinished(packet, header))
    plan = Plan()
    assert library.offload_plan(ctypes.byref(header), data, len(data), ctypes.byref(plan)) == 1
    out = ctypes.create_string_buffer(plan.headers + plan.segment)
    found = []
    for i in range(plan.count):
        length = library.offload_segment(ctypes.byref(plan), data, i, out)
        found.append(out.raw[:length])
    return found


def rebuilt(data: bytes) -> bytes:
    """The packet with every length and checksum left to scapy, but for a tunnel's absent one."""
    packet = Ether(data)
    layer = packet
    while layer and not isinstance(layer, Raw):
        if isinstance(layer, IP):
            del layer.len, layer.chksum
        elif isinstance(layer, IPv6):
            del layer.plen
        elif isinstance(layer, TCP) or (isinstance(layer, UDP) and layer.chksum):
            del layer.chksum
        if isinstance(layer, UDP):
            del layer.len
        layer = layer.payload
    return bytes(packet)


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize(("payload", "segment"), [(3000, 1400), (2800, 1400), (1401, 1400), (65000, 1348), (7, 3)])
def test_segments_are_whole_packets_that_carry_the_payload_in_order(name: str, payload: int, segment: int) -> None:
    if "udp" in name:
        payload = min(payload, 60000)
    content = bytes((i * 7 + i // 256) % 251 for i in range(min(payload, 65000 - len(PLAIN[name]))))
    packet = Ether(bytes(PLAIN[name] / Raw(content)))
    inner = packet.getlayer(TCP, 1) or packet.getlayer(UDP, 2) or packet.getlayer(UDP, 1)
    gso_type = GSO_UDP_L4 if isinstance(inner, UDP) else GSO_TCPV6 if isinstance(inner.underlayer, IPv6) else GSO_TCPV4
    found = segments_of(packet, gso_type, segment)
    assert len(found) == -(-len(content) // segment)
    carried = b""
    for i, data in enumerate(found):
        assert data.hex() == rebuilt(data).hex()
        piece = Ether(data)
        transport = piece.getlayer(TCP, 1) or piece.getlayer(UDP, 2) or piece.getlayer(UDP, 1)
        if isinstance(transport, TCP):
            assert transport.seq == (inner.seq + len(carried)) % 2**32
            assert transport.flags == ("PA" if i == len(found) - 1 else "A")
        if isinstance(piece.payload, IP):
            assert piece.payload.id == packet[IP].id + i
        carried += bytes(transport.payload)
    assert carried == content


@pytest.mark.parametrize("cut", [10, 14, 30, 33, 40, 53])
def test_truncated_headers_are_refused(cut: int) -> None:
    packet = Ether(bytes(PLAIN["tcp4"] / Raw(b"x" * 100)))
    header = header_for(packet, GSO_TCPV4, 50)
    data = bytes(packet)[:cut]
    assert build.runtime_library().offload_plan(ctypes.byref(header), data, len(data), ctypes.byref(Plan())) == 0
