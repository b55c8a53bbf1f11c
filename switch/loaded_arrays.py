"""Indirect counters, meters and registers of a loaded pipeline. Callers hold the engine's lock for writes."""

from __future__ import annotations

import ctypes
import struct

from switch import native as n
from switch.bmv2_json.program import CounterArray, MeterArray, RegisterArray
from switch.errors import InvalidArgument, OutOfRange
from switch.values import ColorCounts, Count, MeterConfig, MeterRates, SingleRate


def _check_index(kind: str, name: str, index: int, size: int) -> None:
    if not 0 <= index < size:
        raise OutOfRange(f"{kind} {name} has {size} cells, no index {index}")


class LoadedCounter:
    def __init__(self, pipeline: int, counter: CounterArray, workers: int) -> None:
        self.name, self.size = counter.name, counter.size
        self._n = n.native()
        self._pointer = n.made(self._n.counters_create(workers, max(1, counter.size)), counter.name)
        self._n.pipeline_set_arrays(pipeline, counter.index, self._pointer, None, None, None)

    def destroy(self) -> None:
        self._n.counters_destroy(self._pointer)

    def read(self, index: int) -> Count:
        _check_index("counter", self.name, index, self.size)
        out = (ctypes.c_uint64 * 2)()
        self._n.counters_read(self._pointer, index, 1, out)
        return Count(out[0], out[1])

    def read_all(self) -> list[Count]:
        out = (ctypes.c_uint64 * (2 * self.size))()
        self._n.counters_read(self._pointer, 0, self.size, out)
        return [Count(out[2 * i], out[2 * i + 1]) for i in range(self.size)]

    def write(self, index: int, value: Count) -> None:
        _check_index("counter", self.name, index, self.size)
        self._n.counter_write(self._pointer, index, value.packets, value.bytes)


class LoadedMeter:
    def __init__(self, pipeline: int, meter: MeterArray, workers: int) -> None:
        self.name, self.size = meter.name, meter.size
        self._n = n.native()
        unit = n.METER_BYTES if meter.in_bytes else n.METER_PACKETS
        self._pointer = n.made(self._n.meters_create(workers, unit, max(1, meter.size)), meter.name)
        self._n.pipeline_set_arrays(pipeline, meter.index, None, self._pointer, None, None)

    def destroy(self) -> None:
        self._n.meters_destroy(self._pointer)

    def read(self, index: int) -> MeterRates | None:
        _check_index("meter", self.name, index, self.size)
        return read_meter(self._pointer, index)

    def write(self, index: int, config: MeterRates | None) -> None:
        _check_index("meter", self.name, index, self.size)
        write_meter(self._pointer, index, config, self.name)

    def counts(self, index: int) -> ColorCounts:
        _check_index("meter", self.name, index, self.size)
        return read_counts(self._pointer, index)

    def write_counts(self, index: int, counts: ColorCounts) -> None:
        _check_index("meter", self.name, index, self.size)
        write_counts(self._pointer, index, counts)


class LoadedRegister:
    def __init__(self, pipeline: int, register: RegisterArray) -> None:
        self.name, self.size, self.width = register.name, register.size, register.width
        self._words = (register.width + 63) // 64
        self._n = n.native()
        self._pointer = n.made(self._n.registers_create(register.width, max(1, register.size)), register.name)
        self._n.pipeline_set_arrays(pipeline, register.index, None, None, self._pointer, None)

    def destroy(self) -> None:
        self._n.registers_destroy(self._pointer)

    def read(self, index: int) -> int:
        _check_index("register", self.name, index, self.size)
        out = (ctypes.c_uint64 * self._words)()
        self._n.registers_read(self._pointer, index, 1, out)
        value = 0
        for word in out:
            value = value << 64 | word
        return value

    def write(self, index: int, value: int) -> None:
        _check_index("register", self.name, index, self.size)
        if not 0 <= value < 1 << self.width:
            raise OutOfRange(f"register {self.name}: {value:#x} has more than {self.width} bits")
        words = (value >> 64 * (self._words - 1 - i) & (1 << 64) - 1 for i in range(self._words))
        self._n.registers_write(self._pointer, index, struct.pack(f"={self._words}Q", *words))


def read_meter(meters: int, index: int) -> MeterRates | None:
    rates = n.MeterRates()
    kind = n.native().meter_configuration(meters, index, ctypes.byref(rates))
    if kind == n.METER_OFF:
        return None
    if kind == n.METER_SINGLE_RATE:
        return SingleRate(rates.cir, rates.cburst, rates.pburst)
    return MeterConfig(rates.cir, rates.cburst, rates.pir, rates.pburst)


def write_meter(meters: int, index: int, config: MeterRates | None, name: str) -> None:
    kind, rates = meter_rates(config, name)
    n.check(n.native().meter_configure(meters, index, kind, ctypes.byref(rates), n.native().monotonic_ns()), name)


def meter_rates(config: MeterRates | None, name: str) -> tuple[int, n.MeterRates]:
    """Kind and configuration as the runtime has them. Raises InvalidArgument for what is none."""
    if config is None:
        return n.METER_OFF, n.MeterRates()
    if isinstance(config, SingleRate):
        return n.METER_SINGLE_RATE, n.MeterRates(config.cir, config.cburst, 0, config.eburst)
    if config.pir < config.cir:
        raise InvalidArgument(f"meter {name}: the peak rate is below the committed rate")
    return n.METER_TWO_RATE, n.MeterRates(config.cir, config.cburst, config.pir, config.pburst)


def read_counts(meters: int, index: int) -> ColorCounts:
    out = (ctypes.c_uint64 * 6)()
    n.native().meter_counts(meters, index, out)
    return ColorCounts(Count(out[0], out[1]), Count(out[2], out[3]), Count(out[4], out[5]))


def write_counts(meters: int, index: int, counts: ColorCounts) -> None:
    values = (x for count in (counts.green, counts.yellow, counts.red) for x in (count.packets, count.bytes))
    n.native().meter_set_counts(meters, index, (ctypes.c_uint64 * 6)(*values))
