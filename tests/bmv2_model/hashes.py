"""Hash algorithms over bytes, by BMv2's names. Each by its definition, bit for bit or word for word."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator


def _words(data: bytes, size: int) -> Iterator[int]:
    """Big-endian words, the last one filled up with zeros."""
    data += b"\0" * (-len(data) % size)
    return (int.from_bytes(data[i : i + size], "big") for i in range(0, len(data), size))


def _reflect(value: int, width: int) -> int:
    return int(f"{value:0{width}b}"[::-1], 2)


def crc(width: int, polynomial: int, initial: int, final: int, reflected: bool) -> Callable[[bytes], int]:
    """The CRC of those parameters, one bit after the other."""
    top, mask = 1 << width - 1, (1 << width) - 1

    def compute(data: bytes) -> int:
        remainder = initial
        for byte in data:
            remainder ^= (_reflect(byte, 8) if reflected else byte) << width - 8
            for _ in range(8):
                remainder = (remainder << 1 ^ (polynomial if remainder & top else 0)) & mask
        return (_reflect(remainder, width) if reflected else remainder) ^ final

    return compute


def _crc16(data: bytes) -> int:
    """Polynomial 0x8005, bits reflected: the same as crc(16, 0x8005, 0, 0, True), from the lowest bit."""
    remainder = 0
    for byte in data:
        remainder ^= byte
        for _ in range(8):
            remainder = remainder >> 1 ^ (0xA001 if remainder & 1 else 0)
    return remainder


def csum16(data: bytes) -> int:
    """RFC 1071."""
    total = sum(_words(data, 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _xor(data: bytes, size: int) -> int:
    result = 0
    for word in _words(data, size):
        result ^= word
    return result


def toeplitz(data: bytes, key: bytes = bytes(40)) -> int:
    """BMv2's: for each 1 in the input the 32 bits of the key that begin there; the key starts again after its end."""
    words = [int.from_bytes(key[i : i + 4], "big") for i in range(0, len(key), 4)]
    result = 0
    for i, word in enumerate(_words(data, 4)):
        window = words[i % len(words)] << 32 | words[(i + 1) % len(words)]
        for bit in range(32):
            if word >> 31 - bit & 1:
                result ^= window >> 32 - bit & 0xFFFFFFFF
    return result


_M = (1 << 64) - 1
_P1, _P2, _P3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
_P4, _P5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5


def _rotate(value: int, by: int) -> int:
    return (value << by | value >> 64 - by) & _M


def _round(lane: int, word: int) -> int:
    return _rotate((lane + word * _P2) & _M, 31) * _P1 & _M


def xxh64(data: bytes) -> int:
    """xxHash specification, XXH64 with seed 0."""
    at, value = 0, _P5
    if len(data) >= 32:
        lanes = [(_P1 + _P2) & _M, _P2, 0, -_P1 & _M]
        while len(data) - at >= 32:
            for i in range(4):
                lanes[i] = _round(lanes[i], int.from_bytes(data[at : at + 8], "little"))
                at += 8
        value = sum(_rotate(lane, by) for lane, by in zip(lanes, (1, 7, 12, 18), strict=True)) & _M
        for lane in lanes:
            value = ((value ^ _round(0, lane)) * _P1 + _P4) & _M
    value = (value + len(data)) & _M
    while len(data) - at >= 8:
        value ^= _round(0, int.from_bytes(data[at : at + 8], "little"))
        value, at = (_rotate(value, 27) * _P1 + _P4) & _M, at + 8
    if len(data) - at >= 4:
        value ^= int.from_bytes(data[at : at + 4], "little") * _P1 & _M
        value, at = (_rotate(value, 23) * _P2 + _P3) & _M, at + 4
    for byte in data[at:]:
        value = _rotate(value ^ byte * _P5 & _M, 11) * _P1 & _M
    value = (value ^ value >> 33) * _P2 & _M
    value = (value ^ value >> 29) * _P3 & _M
    return value ^ value >> 32


HASHES: dict[str, Callable[[bytes], int]] = {
    "crc16": _crc16,
    "crc32": zlib.crc32,
    "crcCCITT": crc(16, 0x1021, 0xFFFF, 0, False),
    "csum16": csum16,
    "cksum16": csum16,
    "xor16": lambda data: _xor(data, 2),
    "xor32": lambda data: _xor(data, 4),
    "identity": lambda data: int.from_bytes(data[:8], "big"),
    "xxh64": xxh64,
    "toeplitz": toeplitz,
    "crc8_custom": crc(8, 0x07, 0, 0, False),
    "crc16_custom": crc(16, 0x8005, 0, 0, True),
    "crc32_custom": crc(32, 0x04C11DB7, 0xFFFFFFFF, 0xFFFFFFFF, True),
    "crc64_custom": crc(64, 0x1B, 0, 0, True),
}
