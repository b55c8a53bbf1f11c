"""A value stored where a type is wanted: implicit and explicit casts (P4_16 §8.12), lists and records that find their
type (§8.13, §8.14), default values (§8.28).
"""

from __future__ import annotations

from tests.fuzz.evaluator.types import (
    AnyType,
    BitsType,
    BoolType,
    EnumType,
    IntType,
    ScalarType,
    StackType,
    StructType,
    TupleType,
    Type,
    VarbitType,
)
from tests.fuzz.evaluator.values import (
    Marker,
    Record,
    Scalar,
    Stack,
    Struct,
    Tuple,
    Union,
    Value,
    copy,
    default,
    number,
    scalar_width,
    undefined,
)


def convert(value: Value, wanted: Type) -> Value:
    """A copy of `value` as a `wanted`; the checker has seen to it that it can be one."""
    if isinstance(wanted, AnyType):
        return copy(value)
    if isinstance(value, Marker):
        return default(wanted) if value.kind == "..." else undefined(wanted)
    match wanted:
        case StructType(kind="header_union"):
            return copy(value)
        case StructType(fields=fields):
            return _to_struct(value, wanted, fields)
        case StackType(element, size):
            return _to_stack(value, wanted, element, size)
        case TupleType(elements):
            assert isinstance(value, Tuple)
            return Tuple([convert(v, t) for v, t in zip(_filled(value.elements, elements), elements, strict=True)])
        case VarbitType():
            return value
    assert isinstance(value, Scalar)
    return cast_scalar(value, wanted)


def cast_scalar(value: Scalar, wanted: ScalarType) -> Scalar:
    """§8.12.1. The low bits are kept; a widened int<W> repeats its sign, a widened bit<W> is filled with zeros.

    BMv2 fills negative action data with zeros; the compiler has to (docs/limitations.md), so this says nothing of them.
    """
    if value.type == wanted:
        return value
    match wanted:
        case IntType():
            return Scalar(wanted, value.value, value.unknown)
        case BoolType():
            return Scalar(wanted, int(value.value != 0), int(value.unknown != 0))
        case EnumType():
            return Scalar(wanted, value.value, value.unknown)
    unknown = value.unknown
    if value.written and value.value < 0:
        unknown |= -1 << scalar_width(value.type)
    if unknown and isinstance(value.type, BitsType) and value.type.signed and unknown >> (value.type.width - 1):
        unknown |= -1 << value.type.width  # the sign is unknown, and so are its repetitions
    return number(wanted, value.value, unknown)


def _filled(elements: list[Value], types: tuple[Type, ...]) -> list[Value]:
    """The elements, where a last `...` stands for the default values of those that are missing."""
    if elements and isinstance(elements[-1], Marker) and elements[-1].kind == "...":
        given = elements[:-1]
        return [*given, *(default(t) for t in types[len(given) :])]
    return elements


def _to_struct(value: Value, wanted: StructType, fields: tuple[tuple[str, Type], ...]) -> Value:
    valid = True if wanted.kind == "header" else None
    match value:
        case Struct():
            return copy(value)
        case Tuple(elements):
            given = _filled(elements, tuple(t for _, t in fields))
            pairs = zip(fields, given, strict=True)
            return Struct(wanted, {name: convert(v, t) for (name, t), v in pairs}, valid)
        case Record(given_fields, rest):
            missing = {name: default(t) for name, t in fields if rest and name not in given_fields}
            got = {name: convert(given_fields[name], t) for name, t in fields if name in given_fields}
            return Struct(wanted, {name: {**missing, **got}[name] for name, _ in fields}, valid)
        case Union():
            return copy(value)
    raise TypeError(f"{value} is no {wanted.name}")


def _to_stack(value: Value, wanted: StackType, element: Type, size: int) -> Value:
    if isinstance(value, Stack):
        return copy(value)
    assert isinstance(value, Tuple)
    given = _filled(value.elements, (element,) * size)
    return Stack(wanted, [convert(v, element) for v in given])
