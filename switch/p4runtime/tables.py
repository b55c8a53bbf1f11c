"""Table entries and default entries.

P4Runtime 1.5: "TableEntry", "Action Specification", "Default Entry", "Constant Tables", "Preinitialized tables",
"Idle-timeout". What belongs to entries: entries.py, direct.py, profiles.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from finsy.proto import p4r

from switch import errors
from switch.engine import Engine
from switch.p4runtime import actions, match
from switch.p4runtime.direct import Direct
from switch.p4runtime.entries import Entries, EntryId, opaque_of
from switch.p4runtime.profiles import Profiles
from switch.p4runtime.schema import Schema, Scope, Table
from switch.p4runtime.status import INVALID_ARGUMENT, PERMISSION_DENIED, StatusError
from switch.p4runtime.updates import DELETE, INSERT, MODIFY, Undo, UpdateKind
from switch.values import Action, Entry, Group, Member


class Tables:
    """The tables of one pipeline."""

    def __init__(self, schema: Schema, engine: Engine, profiles: Profiles) -> None:
        self._schema = schema
        self._engine = engine
        self._profiles = profiles
        self._entries = Entries(schema, engine)
        self.direct = Direct(schema, engine, self._entries)

    # ---- writes

    def write(self, kind: UpdateKind, message: p4r.TableEntry, undo: Undo) -> None:
        table = self._entries.table(message.table_id)
        if message.is_const:
            raise StatusError(INVALID_ARGUMENT, f"{table.name}: is_const is not the client's to set")
        if message.is_default_action:
            if kind != MODIFY:
                raise StatusError(INVALID_ARGUMENT, f"{table.name}: the default entry can only be modified")
            self._modify_default(table, message, undo)
            return
        if table.const and (kind != MODIFY or message.HasField("action")):
            raise StatusError(PERMISSION_DENIED, f"{table.name}: its entries are constant")
        entry = self._entries.id_of(table, message)
        if kind == DELETE:
            self._delete(table, entry, undo)
            return
        self._check_timeouts(table, message)
        if kind == INSERT:
            self._insert(table, entry, message, undo)
        else:
            self._modify(table, entry, message, undo)

    def _insert(self, table: Table, entry_id: EntryId, message: p4r.TableEntry, undo: Undo) -> None:
        if not message.HasField("action"):
            raise StatusError(INVALID_ARGUMENT, f"{table.name}: an entry needs an action")
        wanted = self.direct.wanted(table, message)
        action = self._action(table, message.action, None)
        entry = Entry(_key(entry_id), action, entry_id.priority, message.idle_timeout_ns)
        try:
            self._engine.insert(table.name, entry, wanted.count, wanted.rates)
        except errors.EngineError:
            self._profiles.release(table, action)
            raise
        undo.add(lambda: self._remove(table, entry))
        self._entries.set_opaque(entry_id, opaque_of(message))

    def _modify(self, table: Table, entry_id: EntryId, message: p4r.TableEntry, undo: Undo) -> None:
        old = self._engine.entry(table.name, _key(entry_id), entry_id.priority)
        if old.const and (message.HasField("action") or message.idle_timeout_ns or opaque_of(message) is not None):
            raise StatusError(
                PERMISSION_DENIED, f"{table.name}: this entry is constant; only its direct counter and meter change"
            )
        wanted = self.direct.wanted(table, message)
        new_action = self._action(table, message.action, old.action) if message.HasField("action") else old.action
        if not old.const:
            before = self._entries.opaque(entry_id)
            self._replace(table, Entry(old.match, new_action, old.priority, message.idle_timeout_ns), old, undo)
            undo.add(lambda: self._entries.set_opaque(entry_id, before))
            self._entries.set_opaque(entry_id, opaque_of(message))
        self.direct.change(table, entry_id, wanted, undo)

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

    def _delete(self, table: Table, entry_id: EntryId, undo: Undo) -> None:
        old = self._engine.entry(table.name, _key(entry_id), entry_id.priority)
        had, restore_direct = self.direct.saved(table, entry_id)
        opaque = self._entries.opaque(entry_id)
        self._remove(table, old, undo)

        def restore() -> None:
            self._engine.insert(table.name, old, had.count, had.rates)
            self._entries.set_opaque(entry_id, opaque)
            restore_direct()

        undo.add(restore)

    def _remove(self, table: Table, entry: Entry, undo: Undo | None = None) -> None:
        self._engine.delete(table.name, entry.match, entry.priority)
        self._entries.forget(table, entry)
        self._profiles.release(table, entry.action, undo)

    def _modify_default(self, table: Table, message: p4r.TableEntry, undo: Undo) -> None:
        """Without an action the program's default entry is back, its resources at their defaults."""
        entry_id = self._entries.id_of(table, message)
        if table.const_default or table.profile:
            raise StatusError(PERMISSION_DENIED, f"{table.name}: its default action is constant")
        wanted = self.direct.wanted(table, message)
        action = None
        if message.HasField("action"):
            if message.action.WhichOneof("type") != "action":
                raise StatusError(INVALID_ARGUMENT, f"{table.name}: a default entry needs a plain action")
            action = actions.translate_action(table.actions, message.action.action, table.name)
            if table.scopes[message.action.action.action_id] is Scope.TABLE_ONLY:
                raise StatusError(PERMISSION_DENIED, f"{table.name}: {action.name} may not be the default action")
        old, before = self._engine.default(table.name), self._entries.opaque(entry_id)
        self._engine.set_default(table.name, action)
        undo.add(lambda: self._engine.set_default(table.name, old))
        self._entries.set_opaque(entry_id, opaque_of(message) if action is not None else None)
        undo.add(lambda: self._entries.set_opaque(entry_id, before))
        self.direct.change(table, entry_id, wanted, undo)

    def _action(
        self, table: Table, message: p4r.TableAction, replaced: Action | Member | Group | None
    ) -> Action | Member | Group:
        """What an entry refers to, in the place of `replaced`; a one-shot action set becomes a group of its own."""
        which = message.WhichOneof("type")
        if which is None:
            raise StatusError(INVALID_ARGUMENT, f"{table.name}: the action is empty")
        if table.profile:
            return self._profiles.reference(table, message, replaced)
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

    # ---- reads

    def read(self, message: p4r.TableEntry) -> Iterator[p4r.Entity]:
        for table in self._entries.tables(message):
            if message.HasField("time_since_last_hit") and message.table_id and not table.idle_timeout:
                raise StatusError(INVALID_ARGUMENT, f"{table.name}: its entries have no idle timeout")
            if message.is_default_action:
                yield from self._read_default(table, message)
                continue
            for entry in self._entries.selected(table, message):
                yield self._entity(table, entry, message)

    def read_at(self, table: Table, number: int, request: p4r.TableEntry) -> p4r.Entity | None:
        """The entry with this number, as `read` gives it, if it passes the filters of the request."""
        entry = self._engine.entry_at(table.name, number)
        if entry is None or not self._entries.passes(table, entry, request):
            return None
        return self._entity(table, entry, request)

    def _entity(self, table: Table, entry: Entry, request: p4r.TableEntry) -> p4r.Entity:
        found = p4r.Entity()
        self._fill(found.table_entry, table, entry, request)
        return found

    def message(self, table: Table, entry: Entry) -> p4r.TableEntry:
        """An entry as an idle notification shows it."""
        message = p4r.TableEntry()
        self._entries.fill_key(message, table, entry)
        message.idle_timeout_ns = entry.idle_timeout_ns
        self._entries.fill_opaque(message, EntryId(table.id, entry.match, entry.priority))
        return message

    def _read_default(self, table: Table, message: p4r.TableEntry) -> Iterator[p4r.Entity]:
        try:
            action = self._entries.default(table, message)
        except LookupError:
            return
        entry_id = EntryId(table.id, None, 0)
        found = p4r.Entity()
        found.table_entry.table_id = table.id
        found.table_entry.is_default_action = True
        found.table_entry.is_const = table.const_default or table.profile != 0
        if action is not None:
            found.table_entry.action.action.CopyFrom(actions.action_to_message(table.actions, action))
        self._entries.fill_opaque(found.table_entry, entry_id)
        self.direct.fill(found.table_entry, table, entry_id, message)
        yield found

    def _fill(self, message: p4r.TableEntry, table: Table, entry: Entry, request: p4r.TableEntry) -> None:
        self._entries.fill_key(message, table, entry)
        if isinstance(entry.action, Action):
            message.action.action.CopyFrom(actions.action_to_message(table.actions, entry.action))
        else:
            self._profiles.fill(table, entry.action, message.action)
        message.idle_timeout_ns = entry.idle_timeout_ns
        message.is_const = entry.const
        entry_id = EntryId(table.id, entry.match, entry.priority)
        self._entries.fill_opaque(message, entry_id)
        self.direct.fill(message, table, entry_id, request)
        if table.idle_timeout and request.HasField("time_since_last_hit"):
            message.time_since_last_hit.elapsed_ns = self._engine.time_since_last_hit_ns(
                table.name, entry.match, entry.priority
            )


def _key(entry: EntryId) -> match.Key:
    assert entry.key is not None, "a default entry was dealt with before"
    return entry.key
