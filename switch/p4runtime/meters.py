"""Meters: configurations and what they marked by colour, of indirect meters and of the direct ones of table entries.

P4Runtime 1.4: "MeterEntry & DirectMeterEntry", "MeterCounterData". A meter can be modified and read; a write without an
index reaches every cell. (Which direct meters there are, tables.py and direct.py know.)
"""

from __future__ import annotations

from collections.abc import Iterator

from finsy.proto import p4i, p4r

from switch.engine import Engine
from switch.p4runtime import arrays
from switch.p4runtime.schema import Schema
from switch.p4runtime.status import INVALID_ARGUMENT, StatusError
from switch.p4runtime.updates import Undo, UpdateKind
from switch.values import ColorCounts, Count, MeterConfig, MeterRates, SingleRate

COLORS = ("green", "yellow", "red")


class Meters:
    """The indirect meters of one pipeline."""

    def __init__(self, schema: Schema, engine: Engine) -> None:
        self._schema = schema
        self._engine = engine

    def write(self, kind: UpdateKind, entry: p4r.MeterEntry, undo: Undo) -> None:
        arrays.only_modify(kind, "meters")
        meter = arrays.known(self._schema.meters, entry.meter_id, "meter")
        cells = arrays.cells(meter, self._engine.meter_size(meter.name), entry)
        config = meter_rates(meter.type, entry.config, meter.name) if entry.HasField("config") else None
        clear = wants_cleared(entry.counter_data, meter.name) if entry.HasField("counter_data") else False
        for cell in cells:
            self._set(meter.name, cell, config, undo)
            if clear:
                self._clear(meter.name, cell, undo)

    def read(self, entry: p4r.MeterEntry) -> Iterator[p4r.Entity]:
        for meter in arrays.selected(self._schema.meters, entry.meter_id, "meter"):
            for cell in arrays.cells(meter, self._engine.meter_size(meter.name), entry, one_of_all=not entry.meter_id):
                found = p4r.Entity()
                found.meter_entry.meter_id = meter.id
                found.meter_entry.index.index = cell
                rates = self._engine.read_meter(meter.name, cell)
                if rates is not None:
                    found.meter_entry.config.CopyFrom(config_message(rates))
                if entry.HasField("counter_data"):
                    set_counts(found.meter_entry.counter_data, self._engine.read_meter_counts(meter.name, cell))
                yield found

    def _set(self, name: str, cell: int, config: MeterRates | None, undo: Undo) -> None:
        old = self._engine.read_meter(name, cell)
        self._engine.write_meter(name, cell, config)
        undo.add(lambda: self._engine.write_meter(name, cell, old))

    def _clear(self, name: str, cell: int, undo: Undo) -> None:
        old = self._engine.read_meter_counts(name, cell)
        self._engine.write_meter_counts(name, cell, ColorCounts())
        undo.add(lambda: self._engine.write_meter_counts(name, cell, old))


def meter_rates(kind: p4i.MeterSpec.Type.ValueType, config: p4r.MeterConfig, owner: str) -> MeterRates:
    """A meter's configuration from its message; INVALID_ARGUMENT where its type of meter does not allow it."""
    if min(config.cir, config.cburst, config.pir, config.pburst, config.eburst) < 0:
        raise StatusError(INVALID_ARGUMENT, f"{owner}: rates and bursts cannot be negative")
    if kind == p4i.MeterSpec.TWO_RATE_THREE_COLOR:
        if config.eburst:
            raise StatusError(INVALID_ARGUMENT, f"{owner}: eburst is for single-rate meters only")
        if config.cir > config.pir:
            raise StatusError(INVALID_ARGUMENT, f"{owner}: cir {config.cir} is above pir {config.pir} (RFC 2698)")
        return MeterConfig(config.cir, config.cburst, config.pir, config.pburst)
    if config.pir != config.cir or config.pburst != config.cburst:
        raise StatusError(INVALID_ARGUMENT, f"{owner}: a single-rate meter needs pir = cir and pburst = cburst")
    if kind == p4i.MeterSpec.SINGLE_RATE_TWO_COLOR and config.eburst:
        raise StatusError(INVALID_ARGUMENT, f"{owner}: a meter of two colours has no eburst")
    return SingleRate(config.cir, config.cburst, config.eburst)


def config_message(config: MeterRates) -> p4r.MeterConfig:
    if isinstance(config, SingleRate):
        return p4r.MeterConfig(
            cir=config.cir, cburst=config.cburst, pir=config.cir, pburst=config.cburst, eburst=config.eburst
        )
    return p4r.MeterConfig(cir=config.cir, cburst=config.cburst, pir=config.pir, pburst=config.pburst)


def wants_cleared(data: p4r.MeterCounterData, owner: str) -> bool:
    """Counts by colour can only be cleared: True, or INVALID_ARGUMENT where one of them is not 0."""
    for color in COLORS:
        count: p4r.CounterData = getattr(data, color)
        if count.packet_count or count.byte_count:
            raise StatusError(INVALID_ARGUMENT, f"{owner}: the counts of a meter can only be set to 0")
    return True


def set_counts(message: p4r.MeterCounterData, counts: ColorCounts) -> None:
    """Fill a message; all three colours are set even if they are 0."""
    values: tuple[Count, ...] = (counts.green, counts.yellow, counts.red)
    for color, value in zip(COLORS, values, strict=True):
        arrays.set_count(getattr(message, color), value)
