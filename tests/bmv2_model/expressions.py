"""Expressions: type-value objects and operator trees -> functions of (packet, action data).

The result is a number, a truth value (bool), a Header, or a list of Headers (a union). Numbers have any size; only a
store cuts them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.bmv2_model.headers import VALID, Field, Header, Headers, Json, Packet, number_of
from tests.bmv2_model.state import Registers

Function = Callable[[Packet, list[int]], Any]

SHIFT_MAX = 1 << 14  # a shift to the left by more leaves nothing in any field


def _divide(a: int, b: int) -> int:
    return a // b if a >= 0 and b > 0 else -(-a // b) if b > 0 else 0


def _modulo(a: int, b: int) -> int:
    return a - b * _divide(a, b) if b > 0 else 0


def _shift_left(a: int, b: int) -> int:
    return a << b if 0 <= b <= SHIFT_MAX else 0


def _shift_right(a: int, b: int) -> int:
    return a >> b if 0 <= b <= SHIFT_MAX else -1 if a < 0 else 0


def _signed(a: int, width: int) -> int:
    low = a & (1 << width) - 1
    return low - (1 << width) if low >> width - 1 else low


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _divide,
    "%": _modulo,
    "<<": _shift_left,
    ">>": _shift_right,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==b": lambda a, b: a == b,
    "!=b": lambda a, b: a != b,
    "two_comp_mod": _signed,
    "usat_cast": lambda a, width: max(0, min(a, (1 << width) - 1)),
    "sat_cast": lambda a, width: max(-(1 << width - 1), min(a, (1 << width - 1) - 1)),
}

UNARY: dict[str, Callable[[Any], Any]] = {
    "not": lambda a: not a,
    "~": lambda a: ~a,
    "+": lambda a: a,
    "-": lambda a: -a,
    "d2b": lambda a: a != 0,
    "b2d": lambda a: int(a),
}


class Expressions:
    def __init__(self, headers: Headers, registers: Registers) -> None:
        self.h = headers
        self.registers = registers

    # ---- values

    def function(self, json: Json) -> Function:
        if "op" in json:
            return self._operation(json)
        kind, value = json["type"], json["value"]
        match kind:
            case "expression":
                return self.function(value) if value is not None else lambda p, d: 0
            case "hexstr":
                number = int(value, 16)
                return lambda p, d: number
            case "bool":
                return lambda p, d: value
            case "local" | "runtime_data":
                return lambda p, d: d[value]
            case "field":
                return self._field(*value)
            case "stack_field" | "union_stack_field":
                return self._read(self._last_field(json))
            case "register":
                array, index = value
                at = self.function(index) if isinstance(index, dict) else lambda p, d: index
                return lambda p, d: self.registers.read(array, at(p, d))
            case "header":
                header = self.h.by_name[value]
                return lambda p, d: header
            case "header_union":
                members = [self.h.by_name[m] for m in self.h.unions[value]]
                return lambda p, d: members
        raise AssertionError(f"a value of type {kind}")

    def number(self, json: Json) -> Function:
        """A number: truth values count as 0 or 1, a header as its validity."""
        inner = self.function(json)

        def read(p: Packet, d: list[int]) -> int:
            value = inner(p, d)
            return int(p.valid[value.number]) if isinstance(value, Header) else int(number_of(value))

        return read

    def _field(self, header: str, name: str) -> Function:
        if name == VALID:
            number = self.h.by_name[header].number
            return lambda p, d: int(p.valid[number])
        field = self.h.field(header, name)
        place = field.place
        return (lambda p, d: number_of(p.fields[place])) if field.varbit else lambda p, d: p.fields[place]

    def _read(self, at: Callable[[Packet, list[int]], Field]) -> Function:
        return lambda p, d: number_of(p.fields[at(p, d).place])

    # ---- fields and headers that are found at run time

    def target(self, json: Json) -> Callable[[Packet, list[int]], Field]:
        """The field that a value names, to be read or written."""
        if "op" in json:
            assert json["op"] == "access_field", json
            return self._access(json)
        match json["type"]:
            case "expression":
                return self.target(json["value"])
            case "field":
                field = self.h.field(*json["value"])
                return lambda p, d: field
            case "stack_field" | "union_stack_field":
                return self._last_field(json)
        raise AssertionError(f"a field of type {json['type']}")

    def _last_field(self, json: Json) -> Callable[[Packet, list[int]], Field]:
        *stack, name = json["value"]
        if json["type"] == "stack_field":
            last = self.last(stack[0])
            return lambda p, d: last(p).field(name)
        members = self.h.union_stacks[stack[0]]
        member = self.h.union_members[stack[0]].index(stack[1])
        number = self.h.stack_number[stack[0]]
        headers = [self.h.by_name[self.h.unions[u][member]] for u in members]
        return lambda p, d: headers[max(min(p.next[number], len(headers)) - 1, 0)].field(name)

    def last(self, stack: str) -> Callable[[Packet], Header]:
        headers = [self.h.by_name[h] for h in self.h.stacks[stack]]
        number = self.h.stack_number[stack]
        return lambda p: headers[max(min(p.next[number], len(headers)) - 1, 0)]

    def _access(self, json: Json) -> Callable[[Packet, list[int]], Field]:
        header, index = self.header(json["left"]), json["right"]
        return lambda p, d: header(p, d).fields[index]

    def header(self, json: Json) -> Callable[[Packet, list[int]], Header]:
        """A header: named, an element of a stack, its last, or a member of a union."""
        while "op" not in json and json["type"] == "expression":
            json = json["value"]
        if "op" in json:
            return self._operation(json)
        if json["type"] == "stack_field":
            assert json["value"][1] == "last"
            last = self.last(json["value"][0])
            return lambda p, d: last(p)
        return self.function(json)

    def _name(self, json: Json) -> str:
        while isinstance(json, dict):
            json = json["value"]
        assert isinstance(json, str)
        return json

    # ---- operators

    def _operation(self, json: Json) -> Function:
        op, left, right = json["op"], json["left"], json["right"]
        match op:
            case "dereference_header_stack" | "dereference_stack":
                elements = [self.h.by_name[h] for h in self.h.stacks[self._name(left)]]
                return self._element(elements, self.number(right))
            case "dereference_union_stack":
                unions = [[self.h.by_name[m] for m in self.h.unions[u]] for u in self.h.union_stacks[self._name(left)]]
                return self._element(unions, self.number(right))
            case "access_union_header":
                union = self.function(left)
                return lambda p, d: union(p, d)[right]
            case "access_field":
                header = self.header(left)

                def access(p: Packet, d: list[int]) -> int:
                    h = header(p, d)
                    return (
                        int(p.valid[h.number]) if right == len(h.fields) else number_of(p.fields[h.fields[right].place])
                    )

                return access
            case "last_stack_index" | "size_stack":
                number, plus = self.h.stack_number[self._name(right)], -1 if op == "last_stack_index" else 0
                return lambda p, d: p.next[number] + plus
            case "?":
                condition, then, otherwise = self.function(json["cond"]), self.function(left), self.function(right)
                return lambda p, d: then(p, d) if condition(p, d) else otherwise(p, d)
            case "valid":
                header = self.header(right)
                return lambda p, d: p.valid[header(p, d).number]
            case "valid_union":
                union = self.function(right)
                return lambda p, d: any(p.valid[h.number] for h in union(p, d))
        if left is None:
            unary, argument = UNARY[op], self.function(right)
            return lambda p, d: unary(argument(p, d))
        a, b = self._operand(left), self._operand(right)
        if op in ("==", "!=", "==h", "!=h", "==u", "!=u"):
            wanted = op[0] == "="
            return lambda p, d: _equal(p, a(p, d), b(p, d)) == wanted
        if op == "and":
            return lambda p, d: a(p, d) and b(p, d)
        if op == "or":
            return lambda p, d: a(p, d) or b(p, d)
        binary = BINARY[op]
        return lambda p, d: binary(a(p, d), b(p, d))

    def _operand(self, json: Json) -> Function:
        inner = json
        while "op" not in inner and inner["type"] == "expression":
            inner = inner["value"]
        if "op" not in inner and inner["type"] == "stack_field" and inner["value"][1] == "last":
            return self.header(inner)
        return self.function(inner)

    def _element(self, elements: list[Any], index: Function) -> Function:
        def at(p: Packet, d: list[int]) -> Any:
            i = index(p, d)
            return elements[i if 0 <= i < len(elements) else -1]

        return at


def _equal(p: Packet, a: Any, b: Any) -> bool:
    """Of numbers, truth values, headers and unions: these are equal where a valid member is."""
    if isinstance(a, Header):
        return _same_header(p, a, b)
    if isinstance(a, list):
        return any(_same_header(p, x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)


def _same_header(p: Packet, a: Header, b: Header) -> bool:
    """Both valid, and all fields equal; two invalid headers differ in BMv2 (Header::cmp)."""
    if not p.valid[a.number] or not p.valid[b.number]:
        return False
    return all(p.fields[f.place] == p.fields[g.place] for f, g in zip(a.fields, b.fields, strict=True))
