"""What parsing alone can tell of a filter, for runtime/packet_test.h; and the ports from which a packet may pass."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Literal

from switch.trace.filter.tests import Between, Both, Either, FieldTest, Inverse, NumberTest, Test, ValidTest

PORTS = 1024
TESTS_MAX = 256
FIELD, PORT, LENGTH, UNKNOWN, AND, OR, NOT = range(7)  # enum test_op
_RECORD = struct.Struct("=4I6Q")
Truth = Literal[0, 1, 2]  # enum truth: certainly not, unknown, certainly


def program(test: Test, fields: Mapping[str, int]) -> tuple[bytes, int]:
    """The tests in postfix order, and how many. `fields`: the traced object's numbers of fields and of headers.

    A filter that is too long passes everything here.
    """
    records = _compile(test, fields)
    if len(records) > TESTS_MAX:
        records = [_plain(UNKNOWN)]
    return b"".join(records), len(records)


def _compile(test: Test, fields: Mapping[str, int]) -> list[bytes]:
    match test:
        case Both(left, right):
            return [*_compile(left, fields), *_compile(right, fields), _plain(AND)]
        case Either(left, right):
            return [*_compile(left, fields), *_compile(right, fields), _plain(OR)]
        case Inverse(inner):
            return [*_compile(inner, fields), _plain(NOT)]
        case FieldTest(field, between) if field in fields:
            return [_between(FIELD, fields[field], between)]
        case ValidTest(header):
            return [_between(FIELD, fields[header], Between(1, 1, 1))]
        case NumberTest("port", between):
            return [_between(PORT, 0, between)]
        case NumberTest("length", between):
            return [_between(LENGTH, 0, between)]
        case _:
            return [_plain(UNKNOWN)]


def _plain(op: int) -> bytes:
    return _RECORD.pack(op, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def _between(op: int, field: int, b: Between) -> bytes:
    words = [part for number in (b.mask, b.low, b.high) for part in (number >> 64, number & (1 << 64) - 1)]
    return _RECORD.pack(op, field, int(b.negate), 0, *words)


def ports(test: Test) -> bytes:
    """A bit for each port from which a packet may pass."""
    bits = bytearray(PORTS // 8)
    for port in range(PORTS):
        if _on_port(test, port):
            bits[port // 8] |= 1 << port % 8
    return bytes(bits)


def _on_port(test: Test, port: int) -> Truth:
    """What the port alone tells."""
    match test:
        case Both(left, right):
            return min(_on_port(left, port), _on_port(right, port))
        case Either(left, right):
            return max(_on_port(left, port), _on_port(right, port))
        case Inverse(inner):
            return 2 - _on_port(inner, port)  # type: ignore[return-value]  # 0, 1 or 2
        case NumberTest("port", between):
            return 2 if between.holds(port) else 0
        case _:
            return 1
