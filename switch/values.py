"""What goes in and out of an Engine: match keys, actions, entries, counters. Frozen values, plain ints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias


@dataclass(frozen=True, slots=True)
class Exact:
    value: int


@dataclass(frozen=True, slots=True)
class Lpm:
    """The `prefix` most significant bits of the field equal those of `value`; lower bits of `value` must be 0."""

    value: int
    prefix: int


@dataclass(frozen=True, slots=True)
class Ternary:
    """`field & mask == value`; bits of `value` outside `mask` must be 0. Mask 0: don't care."""

    value: int
    mask: int


@dataclass(frozen=True, slots=True)
class Range:
    """`low <= field <= high`."""

    low: int
    high: int


# One per key field, in the table's order. An optional match is a Ternary with a full or an empty mask.
Match: TypeAlias = Exact | Lpm | Ternary | Range

WriteKind: TypeAlias = Literal["insert", "modify", "delete"]


@dataclass(frozen=True, slots=True)
class Action:
    """An action by its JSON name and its parameters, in order."""

    name: str
    params: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the table's action profile."""

    id: int


@dataclass(frozen=True, slots=True)
class Group:
    """A group of the table's action selector."""

    id: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A table entry. `priority`: the highest wins, and is 0 where no field is ternary or range."""

    match: tuple[Match, ...]
    action: Action | Member | Group
    priority: int = 0
    idle_timeout_ns: int = 0  # 0: never
    const: bool = False  # came with the program; may not be changed


@dataclass(frozen=True, slots=True)
class Count:
    packets: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class MeterConfig:
    """Two rates, three colours (RFC 2698). Rates in bytes or packets per second, bursts in bytes or packets.

    A None in its place means always green.
    """

    cir: int
    cburst: int
    pir: int
    pburst: int


@dataclass(frozen=True, slots=True)
class SingleRate:
    """One rate, three colours (RFC 2697); with an excess burst of 0 two."""

    cir: int
    cburst: int
    eburst: int = 0


MeterRates: TypeAlias = MeterConfig | SingleRate


@dataclass(frozen=True, slots=True)
class ColorCounts:
    """What a meter marked, by colour."""

    green: Count = Count()
    yellow: Count = Count()
    red: Count = Count()


class GroupMember(NamedTuple):
    """A member of a selector's group; with `watch`, only while that port is up."""

    member: int
    weight: int = 1
    watch: int | None = None


@dataclass(frozen=True, slots=True)
class Replica:
    """A copy for a port. While that port is down, the first of `backups` whose port is up takes its place."""

    port: int
    instance: int = 0  # standard_metadata.egress_rid
    backups: tuple[Replica, ...] = ()


@dataclass(frozen=True, slots=True)
class CloneSession:
    replicas: tuple[Replica, ...]
    truncate: int = 0  # bytes; 0: the whole packet
    priority: int = 0  # class of service: standard_metadata.priority of the clones


@dataclass(frozen=True, slots=True)
class Digest:
    """One sample: the values of the learn list's elements, in order."""

    name: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PacketIn:
    """A packet that left for the CPU port, with whatever header the program put in front."""

    data: bytes
    ingress_port: int


@dataclass(frozen=True, slots=True)
class IdleEntry:
    table: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Packets through parser, tables and deparser on workers in memory; copy into the buffers included."""

    packets: int
    sent: int
    seconds: float
    burst_p99_us: float  # 99 of 100 bursts of 64 packets took at most that long

    @property
    def mpps(self) -> float:
        return self.packets / self.seconds / 1e6


@dataclass(frozen=True, slots=True)
class TableInfo:
    """What the control plane must know of a table."""

    name: str
    match_kinds: tuple[str, ...]  # exact lpm ternary range, one per key field
    match_widths: tuple[int, ...]
    actions: tuple[str, ...]
    size: int
    profile: str | None
    const: bool
    direct_counter: bool
    direct_meter: str | None
    idle_timeout: bool
    entries: int = 0
