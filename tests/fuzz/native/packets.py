"""Random packets: the parser is run on bits that are made up as it asks for them, and each select is sent where we
want.

That gives templates, with the places of their fields; packets are templates with fields changed, cut short, or
lengthened.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.bmv2_model import Model
from tests.bmv2_model.headers import Packet
from tests.bmv2_model.parser import Bits, ParserError
from tests.fuzz.native.updates import CPU_PORT, Pool

BITS_MAX = 8 * 400
STATES_MAX = 40
INGRESS_PORTS = (0, 1, 2, 3, 4, 5, 6, 7, CPU_PORT)


@dataclass
class Template:
    data: bytes
    fields: list[tuple[int, int]]
    """First bit and width of each field that was extracted."""
    port: int | None = None


class Invented(Bits):
    """Bits that come into being when they are read."""

    def __init__(self, rng: random.Random, pool: Pool) -> None:
        super().__init__(b"")
        self.rng, self.pool = rng, pool
        self.bits: list[int] = []
        self.at = 0
        self.fields: list[tuple[int, int]] = []

    def _have(self, width: int) -> None:
        missing = self.at + width - len(self.bits)
        if missing > 0:
            if self.at + width > BITS_MAX:
                raise ParserError("PacketTooShort")
            self.put(len(self.bits), missing, self.pool.value(missing))

    def put(self, at: int, width: int, value: int) -> None:
        if at + width > len(self.bits):
            self.bits += [0] * (at + width - len(self.bits))
        for i in range(width):
            self.bits[at + i] = value >> width - 1 - i & 1

    def peek(self, offset: int, width: int) -> int:
        self._have(offset + width)
        value = 0
        for bit in self.bits[self.at + offset : self.at + offset + width]:
            value = value << 1 | bit
        return value

    def take(self, width: int) -> int:
        value = self.peek(0, width)
        if width:
            self.fields.append((self.at, width))
        self.at += width
        return value

    def advance(self, width: int) -> None:
        if width < 0 or width % 8:
            raise ParserError("ParserInvalidArgument")
        self._have(width)
        self.at += width

    @property
    def left(self) -> int:
        return BITS_MAX - self.at

    @left.setter
    def left(self, value: int) -> None:
        pass


class Packets:
    def __init__(self, rng: random.Random, program: Any, pool: Pool, recorded: Sequence[tuple[int, bytes]]) -> None:
        self.rng, self.pool = rng, pool
        self.model = Model(program)
        self.states = {s["name"]: s for s in program["parsers"][0]["parse_states"]}
        self.value_sets: dict[str, list[Any]] = {}
        """The members as the last update left them."""
        self.templates = [self._template() for _ in range(24)]
        chosen = rng.sample(recorded, min(len(recorded), 24))
        self.templates += [self._of(port, data) for port, data in chosen]

    # ---- templates

    def _template(self) -> Template:
        bits, packet = Invented(self.rng, self.pool), self.model.headers.packet()
        for place, blank in enumerate(packet.fields):
            if blank == 0 and self.rng.random() < 0.02:
                packet.fields[place] = self.rng.randrange(4)  # as if metadata were such
        self._walk(packet, bits, steer=True)
        total = max(bits.at, len(bits.bits))
        bits.put(total, -total % 8 + 8 * self.rng.choice((0, 0, 1, 4, 20, 46)), self.rng.getrandbits(400))
        data = bytes(int("".join(map(str, bits.bits[i : i + 8])), 2) for i in range(0, len(bits.bits) - 7, 8))
        for at, width in bits.fields:
            self.pool.add(width, int.from_bytes(data, "big") >> 8 * len(data) - at - width & (1 << width) - 1)
        return Template(data, bits.fields)

    def _of(self, port: int, data: bytes) -> Template:
        """A recorded packet and its fields."""
        bits, packet = Invented(self.rng, self.pool), self.model.headers.packet()
        bits.put(0, 8 * len(data), int.from_bytes(data, "big"))
        self._walk(packet, bits, steer=False)
        fields = [(at, width) for at, width in bits.fields if at + width <= 8 * len(data)]
        for at, width in fields:
            self.pool.add(width, int.from_bytes(data, "big") >> 8 * len(data) - at - width & (1 << width) - 1)
        return Template(data, fields, port)

    def _walk(self, packet: Packet, bits: Invented, *, steer: bool) -> None:
        parser, state, left = self.model.parser, self.model.parser.start, STATES_MAX
        try:
            while state is not None and left:
                left -= 1
                operations, select = parser.states[state]
                for operation in operations:
                    operation(packet, bits)
                if steer:
                    self._steer(self.states[state], packet, bits)
                state = select(packet, bits)
        except (ParserError, IndexError, ValueError):
            pass

    def _steer(self, state: Any, packet: Packet, bits: Invented) -> None:
        """Write what a transition asks for into the fields that are tested."""
        transitions = [t for t in state.get("transitions") or () if t.get("type", "hexstr") != "default"]
        transitions = [t for t in transitions if t.get("value") != "default"]
        if not transitions or self.rng.random() < 0.2:
            return
        t = self.rng.choice(transitions)
        key = state["transition_key"]
        if t.get("type") == "parse_vset":
            return
        widths = [width for width, _ in self.model.parser._keys(state)]
        value, mask = int(t["value"], 16), int(t["mask"], 16) if t.get("mask") else None
        parts = []
        for width in reversed(widths):
            size = (width + 7) // 8 * 8
            ones = (1 << width) - 1
            parts.append((value & ones, ones if mask is None else mask & ones))
            value >>= size
            mask = None if mask is None else mask >> size
        for k, width, (wanted, part_mask) in zip(key, widths, reversed(parts), strict=True):
            if k["type"] == "lookahead":
                offset = k["value"][0]
                old = bits.peek(offset, width)
                bits.put(bits.at + offset, width, old & ~part_mask | wanted & part_mask)
            elif k["type"] == "field" and k["value"][1] != "$valid$":
                place = self.model.headers.field(*k["value"]).place
                self._force(packet, bits, place, width, wanted, part_mask)
            elif k["type"] == "stack_field":
                header = self.model.around.expressions.last(k["value"][0])(packet)
                self._force(packet, bits, header.field(k["value"][1]).place, width, wanted, part_mask)

    def _force(self, packet: Packet, bits: Invented, place: int, width: int, wanted: int, mask: int) -> None:
        """Give a field another value, and the bits that it came from (the last ones that look like it)."""
        old = packet.fields[place] & (1 << width) - 1
        new = old & ~mask | wanted & mask
        for at, field_width in reversed(bits.fields):
            if field_width == width and int("".join(map(str, bits.bits[at : at + width])) or "0", 2) == old:
                bits.put(at, width, new)
                break
        packet.fields[place] = new

    # ---- packets

    def next(self) -> list[Any]:
        """[port, hex]"""
        rng = self.rng
        if rng.random() < 0.01:
            self.templates[rng.randrange(len(self.templates))] = self._template()
        port = rng.choice(INGRESS_PORTS) if rng.random() < 0.97 else rng.randrange(512)
        if rng.random() < 0.02:
            return [port, rng.randbytes(rng.randrange(100)).hex()]
        template = rng.choice(self.templates)
        if template.port is not None and rng.random() < 0.8:
            port = template.port
        data = template.data
        if template.fields:
            for _ in range(rng.choice((0, 0, 1, 1, 2, 3))):
                data = self._changed(data, *rng.choice(template.fields))
        chance = rng.random()
        if chance < 0.06:
            data = data[: rng.randrange(len(data) + 1)]
        elif chance < 0.12:
            data += rng.randbytes(rng.choice((1, 2, 7, 30)))
        elif chance < 0.15 and data:
            i = rng.randrange(len(data))
            data = data[:i] + bytes([data[i] ^ 1 << rng.randrange(8)]) + data[i + 1 :]
        return [port, data.hex()]

    def _changed(self, data: bytes, at: int, width: int) -> bytes:
        shift = 8 * len(data) - at - width
        if shift < 0:
            return data
        ones = (1 << width) - 1 << shift
        number = int.from_bytes(data, "big") & ~ones | self.pool.value(width) << shift
        return number.to_bytes(len(data), "big")
