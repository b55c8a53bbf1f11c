"""Things indexed by number: indirect counters, and what meters.py and registers.py have in common with them.

P4Runtime 1.4, "CounterEntry & DirectCounterEntry". A counter can be modified and read; a write without an index writes
every cell. (Direct counters belong to their table entry: see direct.py.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from finsy.proto import p4r

from switch.engine import Engine
from switch.p4runtime.schema import Array, HasId, Schema
from switch.p4runtime.status import INVALID_ARGUMENT, OUT_OF_RANGE, StatusError
from switch.p4runtime.updates import MODIFY, Undo, UpdateKind
from switch.values import Count

T = TypeVar("T", bound=HasId)
INT64_MAX = (1 << 63) - 1


class Counters:
    """The indirect counters of one pipeline."""

    def __init__(self, schema: Schema, engine: Engine) -> None:
        self._schema = schema
        self._engine = engine

    def write(self, kind: UpdateKind, entry: p4r.CounterEntry, undo: Undo) -> None:
        only_modify(kind, "counters")
        counter = known(self._schema.counters, entry.counter_id, "counter")
        numbers = cells(counter, self._engine.counter_size(counter.name), entry)
        if not entry.HasField("data"):
            return
        value = count(entry.data)
        for cell in numbers:
            self._set(counter.name, cell, value, undo)

    def read(self, entry: p4r.CounterEntry) -> Iterator[p4r.Entity]:
        for counter in selected(self._schema.counters, entry.counter_id, "counter"):
            for cell in cells(counter, self._engine.counter_size(counter.name), entry, one_of_all=not entry.counter_id):
                found = p4r.Entity()
                found.counter_entry.counter_id = counter.id
                found.counter_entry.index.index = cell
                set_count(found.counter_entry.data, self._engine.read_counter(counter.name, cell))
                yield found

    def _set(self, name: str, cell: int, value: Count, undo: Undo) -> None:
        old = self._engine.read_counter(name, cell)
        self._engine.write_counter(name, cell, value)
        undo.add(lambda: self._engine.write_counter(name, cell, old))


# ---- counter values, also for direct counters and the counts of meters


def count(data: p4r.CounterData) -> Count:
    """A counter's value from its message."""
    if data.packet_count < 0 or data.byte_count < 0:
        raise StatusError(INVALID_ARGUMENT, "a counter cannot be negative")
    return Count(data.packet_count, data.byte_count)


def set_count(data: p4r.CounterData, value: Count) -> None:
    """Fill a message with a counter's value; it is set even if both are 0."""
    data.SetInParent()
    data.packet_count = min(value.packets, INT64_MAX)
    data.byte_count = min(value.bytes, INT64_MAX)


# ---- selection


def only_modify(kind: UpdateKind, what: str) -> None:
    if kind != MODIFY:
        raise StatusError(INVALID_ARGUMENT, f"{what} can only be modified, not inserted or deleted")


def known(objects: Mapping[int, T], number: int, what: str) -> T:
    found = objects.get(number)
    if found is None:
        raise StatusError(INVALID_ARGUMENT, f"no {what} has the id {number}")
    return found


def selected(objects: Mapping[int, T], number: int, what: str) -> Iterable[T]:
    """All of them for the id 0, else the one."""
    return objects.values() if number == 0 else [known(objects, number, what)]


def cells(
    array: Array, size: int, entry: p4r.CounterEntry | p4r.MeterEntry | p4r.RegisterEntry, *, one_of_all: bool = False
) -> range:
    """The cell that the entry's index names, or all of them. Raises StatusError: OUT_OF_RANGE if it is too large, but
    with `one_of_all` (a read of every array) the array has no such cell then.
    """
    if not entry.HasField("index"):
        return range(size)
    index = entry.index.index
    if index < 0:
        raise StatusError(INVALID_ARGUMENT, f"{array.name}: the index {index} is negative")
    if index >= size and one_of_all:
        return range(0)
    if index >= size:
        raise StatusError(OUT_OF_RANGE, f"{array.name}: the index {index} is not below its size {size}")
    return range(index, index + 1)
