"""Externs of core.p4 and v1model, as far as generated programs use them."""

from __future__ import annotations

import zlib

from compiler import syntax
from tests.fuzz.evaluator.convert import cast_scalar
from tests.fuzz.evaluator.expressions import ParserFailed
from tests.fuzz.evaluator.parsers import Parsers, append
from tests.fuzz.evaluator.places import store
from tests.fuzz.evaluator.scopes import PacketIn, PacketOut, Register, Scope
from tests.fuzz.evaluator.types import BitsType, EnumType
from tests.fuzz.evaluator.values import Scalar, Struct, Undefined, Value, bits, number

DROP_PORT = 511


class Externs(Parsers):
    def call_extern_method(self, of: object, name: str, call: syntax.CallExpression, scope: Scope) -> Value | None:
        arguments = [a.value for a in call.arguments]
        match of, name:
            case PacketIn(), _:
                return self.packet_method(of, name, call, scope)
            case PacketOut(), "emit":
                self.emit(of, self.evaluate(arguments[0], scope))
            case Register(), "read":
                place = self.place(arguments[0], scope)
                index = self.number_of(arguments[1], scope)
                if index >= len(of.cells):
                    raise Undefined
                store(place, of.cells[index])
            case Register(), "write":
                index = self.number_of(arguments[0], scope)
                value = self.scalar(arguments[1], scope)
                if index < len(of.cells):
                    assert not isinstance(of.element, type(None))
                    of.cells[index] = cast_scalar(value, of.element)  # type: ignore[arg-type]
        return None

    def call_extern_function(self, name: str, call: syntax.CallExpression, scope: Scope) -> Value | None:
        arguments = [a.value for a in call.arguments]
        match name:
            case "verify":
                if not self.condition(arguments[0], scope):
                    error = self.scalar(arguments[1], scope)
                    assert isinstance(error.type, EnumType)
                    raise ParserFailed(error.type.members[error.value])
            case "mark_to_drop":
                standard = self.place(arguments[0], scope).read()
                assert isinstance(standard, Struct)
                standard.fields["egress_spec"] = bits(9, DROP_PORT)
                standard.fields["mcast_grp"] = bits(16, 0)
            case "hash":
                self.hash(arguments, scope)
            case "update_checksum":
                if self.condition(arguments[0], scope):
                    data = self.bytes_of(arguments[1], scope)
                    store(self.place(arguments[2], scope), bits(16, internet_checksum(data)))
            case "verify_checksum":
                if self.condition(arguments[0], scope):
                    data = self.bytes_of(arguments[1], scope)
                    if self.number_of(arguments[2], scope) != internet_checksum(data):
                        self.checksum_failed = True
            case "log_msg" | "assert" | "assume":
                pass
            case _:
                raise TypeError(f"{name} at {call.span}")
        return None

    checksum_failed = False

    def hash(self, arguments: list[syntax.Expression], scope: Scope) -> None:
        """`hash(out result, algorithm, base, data, max)`: base + hash(data) % max, or base where max is 0."""
        place = self.place(arguments[0], scope)
        algorithm = self.scalar(arguments[1], scope)
        assert isinstance(algorithm.type, EnumType)
        base = self.number_of(arguments[2], scope)
        data = self.bytes_of(arguments[3], scope)
        most = self.number_of(arguments[4], scope)
        match algorithm.type.members[algorithm.value]:
            case "crc32":
                digest = zlib.crc32(data)
            case "csum16":
                digest = internet_checksum(data)
            case "identity":
                digest = int.from_bytes(data[:8], "big")  # as BMv2: as many bytes as its 64 bits hold
            case other:
                raise TypeError(other)
        before = place.read()
        assert isinstance(before, Scalar) and isinstance(before.type, BitsType)
        store(place, number(before.type, base + digest % most if most else base))

    def bytes_of(self, data: syntax.Expression, scope: Scope) -> bytes:
        """The fields of a list side by side, filled up with zero bits at the end."""
        packed = PacketOut()
        value = self.evaluate(data, scope)
        for element in value.elements if hasattr(value, "elements") else [value]:
            append(packed, element)
        if packed.unknown:
            raise Undefined
        padding = -packed.width % 8
        return (packed.bits << padding).to_bytes((packed.width + padding) // 8, "big")


def internet_checksum(data: bytes) -> int:
    """RFC 1071; an odd byte is filled up with zeros."""
    data += b"\0" * (len(data) % 2)
    total = sum(int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total
