"""One device's forwarding state as P4Runtime sees it: a schema, an engine, and the entities between them.

A Pipeline is made by SetForwardingPipelineConfig and replaced as a whole. Its methods are called by one thread at a
time (the servicer's loop); none of them waits for packets.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import partial

from finsy.proto import p4r

from switch import errors
from switch.engine import Engine
from switch.p4runtime.answers import aborted, answers
from switch.p4runtime.arrays import Counters
from switch.p4runtime.digests import Digests
from switch.p4runtime.limits import READ_CHUNK
from switch.p4runtime.meters import Meters
from switch.p4runtime.native_tables import DONE, MORE, Batch, NativeTables, Shown
from switch.p4runtime.profiles import Profiles
from switch.p4runtime.registers import Registers
from switch.p4runtime.replication import Replication
from switch.p4runtime.schema import Schema
from switch.p4runtime.status import INVALID_ARGUMENT, OK, UNIMPLEMENTED, UNKNOWN, StatusError
from switch.p4runtime.tables import Tables
from switch.p4runtime.translation import Names, Translation
from switch.p4runtime.translation_use import numbers_in_use
from switch.p4runtime.updates import DELETE, INSERT, MODIFY, NoUndo, Undo
from switch.p4runtime.value_sets import ValueSets
from switch.values import Entry

_KINDS = (INSERT, MODIFY, DELETE)


class Pipeline:
    """A pipeline and its P4Runtime state. `stopped` gives a context in which no packet is processed."""

    def __init__(
        self,
        config: p4r.ForwardingPipelineConfig,
        schema: Schema,
        engine: Engine,
        stopped: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self.config = config
        self.schema = schema
        self.engine = engine
        self.digests = Digests(schema)
        self.profiles = Profiles(schema, engine)
        self.tables = Tables(schema, engine, self.profiles)
        self._counters = Counters(schema, engine)
        self._meters = Meters(schema, engine)
        self._registers = Registers(schema, engine, stopped)
        self._value_sets = ValueSets(schema, engine)
        self._replication = Replication(engine, schema.port_strings)
        self._native = NativeTables(schema, engine)
        self._strings = set(schema.types.strings.values())
        for strings in self._strings:
            strings.in_use = partial(numbers_in_use, schema, engine, strings)
            for number in sorted(strings.in_use()):  # of the program's own entries: no other string shall get them
                strings.string(number)
        self._stopped = stopped
        self.updates = self.failed = 0  # that were written, and those of them that failed

    def close(self) -> None:
        """Free the engine and what belongs to it. No worker may be running it."""
        self._native.close()
        self.engine.close()

    # ---- writes

    def decode(self, data: bytes) -> Batch:
        """A WriteRequest, for write_batch, before the next is decoded. Raises StatusError if it is malformed."""
        return self._native.decode(data)

    def confined(self, batch: Batch, table_ids: Collection[int]) -> bool:
        """Does the batch, decoded as a whole, touch entries of these tables only?"""
        return batch.decoded and self._native.confined(table_ids)

    def write_batch(self, batch: Batch) -> list[p4r.Error]:
        """Apply a batch whole. Returns an error (or OK) for each update, or [] if all succeeded.

        CONTINUE_ON_ERROR tries every update. The other two apply all or none: the first error rolls back what was
        done before it, and DATAPLANE_ATOMIC holds the packets back meanwhile, so that they see none or all of it.
        """
        if not batch.decoded:
            return self.write(batch.whole.updates, batch.head.atomicity)
        if batch.head.atomicity == p4r.WriteRequest.CONTINUE_ON_ERROR:
            for _ in self.write_pieces(batch, batch.count, batch.count):
                pass
            return batch.answers()
        try:
            if batch.head.atomicity == p4r.WriteRequest.DATAPLANE_ATOMIC:
                with self._stopped():
                    return self._counted(batch.count, self._all_or_none(batch))
            return self._counted(batch.count, self._all_or_none(batch))
        finally:
            self._native.tidy()

    def write_pieces(self, batch: Batch, natively: int, in_python: int) -> Iterator[None]:
        """Apply a decoded batch with CONTINUE_ON_ERROR; then ask batch.answers().

        What the runtime does not do, or not to the end, is done by _write_one in its place. Between two steps that many
        updates are done at most.
        """
        alone = 0
        try:
            while (i := self._native.write(natively, undo=False)) != DONE:
                if i != MORE:
                    alone += 1
                    try:
                        self._write_one(batch.whole.updates[i], NoUndo())
                    except (StatusError, errors.EngineError) as e:
                        batch.failed[i] = e
                if i == MORE or alone == in_python:
                    alone = 0
                    yield
            for i, code in self._native.refused():
                name = self.schema.tables[batch.whole.updates[i].entity.table_entry.table_id].name
                batch.failed[i] = self.engine.table(name).refusal(code)
            self.updates += batch.count
            self.failed += len(batch.failed)
        finally:
            self._native.tidy()

    def write(self, updates: Sequence[p4r.Update], atomicity: p4r.WriteRequest.Atomicity.ValueType) -> list[p4r.Error]:
        """The same for updates that are messages: all of them in Python."""
        return self._counted(len(updates), self._write(updates, atomicity))

    def _counted(self, updates: int, results: list[p4r.Error]) -> list[p4r.Error]:
        self.updates += updates
        self.failed += sum(error.canonical_code != OK for error in results)
        return results

    def _write(self, updates: Sequence[p4r.Update], atomicity: p4r.WriteRequest.Atomicity.ValueType) -> list[p4r.Error]:
        if atomicity == p4r.WriteRequest.CONTINUE_ON_ERROR:
            return self._write_each(updates)
        if atomicity == p4r.WriteRequest.DATAPLANE_ATOMIC:
            with self._stopped():
                return self._write_all_or_none(updates)
        return self._write_all_or_none(updates)

    def _write_each(self, updates: Sequence[p4r.Update]) -> list[p4r.Error]:
        failed: dict[int, Exception] = {}
        for i, update in enumerate(updates):
            try:
                self._write_one(update, NoUndo())
            except (StatusError, errors.EngineError) as e:
                failed[i] = e
        return answers(len(updates), failed)

    def _write_all_or_none(self, updates: Sequence[p4r.Update]) -> list[p4r.Error]:
        log, names = Undo(), self._names()
        for i, update in enumerate(updates):
            try:
                self._write_one(update, log)
            except (StatusError, errors.EngineError) as e:
                _roll_back(log, names)
                return aborted(len(updates), {i: e})
        return []

    def _all_or_none(self, batch: Batch) -> list[p4r.Error]:
        """As _write_all_or_none; the runtime's part is one step of the log at a time."""
        log, names = Undo(), self._names()
        native = self._native
        start = native.undo_mark()
        try:
            while True:
                before = native.undo_mark()
                i = native.write(batch.count, undo=True)
                if native.undo_mark() > before:
                    log.add(partial(native.undo_to, before))
                if i == DONE:
                    return []
                if i != MORE:
                    self._write_one(batch.whole.updates[i], log)
        except (StatusError, errors.EngineError) as e:
            _roll_back(log, names)
            return aborted(batch.count, {i: e})
        finally:
            native.forget(start)

    def _names(self) -> dict[Translation, Names]:
        """A batch that is taken back gives numbers back to the strings that had them."""
        return {strings: strings.names() for strings in self._strings}

    def _write_one(self, update: p4r.Update, undo: Undo) -> None:
        for strings in self._strings:
            strings.begin_update()
        kind, entity = update.type, update.entity
        if kind not in _KINDS:
            raise StatusError(INVALID_ARGUMENT, "the update has no type")
        which = entity.WhichOneof("entity")
        if which == "table_entry":
            self.tables.write(kind, entity.table_entry, undo)
        elif which == "action_profile_member":
            self.profiles.write_member(kind, entity.action_profile_member, undo)
        elif which == "action_profile_group":
            self.profiles.write_group(kind, entity.action_profile_group, undo)
        elif which == "counter_entry":
            self._counters.write(kind, entity.counter_entry, undo)
        elif which == "direct_counter_entry":
            self.tables.direct.write_counter(kind, entity.direct_counter_entry, undo)
        elif which == "meter_entry":
            self._meters.write(kind, entity.meter_entry, undo)
        elif which == "direct_meter_entry":
            self.tables.direct.write_meter(kind, entity.direct_meter_entry, undo)
        elif which == "register_entry":
            self._registers.write(kind, entity.register_entry, undo)
        elif which == "value_set_entry":
            self._value_sets.write(kind, entity.value_set_entry, undo)
        elif which == "packet_replication_engine_entry":
            self._replication.write(kind, entity.packet_replication_engine_entry, undo)
        elif which == "digest_entry":
            self.digests.write(kind, entity.digest_entry, undo)
        elif which == "extern_entry":
            raise _no_extern(self.schema, entity.extern_entry)
        elif which is None:  # "malformed" has no fixed code in "Write RPC"; this one is BMv2's
            raise StatusError(UNKNOWN, "the entity is empty")
        else:
            raise _unsupported(which)

    # ---- reads

    def read(self, entity: p4r.Entity) -> Iterator[p4r.Entity]:
        """The entities that one request selects. Raises StatusError or EngineError."""
        which = entity.WhichOneof("entity")
        if which == "table_entry":
            return self.tables.read(entity.table_entry)
        if which == "action_profile_member":
            return self.profiles.read_member(entity.action_profile_member)
        if which == "action_profile_group":
            return self.profiles.read_group(entity.action_profile_group)
        if which == "counter_entry":
            return self._counters.read(entity.counter_entry)
        if which == "direct_counter_entry":
            return self.tables.direct.read_counter(entity.direct_counter_entry)
        if which == "meter_entry":
            return self._meters.read(entity.meter_entry)
        if which == "direct_meter_entry":
            return self.tables.direct.read_meter(entity.direct_meter_entry)
        if which == "register_entry":
            return self._registers.read(entity.register_entry)
        if which == "value_set_entry":
            return self._value_sets.read(entity.value_set_entry)
        if which == "packet_replication_engine_entry":
            return self._replication.read(entity.packet_replication_engine_entry)
        if which == "digest_entry":
            return self.digests.read(entity.digest_entry)
        if which == "extern_entry":
            if entity.extern_entry.extern_type_id:
                raise _no_extern(self.schema, entity.extern_entry)
            return iter(())  # all instances of all types that are supported, which are none
        if which is None:
            raise StatusError(INVALID_ARGUMENT, "the entity is empty")
        raise _unsupported(which)

    def read_parts(self, entity: p4r.Entity, size: int) -> Iterator[p4r.Entity | bytes]:
        """The same, where the runtime encodes them as ReadResponses on the wire, of about `size` bytes."""
        which = entity.WhichOneof("entity")
        counters = which == "direct_counter_entry"
        request = entity.direct_counter_entry.table_entry if counters else entity.table_entry
        if which not in ("table_entry", "direct_counter_entry") or not _is_plain(request, counters):
            yield from self.read(entity)
            return
        action_id = request.action.action.action_id
        for table_id in [request.table_id] if request.table_id else list(self.schema.tables):
            table = self.schema.tables.get(table_id)
            if counters and not request.table_id and table is not None and not table.direct_counter:
                continue
            if (
                table is None
                or not self._native.knows(table_id)
                or (action_id and action_id not in table.actions)
                or (counters and not table.direct_counter)
            ):
                yield from self.read(_of_table(entity, table_id))
                continue
            shown = Shown.COUNTERS if counters else Shown.ENTRIES
            if request.HasField("counter_data") and table.direct_counter and not counters:
                shown = Shown.COUNTED_ENTRIES
            for part in self._native.read(table_id, shown, action_id, request.priority, size):
                if isinstance(part, bytes):
                    yield part
                elif (found := self.tables.read_at(table, part, request)) is not None:
                    yield found

    def idle_notifications(self) -> Iterable[p4r.IdleTimeoutNotification]:
        """The entries which nothing hit for as long as they allow: in one message only entries of one table, and no
        more of them than a client takes at once."""
        by_table: dict[str, list[Entry]] = {}
        for idle in self.engine.expired():
            by_table.setdefault(idle.table, []).append(idle.entry)
        for name, entries in by_table.items():
            table = self.schema.table_by_name(name)
            shown: list[p4r.TableEntry] = []
            size = 0
            for entry in entries:
                message = self.tables.message(table, entry)
                size += message.ByteSize() + 6
                if shown and size > READ_CHUNK:
                    yield p4r.IdleTimeoutNotification(table_entry=shown)
                    shown, size = [], message.ByteSize() + 6
                shown.append(message)
            yield p4r.IdleTimeoutNotification(table_entry=shown)


def _roll_back(log: Undo, names: Mapping[Translation, Names]) -> None:
    with ExitStack() as stack:
        for strings, before in names.items():
            stack.enter_context(strings.taking_back(before))
        log.roll_back()


def _is_plain(request: p4r.TableEntry, counters: bool) -> bool:
    """Does a read ask for entries (or their counters) as they are, all of them or those with an action or priority?"""
    if request.is_default_action or request.match or request.controller_metadata or request.metadata:
        return False
    if not counters and (request.HasField("meter_config") or request.HasField("meter_counter_data")):
        return False
    if not counters and request.HasField("time_since_last_hit"):
        return False
    if not request.HasField("action"):
        return bool(request.table_id) or not request.priority
    return bool(request.table_id and request.action.action.action_id)


def _no_extern(schema: Schema, entry: p4r.ExternEntry) -> StatusError:
    """ "ExternEntry" is for externs that are not part of PSA; those of v1model that have state have entities."""
    known = schema.p4info.externs
    number = entry.extern_type_id
    found = next((extern for extern in known if extern.extern_type_id == number), None)
    if found is None:
        return StatusError(INVALID_ARGUMENT, f"P4Info has no extern type {number:#x}")
    if entry.extern_id and all(instance.preamble.id != entry.extern_id for instance in found.instances):
        return StatusError(INVALID_ARGUMENT, f"P4Info: {found.extern_type_name} has no instance {entry.extern_id}")
    return StatusError(UNIMPLEMENTED, f"{found.extern_type_name}: the control plane cannot reach such externs")


def _of_table(request: p4r.Entity, table_id: int) -> p4r.Entity:
    """A read of one table in the place of one of all tables."""
    one = p4r.Entity()
    one.CopyFrom(request)
    if one.HasField("direct_counter_entry"):
        one.direct_counter_entry.table_entry.table_id = table_id
    else:
        one.table_entry.table_id = table_id
    return one


def _unsupported(which: str) -> StatusError:
    return StatusError(UNIMPLEMENTED, f"entities of the kind {which} are not supported")
