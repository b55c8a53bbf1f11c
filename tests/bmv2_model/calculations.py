"""Calculations: what goes into a hash, and the checksums that are verified and updated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.bmv2_model.expressions import Expressions
from tests.bmv2_model.hashes import HASHES
from tests.bmv2_model.headers import Field, Header, Headers, Json, Packet, store


class Writer:
    """Bits put together, filled up with zeros at the end."""

    def __init__(self) -> None:
        self.value = self.width = 0

    def add(self, value: int, width: int) -> None:
        self.value = self.value << width | value & (1 << width) - 1
        self.width += width

    def field(self, packet: Packet, field: Field) -> None:
        value = packet.fields[field.place]
        if field.varbit:
            self.add(int.from_bytes(value, "big"), 8 * len(value))
        else:
            self.add(value, field.width)

    def finish(self) -> bytes:
        padding = -self.width % 8
        return (self.value << padding).to_bytes((self.width + padding) // 8, "big")


def calculation(json: Json, headers: Headers) -> Callable[[Packet], int]:
    """A named calculation or an action selector: algorithm and input. Fields of invalid headers are left out."""
    algorithm = HASHES[json["algo"]]
    parts: list[tuple[str, Any]] = []
    for item in json["input"]:
        match item["type"]:
            case "field":
                parts.append(("field", (headers.by_name[item["value"][0]], headers.field(*item["value"]))))
            case "header":
                parts.append(("header", headers.by_name[item["value"]]))
            case "hexstr":
                parts.append(("constant", (int(item["value"], 16), item["bitwidth"])))
            case "payload":
                parts.append(("payload", None))
            case kind:
                raise AssertionError(f"a calculation over a {kind}")

    def compute(packet: Packet) -> int:
        bits, payload = Writer(), b""
        for kind, what in parts:
            if kind == "constant":
                bits.add(*what)
            elif kind == "payload":
                payload = packet.payload if packet.truncate is None else packet.payload[: packet.truncate]
            elif kind == "field":
                header, field = what
                if packet.valid[header.number]:
                    bits.field(packet, field)
            elif packet.valid[what.number]:
                for field in what.fields:
                    bits.field(packet, field)
        return algorithm(bits.finish() + payload)

    return compute


def _ipv4(header: Header) -> Callable[[Packet], int]:
    """P4_14's checksum of type ipv4: the header's bytes with 0 in those at 10 and 11."""

    def compute(packet: Packet) -> int:
        bits = Writer()
        for field in header.fields:
            bits.field(packet, field)
        data = bits.finish()
        return HASHES["csum16"](data[:10] + bytes(2) + data[12:])

    return compute


class Checksums:
    def __init__(self, json: Json, headers: Headers, expressions: Expressions, named: dict[str, Any]) -> None:
        self.all: list[tuple[Json, Header, Field, Callable[[Packet], int], Any]] = []
        for c in json.get("checksums") or ():
            condition = expressions.function(c["if_cond"]) if c.get("if_cond") is not None else None
            target, header = headers.field(*c["target"]), headers.by_name[c["target"][0]]
            compute = _ipv4(header) if c.get("type") == "ipv4" else named[c["calculation"]]
            self.all.append((c, header, target, compute, condition))

    def wrong(self, packet: Packet) -> bool:
        """Is any checksum that is to be verified wrong?"""
        wrong = False
        for json, header, target, compute, condition in self.all:
            if not json.get("verify", True) or not packet.valid[header.number]:
                continue
            if condition is None or condition(packet, []):
                wrong |= packet.fields[target.place] != compute(packet)
        return wrong

    def update(self, packet: Packet) -> None:
        for json, header, target, compute, condition in self.all:
            if json.get("type") == "ipv4" and not packet.valid[header.number]:
                continue
            if json.get("update", True) and (condition is None or condition(packet, [])):
                store(packet, target, compute(packet))
