"""Frames of the tests, and what the tests know by themselves about VXLAN and entropy ports.

Nothing here reads the P4 sources: it is the second implementation that the switch is compared with.
"""

from __future__ import annotations

from dataclasses import dataclass

from scapy.layers.inet import ICMP as ICMP
from scapy.layers.inet import IP as IP
from scapy.layers.inet import TCP as TCP
from scapy.layers.inet import UDP as UDP
from scapy.layers.l2 import ARP as ARP
from scapy.layers.l2 import Dot1Q as Dot1Q
from scapy.layers.l2 import Ether as Ether
from scapy.layers.vxlan import VXLAN as VXLAN
from scapy.packet import Packet
from scapy.packet import Raw as Raw

BROADCAST = "ff:ff:ff:ff:ff:ff"
NO_MAC = "00:00:00:00:00:00"


@dataclass(frozen=True)
class Host:
    """A host of the underlay: a tunnel endpoint behind a port of the gateway."""

    port: int
    ip: str
    mac: str


@dataclass(frozen=True)
class Vm:
    """A VM of a tenant."""

    ip: str
    mac: str
    host: Host


def ip_number(address: str) -> int:
    return int.from_bytes(bytes(int(part) for part in address.split(".")), "big")


def mac_number(address: str) -> int:
    return int(address.replace(":", ""), 16)


def crc16(data: bytes) -> int:
    """CRC-16/ARC, bit by bit: polynomial 0x8005 reflected, start 0. Check value: crc16(b"123456789") == 0xBB3D."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


def entropy_port(inner: Packet | bytes) -> int:
    """The outer UDP source port for an inner frame (RFC 7348 §5: a hash of the flow, in 49152-65535)."""
    frame = bytes(inner)
    if frame[12:14] != b"\x08\x00":
        return 0xC000 + crc16(frame[0:12]) % 0x4000
    header = frame[14:34]
    flow = header[12:20] + header[9:10]
    fragment = int.from_bytes(header[6:8], "big") & 0x3FFF
    ports = frame[34:38] if header[9] in (6, 17) and not fragment else bytes(4)
    return 0xC000 + crc16(flow + ports) % 0x4000
