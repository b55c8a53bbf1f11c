"""Counters, meters and registers of a loaded pipeline that belong to no table. A base class of Engine."""

from __future__ import annotations

from collections.abc import Mapping
from threading import RLock

from switch.errors import NotFound
from switch.loaded_arrays import LoadedCounter, LoadedMeter, LoadedRegister
from switch.values import ColorCounts, Count, MeterRates


class ArrayCalls:
    """`_lock` is the engine's, for writers of state."""

    _lock: RLock
    _counters: Mapping[str, LoadedCounter]
    _meters: Mapping[str, LoadedMeter]
    _registers: Mapping[str, LoadedRegister]

    def _counter(self, name: str) -> LoadedCounter:
        found = self._counters.get(name)
        if found is None:
            raise NotFound(f"there is no indirect counter {name}")
        return found

    def counter_size(self, counter: str) -> int:
        return self._counter(counter).size

    def read_counter(self, counter: str, index: int) -> Count:
        return self._counter(counter).read(index)

    def read_counters(self, counter: str) -> list[Count]:
        """All cells, by index."""
        return self._counter(counter).read_all()

    def write_counter(self, counter: str, index: int, value: Count) -> None:
        with self._lock:
            self._counter(counter).write(index, value)

    def _meter(self, name: str) -> LoadedMeter:
        found = self._meters.get(name)
        if found is None:
            raise NotFound(f"there is no indirect meter {name}")
        return found

    def meter_size(self, meter: str) -> int:
        return self._meter(meter).size

    def read_meter(self, meter: str, index: int) -> MeterRates | None:
        return self._meter(meter).read(index)

    def write_meter(self, meter: str, index: int, config: MeterRates | None) -> None:
        with self._lock:
            self._meter(meter).write(index, config)

    def read_meter_counts(self, meter: str, index: int) -> ColorCounts:
        """What a cell marked, by colour."""
        return self._meter(meter).counts(index)

    def write_meter_counts(self, meter: str, index: int, counts: ColorCounts) -> None:
        with self._lock:
            self._meter(meter).write_counts(index, counts)

    def _register(self, name: str) -> LoadedRegister:
        found = self._registers.get(name)
        if found is None:
            raise NotFound(f"there is no register {name}")
        return found

    def register_size(self, register: str) -> int:
        return self._register(register).size

    def register_width(self, register: str) -> int:
        return self._register(register).width

    def read_register(self, register: str, index: int) -> int:
        return self._register(register).read(index)

    def write_register(self, register: str, index: int, value: int) -> None:
        with self._lock:
            self._register(register).write(index, value)
