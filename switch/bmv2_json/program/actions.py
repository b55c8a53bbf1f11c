"""Actions: primitives with their arguments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from switch.bmv2_json.program.arrays import CounterArray, RegisterArray
from switch.bmv2_json.program.expressions import Expr, HeaderExpr, Lookahead, UnionExpr
from switch.bmv2_json.program.headers import SourceInfo, Stack, UnionStack
from switch.bmv2_json.program.objects import Calculation, MeterArray


@dataclass(frozen=True, slots=True)
class Text:
    value: str


@dataclass(frozen=True, slots=True)
class Values:
    """parameters_vector: the arguments of log_msg."""

    values: tuple[Expr, ...]


Argument: TypeAlias = (
    Expr
    | HeaderExpr
    | UnionExpr
    | Stack
    | UnionStack
    | CounterArray
    | MeterArray
    | RegisterArray
    | Calculation
    | Text
    | Values
    | Lookahead
)


@dataclass(frozen=True, slots=True)
class Primitive:
    op: str
    args: tuple[Argument, ...]
    source: SourceInfo | None = None


@dataclass(frozen=True, slots=True)
class ActionParam:
    name: str
    width: int


@dataclass(frozen=True, slots=True, eq=False)
class Action:
    name: str
    id: int
    index: int  # place in Program.actions: its number in table entries
    params: tuple[ActionParam, ...]
    primitives: tuple[Primitive, ...]
    source: SourceInfo | None = None
