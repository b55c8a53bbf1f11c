"""What variables hold. Scalars are immutable; structs, headers, unions, stacks and tuples are changed in place, and
copied by whoever stores them.

A scalar's `unknown` has a 1 for every bit that the specification leaves open (§8.27); those bits of `value` are 0
or, for signed numbers, of no meaning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from tests.fuzz.evaluator.types import (
    BOOL,
    BitsType,
    BoolType,
    EnumType,
    IntType,
    ScalarType,
    SerializableEnumType,
    StackType,
    StructType,
    TupleType,
    Type,
    VarbitType,
)


class Undefined(Exception):
    """The program's behaviour hangs on a value that is not defined."""


@dataclass(frozen=True)
class Scalar:
    """A number, a bool (0 or 1) or an enum's member (its number); negative for negative int<W>.

    `written`: it is what the control plane gave an action, not computed.
    """

    type: ScalarType
    value: int
    unknown: int = 0
    written: bool = False

    def known(self) -> int:
        """The value, where the program decides by it. Raises Undefined."""
        if self.unknown:
            raise Undefined
        return self.value


@dataclass
class Struct:
    """A struct, or a header where `valid` is not None. The fields of an invalid header are unknown.

    `nowhere`: what an index out of range gives; its validity is unknown, too.
    """

    type: StructType
    fields: dict[str, Value]
    valid: bool | None = None
    nowhere: bool = False


@dataclass
class Union:
    """A header union: at most one of its headers is valid (§8.21)."""

    type: StructType
    fields: dict[str, Value]


@dataclass
class Stack:
    """A header stack, or an array; `next` is nextIndex (§8.20)."""

    type: StackType
    elements: list[Value]
    next: int = 0


@dataclass
class Tuple:
    """A tuple, or a list expression whose type is not known yet."""

    elements: list[Value]


@dataclass
class Record:
    """A struct expression whose type is not known yet; `rest`: `...` gives the other fields their default values."""

    fields: dict[str, Value]
    rest: bool = False


@dataclass(frozen=True)
class Varbit:
    """`width` bits; None: undefined."""

    type: VarbitType
    width: int | None = 0
    value: int = 0
    unknown: int = 0


@dataclass(frozen=True)
class Marker:
    """`{#}`, `...` or `_` until the place says what they stand for."""

    kind: str


@dataclass(frozen=True)
class Applied:
    """What `t.apply()` gives (§14.2.2)."""

    hit: bool
    action_run: str


Value: TypeAlias = Scalar | Struct | Union | Stack | Tuple | Record | Varbit | Marker | Applied


def bits(width: int, value: int, unknown: int = 0) -> Scalar:
    return number(BitsType(width), value, unknown)


def boolean(value: bool) -> Scalar:
    return Scalar(BOOL, int(value))


def number(type_: ScalarType, value: int, unknown: int = 0) -> Scalar:
    """`value` cut to the type: modulo 2**W, in two's complement if it is signed (§8.7, §8.8)."""
    target = type_.underlying if isinstance(type_, SerializableEnumType) else type_
    if isinstance(target, BitsType):
        full = (1 << target.width) - 1
        unknown &= full
        value &= full & ~unknown
        if target.signed and target.width and value >> (target.width - 1):
            value -= 1 << target.width
    return Scalar(type_, value, unknown)


def pattern(scalar: Scalar) -> int:
    """The bits of a scalar as an unsigned number."""
    return scalar.value & (1 << scalar_width(scalar.type)) - 1


def scalar_width(type_: ScalarType) -> int:
    match type_:
        case BitsType(width):
            return width
        case BoolType():
            return 1
        case SerializableEnumType(underlying=underlying):
            return underlying.width
        case EnumType():
            return 32
        case IntType():
            raise TypeError("int has no width")


def undefined(type_: Type) -> Value:
    """What a variable holds before it is written: headers are invalid, anything else is unknown (§6.8, §8.27)."""
    match type_:
        case StructType(kind="header", fields=fields):
            return Struct(type_, {name: undefined(t) for name, t in fields}, valid=False)
        case StructType(kind="struct", fields=fields):
            return Struct(type_, {name: undefined(t) for name, t in fields})
        case StructType(fields=fields):
            return Union(type_, {name: undefined(t) for name, t in fields})
        case StackType(element, size):
            return Stack(type_, [undefined(element) for _ in range(size)])
        case TupleType(elements):
            return Tuple([undefined(t) for t in elements])
        case VarbitType():
            return Varbit(type_, None)
        case BitsType() | BoolType() | EnumType() | SerializableEnumType():
            return Scalar(type_, 0, (1 << scalar_width(type_)) - 1)
    raise TypeError(f"no variable can have the type {type_}")


def default(type_: Type) -> Value:
    """The default value of a type (§7.3); also what v1model's metadata starts with."""
    match type_:
        case StructType(kind="struct", fields=fields):
            return Struct(type_, {name: default(t) for name, t in fields})
        case TupleType(elements):
            return Tuple([default(t) for t in elements])
        case StackType(element, size):
            return Stack(type_, [default(element) for _ in range(size)])
        case VarbitType():
            return Varbit(type_)
        case StructType():
            return undefined(type_)
        case SerializableEnumType(members=_) | BitsType() | BoolType() | EnumType():
            return Scalar(type_, 0)
    raise TypeError(f"{type_} has no default value")


def copy(value: Value) -> Value:
    """A copy that shares nothing that can change."""
    match value:
        case Struct(type_, fields, valid, nowhere):
            if nowhere:
                raise Undefined
            return Struct(type_, {k: copy(v) for k, v in fields.items()}, valid)
        case Union(type_, fields):
            return Union(type_, {k: copy(v) for k, v in fields.items()})
        case Stack(type_, elements, following):
            return Stack(type_, [copy(e) for e in elements], following)
        case Tuple(elements):
            return Tuple([copy(e) for e in elements])
        case Record(fields, rest):
            return Record({k: copy(v) for k, v in fields.items()}, rest)
    return value


def make_unknown(value: Value) -> None:
    """Forget every field of a struct or header."""
    if isinstance(value, Struct):
        for name, field_type in value.type.fields:
            value.fields[name] = undefined(field_type)


def is_valid(value: Value) -> bool:
    """isValid() of a header or a header union (§8.18, §8.21)."""
    if isinstance(value, Union):
        return any(is_valid(h) for h in value.fields.values())
    if isinstance(value, Struct) and value.valid is not None:
        if value.nowhere:
            raise Undefined
        return value.valid
    raise TypeError("isValid() of what is no header")
