"""Match values to the packed keys of runtime tables, and back."""

from __future__ import annotations

import struct
from typing import NamedTuple

from switch.bmv2_json.program import KeyField
from switch.codegen.layout import TableLayout
from switch.errors import InvalidArgument, OutOfRange
from switch.values import Exact, Lpm, Match, Range, Ternary

RANK_MAX = (1 << 32) - 1


class Key(NamedTuple):
    """A packed key: value and mask of the whole width (range fields: low and high bound), the lpm field's prefix."""

    value: int
    mask: int
    prefix: int
    rank: int


class Keys:
    """Packs the matches of one table and checks them against its declaration."""

    def __init__(self, layout: TableLayout) -> None:
        self.layout = layout
        self.table = layout.table
        self._exact_fields = [(p.shift, p.field.width) for p in sorted(layout.key, key=lambda p: p.index)]
        self._exact_mask = (1 << layout.width) - 1
        self._words = struct.Struct(f"={layout.words}Q")

    def key(self, match: tuple[Match, ...], priority: int) -> Key:
        """Checks the match against the declaration."""
        t = self.table
        if not t.key:
            raise InvalidArgument(f"table {t.name} has no key, so it has no entries")
        if len(match) != len(t.key):
            raise InvalidArgument(f"table {t.name} has {len(t.key)} key fields, not {len(match)}")
        value = mask = 0
        prefix = 0
        if self.layout.kind == "exact" and not priority:
            for given, (shift, width) in zip(match, self._exact_fields, strict=True):
                if not isinstance(given, Exact) or given.value >> width:
                    break  # below says what is wrong
                value |= given.value << shift
            else:
                return Key(value, self._exact_mask, 0, 0)
            value = 0
        for place in self.layout.key:
            field = place.field
            v, m, length = self._field(match[place.index], field)
            value |= v << place.shift
            mask |= m << place.shift
            prefix = length if field.kind == "lpm" else prefix
        if self.layout.kind != "ternary":
            if priority:
                raise InvalidArgument(f"table {t.name}: a priority has a meaning only with ternary or range fields")
        elif not 0 <= priority <= RANK_MAX:
            raise OutOfRange(f"table {t.name}: priority {priority}")
        return Key(value, mask, prefix, priority)

    def _field(self, m: Match, k: KeyField) -> tuple[int, int, int]:
        """(value, mask, prefix length)"""
        full = (1 << k.width) - 1
        where = f"table {self.table.name}, {k.name}"
        match k.kind, m:
            case "exact", Exact(value):
                found = value, full, 0
            case "lpm", Lpm(value, length):
                if not 0 <= length <= k.width:
                    raise OutOfRange(f"{where}: prefix length {length} of {k.width} bits")
                mask = full & ~((1 << k.width - length) - 1)
                if value & ~mask & full:
                    raise InvalidArgument(f"{where}: value {value:#x} has bits below its prefix of {length}")
                found = value, mask, length
            case "ternary", Ternary(value, mask):
                if not 0 <= mask <= full:
                    raise OutOfRange(f"{where}: mask {mask:#x} has more than {k.width} bits")
                if 0 <= value <= full and value & ~mask:
                    raise InvalidArgument(f"{where}: value {value:#x} has bits outside of mask {mask:#x}")
                found = value, mask, 0
            case "range", Range(low, high):
                if low > high:
                    raise InvalidArgument(f"{where}: range {low:#x}..{high:#x} is empty")
                if not 0 <= high <= full:
                    raise OutOfRange(f"{where}: {high:#x} has more than {k.width} bits")
                found = low, high, 0
            case _:
                raise InvalidArgument(f"{where}: needs a match of kind {k.kind}, not {type(m).__name__.lower()}")
        if not 0 <= found[0] <= full:
            raise OutOfRange(f"{where}: {found[0]:#x} has more than {k.width} bits")
        return found

    def match_of(self, key: Key) -> tuple[Match, ...]:
        found: dict[int, Match] = {}
        for place in self.layout.key:
            full = (1 << place.field.width) - 1
            value, mask = key.value >> place.shift & full, key.mask >> place.shift & full
            match place.field.kind:
                case "exact":
                    found[place.index] = Exact(value)
                case "lpm":
                    found[place.index] = Lpm(value, key.prefix)
                case "ternary":
                    found[place.index] = Ternary(value, mask)
                case _:
                    found[place.index] = Range(value, mask)
        return tuple(found[i] for i in range(len(found)))

    def exact_key(self, value: int) -> Key:
        """The key of an exact table with this packed value."""
        return Key(value, self._exact_mask, 0, 0)

    def lpm_key(self, value: int, prefix: int) -> Key:
        """The key of an LPM table with this packed value; the prefix field is the last."""
        low = (1 << self.layout.lpm_width - prefix) - 1
        return Key(value, self._exact_mask & ~low, prefix, 0)

    def ternary_key(self, value: int, mask: int, rank: int) -> Key:
        """The key of a ternary table: an lpm field in it is a mask too."""
        prefix = 0
        for place in self.layout.key:
            if place.field.kind == "lpm":
                prefix = (mask >> place.shift & (1 << place.field.width) - 1).bit_count()
        return Key(value, mask, prefix, rank)

    def unpack(self, words: tuple[int, ...]) -> int:
        """The packed key that these words are."""
        value = 0
        for word in words:
            value = value << 64 | word
        return value

    def pack(self, value: int) -> bytes:
        """The words of a packed key."""
        if self.layout.words == 1:
            return self._words.pack(value)
        count = self.layout.words
        return self._words.pack(*(value >> 64 * (count - 1 - i) & (1 << 64) - 1 for i in range(count)))

    def pack_many(self, values: list[int]) -> bytes:
        count = self.layout.words
        if count == 1:
            return struct.pack(f"={len(values)}Q", *values)
        low = (1 << 64) - 1
        words = [value >> 64 * (count - 1 - i) & low for value in values for i in range(count)]
        return struct.pack(f"={len(words)}Q", *words)
