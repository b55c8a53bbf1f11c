"""Things indexed by number: counters, meters and registers; and parser value sets.

P4Runtime 1.4: "CounterEntry & DirectCounterEntry", "MeterEntry & DirectMeterEntry", "RegisterEntry", "ValueSetEntry".
All of them can be modified and read, never inserted or deleted; a write without an index writes every cell.
(Direct counters and meters belong to their table entry: see tables.py.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from finsy.proto import p4i, p4r

from switch.engine import Engine
from switch.p4runtime import match, p4data
from switch.p4runtime.schema import Array, Schema
from switch.p4runtime.status import (
    ALREADY_EXISTS,
    INVALID_ARGUMENT,
    OUT_OF_RANGE,
    RESOURCE_EXHAUSTED,
    UNIMPLEMENTED,
    UNKNOWN,
    StatusError,
)
from switch.p4runtime.updates import MODIFY, Undo, UpdateKind
from switch.values import Count, MeterConfig

A = TypeVar("A", bound=Array)


class Arrays:
    """The indirect counters, meters, registers and the value sets of one pipeline."""

    def __init__(self, schema: Schema, engine: Engine) -> None:
        self._schema = schema
        self._engine = engine

    # ---- counters

    def write_counter(self, kind: UpdateKind, entry: p4r.CounterEntry, undo: Undo) -> None:
        _only_modify(kind, "counters")
        counter = _known(self._schema.counters, entry.counter_id, "counter")
        cells = _cells(counter, self._engine.counter_size(counter.name), entry)
        if not entry.HasField("data"):
            return
        value = count(entry.data)
        for cell in cells:
            self._set_counter(counter.name, cell, value, undo)

    def read_counter(self, entry: p4r.CounterEntry) -> Iterator[p4r.Entity]:
        for counter in _selected(self._schema.counters, entry.counter_id, "counter"):
            # The specification names a code for writes only; as in BMv2, such a read fails without one of its own.
            for cell in _cells(counter, self._engine.counter_size(counter.name), entry, beyond=UNKNOWN):
                found = p4r.Entity()
                found.counter_entry.counter_id = counter.id
                found.counter_entry.index.index = cell
                set_count(found.counter_entry.data, self._engine.read_counter(counter.name, cell))
                yield found

    def _set_counter(self, name: str, cell: int, value: Count, undo: Undo) -> None:
        old = self._engine.read_counter(name, cell)
        self._engine.write_counter(name, cell, value)
        undo.add(lambda: self._engine.write_counter(name, cell, old))

    # ---- meters

    def write_meter(self, kind: UpdateKind, entry: p4r.MeterEntry, undo: Undo) -> None:
        _only_modify(kind, "meters")
        meter = _known(self._schema.meters, entry.meter_id, "meter")
        refuse_meter_counters(entry)
        cells = _cells(meter, self._engine.meter_size(meter.name), entry)
        config = meter_config(meter.type, entry.config, meter.name) if entry.HasField("config") else None
        for cell in cells:
            self._set_meter(meter.name, cell, config, undo)

    def read_meter(self, entry: p4r.MeterEntry) -> Iterator[p4r.Entity]:
        refuse_meter_counters(entry)
        for meter in _selected(self._schema.meters, entry.meter_id, "meter"):
            for cell in _cells(meter, self._engine.meter_size(meter.name), entry):
                found = p4r.Entity()
                found.meter_entry.meter_id = meter.id
                found.meter_entry.index.index = cell
                set_meter_config(found.meter_entry, self._engine.read_meter(meter.name, cell))
                yield found

    def _set_meter(self, name: str, cell: int, config: MeterConfig | None, undo: Undo) -> None:
        old = self._engine.read_meter(name, cell)
        self._engine.write_meter(name, cell, config)
        undo.add(lambda: self._engine.write_meter(name, cell, old))

    # ---- registers

    def write_register(self, kind: UpdateKind, entry: p4r.RegisterEntry, undo: Undo) -> None:
        _only_modify(kind, "registers")
        register = _known(self._schema.registers, entry.register_id, "register")
        cells = _cells(register, self._engine.register_size(register.name), entry)
        leaves = p4data.decode(register.type_spec, self._schema.p4info.type_info, entry.data, register.name)
        if len(leaves) != 1:
            raise StatusError(UNIMPLEMENTED, f"{register.name}: registers of structs are not supported")
        for cell in cells:
            self._set_register(register.name, cell, leaves[0], undo)

    def read_register(self, entry: p4r.RegisterEntry) -> Iterator[p4r.Entity]:
        for register in _selected(self._schema.registers, entry.register_id, "register"):
            for cell in _cells(register, self._engine.register_size(register.name), entry):
                found = p4r.Entity()
                found.register_entry.register_id = register.id
                found.register_entry.index.index = cell
                value = iter([self._engine.read_register(register.name, cell)])
                data = p4data.encode(register.type_spec, self._schema.p4info.type_info, value)
                found.register_entry.data.CopyFrom(data)
                yield found

    def _set_register(self, name: str, cell: int, value: int, undo: Undo) -> None:
        old = self._engine.read_register(name, cell)
        self._engine.write_register(name, cell, value)
        undo.add(lambda: self._engine.write_register(name, cell, old))

    # ---- value sets

    def write_value_set(self, kind: UpdateKind, entry: p4r.ValueSetEntry, undo: Undo) -> None:
        _only_modify(kind, "value sets")
        found = self._schema.value_sets.get(entry.value_set_id)
        if found is None:
            raise StatusError(INVALID_ARGUMENT, f"no value set has the id {entry.value_set_id}")
        members = [match.translate_key(found.fields, found.index, m.match, found.name) for m in entry.members]
        if len(set(members)) != len(members):
            raise StatusError(ALREADY_EXISTS, f"{found.name}: a member is given twice")
        if len(members) > found.size:
            raise StatusError(RESOURCE_EXHAUSTED, f"{found.name}: {len(members)} members, but its size is {found.size}")
        name = found.name
        old = self._engine.value_set(name)
        self._engine.set_value_set(name, members)
        undo.add(lambda: self._engine.set_value_set(name, old))

    def read_value_set(self, entry: p4r.ValueSetEntry) -> Iterator[p4r.Entity]:
        if entry.value_set_id and entry.value_set_id not in self._schema.value_sets:
            raise StatusError(INVALID_ARGUMENT, f"no value set has the id {entry.value_set_id}")
        for value_set in self._schema.value_sets.values():
            if entry.value_set_id in (0, value_set.id):
                found = p4r.Entity()
                found.value_set_entry.value_set_id = value_set.id
                for member in self._engine.value_set(value_set.name):
                    found.value_set_entry.members.add(match=match.key_to_messages(value_set.fields, member))
                yield found


# ---- counter and meter values, also for direct resources


def count(data: p4r.CounterData) -> Count:
    """A counter's value from its message."""
    if data.packet_count < 0 or data.byte_count < 0:
        raise StatusError(INVALID_ARGUMENT, "a counter cannot be negative")
    return Count(data.packet_count, data.byte_count)


def set_count(data: p4r.CounterData, value: Count) -> None:
    """Fill a message with a counter's value; it is set even if both are 0."""
    data.SetInParent()
    data.packet_count = value.packets
    data.byte_count = value.bytes


def meter_config(kind: p4i.MeterSpec.Type.ValueType, config: p4r.MeterConfig, owner: str) -> MeterConfig:
    """A meter's configuration from its message; INVALID_ARGUMENT where its type of meter does not allow it."""
    if min(config.cir, config.cburst, config.pir, config.pburst, config.eburst) < 0:
        raise StatusError(INVALID_ARGUMENT, f"{owner}: rates and bursts cannot be negative")
    if kind == p4i.MeterSpec.TWO_RATE_THREE_COLOR:
        if config.eburst:
            raise StatusError(INVALID_ARGUMENT, f"{owner}: eburst is for single-rate meters only")
        if config.cir > config.pir:
            raise StatusError(INVALID_ARGUMENT, f"{owner}: cir {config.cir} is above pir {config.pir} (RFC 2698)")
    elif config.pir != config.cir or config.pburst != config.cburst:
        raise StatusError(INVALID_ARGUMENT, f"{owner}: a single-rate meter needs pir = cir and pburst = cburst")
    elif kind == p4i.MeterSpec.SINGLE_RATE_THREE_COLOR and config.eburst:
        raise StatusError(UNIMPLEMENTED, f"{owner}: an excess burst (RFC 2697) is not supported")
    elif config.eburst:
        raise StatusError(INVALID_ARGUMENT, f"{owner}: a meter of two colours has no eburst")
    return MeterConfig(config.cir, config.cburst, config.pir, config.pburst)


def set_meter_config(message: p4r.MeterEntry | p4r.DirectMeterEntry, config: MeterConfig | None) -> None:
    """Fill `message.config`, which stays unset for a meter in its default state."""
    if config is not None:
        message.config.CopyFrom(meter_config_message(config))


def meter_config_message(config: MeterConfig) -> p4r.MeterConfig:
    return p4r.MeterConfig(cir=config.cir, cburst=config.cburst, pir=config.pir, pburst=config.pburst)


def refuse_meter_counters(message: p4r.MeterEntry | p4r.DirectMeterEntry) -> None:
    if message.HasField("counter_data"):
        raise StatusError(UNIMPLEMENTED, "meters do not count packets by colour")


# ---- selection


def _only_modify(kind: UpdateKind, what: str) -> None:
    if kind != MODIFY:
        raise StatusError(INVALID_ARGUMENT, f"{what} can only be modified, not inserted or deleted")


def _known(arrays: Mapping[int, A], number: int, what: str) -> A:
    found = arrays.get(number)
    if found is None:
        raise StatusError(INVALID_ARGUMENT, f"no {what} has the id {number}")
    return found


def _selected(arrays: Mapping[int, A], number: int, what: str) -> Iterable[A]:
    return arrays.values() if number == 0 else [_known(arrays, number, what)]


def _cells(
    array: Array, size: int, entry: p4r.CounterEntry | p4r.MeterEntry | p4r.RegisterEntry, beyond: int = OUT_OF_RANGE
) -> range:
    """The cell that the entry's index names, or all of them. Raises StatusError, `beyond` for an index too large."""
    if not entry.HasField("index"):
        return range(size)
    index = entry.index.index
    if index < 0:
        raise StatusError(INVALID_ARGUMENT, f"{array.name}: the index {index} is negative")
    if index >= size:
        raise StatusError(beyond, f"{array.name}: the index {index} is not below its size {size}")
    return range(index, index + 1)
