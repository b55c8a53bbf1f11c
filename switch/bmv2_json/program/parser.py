"""Parser and deparser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from switch.bmv2_json.program.actions import Primitive
from switch.bmv2_json.program.arrays import ValueSet
from switch.bmv2_json.program.expressions import Expr, FieldRef, Lookahead, ValidBit
from switch.bmv2_json.program.headers import Header, Stack, UnionStack


@dataclass(frozen=True, slots=True)
class Extract:
    """`to` a header, the next of a stack, or member `member` of that of a union stack; `length`: its varbit's bits."""

    to: Header | Stack | UnionStack
    member: int = 0
    length: Expr | None = None


@dataclass(frozen=True, slots=True)
class Verify:
    condition: Expr
    error: Expr


@dataclass(frozen=True, slots=True)
class Advance:
    bits: Expr


ParserOp: TypeAlias = Extract | Verify | Advance | Primitive


@dataclass(frozen=True, slots=True)
class Transition:
    """Compared with the key; `value` and `mask` are the fields' bit strings one after the other, each padded to bytes.

    `value` None: default. `value_set`: match any of its members. `next` None: the parser ends.
    """

    value: int | None
    mask: int | None
    value_set: ValueSet | None
    next: str | None


@dataclass(frozen=True, slots=True)
class Computed:
    """What p4c makes of a constant or an index in a select, and BMv2 does not load. `width`: bits."""

    value: Expr
    width: int


KeyPart: TypeAlias = FieldRef | ValidBit | Lookahead | Computed


@dataclass(frozen=True, slots=True, eq=False)
class ParseState:
    name: str
    ops: tuple[ParserOp, ...]
    key: tuple[KeyPart, ...]
    transitions: tuple[Transition, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Parser:
    name: str
    start: str | None
    states: dict[str, ParseState]


@dataclass(frozen=True, slots=True, eq=False)
class Deparser:
    name: str
    order: tuple[Header, ...]
    primitives: tuple[Primitive, ...]
