"""One device's forwarding state as P4Runtime sees it: a schema, an engine, and the entities between them.

A Pipeline is made by SetForwardingPipelineConfig and replaced as a whole. Its methods are called by one thread at a
time (the servicer's loop); none of them waits for packets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager

from finsy.proto import p4r

from switch import errors
from switch.engine import Engine
from switch.p4runtime.arrays import Counters
from switch.p4runtime.digests import Digests
from switch.p4runtime.meters import Meters
from switch.p4runtime.profiles import Profiles
from switch.p4runtime.registers import Registers
from switch.p4runtime.replication import Replication
from switch.p4runtime.schema import Schema, Table
from switch.p4runtime.status import ABORTED, INVALID_ARGUMENT, OK, UNIMPLEMENTED, UNKNOWN, StatusError, code_of
from switch.p4runtime.tables import Tables
from switch.p4runtime.updates import DELETE, INSERT, MODIFY, NoUndo, Undo, UpdateKind
from switch.p4runtime.value_sets import ValueSets
from switch.values import Entry, WriteKind

_KINDS: dict[UpdateKind, WriteKind] = {INSERT: "insert", MODIFY: "modify", DELETE: "delete"}


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
        self._registers = Registers(schema, engine)
        self._value_sets = ValueSets(schema, engine)
        self._replication = Replication(engine)
        self._stopped = stopped
        self.updates = self.failed = 0  # that were written, and those of them that failed

    # ---- writes

    def write(self, updates: Sequence[p4r.Update], atomicity: p4r.WriteRequest.Atomicity.ValueType) -> list[p4r.Error]:
        """Apply a batch. Returns an error (or OK) for each update, or [] if all succeeded.

        CONTINUE_ON_ERROR tries every update. The other two apply all or none: the first error rolls back what was
        done before it, and DATAPLANE_ATOMIC holds the packets back meanwhile, so that they see none or all of it.
        """
        results = self._write(updates, atomicity)
        self.updates += len(updates)
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
        """Runs of plain entries of one table go to the engine in one call; everything else one by one, in order."""
        failed: dict[int, Exception] = {}
        log = NoUndo()
        run: list[tuple[int, WriteKind, Entry]] = []
        run_table: Table | None = None
        for i, update in enumerate(updates):
            try:
                plain = None
                if update.type in _KINDS and update.entity.WhichOneof("entity") == "table_entry":
                    plain = self.tables.plain(update.type, update.entity.table_entry)
                if plain is not None:
                    if plain[0] is not run_table:
                        if run_table is not None:
                            self._write_run(run_table, run, failed)
                        run, run_table = [], plain[0]
                    run.append((i, _KINDS[update.type], plain[1]))
                    continue
                if run_table is not None:
                    self._write_run(run_table, run, failed)
                    run, run_table = [], None
                self._write_one(update, log)
            except (StatusError, errors.EngineError) as e:
                failed[i] = e
        if run_table is not None:
            self._write_run(run_table, run, failed)
        if not failed:
            return []
        return [error_of(failed.get(i)) for i in range(len(updates))]

    def _write_run(self, table: Table, run: list[tuple[int, WriteKind, Entry]], failed: dict[int, Exception]) -> None:
        results = self.engine.write_many(table.name, [(kind, entry) for _, kind, entry in run])
        for (i, _, entry), error in zip(run, results, strict=True):
            if error is None:
                self.tables.forget(table, entry)
            else:
                failed[i] = error

    def _write_all_or_none(self, updates: Sequence[p4r.Update]) -> list[p4r.Error]:
        log = Undo()
        for i, update in enumerate(updates):
            try:
                self._write_one(update, log)
            except (StatusError, errors.EngineError) as e:
                log.roll_back()
                return aborted(len(updates), {i: e})
        return []

    def _write_one(self, update: p4r.Update, undo: Undo) -> None:
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
        if which is None:
            raise StatusError(INVALID_ARGUMENT, "the entity is empty")
        raise _unsupported(which)

    def idle_notifications(self) -> Iterable[p4r.IdleTimeoutNotification]:
        """One message for each table that has entries which nothing hit for as long as they allow."""
        by_table: dict[str, list[Entry]] = {}
        for idle in self.engine.expired():
            by_table.setdefault(idle.table, []).append(idle.entry)
        for name, entries in by_table.items():
            table = self.schema.table_by_name(name)
            yield p4r.IdleTimeoutNotification(table_entry=[self.tables.message(table, e) for e in entries])


def error_of(error: Exception | None) -> p4r.Error:
    """The p4.v1.Error of one update or one read."""
    if error is None:
        return p4r.Error(canonical_code=OK)
    return p4r.Error(canonical_code=code_of(error), message=str(error.args[0]) if error.args else str(error))


def aborted(updates: int, failed: Mapping[int, Exception]) -> list[p4r.Error]:
    """The errors of an all-or-nothing batch that some updates kept from being done."""
    other = StatusError(ABORTED, f"not done, because update {min(failed)} failed")
    return [error_of(failed.get(i, other)) for i in range(updates)]


def _unsupported(which: str) -> StatusError:
    return StatusError(UNIMPLEMENTED, f"entities of the kind {which} are not supported")
