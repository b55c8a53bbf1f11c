"""What names fields: meters, calculations and checksums, field lists and digests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from switch.bmv2_json.program.expressions import Expr, FieldRef
from switch.bmv2_json.program.headers import Header, SourceInfo


@dataclass(frozen=True, slots=True, eq=False)
class MeterArray:
    name: str
    index: int
    size: int
    in_bytes: bool
    rates: int
    direct_table: str | None
    target: FieldRef | None  # direct: where the colour goes


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
