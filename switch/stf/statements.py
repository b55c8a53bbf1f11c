"""What an STF file can say, one value a statement. `line`: where the statement begins, from 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Comparison: TypeAlias = Literal["==", "!=", "<", "<=", ">", ">="]


class StfError(Exception):
    """A file that cannot be read: one line for each error, `FILE:LINE: message`."""


@dataclass(frozen=True, slots=True)
class Key:
    """`name:value` of an entry; the value as written, since its digits may stand for a mask (keys.py)."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Call:
    """An action and its arguments by name."""

    name: str
    arguments: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Indirect:
    """`member(H)` or `group(H)` of the table's action profile; the handle is a number or a name given with `=`."""

    kind: Literal["member", "group"]
    handle: int | str


@dataclass(frozen=True, slots=True)
class Add:
    """`add TABLE [PRIORITY] KEY:VALUE ... ACTION(NAME:VALUE, ...) [= ID]`. The highest priority wins."""

    line: int
    table: str
    priority: int | None
    keys: tuple[Key, ...]
    action: Call | Indirect
    handle: str | None


@dataclass(frozen=True, slots=True)
class SetDefault:
    """`setdefault TABLE ACTION(...)`."""

    line: int
    table: str
    action: Call


@dataclass(frozen=True, slots=True)
class RemoveAll:
    """`remove all`: every entry of every table."""

    line: int


@dataclass(frozen=True, slots=True)
class Packet:
    """`packet PORT HEX...`: a packet that arrives."""

    line: int
    port: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Expect:
    """`expect PORT [HEX...]`: a packet that leaves. `pattern` None: any; else its first nibbles, `*` for any.

    `exact`: with `$` at the end, nothing follows.
    """

    line: int
    port: int
    pattern: str | None
    exact: bool = False


@dataclass(frozen=True, slots=True)
class NoPacket:
    """`no_packet`: the last packet was dropped."""

    line: int


@dataclass(frozen=True, slots=True)
class Wait:
    """`wait`: until all has been forwarded. Here every packet has been, before the next statement."""

    line: int


@dataclass(frozen=True, slots=True)
class CheckCounter:
    """`check_counter NAME(INDEX) [packets|bytes == N]`; the index of a direct counter is the `= ID` of an entry."""

    line: int
    counter: str
    index: int | str
    quantity: Literal["packets", "bytes"] | None
    comparison: Comparison
    value: int


@dataclass(frozen=True, slots=True)
class MakeMember:
    """`act_prof_create_member PROFILE ACTION(...) [= ID]`; handles count from 0."""

    line: int
    profile: str
    action: Call
    handle: str | None


@dataclass(frozen=True, slots=True)
class MakeGroup:
    """`act_prof_create_group PROFILE [= ID]`; handles count from 0."""

    line: int
    profile: str
    handle: str | None


@dataclass(frozen=True, slots=True)
class AddToGroup:
    """`act_prof_add_member_to_group PROFILE MEMBER GROUP`."""

    line: int
    profile: str
    member: int | str
    group: int | str


@dataclass(frozen=True, slots=True)
class Command:
    """A command of simple_switch's own command line: a verb, a name where it takes one, numbers, meter rates.

    A rate is (units a microsecond, burst).
    """

    line: int
    verb: str
    name: str | None
    numbers: tuple[int, ...]
    rates: tuple[tuple[float, int], ...] = ()


Statement: TypeAlias = (
    Add
    | SetDefault
    | RemoveAll
    | Packet
    | Expect
    | NoPacket
    | Wait
    | CheckCounter
    | MakeMember
    | MakeGroup
    | AddToGroup
    | Command
)
