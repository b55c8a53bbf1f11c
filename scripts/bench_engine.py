"""The engine in memory, no ports: Mpps by table sizes and workers, time of a burst, time from JSON to ready."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import bench_gateway
import bench_ten_tables
from bench_by_hand import ByHand
from bench_gateway import PACKET_BYTES, TENANTS, make_packets, make_vms

from switch import native
from switch.engine import Engine
from switch.memory_bench import MemoryBench
from switch.values import Benchmark

ROOT = Path(__file__).parents[1]
TEN_TABLES = ROOT / "scripts" / "bench_programs" / "ten_tables.p4"
FREE_WORKER = 2  # an index that no worker of an engine for one worker has
Row = tuple[str, float, str]


def bench_engine(directory: Path, quick: bool) -> list[Row]:
    """The ten-table gateway in several sizes, then p4src's gateway. `directory` has gateway.json."""
    compile_ = [sys.executable, "-m", "p4gate", "compile", str(TEN_TABLES), "-o", f"{directory}/"]
    subprocess.run(compile_, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    ten = directory / "ten_tables.json"
    rows: list[Row] = []
    base = _ten_tables(rows, ten, quick, 65536, 200, 8)
    rows[1:1] = [("its bursts of 64, p99", base.burst_p99_us, "us")]
    by_hand = ByHand(directory)
    for count in (65536,) if quick else (65536, 1 << 20):
        rows += _beside_by_hand(by_hand, ten, quick, count)
    sizes = [_ten_tables(rows, ten, quick, count, 200, 8) for count in (1024, 1 << 17 if quick else 1 << 20)]
    rows.append(("few endpoints / many", sizes[0].mpps / sizes[1].mpps, "x"))
    rules = [_ten_tables(rows, ten, quick, 65536, count, 64) for count in (16, 4096)]
    rows.append(("few rules / many", rules[0].mpps / rules[1].mpps, "x"))
    if (os.cpu_count() or 1) > 1:
        rows.append(("ten tables, 65536 endpoints: two workers / one", _two_workers(ten, quick), "x"))
    for count in (1024, 65536):
        with Engine.load(directory / "gateway.json", optimise="full") as engine:
            vms = make_vms(count)
            begin = time.monotonic()
            entries = bench_gateway.fill(engine, vms)
            filled = entries / (time.monotonic() - begin)
            best = _best(engine, make_packets(vms, 4096 if quick else 65536), quick)
            what = f"{count} VMs, {bench_gateway.ACL_RULES} ACL rules, {PACKET_BYTES} B"
            rows += [(f"p4src's gateway: {what}", best.mpps, "Mpps")]
            rows += [(f"its entries written in process ({entries})", filled / 1000, "k/s")]
    return rows + _load_times(ten)


def _ten_tables(rows: list[Row], program: Path, quick: bool, count: int, rules: int, masks: int) -> Benchmark:
    with Engine.load(program, optimise="full") as engine:
        best = _best(engine, _filled(engine, quick, count, rules, masks), quick)
    gc.collect()
    what = f"ten tables: {count} endpoints, {rules} ACL rules over {masks} masks, {PACKET_BYTES} B"
    rows.append((what, best.mpps, "Mpps"))
    return best


def _filled(engine: Engine, quick: bool, count: int, rules: int, masks: int) -> list[tuple[int, bytes]]:
    """Fills the tables; packets for them."""
    vms = make_vms(count)
    bench_ten_tables.fill(engine, vms, rules, masks)
    return make_packets(vms, 4096 if quick else 65536)


def _best(engine: Engine, packets: Sequence[tuple[int, bytes]], quick: bool, workers: int = 1) -> Benchmark:
    """The best of a few runs, in which every packet must be forwarded."""
    if len(engine.process(*packets[0])) != 1:
        sys.exit("bench: the gateway dropped a packet that it should forward")
    runs = [engine.benchmark(packets, 0.3 if quick else 1.0, workers) for _ in range(3 if quick else 5)]
    best = max(runs, key=lambda b: b.mpps)
    if best.sent != best.packets:
        sys.exit(f"bench: {best.packets - best.sent} of {best.packets} packets were dropped")
    return best


def _beside_by_hand(by_hand: ByHand, program: Path, quick: bool, count: int) -> list[Row]:
    """The same program written by hand, and how much of its speed the engine has: best against best of many turns.

    A turn is a millisecond, so that some of each are disturbed by nobody, whatever else runs. It takes other packets
    than the three before it, so that what it needs of the large tables is not in the nearest cache any more.
    """
    with Engine.load(program, optimise="full") as engine, Engine.load(program, optimise="none") as other:
        packets = _filled(engine, False, count, 200, 8)
        by_hand.fill(bench_ten_tables.entries(make_vms(count), 200, 8))
        for policer in range(TENANTS):
            by_hand.police(policer, bench_ten_tables.POLICED)
        by_hand.take_over(other)
        pairs = [
            [MemoryBench(native.native(), each.pipeline_address, packets[part::4], 0.001) for each in (engine, other)]
            for part in range(4)
        ]
        turns = [[bench.run(FREE_WORKER) for bench in pairs[turn % 4]] for turn in range(400 if quick else 2000)]
    if any(run.sent != run.packets for runs in turns for run in runs):
        sys.exit("bench: packets were dropped that should be forwarded")
    ours, theirs = (max(run.mpps for run in runs) for runs in zip(*turns, strict=True))
    return [
        (f"ten tables by hand in C: {count} endpoints, turns of 1 ms", theirs, "Mpps"),
        (f"engine / by hand: {count} endpoints, turns of 1 ms", ours / theirs, "x"),
    ]


def _two_workers(program: Path, quick: bool) -> float:
    """How many times as many packets two workers take as one; in turns, the best of each."""
    with Engine.load(program, optimise="full", workers=2) as engine:
        packets = _filled(engine, quick, 65536, 200, 8)
        runs = [(_best(engine, packets, quick, 1).mpps, _best(engine, packets, quick, 2).mpps) for _ in range(2)]
    return max(two for _, two in runs) / max(one for one, _ in runs)


def _load_times(program: Path) -> list[Row]:
    """From JSON to an engine that takes packets, in the way that a switch starts (quick object first)."""

    def load(cache: str) -> float:
        begin = time.monotonic()
        with Engine.load(program, cache=Path(cache)) as engine:
            ready = time.monotonic() - begin
            engine.wait_optimised()
        return ready

    return [(f"JSON to ready, {name}", seconds, "s") for name, seconds in _cold_and_cached(load)]


def _cold_and_cached(load: Callable[[str], float]) -> list[tuple[str, float]]:
    """The runtime's object is there already: it is built once for a machine."""
    with tempfile.TemporaryDirectory(prefix="p4gate-bench-") as cache:
        return [("cold", load(cache)), ("cached", load(cache))]
