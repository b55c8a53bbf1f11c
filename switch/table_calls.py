"""Tables of a loaded pipeline: entries, their counters, meters and age, and defaults. A base class of Engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from threading import RLock
from typing import Any

from switch.errors import EngineError, NotFound
from switch.loaded_table import LoadedTable
from switch.values import (
    Action,
    ColorCounts,
    Count,
    Entry,
    IdleEntry,
    Match,
    MeterRates,
    TableInfo,
    WriteKind,
)


class TableCalls:
    """`_lock` is the engine's, for writers of state."""

    _lock: RLock
    _tables: Mapping[str, LoadedTable]
    _pipeline: int
    _n: Any

    def tables(self) -> list[TableInfo]:
        with self._lock:
            return [t.info() for t in self._tables.values()]

    def table(self, name: str) -> LoadedTable:
        found = self._tables.get(name)
        if found is None:
            raise NotFound(f"there is no table {name}")
        return found

    def writing(self) -> AbstractContextManager[object]:
        """The writer lock, for callers that work on the runtime's tables themselves (p4runtime/native_tables.py)."""
        return self._lock

    def reclaim(self) -> None:
        """Free what no worker can be looking at any more."""
        with self._lock:
            self._n.qsbr_reclaim(self._n.pipeline_qsbr(self._pipeline))

    def remark(self, table: str, match: tuple[Match, ...], priority: int, noted: bool) -> None:
        """The caller keeps something about this entry (no longer): bulk writes and reads leave it to Python."""
        with self._lock:
            self.table(table).note(match, priority, noted)

    def insert(self, table: str, entry: Entry, count: Count | None = None, rates: MeterRates | None = None) -> None:
        """Add an entry. Raises NotFound, AlreadyExists, Full, Immutable, OutOfRange, InvalidArgument.

        `count`, `rates`: what its direct counter and meter are from the first packet on.
        """
        with self._lock:
            self.table(table).insert(entry, count or Count(), rates)

    def modify(self, table: str, entry: Entry) -> None:
        """Give the entry with this match and priority another action and idle timeout; its counter goes on."""
        with self._lock:
            self.table(table).write("modify", entry)

    def delete(self, table: str, match: tuple[Match, ...], priority: int = 0) -> None:
        with self._lock:
            self.table(table).delete(match, priority)

    def write_many(self, table: str, writes: Iterable[tuple[WriteKind, Entry]]) -> list[EngineError | None]:
        """Many writes in one call, in order; one result for each (None: done)."""
        with self._lock:
            return self.table(table).write_many(writes)

    def entry(self, table: str, match: tuple[Match, ...], priority: int = 0) -> Entry:
        """The entry with this match and priority, or NotFound."""
        with self._lock:
            return self.table(table).entry(match, priority)

    def entry_at(self, table: str, number: int) -> Entry | None:
        """The entry with this number in the runtime's table, or None."""
        with self._lock:
            return self.table(table).entry_at(number)

    def each_entry(self, table: str) -> Iterator[Entry]:
        """One after the other, for tables too large to be held as values. Of what is written meanwhile some is seen."""
        with self._lock:
            entries = self.table(table).entries()
        while True:
            with self._lock:
                entry = next(entries, None)
            if entry is None:
                return
            yield entry

    def entries(self, table: str) -> Iterator[Entry]:
        """All entries as they are now, const ones included, in no particular order."""
        with self._lock:
            return iter(list(self.table(table).entries()))

    def entry_count(self, table: str) -> int:
        return len(self.table(table))

    def unlock_entries(self, table: str, size: int = 0) -> None:
        """The program's entries of this table may be changed: `entries` that P4Info does not call const.

        `size`: of the table, where the JSON's (the number of its entries) is too small. Before any worker is made.
        """
        with self._lock:
            self.table(table).unlock(size)

    def set_default(self, table: str, action: Action | None) -> None:
        """Set the default action; None: back to the program's own. Raises Immutable if it is constant."""
        with self._lock:
            self.table(table).set_default(action)

    def default(self, table: str) -> Action | None:
        return self.table(table).default

    # ---- counters and meters of entries

    def read_direct_counter(self, table: str, match: tuple[Match, ...] | None, priority: int = 0) -> Count:
        """Of the entry with this match and priority; None: of the default entry."""
        with self._lock:
            t = self.table(table)
            return t.read_counter(t.number(match, priority))

    def write_direct_counter(self, table: str, match: tuple[Match, ...] | None, priority: int, value: Count) -> None:
        with self._lock:
            t = self.table(table)
            t.write_counter(t.number(match, priority), value)

    def read_direct_meter(self, table: str, match: tuple[Match, ...] | None, priority: int = 0) -> MeterRates | None:
        """Of the entry with this match and priority; None: of the default entry, whose meter is off until it is set."""
        with self._lock:
            t = self.table(table)
            return t.read_meter(t.number(match, priority))

    def write_direct_meter(
        self, table: str, match: tuple[Match, ...] | None, priority: int, config: MeterRates | None
    ) -> None:
        with self._lock:
            t = self.table(table)
            t.write_meter(t.number(match, priority), config)

    def read_direct_meter_counts(self, table: str, match: tuple[Match, ...] | None, priority: int = 0) -> ColorCounts:
        with self._lock:
            t = self.table(table)
            return t.meter_counts(t.number(match, priority))

    def write_direct_meter_counts(
        self, table: str, match: tuple[Match, ...] | None, priority: int, counts: ColorCounts
    ) -> None:
        with self._lock:
            t = self.table(table)
            t.write_meter_counts(t.number(match, priority), counts)

    # ---- ageing

    def expired(self) -> list[IdleEntry]:
        """Entries that no packet has hit for their idle timeout, told once a timeout. Call it about once a second."""
        now = self._n.monotonic_ns()
        with self._lock:
            return [e for t in self._tables.values() if t.idle is not None for e in t.expired(now)]

    def time_since_last_hit_ns(self, table: str, match: tuple[Match, ...], priority: int = 0) -> int:
        with self._lock:
            t = self.table(table)
            return t.idle_ns(t.number(match, priority), self._n.monotonic_ns())
