"""Actions that read and write registers, by two workers at once. Oracle: counting."""

from __future__ import annotations

from switch.engine import Engine

from .golden import json_path


def test_two_workers_that_count_in_one_cell_lose_no_packet() -> None:
    """register_per_flow reads a cell, adds one and writes it, in one action; all packets are of one flow."""
    with Engine.load(json_path("register_per_flow"), workers=2, optimise="quick") as engine:
        packet = bytes(range(14))
        before = sum(engine.read_register("MyIngress.count", cell) for cell in range(64))
        assert before == 0
        done = engine.benchmark([(1, packet)] * 64, 0.3, workers=2)
        cells = [engine.read_register("MyIngress.count", cell) for cell in range(64)]
    assert [cell for cell in cells if cell] == [done.packets % 65536]


def test_only_actions_that_read_and_write_registers_hold_them() -> None:
    """What only reads, or only writes, is one load or store, and asks nobody."""
    with Engine.load(json_path("register_per_flow"), optimise="none") as engine:
        assert engine.source.count("registers_begin(") == engine.source.count("registers_end(") == 2
    with Engine.load(json_path("counter_indirect"), optimise="none") as engine:
        assert "registers_begin(" not in engine.source
