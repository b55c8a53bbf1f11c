"""The values of a trace. Frozen where they are complete at once; those that later events add to are not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from switch.bmv2_json.program import SourceInfo
from switch.values import Digest, Entry

VALID = "$valid$"


@dataclass(frozen=True, slots=True)
class Change:
    """A field before and after; of a header's validity the field is `NAME.$valid$`. `width` in bits."""

    field: str
    before: int
    after: int
    width: int

    @property
    def header(self) -> str:
        return self.field.rpartition(".")[0]

    @property
    def is_validity(self) -> bool:
        return self.field.endswith("." + VALID)


@dataclass(frozen=True, slots=True)
class FieldValue:
    name: str
    value: int
    width: int


# ---- what actions do beside changing fields


@dataclass(frozen=True, slots=True)
class Counted:
    """A counter that the packet would have bumped. `table`: of a direct counter."""

    counter: str
    index: int
    bytes: int
    table: str | None = None


@dataclass(frozen=True, slots=True)
class Metered:
    """The colour that a meter gives now; `configured`: it has rates."""

    meter: str
    index: int
    color: str
    configured: bool
    table: str | None = None


@dataclass(frozen=True, slots=True)
class RegisterAccess:
    """`write`: asked for, but not carried out by a trace; later reads of the same packet see it."""

    register: str
    index: int
    value: int
    width: int
    write: bool


@dataclass(frozen=True, slots=True)
class Hashed:
    """The result of a calculation before any modulo; `algorithm` as in the JSON."""

    calculation: str
    algorithm: str
    value: int


Effect: TypeAlias = Counted | Metered | RegisterAccess | Hashed


@dataclass(slots=True)
class Statement:
    """A primitive that was carried out, and what came of it."""

    op: str
    source: SourceInfo | None
    changes: list[Change] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)


@dataclass(slots=True)
class ActionRun:
    name: str
    params: tuple[FieldValue, ...]
    source: SourceInfo | None
    statements: list[Statement] = field(default_factory=list)

    @property
    def changes(self) -> list[Change]:
        return [c for s in self.statements for c in s.changes]

    @property
    def effects(self) -> list[Effect]:
        return [e for s in self.statements for e in s.effects]


# ---- steps of a control


@dataclass(frozen=True, slots=True)
class Condition:
    node: str
    source: SourceInfo | None
    result: bool
    effects: tuple[Effect, ...] = ()  # registers that it read


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A key field that an entry does not match. `common`: of an lpm field, how many leading bits agree."""

    field: str
    kind: str
    value: int
    width: int
    wanted: str
    common: int | None = None


@dataclass(frozen=True, slots=True)
class Nearest:
    """The entry that a missed key came closest to, and the fields in which it differs."""

    entry: Entry
    mismatches: tuple[Mismatch, ...]


@dataclass(slots=True)
class Lookup:
    """A table applied: key, the entry that matched (None: a miss, or it is gone already), the action that ran.

    `nearest`: of a miss, None if the table is empty. `member` and `group`: of an indirect table.
    """

    table: str
    kind: str  # exact, lpm, ternary, keyless
    source: SourceInfo | None
    key: tuple[FieldValue, ...]
    hit: bool
    entry: Entry | None
    nearest: Nearest | None
    entries: int  # how many the table holds
    run: ActionRun | None = None
    member: int | None = None
    group: int | None = None
    effects: list[Effect] = field(default_factory=list)  # direct counter and meter, the selector's hash
    changes: list[Change] = field(default_factory=list)  # a direct meter's colour

    @property
    def action(self) -> str | None:
        return self.run.name if self.run is not None else None

    @property
    def params(self) -> tuple[FieldValue, ...]:
        return self.run.params if self.run is not None else ()


@dataclass(slots=True)
class Call:
    """An action called from a control's body: also statements outside of actions, which compilers put into such."""

    run: ActionRun


Step: TypeAlias = Condition | Lookup | Call


# ---- parser


@dataclass(slots=True)
class Extract:
    """A header taken from the packet: where, how long, and what its fields hold."""

    header: str
    offset: int  # bytes from the packet's first
    bytes: int
    fields: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Select:
    """What a transition looked at, the case that it took (None: the default one) and where it leads (None: accept)."""

    key: tuple[FieldValue, ...]
    case: str | None
    next: str | None


@dataclass(slots=True)
class State:
    """A parser state; `offset`: of its first byte. `select` None: it went on without a choice, or ended in an error."""

    name: str
    offset: int
    extracts: list[Extract] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    select: Select | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Where the parser gave up: what it was about to do, at which byte, and how many bytes were left."""

    state: str
    operation: str
    offset: int
    left: int


@dataclass(frozen=True, slots=True)
class ChecksumResult:
    """A checksum that was verified: the field's value and what was computed."""

    name: str
    field: str
    computed: int
    found: int
    source: SourceInfo | None

    @property
    def right(self) -> bool:
        return self.computed == self.found


# ---- packets


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a packet. `what`: dropped, sent, to_cpu, resubmitted, multicast, digest, clone, no_clone, ...

    For a drop by the program `table`, `entry`, `action` and `source` say who marked it, as far as they exist.
    """

    what: str
    text: str
    number: int | None = None  # port, multicast group, session or learn list
    where: str | None = None  # of drops: ingress, egress, traffic manager
    table: str | None = None
    entry: Entry | None = None
    action: str | None = None
    source: SourceInfo | None = None


@dataclass(slots=True)
class Passage:
    """One packet from arrival to end: the received one, or a copy of it."""

    id: int
    parent: int | None
    cause: str  # received, ingress clone, egress clone, replica, resubmitted, recirculated
    port: int  # ingress port
    length: int
    states: list[State] = field(default_factory=list)
    failure: Failure | None = None
    parser_error: str = ""
    header_bytes: int = 0
    parsed: dict[str, int] = field(default_factory=dict)  # fields of valid headers and metadata, as ingress begins
    checksums: list[ChecksumResult] = field(default_factory=list)
    checksum_error: bool = False
    ingress: list[Step] = field(default_factory=list)
    egress: list[Step] = field(default_factory=list)
    egress_port: int | None = None
    replica: int = 0  # egress_rid
    deparser: list[Statement] = field(default_factory=list)
    fates: list[Fate] = field(default_factory=list)
    sent: bytes | None = None
    copies: list[Passage] = field(default_factory=list)

    def steps(self) -> Iterator[Step]:
        yield from self.ingress
        yield from self.egress


@dataclass(frozen=True, slots=True)
class Trace:
    """`cut`: events are missing, because the packet made more than a trace holds."""

    port: int
    data: bytes
    packet: Passage
    sent: tuple[tuple[int, bytes], ...]
    to_cpu: tuple[bytes, ...]
    digests: tuple[tuple[Digest, tuple[str, ...]], ...]  # with the names of their elements
    logs: tuple[str, ...]
    cut: bool = False

    def passages(self) -> Iterator[Passage]:
        """All packets, parents before their copies."""
        todo = [self.packet]
        while todo:
            passage = todo.pop()
            yield passage
            todo += reversed(passage.copies)


def made_by_compiler(action: str, source: SourceInfo | None) -> bool:
    """Was the action made of statements in a control's body? p4c's and our names of such have no control before them,
    and where they come from is the statement, not the action's name.
    """
    return "." not in action and (source is None or source.fragment != action)
