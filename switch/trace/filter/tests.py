"""What a filter asks, with the names resolved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Between:
    """low <= (number & mask) <= high, or not, if `negate`. `low` above `high`: never."""

    low: int
    high: int
    mask: int
    negate: bool = False

    def holds(self, number: int) -> bool:
        return (self.low <= number & self.mask <= self.high) != self.negate


@dataclass(frozen=True, slots=True)
class FieldTest:
    """Of a field as it was received; of a header that is not valid nothing holds. `field`: HEADER.FIELD of the JSON."""

    field: str
    between: Between


@dataclass(frozen=True, slots=True)
class ValidTest:
    header: str


@dataclass(frozen=True, slots=True)
class NumberTest:
    """Of the ingress port, the length, or of a port by which the packet or a copy of it leaves."""

    what: Literal["port", "length", "out"]
    between: Between


@dataclass(frozen=True, slots=True)
class ErrorTest:
    """Of the parser's error."""

    error: str
    negate: bool


@dataclass(frozen=True, slots=True)
class TableTest:
    what: Literal["hit", "miss", "table"]
    table: str


@dataclass(frozen=True, slots=True)
class ActionTest:
    action: str


@dataclass(frozen=True, slots=True)
class FateTest:
    what: Literal["dropped", "cloned", "to_cpu"]


@dataclass(frozen=True, slots=True)
class Both:
    left: Test
    right: Test


@dataclass(frozen=True, slots=True)
class Either:
    left: Test
    right: Test


@dataclass(frozen=True, slots=True)
class Inverse:
    inner: Test


Test: TypeAlias = (
    FieldTest | ValidTest | NumberTest | ErrorTest | TableTest | ActionTest | FateTest | Both | Either | Inverse
)
