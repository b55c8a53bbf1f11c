"""Actions: the primitives of BMv2's core and of simple_switch -> functions of (packet, action data)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.bmv2_model.expressions import Expressions, Function
from tests.bmv2_model.headers import Field, Header, Headers, Json, Packet, header_bits, set_valid, store
from tests.bmv2_model.meters import Meters
from tests.bmv2_model.random_numbers import Random
from tests.bmv2_model.state import Counters, Registers

Step = Callable[[Packet, list[int]], None]
STEPS_MAX = 100_000
U64 = (1 << 64) - 1

ARITHMETIC = {
    "add": "+",
    "subtract": "-",
    "bit_xor": "^",
    "bit_or": "|",
    "bit_and": "&",
    "shift_left": "<<",
    "shift_right": ">>",
    "add_to_field": "+",
    "subtract_from_field": "-",
}


class Endless(Exception):
    """An action whose jumps do not come to an end."""


@dataclass
class Surroundings:
    """What primitives touch beside the packet."""

    headers: Headers
    expressions: Expressions
    counters: Counters
    registers: Registers
    meters: Meters
    calculations: dict[str, Callable[[Packet], int]]
    random: Random
    drop_port: int
    now: int = 0
    """Nanoseconds."""
    learn_lists: dict[int, tuple[str, list[tuple[Any, int]]]] = field(default_factory=dict)
    """Name, and how to read each element, with its width."""


class Primitives:
    def __init__(self, around: Surroundings) -> None:
        self.a = around
        self.x = around.expressions

    def action(self, primitives: list[Json]) -> Step:
        """All primitives of an action, one after the other but for jumps."""
        steps = [self.step(p) for p in primitives if p["op"] not in ("_jump", "_jump_if_zero")]
        if len(steps) == len(primitives):

            def straight(p: Packet, d: list[int]) -> None:
                for step in steps:
                    step(p, d)

            return straight
        return self._with_jumps(primitives)

    def _with_jumps(self, primitives: list[Json]) -> Step:
        codes: list[tuple[str, Any, Any]] = []
        for p in primitives:
            if p["op"] == "_jump":
                codes.append(("jump", None, self.x.number(p["parameters"][0])))
            elif p["op"] == "_jump_if_zero":
                codes.append(("if zero", self.x.number(p["parameters"][0]), self.x.number(p["parameters"][1])))
            else:
                codes.append(("step", self.step(p), None))

        def run(p: Packet, d: list[int]) -> None:
            at = count = 0
            while at < len(codes):
                count += 1
                if count > STEPS_MAX:
                    raise Endless
                kind, what, target = codes[at]
                at += 1
                if kind == "jump":
                    at = target(p, d)
                elif kind == "step":
                    what(p, d)
                elif what(p, d) == 0:
                    at = target(p, d)

        return run

    # ---- one primitive

    def step(self, json: Json) -> Step:
        op, parameters = json["op"], json["parameters"]
        method = getattr(self, "_" + op, None)
        if op in ARITHMETIC:
            return self._arithmetic(op, parameters)
        assert method is not None, f"primitive {op}"
        return method(*parameters)  # type: ignore[no-any-return]

    def _write(self, json: Json) -> Callable[[Packet, list[int], int], None]:
        """Stores a number into a field or a register."""
        while "op" not in json and json["type"] == "expression":
            json = json["value"]
        if json.get("type") == "register":
            array, index = json["value"]
            at = self.x.function(index) if isinstance(index, dict) else lambda p, d: index
            return lambda p, d, value: self.a.registers.write(array, at(p, d), value)
        if json.get("type") == "field":
            field = self.a.headers.field(*json["value"])
            return lambda p, d, value: store(p, field, value)
        target = self.x.target(json)
        return lambda p, d, value: store(p, target(p, d), value)

    def _number(self, json: Json) -> Function:
        return self.x.number(json)

    def _assign(self, to: Json, value: Json) -> Step:
        write, read = self._write(to), self.x.number(value)
        return lambda p, d: write(p, d, read(p, d))

    _modify_field = _assign

    def _arithmetic(self, op: str, parameters: list[Json]) -> Step:
        to, *values = parameters
        if len(values) == 1:
            values = [to, *values]
        expression = {"op": ARITHMETIC[op], "left": values[0], "right": values[1]}
        return self._assign(to, {"type": "expression", "value": expression})

    def _assign_VL(self, to: Json, value: Json) -> Step:
        target, source = self.x.target(to), self.x.target(value)

        def assign(p: Packet, d: list[int]) -> None:
            p.fields[target(p, d).place] = p.fields[source(p, d).place]

        return assign

    # ---- headers, stacks, unions

    def _assign_header(self, to: Json, source: Json) -> Step:
        a, b = self.x.header(to), self.x.header(source)
        return lambda p, d: _copy(p, a(p, d), b(p, d))

    _copy_header = _assign_header

    def _assign_union(self, to: Json, source: Json) -> Step:
        a, b = self.x.function(to), self.x.function(source)
        return lambda p, d: _copy_all(p, a(p, d), b(p, d))

    def _members(self, stack: str) -> list[list[Header]]:
        """The headers of each element of a stack: one, or a union's."""
        h = self.a.headers
        if stack in h.stacks:
            return [[h.by_name[name]] for name in h.stacks[stack]]
        return [[h.by_name[name] for name in h.unions[union]] for union in h.union_stacks[stack]]

    def _assign_header_stack(self, to: Json, source: Json) -> Step:
        names = [_name(to), _name(source)]
        a, b = ([header for element in self._members(n) for header in element] for n in names)
        i, j = (self.a.headers.stack_number[n] for n in names)

        def assign(p: Packet, d: list[int]) -> None:
            p.next[i] = p.next[j]
            _copy_all(p, a, b)

        return assign

    _assign_union_stack = _assign_header_stack

    def _add_header(self, json: Json) -> Step:
        header = self.x.header(json)

        def add(p: Packet, d: list[int]) -> None:
            h = header(p, d)
            if h.metadata or p.valid[h.number]:
                return
            for f in h.fields:
                p.fields[f.place] = self.a.headers.blank[f.place]
            set_valid(p, h)
            p.length += header_bits(p, h) // 8

        return add

    def _add_header_fast(self, json: Json) -> Step:
        header = self.x.header(json)
        return lambda p, d: set_valid(p, header(p, d))

    def _remove_header(self, json: Json) -> Step:
        header = self.x.header(json)

        def remove(p: Packet, d: list[int]) -> None:
            h = header(p, d)
            if p.valid[h.number] and not h.metadata:
                p.length -= header_bits(p, h) // 8
                p.valid[h.number] = False

        return remove

    def _push(self, stack: Json, count: Json) -> Step:
        return self._shift(_name(stack), self._number(count), 1)

    def _pop(self, stack: Json, count: Json) -> Step:
        return self._shift(_name(stack), self._number(count), -1)

    def _shift(self, stack: str, count: Function, sign: int) -> Step:
        """What moves in is invalid (P4_16 §8.18, as BMv2 does when built for it)."""
        elements, number = self._members(stack), self.a.headers.stack_number[stack]

        def shift(p: Packet, d: list[int]) -> None:
            by = sign * min(count(p, d), len(elements))
            old = [
                [[p.fields[f.place] for f in h.fields] if p.valid[h.number] else None for h in element]
                for element in elements
            ]
            for i, element in enumerate(elements):
                for k, h in enumerate(element):
                    values = old[i - by][k] if 0 <= i - by < len(elements) else None
                    p.valid[h.number] = values is not None
                    for f, value in zip(h.fields, values or (), strict=False):
                        p.fields[f.place] = value
            p.next[number] = max(0, min(len(elements), p.next[number] + by))

        return shift

    # ---- the packet's fate

    def _exit(self) -> Step:
        def leave(p: Packet, d: list[int]) -> None:
            p.exited = True

        return leave

    def _no_op(self) -> Step:
        return lambda p, d: None

    def _drop(self) -> Step:
        targets = ("standard_metadata.egress_spec", "intrinsic_metadata.mcast_grp")
        return self._set_to_drop([self.a.headers.standard(name) for name in targets])

    def _mark_to_drop(self, json: Json) -> Step:
        header = self.a.headers.by_name[_name(json)]
        names = ("egress_spec", "mcast_grp")
        return self._set_to_drop([next((f for f in header.fields if f.name == n), None) for n in names])

    def _set_to_drop(self, fields: list[Field | None]) -> Step:
        def drop(p: Packet, d: list[int]) -> None:
            for f, value in zip(fields, (self.a.drop_port, 0), strict=True):
                if f is not None:
                    store(p, f, value)

        return drop

    def _generate_digest(self, receiver: Json, number: Json) -> Step:
        read = self._number(number)

        def sample(p: Packet, d: list[int]) -> None:
            name, elements = self.a.learn_lists.get(read(p, d) & 0xFFFF, ("", []))
            if name:
                p.digests.append((name, tuple(element(p, []) & (1 << width) - 1 for element, width in elements)))

        return sample

    def _resubmit(self, number: Json) -> Step:
        return self._request("resubmit", number)

    def _recirculate(self, number: Json) -> Step:
        return self._request("recirculate", number)

    def _request(self, what: str, number: Json) -> Step:
        read = self._number(number)
        return lambda p, d: setattr(p, what, read(p, d) & 0xFFFF)

    def _clone_ingress_pkt_to_egress(self, session: Json, fields: Json) -> Step:
        of, keep = self._number(session), self._number(fields)

        def clone(p: Packet, d: list[int]) -> None:
            p.clone = of(p, d) & 0x7FFF, keep(p, d) & 0xFFFF

        return clone

    _clone_egress_pkt_to_egress = _clone_ingress_pkt_to_egress

    def _truncate(self, length: Json) -> Step:
        read = self._number(length)

        def truncate(p: Packet, d: list[int]) -> None:
            wanted = read(p, d) & 0xFFFFFFFF
            p.truncate = wanted if p.truncate is None else min(p.truncate, wanted)

        return truncate

    def _assert(self, condition: Json) -> Step:
        """BMv2 would end; we drop the packet."""
        read = self._number(condition)

        def check(p: Packet, d: list[int]) -> None:
            if not read(p, d):
                p.failed = p.exited = True

        return check

    _assume = _assert

    def _log_msg(self, text: Json, values: Json) -> Step:
        return lambda p, d: None

    # ---- what outlives the packet

    def _count(self, array: Json, index: Json) -> Step:
        name, at = _name(array), self._number(index)
        return lambda p, d: self.a.counters.count(name, at(p, d), p.ingress_length)

    def _execute_meter(self, array: Json, index: Json, to: Json) -> Step:
        name, at, write = _name(array), self._number(index), self._write(to)
        return lambda p, d: write(p, d, self.a.meters.execute(name, at(p, d), p.ingress_length, self.a.now))

    def _register_read(self, to: Json, array: Json, index: Json) -> Step:
        write, name, at = self._write(to), _name(array), self._number(index)
        return lambda p, d: write(p, d, self.a.registers.read(name, at(p, d)))

    def _register_write(self, array: Json, index: Json, value: Json) -> Step:
        name, at, read = _name(array), self._number(index), self._number(value)
        return lambda p, d: self.a.registers.write(name, at(p, d), read(p, d))

    def _modify_field_with_hash_based_offset(self, to: Json, base: Json, calculation: Json, size: Json) -> Step:
        write, first, modulus = self._write(to), self._number(base), self._number(size)
        compute = self.a.calculations[_name(calculation)]
        return lambda p, d: write(p, d, (compute(p) % (modulus(p, d) & U64 or 1) + (first(p, d) & U64)) & U64)

    def _modify_field_rng_uniform(self, to: Json, low: Json, high: Json) -> Step:
        write, least, most = self._write(to), self._number(low), self._number(high)

        def draw(p: Packet, d: list[int]) -> None:
            a, b = least(p, d) & U64, most(p, d) & U64
            if a <= b:
                write(p, d, self.a.random.between(a, b))

        return draw


def _name(json: Json) -> str:
    while isinstance(json, dict):
        json = json["value"]
    assert isinstance(json, str)
    return json


def _copy(p: Packet, to: Header, source: Header) -> None:
    if not p.valid[source.number]:
        p.valid[to.number] = False
        return
    set_valid(p, to)
    for f, g in zip(to.fields, source.fields, strict=True):
        p.fields[f.place] = p.fields[g.place]


def _copy_all(p: Packet, to: list[Header], source: list[Header]) -> None:
    """The valid one last, lest a copy of an invalid member undo it."""
    pairs = list(zip(to, source, strict=True))
    for a, b in sorted(pairs, key=lambda pair: p.valid[pair[1].number]):
        _copy(p, a, b)
