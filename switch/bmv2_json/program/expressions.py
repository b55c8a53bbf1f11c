"""Values and the places that hold them.

Data expressions have integer values of any size; bools, headers, stacks and unions are apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from switch.bmv2_json.program.arrays import RegisterArray
from switch.bmv2_json.program.headers import Field, Header, Stack, Union, UnionStack


@dataclass(frozen=True, slots=True)
class Const:
    value: int


@dataclass(frozen=True, slots=True)
class BoolConst:
    value: bool


@dataclass(frozen=True, slots=True)
class FieldRef:
    header: HeaderExpr
    field: Field


@dataclass(frozen=True, slots=True)
class ValidBit:
    """The hidden field $valid$ as data: 0 or 1."""

    header: HeaderExpr


@dataclass(frozen=True, slots=True)
class Param:
    """Action parameter by position."""

    index: int


@dataclass(frozen=True, slots=True)
class RegisterRef:
    array: RegisterArray
    index: Expr


@dataclass(frozen=True, slots=True)
class Op:
    """An operator; `op` as the JSON spells it, of headers, unions, bools with a letter: ==h !=h ==u !=u ==b !=b."""

    op: str
    args: tuple[Expr | HeaderExpr | UnionExpr, ...]


@dataclass(frozen=True, slots=True)
class StackCount:
    """`size_stack` (plus 0) or `last_stack_index` (plus -1) of a stack."""

    stack: Stack | UnionStack
    plus: int


Expr: TypeAlias = Const | BoolConst | FieldRef | ValidBit | Param | RegisterRef | Op | StackCount


# Headers: named, at a computed place of a stack, the last of a stack, or a member of a union found in such a way.
@dataclass(frozen=True, slots=True)
class StackAt:
    stack: Stack
    index: Expr


@dataclass(frozen=True, slots=True)
class StackLast:
    stack: Stack


@dataclass(frozen=True, slots=True)
class UnionMember:
    union: UnionExpr
    member: int


HeaderExpr: TypeAlias = Header | StackAt | StackLast | UnionMember


@dataclass(frozen=True, slots=True)
class UnionAt:
    stack: UnionStack
    index: Expr


@dataclass(frozen=True, slots=True)
class UnionLast:
    stack: UnionStack


UnionExpr: TypeAlias = Union | UnionAt | UnionLast


@dataclass(frozen=True, slots=True)
class Lookahead:
    """Bits of the packet from the cursor on; only in parsers."""

    offset: int
    width: int
