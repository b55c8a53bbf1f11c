"""Packets of pcap and pcapng files: bytes in, Ethernet frames out.

pcap: either byte order, micro- and nanoseconds (draft-ietf-opsawg-pcap). pcapng: section header, interface description,
enhanced and simple packet blocks (draft-ietf-opsawg-pcapng); other blocks are passed over.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

ETHERNET = 1
PCAP_MAGIC = {0xA1B2C3D4: 1000, 0xA1B23C4D: 1}  # ns of the second timestamp's unit
SECTION, INTERFACE, SIMPLE, ENHANCED = 0x0A0D0D0A, 1, 3, 6
BYTE_ORDER = 0x1A2B3C4D
LENGTH_MAX = 1 << 26


class PcapError(ValueError):
    """What is wrong with a file: one line without its name."""


@dataclass(frozen=True, slots=True)
class Frame:
    """`number`: counted from 1, as in Wireshark. `cut`: the file has only its first bytes."""

    number: int
    data: bytes
    cut: bool


def read_frames(data: bytes) -> Iterator[Frame]:
    """Raises PcapError at the packet that cannot be read."""
    if len(data) < 4:
        raise PcapError("not a pcap file: it is shorter than 4 bytes")
    for order in "<>":
        magic = struct.unpack_from(order + "I", data)[0]
        if magic in PCAP_MAGIC:
            return _pcap(data, order)
        if magic == SECTION:
            return _pcapng(data)
    raise PcapError(f"not a pcap file: it begins with {data[:4].hex()}")


def _pcap(data: bytes, order: str) -> Iterator[Frame]:
    if len(data) < 24:
        raise PcapError("the file ends inside of its header")
    link = struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF
    _check_link(link)
    at, number = 24, 0
    while at < len(data):
        number += 1
        if at + 16 > len(data):
            raise PcapError(f"the file ends inside of the header of packet {number}")
        captured, length = struct.unpack_from(order + "II", data, at + 8)
        yield Frame(number, _piece(data, at + 16, captured, len(data), number), captured < length)
        at += 16 + captured


def _piece(data: bytes, at: int, length: int, end: int, number: int) -> bytes:
    """`end`: where the packet's block ends, or the file."""
    if length > LENGTH_MAX or at + length > end:
        raise PcapError(f"the file ends inside of packet {number}")
    return data[at : at + length]


def _check_link(link: int) -> None:
    if link != ETHERNET:
        raise PcapError(f"the packets are not Ethernet frames (link type {link})")


def _pcapng(data: bytes) -> Iterator[Frame]:
    at, number, order = 0, 0, "<"
    snapped: list[int] = []  # of each interface of the section
    while at < len(data):
        if at + 12 > len(data):
            raise PcapError(f"the file ends inside of a block, after packet {number}")
        kind = struct.unpack_from("<I", data, at)[0]
        if kind == SECTION:
            order = "<" if struct.unpack_from("<I", data, at + 8)[0] == BYTE_ORDER else ">"
            snapped = []
        kind, size = struct.unpack_from(order + "II", data, at)
        if size < 12 or size % 4 or at + size > len(data):
            raise PcapError(f"a block of {size} bytes does not fit into the file, after packet {number}")
        if kind == INTERFACE:
            link, _, snap = struct.unpack_from(order + "HHI", _body(data, at, size, 8), 0)
            _check_link(link)
            snapped.append(snap)
        elif kind == ENHANCED:
            number += 1
            captured, length = struct.unpack_from(order + "II", _body(data, at, size, 20), 12)
            yield Frame(number, _piece(data, at + 28, captured, at + size, number), captured < length)
        elif kind == SIMPLE:
            number += 1
            length = struct.unpack_from(order + "I", _body(data, at, size, 4), 0)[0]
            captured = min(length, snapped[0] if snapped and snapped[0] else length)
            yield Frame(number, _piece(data, at + 12, captured, at + size, number), captured < length)
        at += size


def _body(data: bytes, at: int, size: int, needed: int) -> bytes:
    if size < 12 + needed:
        raise PcapError(f"a block of {size} bytes is too short for what it is")
    return data[at + 8 : at + size - 4]
