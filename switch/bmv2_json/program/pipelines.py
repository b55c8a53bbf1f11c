"""Tables and what is around them in a pipeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from switch.bmv2_json.program.actions import Action
from switch.bmv2_json.program.expressions import Expr, FieldRef, ValidBit
from switch.bmv2_json.program.headers import SourceInfo
from switch.bmv2_json.program.objects import Calculation, MeterArray


@dataclass(frozen=True, slots=True)
class KeyField:
    kind: str  # exact lpm ternary range; `valid` is read as exact on the validity bit
    ref: FieldRef | ValidBit
    mask: int | None  # static mask
    name: str
    width: int


@dataclass(frozen=True, slots=True)
class EntryMatch:
    """exact: value; lpm: value and prefix length; ternary: value and mask; range: low and high (value and extra)."""

    kind: str
    value: int
    extra: int = 0


@dataclass(frozen=True, slots=True)
class ConstEntry:
    match: tuple[EntryMatch, ...]
    action: Action
    params: tuple[int, ...]
    priority: int  # the lowest wins
    source: SourceInfo | None = None
    shown_priority: int = 0  # as the program has it, the highest wins; 0: not said (p4c's JSON has no place for it)
    const: bool = False  # of an entry in a list that is not const itself


@dataclass(frozen=True, slots=True, eq=False)
class ActionProfile:
    name: str
    index: int
    size: int
    selector: Calculation | None


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    name: str
    index: int  # place among all tables of the program
    match_type: str  # exact lpm ternary range
    profile: ActionProfile | None
    key: tuple[KeyField, ...]
    size: int
    actions: tuple[Action, ...]
    next_by_action: dict[str, str | None]
    next_hit: str | None
    next_miss: str | None
    by_hit: bool  # next_hit / next_miss decide, not the action
    base_default_next: str | None
    default_action: Action | None
    default_params: tuple[int, ...]
    default_const: bool
    entries: tuple[ConstEntry, ...]
    const: bool  # has entries in the program: they cannot be changed
    direct_counter: bool
    direct_meter: MeterArray | None
    idle_timeout: bool
    source: SourceInfo | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Conditional:
    name: str
    condition: Expr
    if_true: str | None
    if_false: str | None
    source: SourceInfo | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ActionCall:
    name: str
    action: Action
    next: str | None
    source: SourceInfo | None = None


ControlNode: TypeAlias = Table | Conditional | ActionCall


@dataclass(frozen=True, slots=True, eq=False)
class Pipeline:
    name: str
    start: str | None
    nodes: dict[str, ControlNode]
    source: SourceInfo | None = None
