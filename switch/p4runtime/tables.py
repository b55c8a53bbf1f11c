"""Table entries, default entries, and the direct counters and meters that belong to them.

P4Runtime 1.4: "TableEntry", "Default Entry", "Constant Tables", "Direct Resources", "Idle-timeout", "Wildcard Reads".
The engine holds the entries; only what it has no use for (the client's opaque metadata) is kept here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from finsy.proto import p4r

from switch import errors
from switch.engine import Engine
from switch.p4runtime import actions, arrays, match
from switch.p4runtime.match import Key
from switch.p4runtime.profiles import Profiles
from switch.p4runtime.schema import Schema, Scope, Table
from switch.p4runtime.status import INVALID_ARGUMENT, NOT_FOUND, PERMISSION_DENIED, UNIMPLEMENTED, UNKNOWN, StatusError
from switch.p4runtime.updates import DELETE, INSERT, MODIFY, Undo, UpdateKind
from switch.values import Action, Count, Entry, Group, Member, MeterConfig

# What an entry is found by; the key is None for the default entry.
EntryId = tuple[int, Key | None, int]


@dataclass(frozen=True)
class Opaque:
    """What a client attached to an entry for itself."""

    controller_metadata: int
    metadata: bytes


class Tables:
    """The tables of one pipeline."""

    def __init__(self, schema: Schema, engine: Engine, profiles: Profiles) -> None:
        self._schema = schema
        self._engine = engine
        self._profiles = profiles
        self._opaque: dict[EntryId, Opaque] = {}

    # ---- the quick way: plain entries of direct tables, many at a time

    def plain(self, kind: UpdateKind, message: p4r.TableEntry) -> tuple[Table, Entry] | None:
        """The write as the engine's batch call takes it, or None if it needs `write` (or is wrong)."""
        table = self._schema.tables.get(message.table_id)
        if (
            table is None
            or table.profile
            or table.const
            or table.direct_meter
            or message.is_default_action
            or message.is_const
            or message.controller_metadata
            or message.metadata
            or message.idle_timeout_ns
            or not table.fields
            or (message.priority <= 0 if table.has_priority else message.priority != 0)
        ):
            return None
        key = match.translate_key(table.fields, table.index, message.match, table.name)
        if kind == DELETE:
            return table, Entry(key, Action(""), message.priority)
        if not message.HasField("action") or message.HasField("counter_data") or message.HasField("meter_counter_data"):
            return None
        if message.HasField("meter_config") or message.HasField("time_since_last_hit"):
            return None
        if message.action.WhichOneof("type") != "action":
            return None
        action = actions.translate_action(table.actions, message.action.action, table.name)
        if table.scopes[message.action.action.action_id] is Scope.DEFAULT_ONLY:
            return None
        return table, Entry(key, action, message.priority)

    def forget(self, table: Table, entry: Entry) -> None:
        """After a plain write took effect: the entry has no metadata (any more)."""
        if self._opaque:
            self._opaque.pop((table.id, entry.match, entry.priority), None)

    # ---- writes

    def write(self, kind: UpdateKind, message: p4r.TableEntry, undo: Undo) -> None:
        table = self._table(message.table_id)
        if message.is_const:
            raise StatusError(INVALID_ARGUMENT, f"{table.name}: is_const is not the client's to set")
        if message.is_default_action:
            self._write_default(table, kind, message, undo)
            return
        if table.const and (kind != MODIFY or message.HasField("action")):
            raise StatusError(PERMISSION_DENIED, f"{table.name}: its entries are constant")
        if not table.fields:
            raise StatusError(INVALID_ARGUMENT, f"{table.name}: a table without a key has a default entry only")
        key = match.translate_key(table.fields, table.index, message.match, table.name)
        _check_priority(table, message.priority)
        if kind == DELETE:
            self._delete(table, key, message.priority, undo)
            return
        self._check_timeouts(table, message)
        if kind == INSERT:
            self._insert(table, key, message, undo)
        elif kind == MODIFY:
            self._modify(table, key, message, undo)
        else:
            raise StatusError(INVALID_ARGUMENT, "the update has no type")

    def _insert(self, table: Table, key: Key, message: p4r.TableEntry, undo: Undo) -> None:
        if not message.HasField("action"):
            raise StatusError(INVALID_ARGUMENT, f"{table.name}: an entry needs an action")
        config = self._wanted_meter(table, message)
        value = self._wanted_count(table, message)
        action = self._action(table, message.action, undo)
        priority = message.priority
        entry = Entry(key, action, priority, message.idle_timeout_ns)
        try:
            self._engine.insert(table.name, entry)
        except errors.EngineError:
            self._profiles.release(table, action)
            raise
        undo.add(lambda: self._remove(table, entry))
        if config is not None:
            self._engine.write_direct_meter(table.name, key, priority, config)
        if value is not None:
            self._engine.write_direct_counter(table.name, key, priority, value)
        self._set_opaque((table.id, key, priority), _opaque(message))

    def _modify(self, table: Table, key: Key, message: p4r.TableEntry, undo: Undo) -> None:
        priority = message.priority
        old = self._engine.entry(table.name, key, priority)
        config = self._wanted_meter(table, message)
        value = self._wanted_count(table, message)
        new_action = self._action(table, message.action, undo) if message.HasField("action") else old.action
        entry_id = (table.id, key, priority)
        before = self._opaque.get(entry_id)
        if not table.const:
            self._replace(table, Entry(key, new_action, priority, message.idle_timeout_ns), old, undo)
            undo.add(lambda: self._set_opaque(entry_id, before))
            self._set_opaque(entry_id, _opaque(message))
        if table.direct_meter:
            self._write_direct_meter(table, key, priority, config, undo)
        if value is not None:
            self._write_direct_counter(table, key, priority, value, undo)

    def _replace(self, table: Table, new: Entry, old: Entry, undo: Undo) -> None:
        """Put `new` in the place of `old`, and let go of what only `old` referred to."""
        changed = new.action != old.action
        try:
            self._engine.modify(table.name, new)
        except errors.EngineError:
            if changed:
                self._profiles.release(table, new.action)
            raise
        if changed:
            undo.add(lambda: self._profiles.release(table, new.action))
        undo.add(lambda: self._engine.modify(table.name, old))
        if changed:
            self._profiles.release(table, old.action, undo)

    def _delete(self, table: Table, key: Key, priority: int, undo: Undo) -> None:
        old = self._engine.entry(table.name, key, priority)
        value = self._engine.read_direct_counter(table.name, key, priority) if table.direct_counter else None
        config = self._engine.read_direct_meter(table.name, key, priority) if table.direct_meter else None
        opaque = self._opaque.get((table.id, key, priority))
        self._remove(table, old, undo)

        def restore() -> None:
            self._engine.insert(table.name, old)
            self._set_opaque((table.id, key, priority), opaque)
            if value is not None:
                self._engine.write_direct_counter(table.name, key, priority, value)
            if config is not None:
                self._engine.write_direct_meter(table.name, key, priority, config)

        undo.add(restore)

    def _remove(self, table: Table, entry: Entry, undo: Undo | None = None) -> None:
        self._engine.delete(table.name, entry.match, entry.priority)
        self._opaque.pop((table.id, entry.match, entry.priority), None)
        self._profiles.release(table, entry.action, undo)

    def _write_default(self, table: Table, kind: UpdateKind, message: p4r.TableEntry, undo: Undo) -> None:
        if kind != MODIFY:
            raise StatusError(INVALID_ARGUMENT, f"{table.name}: the default entry can only be modified")
        if message.match or message.priority:
            raise StatusError(INVALID_ARGUMENT, f"{table.name}: the default entry has neither match nor priority")
        if message.idle_timeout_ns or message.HasField("time_since_last_hit"):
            raise StatusError(INVALID_ARGUMENT, f"{table.name}: the default entry has no idle timeout")
        if table.const_default or table.profile:
            raise StatusError(PERMISSION_DENIED, f"{table.name}: its default action is constant")
        if message.HasField("meter_config") or message.HasField("counter_data"):
            raise StatusError(UNIMPLEMENTED, f"{table.name}: the default entry has no counter or meter here")
        action = None
        if message.HasField("action"):
            if message.action.WhichOneof("type") != "action":
                raise StatusError(INVALID_ARGUMENT, f"{table.name}: a default entry needs a plain action")
            action = actions.translate_action(table.actions, message.action.action, table.name)
            if table.scopes[message.action.action.action_id] is Scope.TABLE_ONLY:
                raise StatusError(PERMISSION_DENIED, f"{table.name}: {action.name} may not be the default action")
        entry_id = (table.id, None, 0)
        old, before = self._engine.default(table.name), self._opaque.get(entry_id)
        self._engine.set_default(table.name, action)
        self._set_opaque(entry_id, _opaque(message) if action is not None else None)
        undo.add(lambda: self._engine.set_default(table.name, old))
        undo.add(lambda: self._set_opaque(entry_id, before))

    def _action(self, table: Table, message: p4r.TableAction, undo: Undo) -> Action | Member | Group:
        """What an entry refers to; a one-shot action set becomes a group of its own."""
        which = message.WhichOneof("type")
        if which is None:
            raise StatusError(INVALID_ARGUMENT, f"{table.name}: the action is empty")
        if table.profile:
            return self._profiles.reference(table, message, undo)
        if which != "action":
            raise StatusError(INVALID_ARGUMENT, f"{table.name}: its entries name an action, not a {which}")
        action = actions.translate_action(table.actions, message.action, table.name)
        if table.scopes[message.action.action_id] is Scope.DEFAULT_ONLY:
            raise StatusError(PERMISSION_DENIED, f"{table.name}: {action.name} may only be the default action")
        return action

    def _check_timeouts(self, table: Table, message: p4r.TableEntry) -> None:
        if message.idle_timeout_ns and not table.idle_timeout:
            raise StatusError(INVALID_ARGUMENT, f"{table.name}: its entries have no idle timeout")
        if message.idle_timeout_ns < 0:
            raise StatusError(INVALID_ARGUMENT, f"{table.name}: idle_timeout_ns {message.idle_timeout_ns} is negative")
        if message.HasField("time_since_last_hit"):
            raise StatusError(INVALID_ARGUMENT, f"{table.name}: time_since_last_hit cannot be written")

    # ---- direct resources

    def write_direct_counter(self, kind: UpdateKind, message: p4r.DirectCounterEntry, undo: Undo) -> None:
        table, key = self._direct_target(kind, message.table_entry, "counter")
        if message.HasField("data"):
            value = arrays.count(message.data)
            self._write_direct_counter(table, key, message.table_entry.priority, value, undo)
        else:
            self._engine.entry(table.name, key, message.table_entry.priority)

    def write_direct_meter(self, kind: UpdateKind, message: p4r.DirectMeterEntry, undo: Undo) -> None:
        table, key = self._direct_target(kind, message.table_entry, "meter")
        arrays.refuse_meter_counters(message)
        config = self._meter_config(table, message.config) if message.HasField("config") else None
        self._write_direct_meter(table, key, message.table_entry.priority, config, undo)

    def read_direct_counter(self, message: p4r.DirectCounterEntry) -> Iterator[p4r.Entity]:
        for table, entry in self._direct_selected(message.table_entry, "counter"):
            found = p4r.Entity()
            self._fill_key(found.direct_counter_entry.table_entry, table, entry)
            value = self._engine.read_direct_counter(table.name, entry.match, entry.priority)
            arrays.set_count(found.direct_counter_entry.data, value)
            yield found

    def read_direct_meter(self, message: p4r.DirectMeterEntry) -> Iterator[p4r.Entity]:
        arrays.refuse_meter_counters(message)
        for table, entry in self._direct_selected(message.table_entry, "meter"):
            found = p4r.Entity()
            self._fill_key(found.direct_meter_entry.table_entry, table, entry)
            config = self._engine.read_direct_meter(table.name, entry.match, entry.priority)
            arrays.set_meter_config(found.direct_meter_entry, config)
            yield found

    def _direct_target(self, kind: UpdateKind, message: p4r.TableEntry, what: str) -> tuple[Table, Key]:
        if kind != MODIFY:
            raise StatusError(INVALID_ARGUMENT, f"direct {what}s can only be modified, not inserted or deleted")
        table = self._table(message.table_id)
        if not _has_direct(table, what):
            raise StatusError(INVALID_ARGUMENT, f"{table.name} has no direct {what}")
        if message.is_default_action:
            raise StatusError(UNIMPLEMENTED, f"{table.name}: the default entry has no {what} here")
        key = match.translate_key(table.fields, table.index, message.match, table.name)
        _check_priority(table, message.priority)
        return table, key

    def _direct_selected(self, message: p4r.TableEntry, what: str) -> Iterator[tuple[Table, Entry]]:
        if message.is_default_action:
            raise StatusError(UNIMPLEMENTED, f"the default entry has no {what} here")
        if message.table_id and not _has_direct(self._table(message.table_id), what):
            raise StatusError(INVALID_ARGUMENT, f"{self._table(message.table_id).name} has no direct {what}")
        found = False
        for table in self._selected_tables(message.table_id):
            if _has_direct(table, what):
                for entry in self._selected_entries(table, message):
                    found = True
                    yield table, entry
        if message.match and not found:
            raise StatusError(NOT_FOUND, f"{self._table(message.table_id).name}: no such entry")

    def _write_direct_counter(self, table: Table, key: Key, priority: int, value: Count, undo: Undo) -> None:
        old = self._engine.read_direct_counter(table.name, key, priority)
        self._engine.write_direct_counter(table.name, key, priority, value)
        undo.add(lambda: self._engine.write_direct_counter(table.name, key, priority, old))

    def _write_direct_meter(
        self, table: Table, key: Key, priority: int, config: MeterConfig | None, undo: Undo
    ) -> None:
        old = self._engine.read_direct_meter(table.name, key, priority)
        self._engine.write_direct_meter(table.name, key, priority, config)
        undo.add(lambda: self._engine.write_direct_meter(table.name, key, priority, old))

    def _wanted_count(self, table: Table, message: p4r.TableEntry) -> Count | None:
        if not message.HasField("counter_data"):
            return None
        if not table.direct_counter:
            raise StatusError(INVALID_ARGUMENT, f"{table.name} has no direct counter")
        return arrays.count(message.counter_data)

    def _wanted_meter(self, table: Table, message: p4r.TableEntry) -> MeterConfig | None:
        if message.HasField("meter_counter_data"):
            raise StatusError(UNIMPLEMENTED, f"{table.name}: meters do not count packets by colour")
        if not message.HasField("meter_config"):
            return None
        if not table.direct_meter:
            raise StatusError(INVALID_ARGUMENT, f"{table.name} has no direct meter")
        return self._meter_config(table, message.meter_config)

    def _meter_config(self, table: Table, config: p4r.MeterConfig) -> MeterConfig:
        return arrays.meter_config(self._schema.direct_meter_types[table.direct_meter], config, table.name)

    # ---- reads

    def read(self, message: p4r.TableEntry) -> Iterator[p4r.Entity]:
        for table in self._selected_tables(message.table_id):
            if message.HasField("time_since_last_hit") and message.table_id and not table.idle_timeout:
                raise StatusError(INVALID_ARGUMENT, f"{table.name}: its entries have no idle timeout")
            if message.is_default_action:
                yield from self._read_default(table, message)
                continue
            for entry in self._selected_entries(table, message):
                found = p4r.Entity()
                self._fill(found.table_entry, table, entry)
                self._fill_direct(found.table_entry, table, entry, message)
                yield found

    def message(self, table: Table, entry: Entry) -> p4r.TableEntry:
        """An entry as an idle notification shows it."""
        message = p4r.TableEntry()
        self._fill_key(message, table, entry)
        message.idle_timeout_ns = entry.idle_timeout_ns
        self._fill_opaque(message, (table.id, entry.match, entry.priority))
        return message

    def _read_default(self, table: Table, message: p4r.TableEntry) -> Iterator[p4r.Entity]:
        if message.match or message.priority:
            raise StatusError(INVALID_ARGUMENT, f"{table.name}: the default entry has neither match nor priority")
        found = p4r.Entity()
        found.table_entry.table_id = table.id
        found.table_entry.is_default_action = True
        action = None if table.profile else self._engine.default(table.name)
        if action is not None:
            shown = actions.action_to_message(table.actions, action)
            found.table_entry.action.action.CopyFrom(shown)
        self._fill_opaque(found.table_entry, (table.id, None, 0))
        yield found

    def _selected_tables(self, table_id: int) -> list[Table]:
        return [self._table(table_id)] if table_id else list(self._schema.tables.values())

    def _selected_entries(self, table: Table, message: p4r.TableEntry) -> Iterator[Entry]:
        """The entries that pass the filters of a read request; with table id 0 there are none."""
        if not message.table_id:
            yield from self._engine.entries(table.name)
            return
        if message.match:
            key = match.translate_key(table.fields, table.index, message.match, table.name)
            candidates = self._lookup(table, key, message.priority)
        else:
            candidates = self._engine.entries(table.name)
        wanted = None
        if message.action.WhichOneof("type") == "action":
            action_id = message.action.action.action_id
            if action_id not in table.actions:
                raise StatusError(INVALID_ARGUMENT, f"{table.name}: action id {action_id} is none of its actions")
            wanted = table.actions[action_id].name
        for entry in candidates:
            if message.priority and entry.priority != message.priority:
                continue
            if wanted is not None and not (isinstance(entry.action, Action) and entry.action.name == wanted):
                continue
            if message.controller_metadata or message.metadata:
                opaque = self._opaque.get((table.id, entry.match, entry.priority), Opaque(0, b""))
                if message.controller_metadata not in (0, opaque.controller_metadata):
                    continue
                if message.metadata not in (b"", opaque.metadata):
                    continue
            yield entry

    def _lookup(self, table: Table, key: Key, priority: int) -> Iterator[Entry]:
        if table.has_priority and not priority:
            yield from (entry for entry in self._engine.entries(table.name) if entry.match == key)
            return
        try:
            yield self._engine.entry(table.name, key, priority)
        except errors.NotFound:
            return

    def _fill_key(self, message: p4r.TableEntry, table: Table, entry: Entry) -> None:
        message.table_id = table.id
        message.match.extend(match.key_to_messages(table.fields, entry.match))
        message.priority = entry.priority

    def _fill(self, message: p4r.TableEntry, table: Table, entry: Entry) -> None:
        self._fill_key(message, table, entry)
        if isinstance(entry.action, Action):
            message.action.action.CopyFrom(actions.action_to_message(table.actions, entry.action))
        else:
            self._profiles.fill(table, entry.action, message.action)
        message.idle_timeout_ns = entry.idle_timeout_ns
        message.is_const = entry.const
        self._fill_opaque(message, (table.id, entry.match, entry.priority))

    def _fill_opaque(self, message: p4r.TableEntry, entry_id: EntryId) -> None:
        opaque = self._opaque.get(entry_id)
        if opaque is not None:
            message.controller_metadata = opaque.controller_metadata
            message.metadata = opaque.metadata

    def _fill_direct(self, message: p4r.TableEntry, table: Table, entry: Entry, request: p4r.TableEntry) -> None:
        """Direct resources are shown where the request has their (empty) fields."""
        where = (table.name, entry.match, entry.priority)
        if table.direct_counter and request.HasField("counter_data"):
            arrays.set_count(message.counter_data, self._engine.read_direct_counter(*where))
        if table.direct_meter and request.HasField("meter_config"):
            config = self._engine.read_direct_meter(*where)
            if config is not None:
                message.meter_config.CopyFrom(arrays.meter_config_message(config))
        if table.idle_timeout and request.HasField("time_since_last_hit"):
            message.time_since_last_hit.elapsed_ns = self._engine.time_since_last_hit_ns(*where)

    # ---- helpers

    def _table(self, table_id: int) -> Table:
        table = self._schema.tables.get(table_id)
        if table is None:
            raise StatusError(INVALID_ARGUMENT, f"no table has the id {table_id}")
        return table

    def _set_opaque(self, entry_id: EntryId, opaque: Opaque | None) -> None:
        if opaque is None:
            self._opaque.pop(entry_id, None)
        else:
            self._opaque[entry_id] = opaque


def _opaque(message: p4r.TableEntry) -> Opaque | None:
    if message.controller_metadata or message.metadata:
        return Opaque(message.controller_metadata, message.metadata)
    return None


def _check_priority(table: Table, priority: int) -> None:
    if table.has_priority and priority == 0:
        raise StatusError(INVALID_ARGUMENT, f"{table.name}: its entries need a priority")
    if table.has_priority and priority < 0:  # the specification asks for non-zero only; this code is BMv2's
        raise StatusError(UNKNOWN, f"{table.name}: the priority {priority} is below 1")
    if not table.has_priority and priority:
        raise StatusError(INVALID_ARGUMENT, f"{table.name}: its entries have no priority")


def _has_direct(table: Table, what: str) -> bool:
    return bool(table.direct_counter if what == "counter" else table.direct_meter)
