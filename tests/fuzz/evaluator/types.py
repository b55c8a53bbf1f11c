"""Types (P4_16 §7) as the evaluator sees them: values, compared by content; `typedef` and `type` leave no trace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class BitsType:
    """bit<width>, or int<width> if `signed` (§7.1.6)."""

    width: int
    signed: bool = False


@dataclass(frozen=True)
class IntType:
    """int, of unlimited precision (§7.1.6)."""


@dataclass(frozen=True)
class BoolType:
    """bool (§7.1.4)."""


@dataclass(frozen=True)
class EnumType:
    """An enum, or `error` and `match_kind`: a value is the number of its member (§7.2.1)."""

    name: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class SerializableEnumType:
    """An enum with an underlying type; a value is that of the underlying type, named or not (§7.2.1)."""

    name: str
    underlying: BitsType
    members: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class VarbitType:
    """varbit<max_width>"""

    max_width: int


@dataclass(frozen=True)
class StructType:
    """A struct, header or header union; `kind` says which."""

    kind: str
    name: str
    fields: tuple[tuple[str, Type], ...]


@dataclass(frozen=True)
class StackType:
    element: Type
    size: int


@dataclass(frozen=True)
class TupleType:
    elements: tuple[Type, ...]


@dataclass(frozen=True)
class AnyType:
    """A type variable: it takes what comes."""


ScalarType: TypeAlias = BitsType | IntType | BoolType | EnumType | SerializableEnumType
Type: TypeAlias = ScalarType | VarbitType | StructType | StackType | TupleType | AnyType

BOOL = BoolType()
INT = IntType()
BIT32 = BitsType(32)


def width_of(type_: Type) -> int:
    """Bits of a value in a packet or a key."""
    match type_:
        case BitsType(width):
            return width
        case BoolType():
            return 1
        case SerializableEnumType(underlying=underlying):
            return underlying.width
        case StructType(fields=fields):
            return sum(width_of(t) for _, t in fields)
        case TupleType(elements):
            return sum(width_of(t) for t in elements)
        case VarbitType():
            return 0
    raise TypeError(f"{type_} has no width")
