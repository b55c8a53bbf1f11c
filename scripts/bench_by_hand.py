"""ten_tables.p4 written by hand in C (bench_programs/ten_tables_by_hand.c): what the engine is measured against.

It takes the place of an engine's generated code: the same loop feeds it the same packets, and process() and benchmark()
mean the same. Its tables are its own; they are filled from the rows that bench_ten_tables writes to an engine.
"""

from __future__ import annotations

import ctypes
import subprocess
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path

from bench_gateway import Row

from switch import native
from switch.build import RUNTIME, find_compiler
from switch.engine import Engine
from switch.values import Count, Exact, Lpm, MeterConfig, Ternary

SOURCE = Path(__file__).parent / "bench_programs" / "ten_tables_by_hand.c"
# As enum table_number in by_hand/gateway.h.
TABLES = ("vtep", "vni", "source", "router_mac", "policer", "acl", "route", "endpoint", "next_hop", "port_map")
DROPS, TENANTS, POLICERS, COLORS = 12, 4096, 65536, 3


def build(directory: Path) -> Path:
    """The shared object, compiled as generated code is."""
    compiler, target = find_compiler(), directory / "ten_tables_by_hand.so"
    command = [*compiler.command, *compiler.flags("-O3"), "-I", str(RUNTIME), "-shared", str(SOURCE), "-o", str(target)]
    subprocess.run(command, check=True)
    return target


class ByHand:
    """One at a time: the tables are the object's. `directory` is for the object."""

    def __init__(self, directory: Path) -> None:
        native.native()  # the runtime, whose symbols it may use
        self._library = ctypes.CDLL(str(build(directory)))
        self._library.by_hand_fill.argtypes = (ctypes.c_uint, ctypes.c_void_p, ctypes.c_uint64)
        self._library.by_hand_police.argtypes = (ctypes.c_uint64,) * 6
        self._library.by_hand_meter.argtypes = (ctypes.c_uint64, ctypes.c_uint32, ctypes.c_uint64)

    def fill(self, tables: Iterable[tuple[str, list[Row]]]) -> None:
        """Make all ten tables, of these rows each; one that is not among them is empty."""
        self._library.by_hand_clear()
        rows = dict(tables)
        for number, table in enumerate(TABLES):
            columns = self._library.by_hand_columns(number)
            numbers = array("Q")
            for row in rows.pop(table, []):
                numbers.extend(_numbers(table, row))
                assert len(numbers) % columns == 0, (table, row)
            address, words = numbers.buffer_info()
            native.check(self._library.by_hand_fill(number, address, words // columns), f"table {table} by hand")
        assert not rows, f"there are no tables {', '.join(rows)}"

    def police(self, index: int, config: MeterConfig, now_ns: int | None = None) -> None:
        """Configure a policer, whose buckets are full now. After fill()."""
        now = native.native().monotonic_ns() if now_ns is None else now_ns
        rates = (config.cir, config.cburst, config.pir, config.pburst)
        native.check(self._library.by_hand_police(index, *rates, now), "policer by hand")

    def meter(self, index: int, length: int, now_ns: int) -> int:
        """Execute a policer: the colour."""
        return int(self._library.by_hand_meter(index, length, now_ns))

    def take_over(self, engine: Engine) -> None:
        """From now on packets of this engine, whose program is ten_tables.p4, go through these tables."""
        code = ctypes.addressof(ctypes.c_char.in_dll(self._library, "by_hand_code"))
        native.native().pipeline_set_code(engine.pipeline_address, code)

    def counts(self) -> tuple[list[Count], list[Count], list[Count]]:
        """By reason for drops; by tenant; by policer and colour (three each)."""
        sizes = (DROPS, TENANTS, POLICERS * COLORS)
        cells = [(ctypes.c_uint64 * (2 * size))() for size in sizes]
        self._library.by_hand_counts(*cells)
        drops, tenants, policers = ([Count(*pair) for pair in zip(c[::2], c[1::2], strict=True)] for c in cells)
        return drops, tenants, policers


def _numbers(table: str, row: Row) -> Iterator[int]:
    """A row as table_rows in by_hand/gateway.h wants it: match fields, priority, action, its data."""
    match, action, params, priority = row
    for field in match:
        if isinstance(field, Exact):
            yield field.value
        elif isinstance(field, Lpm):
            yield from (field.value, field.prefix)
        elif isinstance(field, Ternary):
            yield from (field.value, field.mask)
    if table == "acl":
        yield from (priority, action == "deny")
    elif table == "route":
        yield from (action == "connected", *(params or (0,)))
    elif table == "policer":
        yield from (action == "police", *(params or (0,)))
    else:
        yield from params
