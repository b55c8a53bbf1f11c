"""What one table has in the runtime: its store, and a cell for each entry in counters, meters and ages."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

from switch import native as n
from switch import table_store
from switch.codegen.layout import TableLayout
from switch.entry_keys import Keys
from switch.errors import EngineError


class TableMemory:
    """Empty, for `size` entries. Raises EngineError if there is no memory; then nothing of it is left."""

    def __init__(self, pipeline: int, layout: TableLayout, keys: Keys, size: int, workers: int) -> None:
        t, lib = layout.table, n.native()
        self.size = size
        cells = size + n.ENTRY_SPARE + 1  # the last one belongs to the default entry
        self.default_number = cells - 1
        self._free: list[tuple[Callable[[int], object], int]] = []
        meter = t.direct_meter
        unit = n.METER_BYTES if meter is not None and meter.in_bytes else n.METER_PACKETS

        def made(pointer: int | None, free: Callable[[int], object]) -> int:
            known = n.made(pointer, t.name)
            self._free.append((free, known))
            return known

        try:
            self.marks = (ctypes.c_uint64 * (cells // 64 + 1))()  # a bit for each entry that Python must see
            self.counters = (
                made(lib.counters_create(workers, cells), lib.counters_destroy) if t.direct_counter else None
            )
            self.meters = (
                made(lib.meters_create(workers, unit, cells), lib.meters_destroy) if meter is not None else None
            )
            self.idle = made(lib.idle_create(cells), lib.idle_destroy) if t.idle_timeout else None
            self.state = made(lib.entry_state_create(self.counters, self.meters, self.idle), lib.entry_state_destroy)
            self.store = table_store.create(layout, keys, lib.pipeline_qsbr(pipeline), size, self.state)
        except (EngineError, MemoryError):
            self.store = None
            self.destroy()
            raise EngineError(f"{t.name}: out of memory") from None

    def destroy(self) -> None:
        if self.store is not None:
            self.store.destroy()
        for free, pointer in reversed(self._free):
            free(pointer)
