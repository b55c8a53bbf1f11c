"""Carrying the forwarding state of one pipeline over to another (P4Runtime 1.5, RECONCILE_AND_COMMIT).

State is what clients wrote and packets counted, as a client would read it: entries, members, groups, defaults,
counters, meters, registers, value sets, digests, multicast groups, clone sessions. It is read from the old pipeline and
written to the new one by P4Info's ids. What a program brings along (initial entries, default actions) is the new
program's, except where a client changed it. If anything that is not at its initial value has no place in the new
program, nothing is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from finsy.proto import p4r

from switch.p4runtime.device import Pipeline
from switch.p4runtime.limits import SLICE
from switch.p4runtime.schema import Table
from switch.p4runtime.status import INVALID_ARGUMENT, OK, StatusError

INSERT, MODIFY, DELETE = p4r.Update.INSERT, p4r.Update.MODIFY, p4r.Update.DELETE
Key = tuple[int, bytes]  # of an entry: table id, and its match fields and priority


@dataclass(frozen=True)
class Initial:
    """What a pipeline holds, and clients may change, before anybody writes to it."""

    entries: frozenset[Key]
    defaults: dict[int, bytes]  # table id -> its default entry


def initial_state(fresh: Pipeline) -> Initial:
    """Of a pipeline that has just been loaded."""
    entries, defaults = set(), {}
    for table in fresh.schema.tables.values():
        entries |= {_key(e.table_entry) for e in _entries(fresh, table) if not e.table_entry.is_const}
        for found in _default(fresh, table):
            defaults[table.id] = found.SerializeToString(deterministic=True)
    return Initial(frozenset(entries), defaults)


async def carry_over(old: Pipeline, was: Initial, new: Pipeline, becomes: Initial) -> None:
    """Bring a fresh pipeline to the state of the old one. Raises StatusError (INVALID_ARGUMENT) if it has no place.

    Others get their turn meanwhile; the caller keeps writers away. What packets count in the meantime is lost.
    """
    updates: list[p4r.Update] = []
    for update in _state(old, was, new, becomes):
        updates.append(update)
        if len(updates) == SLICE:
            _write(new, updates)
            updates = []
            await asyncio.sleep(0)
    _write(new, updates)


def _write(new: Pipeline, updates: list[p4r.Update]) -> None:
    request = p4r.WriteRequest(updates=updates)
    for update, error in zip(updates, new.write_batch(new.decode(request.SerializeToString())), strict=False):
        if error.canonical_code != OK:
            kind = update.entity.WhichOneof("entity")
            raise StatusError(INVALID_ARGUMENT, f"the state cannot be preserved: {kind}: {error.message}")


def _state(old: Pipeline, was: Initial, new: Pipeline, becomes: Initial) -> Iterator[p4r.Update]:
    """The updates, in an order in which each finds what it refers to."""
    for request in (
        p4r.Entity(action_profile_member=p4r.ActionProfileMember()),
        p4r.Entity(action_profile_group=p4r.ActionProfileGroup()),
    ):
        yield from _updates(INSERT, old.read(request))
    for table in old.schema.tables.values():
        yield from _table_state(old, was, new, becomes, table)
    for kind, request in (
        (MODIFY, p4r.Entity(counter_entry=p4r.CounterEntry())),
        (MODIFY, p4r.Entity(meter_entry=p4r.MeterEntry())),
        (MODIFY, p4r.Entity(register_entry=p4r.RegisterEntry())),
        (MODIFY, p4r.Entity(value_set_entry=p4r.ValueSetEntry())),
        (INSERT, p4r.Entity(digest_entry=p4r.DigestEntry())),
        (INSERT, _replication(p4r.PacketReplicationEngineEntry(multicast_group_entry=p4r.MulticastGroupEntry()))),
        (INSERT, _replication(p4r.PacketReplicationEngineEntry(clone_session_entry=p4r.CloneSessionEntry()))),
    ):
        yield from _updates(kind, (entity for entity in old.read(request) if _matters(old, entity)))


def _replication(entry: p4r.PacketReplicationEngineEntry) -> p4r.Entity:
    return p4r.Entity(packet_replication_engine_entry=entry)


def _table_state(old: Pipeline, was: Initial, new: Pipeline, becomes: Initial, table: Table) -> Iterator[p4r.Update]:
    there = {key for key in becomes.entries if key[0] == table.id}
    held = list(_entries(old, table)) if there else _entries(old, table)
    if there:
        # Both programs bring it along; a client has deleted it, or it is replaced below.
        gone = {key for key in there if key in was.entries} - {_key(found.table_entry) for found in held}
        initial = list(_entries(new, new.schema.tables[table.id]))
        yield from _updates(DELETE, (e for e in initial if _key(e.table_entry) in gone))
    for i, update in enumerate(_entry_updates(held, there)):
        if i == 0:
            _check_shape(table, new.schema.tables.get(table.id))
        yield update
    for found in _default(old, table):
        if was.defaults.get(table.id) != found.SerializeToString(deterministic=True):
            _check_shape(table, new.schema.tables.get(table.id))
            yield p4r.Update(type=MODIFY, entity=found)
    for update in _default_resources(old, table):
        _check_shape(table, new.schema.tables.get(table.id))
        yield update


def _default_resources(old: Pipeline, table: Table) -> Iterator[p4r.Update]:
    """What a default entry has counted, and its meter's configuration."""
    default = p4r.TableEntry(table_id=table.id, is_default_action=True)
    if table.direct_counter:
        for found in old.read(p4r.Entity(direct_counter_entry=p4r.DirectCounterEntry(table_entry=default))):
            data = found.direct_counter_entry.data
            if data.packet_count or data.byte_count:
                yield p4r.Update(type=MODIFY, entity=found)
    if table.direct_meter:
        for found in old.read(p4r.Entity(direct_meter_entry=p4r.DirectMeterEntry(table_entry=default))):
            if found.direct_meter_entry.HasField("config"):
                yield p4r.Update(type=MODIFY, entity=found)


def _entry_updates(held: Iterable[p4r.Entity], there: Collection[Key]) -> Iterator[p4r.Update]:
    for found in held:
        entry = found.table_entry
        if entry.is_const:
            if entry.HasField("counter_data") and (entry.counter_data.packet_count or entry.counter_data.byte_count):
                counter = p4r.DirectCounterEntry(table_entry=_key_only(entry), data=entry.counter_data)
                yield p4r.Update(type=MODIFY, entity=p4r.Entity(direct_counter_entry=counter))
            if entry.HasField("meter_config"):
                meter = p4r.DirectMeterEntry(table_entry=_key_only(entry), config=entry.meter_config)
                yield p4r.Update(type=MODIFY, entity=p4r.Entity(direct_meter_entry=meter))
            continue
        yield p4r.Update(type=MODIFY if _key(entry) in there else INSERT, entity=found)


def _check_shape(old: Table, new: Table | None) -> None:
    """An entry must mean in the new table what it meant in the old one. Raises StatusError."""
    reason = ""
    if new is None:
        reason = "the new program has no such table"
    elif not set(old.fields) <= set(new.fields):
        reason = "its match fields are others"
    elif any(
        number in new.actions and action.params != new.actions[number].params for number, action in old.actions.items()
    ):
        reason = "parameters of its actions are others"
    if reason:
        raise StatusError(
            INVALID_ARGUMENT, f"the state cannot be preserved: table {old.name} has entries, and {reason}"
        )


def _updates(kind: p4r.Update.Type.ValueType, entities: Iterator[p4r.Entity]) -> Iterator[p4r.Update]:
    return (p4r.Update(type=kind, entity=entity) for entity in entities)


def _entries(pipeline: Pipeline, table: Table) -> Iterator[p4r.Entity]:
    """All entries with their counters and meters, in the order of the table."""
    wanted = p4r.TableEntry(table_id=table.id)
    if table.direct_counter:
        wanted.counter_data.SetInParent()
    if table.direct_meter:
        wanted.meter_config.SetInParent()
    return pipeline.read(p4r.Entity(table_entry=wanted))


def _default(pipeline: Pipeline, table: Table) -> Iterator[p4r.Entity]:
    """The default entry, if a client may change it."""
    if table.const_default or table.profile:
        return iter(())
    return pipeline.read(p4r.Entity(table_entry=p4r.TableEntry(table_id=table.id, is_default_action=True)))


def _key(entry: p4r.TableEntry) -> Key:
    fields = sorted(match.SerializeToString(deterministic=True) for match in entry.match)
    return entry.table_id, b"".join(fields) + entry.priority.to_bytes(4, "big", signed=True)


def _key_only(entry: p4r.TableEntry) -> p4r.TableEntry:
    return p4r.TableEntry(table_id=entry.table_id, match=entry.match, priority=entry.priority)


def _matters(old: Pipeline, entity: p4r.Entity) -> bool:
    """Not at the value that it has in every fresh pipeline."""
    which = entity.WhichOneof("entity")
    if which == "counter_entry":
        return bool(entity.counter_entry.data.packet_count or entity.counter_entry.data.byte_count)
    if which == "meter_entry":
        return entity.meter_entry.HasField("config")
    if which == "register_entry":
        return _is_written(old, entity.register_entry)
    if which == "value_set_entry":
        return bool(entity.value_set_entry.members)
    return True


def _is_written(old: Pipeline, entry: p4r.RegisterEntry) -> bool:
    """Not all zeros; where the type is a string, a client may have given the number 0 a name."""
    register = old.schema.registers[entry.register_id]
    if register.type_spec.new_type.name in old.schema.types.strings and entry.data.bitstring != b"0":
        return True
    return bool(old.engine.read_register(register.name, entry.index.index))
