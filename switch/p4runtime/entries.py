"""Which table entries a request means, and what clients attached to them for themselves.

P4Runtime 1.4: "TableEntry", "Default Entry", "Wildcard Reads" (of tables). The engine holds the entries; only what it
has no use for (opaque metadata) is kept here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from finsy.proto import p4r

from switch import errors
from switch.engine import Engine
from switch.p4runtime import match
from switch.p4runtime.match import Key
from switch.p4runtime.schema import Schema, Table
from switch.p4runtime.status import INVALID_ARGUMENT, UNKNOWN, StatusError
from switch.values import Action, Entry


@dataclass(frozen=True)
class Opaque:
    """What a client attached to an entry for itself."""

    controller_metadata: int = 0
    metadata: bytes = b""


@dataclass(frozen=True, slots=True)
class EntryId:
    """What an entry is found by; the key is None for the default entry, whose priority is 0."""

    table: int
    key: Key | None
    priority: int


class Entries:
    """The entries of one pipeline's tables, as requests name them."""

    def __init__(self, schema: Schema, engine: Engine) -> None:
        self._schema = schema
        self._engine = engine
        self._opaque: dict[EntryId, Opaque] = {}

    # ---- one

    def table(self, table_id: int) -> Table:
        table = self._schema.tables.get(table_id)
        if table is None:
            raise StatusError(INVALID_ARGUMENT, f"no table has the id {table_id}")
        return table

    def id_of(self, table: Table, message: p4r.TableEntry) -> EntryId:
        """The entry that a message names, whether it exists or not. Raises StatusError."""
        if message.is_default_action:
            _check_default(table, message)
            return EntryId(table.id, None, 0)
        if not table.fields:
            raise StatusError(INVALID_ARGUMENT, f"{table.name}: a table without a key has a default entry only")
        key = match.translate_key(table.fields, table.index, message.match, table.name)
        _check_priority(table, message.priority)
        return EntryId(table.id, key, message.priority)

    # ---- opaque data

    def opaque(self, entry: EntryId) -> Opaque | None:
        return self._opaque.get(entry)

    def set_opaque(self, entry: EntryId, opaque: Opaque | None) -> None:
        """Of an entry that is there. The engine is told that we keep something about it."""
        known = entry in self._opaque
        if opaque is None:
            self._opaque.pop(entry, None)
        else:
            self._opaque[entry] = opaque
        if entry.key is not None and known != (opaque is not None):
            name = self._schema.tables[entry.table].name
            self._engine.remark(name, entry.key, entry.priority, opaque is not None)

    def forget(self, table: Table, entry: Entry) -> None:
        """After it was deleted: nothing is kept of it."""
        if self._opaque:
            self._opaque.pop(EntryId(table.id, entry.match, entry.priority), None)

    # ---- many

    def tables(self, message: p4r.TableEntry) -> list[Table]:
        """Those that a read is about. With table id 0 "no other filter can be used": INVALID_ARGUMENT if one is."""
        if message.table_id:
            return [self.table(message.table_id)]
        if message.match or message.priority or message.action.WhichOneof("type") or _filters_opaque(message):
            raise StatusError(INVALID_ARGUMENT, "a read of all tables takes no filter")
        return list(self._schema.tables.values())

    def selected(self, table: Table, message: p4r.TableEntry) -> Iterator[Entry]:
        """The entries of a table that pass a read's filters; not the default entry."""
        key = None
        if message.match:
            key = match.translate_key(table.fields, table.index, message.match, table.name)
        _wanted_action(table, message)
        candidates = self._engine.each_entry(table.name) if key is None else self._lookup(table, key, message.priority)
        yield from (entry for entry in candidates if self.passes(table, entry, message))

    def passes(self, table: Table, entry: Entry, message: p4r.TableEntry) -> bool:
        """Has it the priority, action and opaque data that a read filters by?"""
        if message.priority and entry.priority != message.priority:
            return False
        wanted = _wanted_action(table, message)
        if wanted is not None and not (isinstance(entry.action, Action) and entry.action.name == wanted):
            return False
        return self._passes(EntryId(table.id, entry.match, entry.priority), message)

    def default(self, table: Table, message: p4r.TableEntry) -> Action | None:
        """The default entry's action. Raises LookupError if the entry does not pass a read's filters."""
        _check_default(table, message)
        wanted = _wanted_action(table, message)
        action = None if table.profile else self._engine.default(table.name)
        if wanted is not None and (action is None or action.name != wanted):
            raise LookupError
        if not self._passes(EntryId(table.id, None, 0), message):
            raise LookupError
        return action

    def _passes(self, entry: EntryId, message: p4r.TableEntry) -> bool:
        """Is the client's opaque data what the message filters by?"""
        if not _filters_opaque(message):
            return True
        opaque = self._opaque.get(entry, Opaque())
        if message.controller_metadata not in (0, opaque.controller_metadata):
            return False
        return message.metadata in (b"", opaque.metadata)

    def _lookup(self, table: Table, key: Key, priority: int) -> Iterator[Entry]:
        if table.has_priority and not priority:
            yield from (entry for entry in self._engine.each_entry(table.name) if entry.match == key)
            return
        try:
            yield self._engine.entry(table.name, key, priority)
        except errors.NotFound:
            return

    # ---- to messages

    def fill_key(self, message: p4r.TableEntry, table: Table, entry: Entry) -> None:
        message.table_id = table.id
        message.match.extend(match.key_to_messages(table.fields, entry.match))
        message.priority = entry.priority

    def fill_opaque(self, message: p4r.TableEntry, entry: EntryId) -> None:
        opaque = self._opaque.get(entry)
        if opaque is not None:
            message.controller_metadata = opaque.controller_metadata
            message.metadata = opaque.metadata


def opaque_of(message: p4r.TableEntry) -> Opaque | None:
    if _filters_opaque(message):
        return Opaque(message.controller_metadata, message.metadata)
    return None


def _filters_opaque(message: p4r.TableEntry) -> bool:
    return bool(message.controller_metadata or message.metadata)


def _wanted_action(table: Table, message: p4r.TableEntry) -> str | None:
    """The name of the action that a read filters by. Members and groups are no filter, nor are parameters."""
    if message.action.WhichOneof("type") != "action":
        return None
    action = table.actions.get(message.action.action.action_id)
    if action is None:
        raise StatusError(
            INVALID_ARGUMENT, f"{table.name}: action id {message.action.action.action_id} is none of its actions"
        )
    return action.name


def _check_default(table: Table, message: p4r.TableEntry) -> None:
    if message.match or message.priority:
        raise StatusError(INVALID_ARGUMENT, f"{table.name}: the default entry has neither match nor priority")
    if message.idle_timeout_ns or message.HasField("time_since_last_hit"):
        raise StatusError(INVALID_ARGUMENT, f"{table.name}: the default entry has no idle timeout")


def _check_priority(table: Table, priority: int) -> None:
    if table.has_priority and priority == 0:
        raise StatusError(INVALID_ARGUMENT, f"{table.name}: its entries need a priority")
    if table.has_priority and priority < 0:  # the specification asks for non-zero only; this code is BMv2's
        raise StatusError(UNKNOWN, f"{table.name}: the priority {priority} is below 1")
    if not table.has_priority and priority:
        raise StatusError(INVALID_ARGUMENT, f"{table.name}: its entries have no priority")
