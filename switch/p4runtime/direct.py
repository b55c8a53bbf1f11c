"""Direct counters and meters: resources of table entries, the default entry among them.

P4Runtime 1.4: "Direct Resources", "DirectCounterEntry", "DirectMeterEntry". They are written and read by entities of
their own, and by fields of TableEntry. Which actions execute them P4Info does not tell ("Known Limitations"), so any
action may come with their data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from finsy.proto import p4r

from switch.engine import Engine
from switch.p4runtime import arrays, meters
from switch.p4runtime.entries import Entries, EntryId
from switch.p4runtime.schema import Schema, Table
from switch.p4runtime.status import INVALID_ARGUMENT, NOT_FOUND, StatusError
from switch.p4runtime.updates import Undo, UpdateKind
from switch.values import ColorCounts, Count, Entry, MeterRates


@dataclass(frozen=True)
class Wanted:
    """What a TableEntry says of its direct resources; None and False where it says nothing."""

    count: Count | None
    rates: MeterRates | None
    clear: bool  # the meter's counts by colour


class Direct:
    """The direct counters and meters of one pipeline."""

    def __init__(self, schema: Schema, engine: Engine, entries: Entries) -> None:
        self._schema = schema
        self._engine = engine
        self._entries = entries

    # ---- as part of a TableEntry

    def wanted(self, table: Table, message: p4r.TableEntry) -> Wanted:
        """INVALID_ARGUMENT for a resource that the table has not, or a configuration that the meter cannot take."""
        count, rates, clear = None, None, False
        if message.HasField("counter_data"):
            _need(table, "counter")
            count = arrays.count(message.counter_data)
        if message.HasField("meter_config"):
            _need(table, "meter")
            rates = self._rates(table, message.meter_config)
        if message.HasField("meter_counter_data"):
            _need(table, "meter")
            clear = meters.wants_cleared(message.meter_counter_data, table.name)
        return Wanted(count, rates, clear)

    def change(self, table: Table, entry: EntryId, wanted: Wanted, undo: Undo) -> None:
        """The entry was modified: a meter that was not mentioned is off again, a counter goes on."""
        if table.direct_meter:
            self._set_rates(table, entry, wanted.rates, undo)
        if wanted.clear:
            self._clear(table, entry, undo)
        if wanted.count is not None:
            self._set_count(table, entry, wanted.count, undo)

    def saved(self, table: Table, entry: EntryId) -> tuple[Wanted, Callable[[], None]]:
        """What an entry that is about to be deleted has to begin with when it comes back, and what to call then."""
        where = (table.name, entry.key, entry.priority)
        count = self._engine.read_direct_counter(*where) if table.direct_counter else None
        rates = self._engine.read_direct_meter(*where) if table.direct_meter else None
        counts = self._engine.read_direct_meter_counts(*where) if table.direct_meter else None

        def restore() -> None:
            if counts is not None:
                self._engine.write_direct_meter_counts(*where, counts)

        return Wanted(count, rates, False), restore

    def fill(self, message: p4r.TableEntry, table: Table, entry: EntryId, request: p4r.TableEntry) -> None:
        """Resources are shown where the request has their (empty) fields."""
        where = (table.name, entry.key, entry.priority)
        if table.direct_counter and request.HasField("counter_data"):
            arrays.set_count(message.counter_data, self._engine.read_direct_counter(*where))
        if table.direct_meter and request.HasField("meter_config"):
            rates = self._engine.read_direct_meter(*where)
            if rates is not None:
                message.meter_config.CopyFrom(meters.config_message(rates))
        if table.direct_meter and request.HasField("meter_counter_data"):
            meters.set_counts(message.meter_counter_data, self._engine.read_direct_meter_counts(*where))

    # ---- entities of their own

    def write_counter(self, kind: UpdateKind, message: p4r.DirectCounterEntry, undo: Undo) -> None:
        table, entry = self._target(kind, message.table_entry, "counter")
        if message.HasField("data"):
            self._set_count(table, entry, arrays.count(message.data), undo)

    def write_meter(self, kind: UpdateKind, message: p4r.DirectMeterEntry, undo: Undo) -> None:
        table, entry = self._target(kind, message.table_entry, "meter")
        rates = self._rates(table, message.config) if message.HasField("config") else None
        clear = meters.wants_cleared(message.counter_data, table.name) if message.HasField("counter_data") else False
        self._set_rates(table, entry, rates, undo)
        if clear:
            self._clear(table, entry, undo)

    def read_counter(self, message: p4r.DirectCounterEntry) -> Iterator[p4r.Entity]:
        for table, entry in self._selected(message.table_entry, "counter"):
            found = p4r.Entity()
            key = self._show(found.direct_counter_entry.table_entry, table, entry)
            value = self._engine.read_direct_counter(table.name, key.key, key.priority)
            arrays.set_count(found.direct_counter_entry.data, value)
            yield found

    def read_meter(self, message: p4r.DirectMeterEntry) -> Iterator[p4r.Entity]:
        for table, entry in self._selected(message.table_entry, "meter"):
            found = p4r.Entity()
            key = self._show(found.direct_meter_entry.table_entry, table, entry)
            rates = self._engine.read_direct_meter(table.name, key.key, key.priority)
            if rates is not None:
                found.direct_meter_entry.config.CopyFrom(meters.config_message(rates))
            if message.HasField("counter_data"):
                counts = self._engine.read_direct_meter_counts(table.name, key.key, key.priority)
                meters.set_counts(found.direct_meter_entry.counter_data, counts)
            yield found

    def _target(self, kind: UpdateKind, message: p4r.TableEntry, what: str) -> tuple[Table, EntryId]:
        """The entry whose resource is written; NOT_FOUND (of the engine) if there is none."""
        arrays.only_modify(kind, f"direct {what}s")
        table = self._entries.table(message.table_id)
        _need(table, what)
        entry = self._entries.id_of(table, message)
        if entry.key is not None:
            self._engine.entry(table.name, entry.key, entry.priority)
        return table, entry

    def _selected(self, message: p4r.TableEntry, what: str) -> Iterator[tuple[Table, Entry | None]]:
        """The entries whose resource is read, None for a default entry; NOT_FOUND if one is named that is not there."""
        if message.table_id:
            _need(self._entries.table(message.table_id), what)
        found = False
        for table in self._entries.tables(message):
            if not _has(table, what):
                continue
            if message.is_default_action:
                try:
                    self._entries.default(table, message)
                except LookupError:
                    continue
                found = True
                yield table, None
            else:
                for entry in self._entries.selected(table, message):
                    found = True
                    yield table, entry
        if message.match and not found:
            raise StatusError(NOT_FOUND, f"{self._entries.table(message.table_id).name}: no such entry")

    def _show(self, message: p4r.TableEntry, table: Table, entry: Entry | None) -> EntryId:
        if entry is None:
            message.table_id = table.id
            message.is_default_action = True
            return EntryId(table.id, None, 0)
        self._entries.fill_key(message, table, entry)
        return EntryId(table.id, entry.match, entry.priority)

    # ---- changes

    def _set_count(self, table: Table, entry: EntryId, value: Count, undo: Undo) -> None:
        where = (table.name, entry.key, entry.priority)
        old = self._engine.read_direct_counter(*where)
        self._engine.write_direct_counter(*where, value)
        undo.add(lambda: self._engine.write_direct_counter(*where, old))

    def _set_rates(self, table: Table, entry: EntryId, rates: MeterRates | None, undo: Undo) -> None:
        where = (table.name, entry.key, entry.priority)
        old = self._engine.read_direct_meter(*where)
        self._engine.write_direct_meter(*where, rates)
        undo.add(lambda: self._engine.write_direct_meter(*where, old))

    def _clear(self, table: Table, entry: EntryId, undo: Undo) -> None:
        where = (table.name, entry.key, entry.priority)
        old = self._engine.read_direct_meter_counts(*where)
        self._engine.write_direct_meter_counts(*where, ColorCounts())
        undo.add(lambda: self._engine.write_direct_meter_counts(*where, old))

    def _rates(self, table: Table, config: p4r.MeterConfig) -> MeterRates:
        return meters.meter_rates(self._schema.direct_meter_types[table.direct_meter], config, table.name)


def _has(table: Table, what: str) -> bool:
    return bool(table.direct_counter if what == "counter" else table.direct_meter)


def _need(table: Table, what: str) -> None:
    if not _has(table, what):
        raise StatusError(INVALID_ARGUMENT, f"{table.name} has no direct {what}")
