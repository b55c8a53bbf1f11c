"""The report as values. Sizes are in bits unless a name says otherwise; `place` is file:line."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class KeyField:
    name: str
    match_kind: str
    bits: int


@dataclass(frozen=True, slots=True)
class ActionCost:
    """`data_bits`: what an entry supplies for it."""

    name: str
    data_bits: int
    default_only: bool


@dataclass(frozen=True, slots=True)
class TableCost:
    """`key_bits` are what entries match; `stored_key_bits` what an entry keeps of them. `entry_bits` is an estimate of
    one entry, `total_bits` of `size` of them. `size_from`: "size", "entries" or "default".
    """

    name: str
    place: str
    stage: int
    critical: bool
    keys: list[KeyField]
    key_bits: int
    stored_key_bits: int
    actions: list[ActionCost]
    action_bits: int
    max_data_bits: int
    size: int
    size_from: str
    entries: int
    const_entries: bool
    entry_bits: int
    total_bits: int
    default_action: str
    default_const: bool
    direct_counter: str | None
    direct_meter: str | None
    implementation: str | None
    idle_timeout: bool


@dataclass(frozen=True, slots=True)
class ChainLink:
    """A node of the longest chain: how it waits for the one before (None for the first), and for which fields."""

    node: str
    kind: str
    stage: int
    place: str
    dependency: str | None
    fields: list[str]


@dataclass(slots=True)
class ControlReport:
    """`stages` is the least number of stages by dependencies alone; `unused_tables` are never applied."""

    name: str
    place: str
    stages: int
    conditions: int
    statements: int
    tables: list[TableCost] = field(default_factory=list)
    chain: list[ChainLink] = field(default_factory=list)
    dependencies: dict[str, int] = field(default_factory=dict)
    unused_tables: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ParserReport:
    """`max_bits`: the most of a packet that it reads; None: no bound. `skips_more`: besides, a run-time number."""

    name: str
    place: str
    states: int
    transitions: int
    max_bits: int | None
    skips_more: bool
    loops: list[list[str]]
    unreachable: list[str]


@dataclass(frozen=True, slots=True)
class FieldUse:
    """`use`: "read and written", "never read", "never written", "unused"."""

    name: str
    bits: int
    use: str


@dataclass(slots=True)
class HeaderReport:
    """One header instance (elements of a stack together): `bits` of `count` elements without validity."""

    name: str
    type: str
    bits: int
    count: int
    extracted: bool
    emitted: bool
    fields: list[FieldUse] = field(default_factory=list)


@dataclass(slots=True)
class StructReport:
    """A struct of metadata, with what is directly in it (inner structs are reported on their own)."""

    name: str
    type: str
    bits: int
    unused_bits: int
    fields: list[FieldUse] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class MemoryReport:
    """An extern object with cells. `cell_bits` None: how much a cell takes is up to the target (meters)."""

    kind: str
    name: str
    place: str
    size: int
    cell_bits: int | None
    total_bits: int | None
    used_by: list[str]


@dataclass(slots=True)
class Report:
    program: str
    architecture: str
    parsers: list[ParserReport] = field(default_factory=list)
    controls: list[ControlReport] = field(default_factory=list)
    headers: list[HeaderReport] = field(default_factory=list)
    header_bits: int = 0
    metadata: list[StructReport] = field(default_factory=list)
    metadata_bits: int = 0
    memory: list[MemoryReport] = field(default_factory=list)
    externs: dict[str, int] = field(default_factory=dict)
