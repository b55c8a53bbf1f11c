"""A BMv2 program, typed: what the JSON says with every name resolved.

Objects compare by identity where several of the same shape may exist (headers, tables); everything is immutable.
Widths are in bits unless a name says bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

# ---- where it comes from


@dataclass(frozen=True, slots=True)
class SourceInfo:
    file: str
    line: int
    fragment: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


# ---- headers


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    width: int  # of a varbit field: its maximum
    signed: bool = False
    varbit: bool = False
    offset: int = 0  # bits from the start of the header, varbit counted as 0


@dataclass(frozen=True, slots=True, eq=False)
class HeaderType:
    name: str
    fields: tuple[Field, ...]
    max_bytes: int | None = None  # only where there is a varbit field

    @property
    def fixed_bits(self) -> int:
        return sum(f.width for f in self.fields if not f.varbit)

    @property
    def varbit(self) -> Field | None:
        return next((f for f in self.fields if f.varbit), None)

    def field(self, name: str) -> Field | None:
        return next((f for f in self.fields if f.name == name), None)


@dataclass(frozen=True, slots=True, eq=False)
class Header:
    """A header or metadata instance. `stack` and `union` are names of what it is part of, or empty."""

    name: str
    id: int
    type: HeaderType
    metadata: bool


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    name: str
    type: HeaderType
    headers: tuple[Header, ...]


@dataclass(frozen=True, slots=True, eq=False)
class UnionType:
    name: str
    members: tuple[tuple[str, HeaderType], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Union:
    name: str
    id: int
    type: UnionType
    headers: tuple[Header, ...]


@dataclass(frozen=True, slots=True, eq=False)
class UnionStack:
    name: str
    type: UnionType
    unions: tuple[Union, ...]


# ---- stateful objects


@dataclass(frozen=True, slots=True, eq=False)
class CounterArray:
    name: str
    index: int
    size: int
    direct_table: str | None


@dataclass(frozen=True, slots=True, eq=False)
class MeterArray:
    name: str
    index: int
    size: int
    in_bytes: bool
    rates: int
    direct_table: str | None
    target: FieldRef | None  # direct: where the colour goes


@dataclass(frozen=True, slots=True, eq=False)
class RegisterArray:
    name: str
    index: int
    size: int
    width: int
    signed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ValueSet:
    name: str
    index: int
    width: int
    size: int  # 0: not said


# ---- expressions. Data expressions have integer values of any size; bools, headers, stacks and unions are apart.


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


# ---- calculations, lists


@dataclass(frozen=True, slots=True)
class HashField:
    ref: FieldRef


@dataclass(frozen=True, slots=True)
class HashConst:
    value: int
    width: int


@dataclass(frozen=True, slots=True)
class HashHeader:
    header: Header


HashInput: TypeAlias = HashField | HashConst | HashHeader


@dataclass(frozen=True, slots=True, eq=False)
class Calculation:
    name: str
    algorithm: str
    inputs: tuple[HashInput, ...]
    payload: bool


@dataclass(frozen=True, slots=True, eq=False)
class Checksum:
    name: str
    target: FieldRef
    calculation: Calculation
    condition: Expr | None
    update: bool
    verify: bool
    source: SourceInfo | None


@dataclass(frozen=True, slots=True, eq=False)
class FieldList:
    """What a clone, resubmit or recirculation keeps."""

    id: int
    name: str
    fields: tuple[FieldRef, ...]


@dataclass(frozen=True, slots=True, eq=False)
class LearnList:
    """What a digest holds; elements are fields or constants."""

    id: int
    name: str
    elements: tuple[tuple[Expr, int], ...]  # value and width


# ---- actions


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


# ---- parser


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


# ---- pipelines


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


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    name: str
    header_types: tuple[HeaderType, ...]
    headers: dict[str, Header]
    stacks: dict[str, Stack]
    unions: dict[str, Union]
    union_stacks: dict[str, UnionStack]
    errors: dict[str, int]
    parser: Parser
    deparser: Deparser
    value_sets: tuple[ValueSet, ...]
    counters: tuple[CounterArray, ...]
    meters: tuple[MeterArray, ...]
    registers: tuple[RegisterArray, ...]
    calculations: tuple[Calculation, ...]
    field_lists: dict[int, FieldList]
    learn_lists: dict[int, LearnList]
    actions: tuple[Action, ...]
    profiles: tuple[ActionProfile, ...]
    tables: tuple[Table, ...]
    ingress: Pipeline
    egress: Pipeline
    checksums: tuple[Checksum, ...]
    aliases: dict[str, tuple[str, str]]
    # P4_14: bits of a header type's varbit field, by type name; a Param stands for the header's own field of that index
    varbit_lengths: dict[str, Expr]

    def standard(self, name: str) -> FieldRef | None:
        """The field that simple_switch calls `name` (as intrinsic_metadata.mcast_grp), by alias or by its own name."""
        header, _, member = name.partition(".")
        header, member = self.aliases.get(name, (header, member))
        if header in self.headers:
            found = self.headers[header].type.field(member)
            if found is not None:
                return FieldRef(self.headers[header], found)
        return None
