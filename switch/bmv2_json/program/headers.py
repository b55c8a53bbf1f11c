"""Headers, stacks and unions as they are declared, and where in the P4 source anything stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceInfo:
    file: str
    line: int
    fragment: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


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
    """A header or metadata instance."""

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
