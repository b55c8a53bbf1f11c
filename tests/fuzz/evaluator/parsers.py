"""Parsers and deparsers (P4_16 §13, §16)."""

from __future__ import annotations

from compiler import syntax
from tests.fuzz.evaluator.expressions import ParserFailed
from tests.fuzz.evaluator.places import Field, leave_only
from tests.fuzz.evaluator.scopes import Match, PacketIn, PacketOut, Scope, ValueSet
from tests.fuzz.evaluator.tables import Tables
from tests.fuzz.evaluator.types import BitsType, BoolType, SerializableEnumType, StructType, TupleType, Type, VarbitType
from tests.fuzz.evaluator.types import width_of as bits_of_type
from tests.fuzz.evaluator.values import (
    Scalar,
    Stack,
    Struct,
    Tuple,
    Union,
    Value,
    Varbit,
    number,
    pattern,
    scalar_width,
    undefined,
)

STATES_AT_MOST = 1000


class Parsers(Tables):
    def run_states(self, states: tuple[syntax.ParserState, ...], scope: Scope) -> None:
        """From start to accept. Raises ParserFailed at reject (§13.3, §13.4)."""
        by_name = {s.name.text: s for s in states}
        name = "start"
        for _ in range(STATES_AT_MOST):
            if name == "accept":
                return
            if name == "reject":
                raise ParserFailed("NoError")
            state, inner = by_name[name], Scope(scope)
            for item in state.items:
                self.run(item, inner)
            name = self.next_state(state.transition, inner)
        raise AssertionError("the parser does not end")

    def next_state(self, transition: syntax.Transition | None, scope: Scope) -> str:
        match transition:
            case None:
                return "reject"
            case syntax.DirectTransition(state=state):
                return state.text
        keys = [self.scalar(k, scope) for k in transition.keys]
        for case in transition.cases:
            if self.selects(case, keys, scope):
                return case.state.text
        raise ParserFailed("NoMatch")

    def selects(self, case: syntax.SelectCase, keys: list[Scalar], scope: Scope) -> bool:
        """§13.6. One `default` or `_` stands for all keys; a value set holds any of its members (§13.11)."""
        if len(case.keysets) == 1:
            only = case.keysets[0]
            if isinstance(only, syntax.DefaultKeyset | syntax.DontCareExpression):
                return True
            if isinstance(only, syntax.NameExpression):
                found = scope.find(only.name)
                if isinstance(found, ValueSet):
                    return any(
                        all(m.holds(known_bits(k)) for m, k in zip(member, keys, strict=True))
                        for member in found.members
                    )
        matches = [self.keyset(s, scope, k) for s, k in zip(case.keysets, keys, strict=True)]
        return all(m == Match(0, 0) or m.holds(known_bits(k)) for m, k in zip(matches, keys, strict=True))

    # ---- the packet (§13.8)

    def packet_method(self, packet: PacketIn, name: str, call: syntax.CallExpression, scope: Scope) -> Value | None:
        match name, len(call.arguments):
            case "lookahead", _:
                type_ = self.type_of(call.type_arguments[0], scope)
                width = bits_of_type(type_)
                return value_of_bits(type_, peek(packet, width), width)
            case "advance", _:
                skip(packet, self.number_of(call.arguments[0].value, scope))
            case "extract", 1:
                if isinstance(call.arguments[0].value, syntax.DontCareExpression):
                    skip(packet, bits_of_type(self.type_of(call.type_arguments[0], scope)))
                else:
                    self.extract(packet, call.arguments[0].value, scope, None)
            case "extract", 2:
                size = self.number_of(call.arguments[1].value, scope)
                self.extract(packet, call.arguments[0].value, scope, size)
        return None

    def extract(self, packet: PacketIn, target: syntax.Expression, scope: Scope, size: int | None) -> None:
        """§13.8.1 and, with the bits of the varbit, §13.8.2. `next` moves on when the header has been extracted."""
        place = self.place(target, scope)
        header = place.read()
        assert isinstance(header, Struct)
        width = bits_of_type(header.type)
        if size is not None:
            varbit = next(t for _, t in header.type.fields if isinstance(t, VarbitType))
            if size % 8:
                raise ParserFailed("ParserInvalidArgument")
            if size > varbit.max_width:
                raise ParserFailed("HeaderTooShort")
            width += size
        number_ = peek(packet, width)
        packet.position += width
        if isinstance(place, Field):
            union = place.base.read()
            if isinstance(union, Union):
                leave_only(union, place.name)
        header.valid = True
        rest = width
        for name, type_ in header.type.fields:
            taken = (size or 0) if isinstance(type_, VarbitType) else bits_of_type(type_)
            rest -= taken
            header.fields[name] = value_of_bits(type_, number_ >> rest & (1 << taken) - 1, taken)
        self.step_next(target, scope)

    def step_next(self, target: syntax.Expression, scope: Scope) -> None:
        """`extract(s.next)` and `extract(s.next.h)` count the element as taken (§8.20)."""
        while isinstance(target, syntax.MemberExpression):
            if target.member.text == "next":
                stack = self.place(target.base, scope).read()
                if isinstance(stack, Stack):
                    stack.next += 1
                    return
            target = target.base

    # ---- deparsing (§16.1)

    def emit(self, packet: PacketOut, value: Value) -> None:
        """Valid headers in order; structs, stacks and unions through their members."""
        match value:
            case Struct(valid=None, fields=fields) | Union(fields=fields):
                for field in fields.values():
                    self.emit(packet, field)
            case Stack(elements=elements):
                for element in elements:
                    self.emit(packet, element)
            case Struct(valid=True, fields=fields):
                for field in fields.values():
                    append(packet, field)


def known_bits(scalar: Scalar) -> int:
    scalar.known()
    return pattern(scalar)


def peek(packet: PacketIn, width: int) -> int:
    """The next bits. Raises ParserFailed where there are fewer."""
    left = 8 * len(packet.data) - packet.position
    if width > left:
        raise ParserFailed("PacketTooShort")
    return int.from_bytes(packet.data, "big") >> (left - width) & (1 << width) - 1


def skip(packet: PacketIn, width: int) -> None:
    peek(packet, width)
    packet.position += width


def value_of_bits(type_: Type, value: int, width: int) -> Value:
    """A value from the bits of a packet, most significant first."""
    match type_:
        case BitsType() | SerializableEnumType() | BoolType():
            return number(type_, value)
        case VarbitType():
            return Varbit(type_, width, value)
        case StructType(kind=kind, fields=fields):
            made: dict[str, Value] = {}
            for name, field_type in fields:
                width -= bits_of_type(field_type)
                part = value >> width & (1 << bits_of_type(field_type)) - 1
                made[name] = value_of_bits(field_type, part, bits_of_type(field_type))
            return Struct(type_, made, True if kind == "header" else None)
        case TupleType(elements):
            parts: list[Value] = []
            for element in elements:
                width -= bits_of_type(element)
                part = value >> width & (1 << bits_of_type(element)) - 1
                parts.append(value_of_bits(element, part, bits_of_type(element)))
            return Tuple(parts)
    return undefined(type_)


def append(packet: PacketOut, value: Value) -> None:
    """The bits of a header's field."""
    match value:
        case Scalar():
            width = scalar_width(value.type)
            packet.bits = packet.bits << width | pattern(value)
            packet.unknown = packet.unknown << width | value.unknown & (1 << width) - 1
            packet.width += width
        case Varbit(width=int(width)):
            packet.bits = packet.bits << width | value.value
            packet.unknown <<= width
            packet.width += width
        case Varbit():
            return
        case Struct(fields=fields):
            for field in fields.values():
                append(packet, field)
        case _:
            raise TypeError(f"{value} in a header")
