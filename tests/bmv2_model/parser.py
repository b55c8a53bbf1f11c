"""The parser and the deparser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.bmv2_model.calculations import Checksums, Writer
from tests.bmv2_model.expressions import Expressions
from tests.bmv2_model.headers import VALID, Header, Headers, Json, Packet, set_valid, store
from tests.bmv2_model.primitives import Primitives

STEPS_MAX = 4096
CORE_ERRORS = {
    "NoError": 0,
    "PacketTooShort": 1,
    "NoMatch": 2,
    "StackOutOfBounds": 3,
    "HeaderTooShort": 4,
    "ParserTimeout": 5,
    "ParserInvalidArgument": 6,
}


class ParserError(Exception):
    def __init__(self, what: str | int) -> None:
        super().__init__(what)
        self.what = what


class Bits:
    """A packet, read bit by bit."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.all = int.from_bytes(data, "big")
        self.left = 8 * len(data)

    def peek(self, offset: int, width: int) -> int:
        if offset + width > self.left:
            raise ParserError("PacketTooShort")
        return self.all >> self.left - offset - width & (1 << width) - 1

    def take(self, width: int) -> int:
        value = self.peek(0, width)
        self.left -= width
        return value

    def advance(self, width: int) -> None:
        if width < 0 or width % 8:
            raise ParserError("ParserInvalidArgument")
        if width > self.left:
            raise ParserError("PacketTooShort")
        self.left -= width

    @property
    def rest(self) -> bytes:
        return self.data[len(self.data) - self.left // 8 :]


Operation = Callable[[Packet, Bits], None]
Select = Callable[[Packet, Bits], "str | None"]


class Parser:
    """`value_sets`: for each, its members as lists of (value, mask) for each select field."""

    def __init__(
        self, json: Json, headers: Headers, x: Expressions, primitives: Primitives, value_sets: dict[str, Any]
    ) -> None:
        self.h, self.x, self.primitives, self.value_sets = headers, x, primitives, value_sets
        self.errors = CORE_ERRORS | dict(json.get("errors") or ())
        parser = next(p for p in json["parsers"] if p["name"] == "parser")
        self.start: str | None = parser["init_state"]
        self.states: dict[str, tuple[list[Operation], Select]] = {}
        for s in parser["parse_states"]:
            operations = [self._operation(op) for op in s.get("parser_ops") or ()]
            self.states[s["name"]] = operations, self._select(s)

    def parse(self, packet: Packet, data: bytes) -> int:
        """Fills the packet; the number of the parser's error. An error keeps what was extracted before it."""
        bits = Bits(data)
        error = self.errors["NoError"]
        state, steps = self.start, 0
        try:
            while state is not None:
                steps += 1
                if steps > STEPS_MAX:
                    raise ParserError("ParserTimeout")
                operations, select = self.states[state]
                for operation in operations:
                    operation(packet, bits)
                state = select(packet, bits)
        except ParserError as caught:
            error = self.errors[caught.what] if isinstance(caught.what, str) else caught.what
        packet.payload = bits.rest
        return error

    # ---- operations

    def _operation(self, json: Json) -> Operation:
        parameters = json["parameters"]
        match json["op"]:
            case "extract" | "extract_VL":
                return self._extract(*parameters)
            case "set":
                target, value = parameters
                if value["type"] == "lookahead":
                    field = self.x.target(target)
                    return lambda p, bits: store(p, field(p, []), bits.peek(*value["value"]))
                step = self.primitives.step({"op": "assign", "parameters": parameters})
                return lambda p, bits: step(p, [])
            case "verify":
                condition, error = self.x.function(parameters[0]), self.x.number(parameters[1])

                def verify(p: Packet, bits: Bits) -> None:
                    if not condition(p, []):
                        raise ParserError(error(p, []))

                return verify
            case "shift":
                amount = parameters[0]
                count = amount if isinstance(amount, int) else amount["value"]
                return lambda p, bits: bits.advance(8 * count)
            case "advance":
                width = self.x.number(parameters[0])
                return lambda p, bits: bits.advance(width(p, []))
            case "primitive":
                step = self.primitives.step(parameters[0])
                return lambda p, bits: step(p, [])
        raise AssertionError(f"parser operation {json['op']}")

    def _extract(self, target: Json, length: Json = None) -> Operation:
        """To a header, or to the next of a stack. `length`: bits of its variable-length field."""
        kind, name = target["type"], target["value"]
        number: int | None = None
        if kind == "regular":
            elements = [self.h.by_name[name]]
        elif kind == "stack":
            elements, number = [self.h.by_name[h] for h in self.h.stacks[name]], self.h.stack_number[name]
        else:
            stack, member = name
            index = self.h.union_members[stack].index(member)
            elements = [self.h.by_name[self.h.unions[u][index]] for u in self.h.union_stacks[stack]]
            number = self.h.stack_number[stack]
        width = self.x.number(length) if length is not None else None

        def extract(p: Packet, bits: Bits) -> None:
            at = p.next[number] if number is not None else 0
            if at >= len(elements):
                raise ParserError("StackOutOfBounds")
            header = elements[at]
            self._fill(p, bits, header, width(p, []) if width is not None else None)
            set_valid(p, header)
            if number is not None:
                p.next[number] += 1

        return extract

    def _fill(self, p: Packet, bits: Bits, header: Header, varbit: int | None) -> None:
        fixed = header.fixed_bits
        if varbit is None and header.length_exp is not None:
            varbit = self._own_length(p, bits, header)
        if varbit is not None:
            if varbit % 8:
                raise ParserError("ParserInvalidArgument")
            if varbit < 0 or bits.left < fixed + varbit:
                raise ParserError("PacketTooShort")
            if header.max_bytes and fixed + varbit > 8 * header.max_bytes:
                raise ParserError("HeaderTooShort")
        if bits.left < fixed:
            raise ParserError("PacketTooShort")
        for f in header.fields:
            if f.varbit:
                size = varbit or 0
                p.fields[f.place] = bits.take(size).to_bytes(size // 8, "big")
            else:
                store(p, f, bits.take(f.width))

    def _own_length(self, p: Packet, bits: Bits, header: Header) -> int:
        """P4_14: the length is an expression over the header's own fields, by their index."""
        values, at = [], 0
        for f in header.fields:
            values.append(bits.peek(at, f.width))
            at += f.width
        return int(self.x.number(header.length_exp)(p, values))

    # ---- transitions

    def _select(self, state: Json) -> Select:
        key = self._keys(state)
        cases: list[Any] = []
        default: str | None = None
        for t in state.get("transitions") or ():
            kind = t.get("type", "hexstr")
            if kind == "default" or t["value"] == "default":
                default = t["next_state"]
            elif kind == "parse_vset":
                cases.append((t["value"], _parts(t.get("mask"), key), t["next_state"]))
            else:
                wanted = _parts(t["value"], key)
                masks = _parts(t.get("mask"), key)
                cases.append((list(zip(wanted, masks, strict=True)), None, t["next_state"]))

        def select(p: Packet, bits: Bits) -> str | None:
            if not cases:
                return default
            values = [read(p, bits) & (1 << width) - 1 for width, read in key]
            for wanted, masks, following in cases:
                if isinstance(wanted, str):
                    masked = [v & m for v, m in zip(values, masks, strict=True)]
                    members = self.value_sets[wanted]
                    if any(_matches(masked, member) for member in members):
                        return following  # type: ignore[no-any-return]
                elif _matches(values, wanted):
                    return following  # type: ignore[no-any-return]
            return default

        return select

    def _keys(self, state: Json) -> list[tuple[int, Callable[[Packet, Bits], int]]]:
        """An expression (which BMv2 itself does not load) is as wide as the transitions' values leave it."""
        key = [self._key(k) for k in state.get("transition_key") or ()]
        values = [t["value"] for t in state.get("transitions") or () if (t.get("value") or "default") != "default"]
        size = (len(values[0].removeprefix("0x")) + 1) // 2 if values else 4
        rest = size - sum((width + 7) // 8 for width, _ in key)
        return [(width or 8 * rest, read) for width, read in key]

    def _key(self, json: Json) -> tuple[int, Callable[[Packet, Bits], int]]:
        """Width, and how to read the part of the key: its bits, without sign."""
        value = json["value"]
        match json["type"]:
            case "field":
                header, name = value
                if name == VALID:
                    number = self.h.by_name[header].number
                    return 1, lambda p, bits: int(p.valid[number])
                field = self.h.field(header, name)
                return field.width, lambda p, bits: p.fields[field.place] & (1 << field.width) - 1
            case "lookahead":
                return value[1], lambda p, bits: bits.peek(*value)
            case "stack_field" | "union_stack_field":
                target = self.x.target(json)
                width = target(self.h.packet(), []).width
                return width, lambda p, bits: p.fields[target(p, []).place] & (1 << width) - 1
            case "hexstr":
                number = int(value, 16)
                return 4 * len(value.removeprefix("0x")), lambda p, bits: number
            case "expression":
                read = self.x.number(json)
                return 0, lambda p, bits: read(p, [])
        raise AssertionError(f"a transition on a {json['type']}")


def _parts(text: str | None, key: list[Any]) -> list[int]:
    """A transition's value or mask for each part of the key, each padded to bytes; None: all ones."""
    if text is None:
        return [(1 << width) - 1 for width, _ in key]
    joined = int(text, 16)
    parts = []
    for width, _ in reversed(key):
        size = (width + 7) // 8 * 8
        parts.append(joined & (1 << size) - 1)
        joined >>= size
    return parts[::-1]


def _matches(values: list[int], wanted: list[tuple[int, int]]) -> bool:
    return all(v & mask == want & mask for v, (want, mask) in zip(values, wanted, strict=True))


class Deparser:
    def __init__(self, json: Json, headers: Headers, primitives: Primitives, checksums: Checksums) -> None:
        deparser = next(d for d in json["deparsers"] if d["name"] == "deparser")
        self.order = [headers.by_name[h] for h in deparser["order"]]
        inner = (p["parameters"][0] if p["op"] == "primitive" else p for p in deparser.get("primitives") or ())
        self.run = primitives.action(list(inner))
        self.checksums = checksums

    def deparse(self, packet: Packet) -> bytes:
        self.checksums.update(packet)
        self.run(packet, [])
        data = b""
        for header in self.order:
            if packet.valid[header.number]:
                bits = Writer()
                for field in header.fields:
                    bits.field(packet, field)
                data += bits.finish()
        return data + packet.payload
