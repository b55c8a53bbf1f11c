"""Packets bit by bit, and the hashes over them, for the interpreter."""

from __future__ import annotations

import zlib
from collections.abc import Iterable


class ParserError(Exception):
    def __init__(self, name: str | int) -> None:
        self.name = name


class Bits:
    """A packet, read bit by bit."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    @property
    def left(self) -> int:
        return len(self.data) * 8 - self.at

    def peek(self, offset: int, width: int) -> int:
        if offset + width > self.left:
            raise ParserError("PacketTooShort")
        return int.from_bytes(self.data, "big") >> self.left - offset - width & (1 << width) - 1

    def take(self, width: int) -> int:
        value = self.peek(0, width) if width else 0
        self.at += width
        return value

    def advance(self, width: int) -> None:
        if width % 8:
            raise ParserError("ParserInvalidArgument")
        if width > self.left:
            raise ParserError("PacketTooShort")
        self.at += width


class Writer:
    """Bits put together, filled up with zeros at the end."""

    def __init__(self) -> None:
        self.value = self.width = 0

    def add(self, value: int, width: int) -> None:
        self.value = self.value << width | value
        self.width += width

    def data(self, data: bytes) -> None:
        self.add(int.from_bytes(data, "big"), len(data) * 8)

    def finish(self) -> bytes:
        pad = -self.width % 8
        return (self.value << pad).to_bytes((self.width + pad) // 8, "big")


def _words(data: bytes) -> Iterable[int]:
    data += b"\0" * (len(data) % 2)
    return (int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2))


def _crc16(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


def _csum16(data: bytes) -> int:
    total = sum(_words(data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _xor16(data: bytes) -> int:
    result = 0
    for word in _words(data):
        result ^= word
    return result


HASHES = {
    "crc16": _crc16,
    "crc32": zlib.crc32,
    "csum16": _csum16,
    "xor16": _xor16,
    "identity": lambda data: int.from_bytes(data[:8], "big"),
}
