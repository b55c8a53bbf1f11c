"""The entry that a missed key came closest to, and in what it differs."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator

from switch import native as n
from switch.loaded_table import LoadedTable
from switch.trace.events import FieldValue, Mismatch, Nearest
from switch.values import Exact, Lpm, Match, Range

_TABLES = {"exact": 0, "lpm": 1, "ternary": 2}  # enum nearest_table
_KINDS = {"exact": 0, "lpm": 1, "ternary": 2, "range": 3}  # enum nearest_kind


class _Field(ctypes.Structure):
    _fields_ = [("shift", ctypes.c_uint32), ("width", ctypes.c_uint32), ("kind", ctypes.c_uint32)]


def nearest(table: LoadedTable, packed: int, key: tuple[FieldValue, ...]) -> Nearest | None:
    """The nearest entry (runtime/nearest.h says which), None in an empty table. `packed`: the key as tables hold it."""
    layout = table.layout
    if table.store is None or not key:
        return None
    fields = (_Field * len(layout.key))(
        *(_Field(place.shift, place.field.width, _KINDS[place.field.kind]) for place in layout.key)
    )
    numbers = table.size + n.ENTRY_SPARE
    data = table.keys.pack(packed)
    kind = _TABLES[layout.kind]
    number = n.native().nearest_entry(kind, table.store.pointer, numbers, data, layout.words, fields, len(fields))
    entry = table.entry_at(number) if number != 0xFFFFFFFF else None
    if entry is None:
        return None
    kinds = [k.kind for k in table.table.key]
    return Nearest(entry, tuple(_mismatches(key, kinds, entry.match)))


def _mismatches(key: tuple[FieldValue, ...], kinds: list[str], match: tuple[Match, ...]) -> Iterator[Mismatch]:
    for field, kind, wanted in zip(key, kinds, match, strict=True):
        if not matches(field.value, wanted, field.width):
            common = None
            if isinstance(wanted, Lpm):
                difference = (field.value ^ wanted.value) & (1 << field.width) - 1
                common = min(field.width - difference.bit_length(), wanted.prefix)
            yield Mismatch(field.name, kind, field.value, field.width, match_text(wanted, field.width), common)


def matches(value: int, wanted: Match, width: int) -> bool:
    match wanted:
        case Exact(v):
            return value == v
        case Lpm(v, prefix):
            return value >> width - prefix == v >> width - prefix
        case Range(low, high):
            return low <= value <= high
        case _:
            return value & wanted.mask == wanted.value


def match_text(match: Match, width: int) -> str:
    """As entries are written: value, value/prefix, value &&& mask, low..high, _ for anything."""
    match match:
        case Exact(value):
            return number(value)
        case Lpm(value, prefix):
            return f"{number(value)}/{prefix}"
        case Range(low, high):
            return "_" if (low, high) == (0, (1 << width) - 1) else f"{number(low)}..{number(high)}"
        case _:
            if match.mask == (1 << width) - 1:
                return number(match.value)
            return f"{number(match.value)} &&& {number(match.mask)}" if match.mask else "_"


def number(value: int) -> str:
    """Below ten plain, else hexadecimal."""
    return str(value) if 0 <= value < 10 else hex(value)
