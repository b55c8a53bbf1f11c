"""State that lasts from packet to packet; meters, which name a field, are in objects.py."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class CounterArray:
    name: str
    index: int
    size: int
    direct_table: str | None


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
