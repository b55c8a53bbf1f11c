"""What `scripts/bench` runs: see there."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench_engine import bench_engine
from bench_growth import measure as measure_growth
from bench_lookups import bench_lookups
from growing_programs import GROWING
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
PROGRAM = ROOT / "p4src" / "v1model" / "gateway.p4"
Row = tuple[str, float, str]


def run(command: list[str]) -> tuple[float, float]:
    """Seconds of wall time and MiB of memory of a command that must succeed."""
    begin = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"bench: {' '.join(command)} ended with {process.returncode}")
    return time.monotonic() - begin, usage.ru_maxrss / 1024


def compile_cold(program: Path, directory: Path) -> tuple[float, float]:
    """Compile in a process of its own, without a cache; seconds and MiB."""
    return run([sys.executable, "-m", "p4gate", "compile", "--no-cache", str(program), "-o", f"{directory}/"])


def bench_compile(directory: Path, quick: bool) -> list[Row]:
    """The best of a few runs, beside p4c's where that is on the PATH: the gateway, and a program of many tables."""
    tables = directory / "tables.p4"
    tables.write_text(GROWING["tables"](2000))
    count = sum(1 for path in (ROOT / "p4src").rglob("*.p4") for _ in path.open())
    rows: list[Row] = []
    for what, program in (
        (f"the gateway ({count} lines)", PROGRAM),
        (f"2000 tables ({len(tables.read_text().splitlines())} lines)", tables),
    ):
        runs = 5 if program is PROGRAM and not quick else 2
        seconds, mib = min(compile_cold(program, directory) for _ in range(runs))
        rows += [(f"compile {what}, cold", seconds, "s"), ("its memory", mib, "MiB")]
        if shutil.which("p4c-bm2-ss"):
            command = ["p4c-bm2-ss", "-I", str(ROOT / "compiler" / "p4include"), "--p4runtime-files"]
            command += [f"{directory}/p4c.txtpb", "-o", f"{directory}/p4c.json", str(program)]
            theirs, mib = min(run(command) for _ in range(runs))
            rows += [("the same, p4c-bm2-ss", theirs, "s"), ("its memory", mib, "MiB")]
            rows += [("p4gate / p4c, wall time", seconds / theirs, "x")]
    return rows


def bench_growth(directory: Path, quick: bool) -> list[Row]:
    """How many times as long a program takes that is twice as large, in each dimension. 2 is linear."""
    largest = 200 if quick else 1600
    rows: list[Row] = []
    for name in GROWING:
        grown = measure_growth(name, largest)
        size = f"{grown.sizes[-1]} in {grown.seconds[-1]:.2f} s, {grown.mib:.0f} MiB"
        what = f"{name.replace('_', ' ')}: {size}; by {grown.sizes[-2]}"
        print(f"bench: {what}: {grown.last_ratio:.2f}x", file=sys.stderr, flush=True)
        rows.append((what, grown.last_ratio, "x"))
    return rows


def bench_wire(directory: Path, quick: bool) -> list[Row]:
    """Over veth pairs: the filled gateway, and the same ports without a pipeline, in turns."""
    from bench_gateway import fill, make_packets, make_vms

    from switch.benchmark.wire import measure

    vms = make_vms(65536)
    packets = make_packets(vms, 4096)
    result = measure(
        directory / "gateway.json",
        lambda switch: fill(switch, vms),
        packets,
        0.5 if quick else 3,
        p4info=directory / "gateway.p4info.txtpb",
    )
    rows: list[Row] = [(f"65536 VMs, {name}", value, unit) for name, value, unit in result.rows()]
    lost = 1 - result.switch_mpps / result.offered_mpps
    return [*rows, ("wire: lost at the switch's first port (0: the generator is the limit)", lost, "x")]


def bench_writes(directory: Path, quick: bool) -> list[Row]:
    """P4Runtime from one Python client over gRPC on loopback: a million entries, and BMv2 beside it where it is."""
    from switch.benchmark.writes import OURS, THEIRS, Speed, installed, measure

    program = ROOT / "scripts" / "bench_writes.p4"
    compile_cold(program, directory)
    count = 100_000 if quick else 1_000_000
    rows: list[Row] = []

    def bench(whose: str, command: Sequence[str], entries: int, rounds: int) -> Speed:
        code, info = directory / f"{program.stem}.json", directory / f"{program.stem}.p4info.txtpb"
        speed = measure(code, info, entries, command=command, rounds=rounds)
        for what in ("inserts", "modifies", "deletes", "reads"):
            rows.append((f"{whose}P4Runtime {what} ({entries} entries)", getattr(speed, what) / 1000, "k/s"))
        rows.append((f"{whose}switch process with them, resident", speed.resident_mib, "MiB"))
        return speed

    ours = bench("", OURS, count, 1 if quick else 3)
    if installed(THEIRS):
        theirs = bench("simple_switch_grpc: ", THEIRS, min(count, 200_000), 1)
        rows.append(("P4Runtime inserts: p4gate / simple_switch_grpc", ours.inserts / theirs.inserts, "x"))
    return rows


PARTS: dict[str, Callable[[Path, bool], list[Row]]] = {
    "compile": bench_compile,
    "growth": bench_growth,
    "engine": bench_engine,
    "lookups": bench_lookups,
    "wire": bench_wire,
    "writes": bench_writes,
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure p4gate on this machine.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--json", action="store_true", help="print JSON for machines")
    parser.add_argument("--quick", action="store_true", help="shorter runs, rougher figures")
    parser.add_argument(
        "--target", choices=("p4gate", "bmv2"), default="p4gate", help="bmv2: fail if BMv2 cannot be measured beside us"
    )
    arguments = parser.parse_args()
    if arguments.target == "bmv2" and shutil.which("simple_switch_grpc") is None:
        print("bench: --target bmv2: simple_switch_grpc is not on the PATH", file=sys.stderr)
        return 1
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {sorted(unknown)[0]}; choose from {', '.join(PARTS)}")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="p4gate-bench-") as name:
        directory = Path(name)
        compile_cold(PROGRAM, directory)
        for part in arguments.parts or PARTS:
            if part == "wire" and os.geteuid() != 0:
                print("bench: the wire part needs root (veth in namespaces); left out", file=sys.stderr)
                continue
            if sys.stderr.isatty():
                print(f"bench: {part} …", file=sys.stderr)
            rows += PARTS[part](directory, arguments.quick)
    if arguments.json:
        print(json.dumps([{"name": name, "value": value, "unit": unit} for name, value, unit in rows], indent=1))
        return 0
    table = Table("what", "figure", "unit", title=f"p4gate on {os.cpu_count()} cores")
    for name, value, unit in rows:
        table.add_row(name, f"{value:.2f}", unit)
    Console(width=None if sys.stdout.isatty() else 110).print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
