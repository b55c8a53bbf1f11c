"""Nanoseconds of the data structures of the packet path: switch/runtime/bench/*.c, compiled as generated code is."""

from __future__ import annotations

import subprocess
from pathlib import Path

from switch.build import RUNTIME, find_compiler, runtime_files

# Threads and ports, which no table needs.
APART = ("bench", "capture", "dataplane", "nearest", "p4rt", "port_", "recording", "tap", "trace", "xdp")
Row = tuple[str, float, str]


def bench_lookups(directory: Path, quick: bool) -> list[Row]:
    """Each line that the programs print; `directory` is for the programs."""
    compiler = find_compiler()
    sources = [str(path) for path in runtime_files("*.c") if not path.name.startswith(APART)]
    rows: list[Row] = []
    for name, kinds in (("tables", ("exact", "lpm", "ternary")), ("state", ("",))):
        program = directory / f"bench-{name}"
        command = [*compiler.command, *compiler.flags("-O3"), "-pthread", "-I", str(RUNTIME)]
        subprocess.run([*command, str(RUNTIME / "bench" / f"{name}.c"), *sources, "-o", str(program)], check=True)
        for kind in kinds:
            arguments = [kind, *(["quick"] if quick else [])] if kind else []
            done = subprocess.run([str(program), *arguments], check=True, capture_output=True, text=True)
            for line in done.stdout.splitlines():
                what, figure, ns = line.split("\t")
                rows.append((f"{what}: {figure}", float(ns), "ns"))
    return rows
