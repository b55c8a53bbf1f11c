"""A parser value set of a loaded pipeline. Callers hold the engine's lock."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from switch import native as n
from switch.bmv2_json.program import FieldRef, KeyPart, Lookahead, Program, ValidBit, ValueSet
from switch.errors import BadProgram, InvalidArgument, OutOfRange
from switch.values import Exact, Match, Ternary


class LoadedValueSet:
    def __init__(self, pipeline: int, value_set: ValueSet, program: Program) -> None:
        self.name = value_set.name
        self._pipeline = pipeline
        self._index = value_set.index
        self.widths = _widths(value_set, program)
        self.members: tuple[tuple[Match, ...], ...] = ()

    def set(self, members: Sequence[tuple[Match, ...]]) -> None:
        words = max(1, (sum(self.widths) + 63) // 64)
        data = b"".join(_words(self._member(m, i), words) for m in members for i in (0, 1))
        code = n.native().pipeline_set_value_set(self._pipeline, self._index, words, len(members), data)
        n.check(code, f"value set {self.name}")
        self.members = tuple(tuple(m) for m in members)

    def _member(self, member: tuple[Match, ...], part: int) -> int:
        """The packed value (part 0) or mask (part 1)."""
        if len(member) != len(self.widths):
            raise InvalidArgument(f"value set {self.name} has {len(self.widths)} fields, not {len(member)}")
        packed = 0
        for match, width in zip(member, self.widths, strict=True):
            full = (1 << width) - 1
            match match:
                case Exact(value):
                    mask = full
                case Ternary(value, mask):
                    pass
                case _:
                    raise InvalidArgument(f"value set {self.name}: exact and ternary matches only")
            if not 0 <= value <= full or not 0 <= mask <= full:
                raise OutOfRange(f"value set {self.name}: {value:#x} has more than {width} bits")
            packed = packed << width | (mask if part else value & mask)
        return packed


def _words(value: int, count: int) -> bytes:
    return struct.pack(f"={count}Q", *(value >> 64 * (count - 1 - i) & (1 << 64) - 1 for i in range(count)))


def _widths(value_set: ValueSet, program: Program) -> tuple[int, ...]:
    """Of the select fields where the set is used; all uses must agree."""
    found: set[tuple[int, ...]] = set()
    for state in program.parser.states.values():
        if any(t.value_set is value_set for t in state.transitions):
            found.add(tuple(_width(k) for k in state.key))
    if len(found) > 1:
        raise BadProgram(f"parse_vsets: '{value_set.name}' is used with different select expressions")
    return found.pop() if found else (value_set.width,)


def _width(part: KeyPart) -> int:
    match part:
        case Lookahead():
            return part.width
        case ValidBit():
            return 1
        case FieldRef():
            return part.field.width
