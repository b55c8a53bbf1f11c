"""A parser value set of a loaded pipeline. Callers hold the engine's lock."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from itertools import product
from math import prod

from switch import native as n
from switch.bmv2_json.parsers import key_width
from switch.bmv2_json.program import Program, ValueSet
from switch.errors import BadProgram, Full, InvalidArgument, OutOfRange
from switch.values import Exact, Lpm, Match, Range, Ternary

PATTERNS_MAX = 4096  # the parser walks them for each packet


class LoadedValueSet:
    def __init__(self, pipeline: int, value_set: ValueSet, program: Program) -> None:
        self.name = value_set.name
        self._pipeline = pipeline
        self._index = value_set.index
        self.widths = _widths(value_set, program)
        self.members: tuple[tuple[Match, ...], ...] = ()

    def set(self, members: Sequence[tuple[Match, ...]]) -> None:
        words = max(1, (sum(self.widths) + 63) // 64)
        patterns = [pattern for m in members for pattern in self._patterns(m)]
        if len(patterns) > PATTERNS_MAX:
            raise Full(f"value set {self.name}: its ranges need {len(patterns)} masks, at most {PATTERNS_MAX}")
        data = b"".join(_words(part, words) for pattern in patterns for part in pattern)
        code = n.native().pipeline_set_value_set(self._pipeline, self._index, words, len(patterns), data)
        n.check(code, f"value set {self.name}")
        self.members = tuple(tuple(m) for m in members)

    def _patterns(self, member: tuple[Match, ...]) -> Iterator[tuple[int, int]]:
        """The packed (value, mask) pairs that together match what the member does: several where it has ranges."""
        if len(member) != len(self.widths):
            raise InvalidArgument(f"value set {self.name} has {len(self.widths)} fields, not {len(member)}")
        fields = [self._field(match, width) for match, width in zip(member, self.widths, strict=True)]
        if prod(len(pairs) for pairs in fields) > PATTERNS_MAX:
            raise Full(f"value set {self.name}: the ranges of a member need more than {PATTERNS_MAX} masks")
        for chosen in product(*fields):
            value = mask = 0
            for (field_value, field_mask), width in zip(chosen, self.widths, strict=True):
                value, mask = value << width | field_value & field_mask, mask << width | field_mask
            yield value, mask

    def _field(self, match: Match, width: int) -> list[tuple[int, int]]:
        """One field's (value, mask) pairs."""
        full = (1 << width) - 1
        match match:
            case Exact(value):
                pairs = [(value, full)]
            case Ternary(value, mask):
                pairs = [(value, mask)]
            case Lpm(value, prefix):
                pairs = [(value, full & ~((1 << width - prefix) - 1))] if 0 <= prefix <= width else [(-1, 0)]
            case Range(low, high):
                pairs = list(prefixes(low, high, width)) if 0 <= low <= high else [(-1, 0)]
        for value, mask in pairs:
            if not 0 <= value <= full or not 0 <= mask <= full:
                raise OutOfRange(f"value set {self.name}: {match} is not of {width} bits")
        return pairs


def prefixes(low: int, high: int, width: int) -> Iterator[tuple[int, int]]:
    """The fewest (value, mask) pairs that cover low .. high, both included: 2 * width - 2 at most."""
    full = (1 << width) - 1
    while low <= high:
        block = low & -low or 1 << width
        while low + block - 1 > high:
            block >>= 1
        yield low, full & ~(block - 1)
        low += block


def _words(value: int, count: int) -> bytes:
    return struct.pack(f"={count}Q", *(value >> 64 * (count - 1 - i) & (1 << 64) - 1 for i in range(count)))


def _widths(value_set: ValueSet, program: Program) -> tuple[int, ...]:
    """Of the select fields where the set is used; all uses must agree."""
    found: set[tuple[int, ...]] = set()
    for state in program.parser.states.values():
        if any(t.value_set is value_set for t in state.transitions):
            found.add(tuple(key_width(k) for k in state.key))
    if len(found) > 1:
        raise BadProgram(f"parse_vsets: '{value_set.name}' is used with different select expressions")
    return found.pop() if found else (value_set.width,)
