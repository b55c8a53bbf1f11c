"""Runs sanitized_writes.c: the native path for P4Runtime writes alone, on damaged requests, under sanitizers."""

from __future__ import annotations

import os
import random
import struct
import subprocess
from functools import partial
from pathlib import Path

from switch.build import RUNTIME, find_compiler
from switch.p4runtime.device import Pipeline
from switch.p4runtime.native_tables import describe, known_tables
from tests.fuzz.write_paths import pipeline
from tests.fuzz.write_requests import Requests

HERE = Path(__file__).parent
FLAGS = ("-std=gnu11", "-O0", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-march=native")
TABLES = "arena cells clock counter entry_state exact idle lpm lpm_branch lpm_tree memory numbers qsbr seats"
PARTS = (
    *TABLES.split(" "),
    *("membarrier", "meter"),
    *("ternary", "ternary_bits", "ternary_groups", "ternary_judge", "ternary_rules", "ternary_split"),
    *("p4rt_schema", "p4rt_decode", "p4rt_write", "p4rt_read"),
)


class NoSanitizers(Exception):
    """The C compiler has none."""


def build(directory: Path) -> Path:
    """The program. Raises NoSanitizers."""
    compiler = find_compiler().command
    probe = [*compiler, *FLAGS, "-x", "c", "-", "-o", "/dev/null"]
    run = partial(subprocess.run, text=True, capture_output=True, check=False)
    if (done := run(probe, input="int main(void){return 0;}")).returncode:
        raise NoSanitizers(done.stderr.strip().splitlines()[-1])
    target = directory / "sanitized_writes"
    sources = [HERE / "sanitized_writes.c", *(RUNTIME / f"{part}.c" for part in PARTS)]
    done = run([*compiler, *FLAGS, "-Wall", "-Wextra", "-I", str(RUNTIME), *map(str, sources), "-o", str(target)])
    assert done.returncode == 0 and not done.stderr, done.stderr
    return target


def run(binary: Path, name: str, seed: int, count: int, scratch: Path) -> str:
    """What the program says after `count` requests for a recorded program. Raises AssertionError if it fails."""
    with pipeline(name) as made:
        path = scratch / f"{name}-{seed}.requests"
        path.write_bytes(_tables(made) + _requests(made, seed, count))
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
    done = subprocess.run([binary, path], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, f"{path}: {done.stderr[:3000]}"
    path.unlink()
    return done.stdout


def _tables(made: Pipeline) -> bytes:
    known = known_tables(made.schema, made.engine)
    words = describe(known)
    numbers = [len(words), *words, len(known)]
    for _, loaded in known:
        layout = loaded.layout
        lpm = layout.lpm_width if layout.kind == "lpm" else 0
        kind = {"exact": 0, "lpm": 1, "ternary": 2}[layout.kind]
        numbers += [kind, layout.words, layout.width - lpm, lpm, layout.param_words, loaded.size, len(layout.ranges)]
        numbers += [number for pair in layout.ranges for number in pair]
        numbers += [bool(x) for x in (loaded.counters, loaded.meters, loaded.idle)]
    return struct.pack(f"={len(numbers)}I", *numbers)


def _requests(made: Pipeline, seed: int, count: int) -> bytes:
    rng = random.Random(seed)
    requests = Requests(made.schema, seed)
    found = []
    for _ in range(count):
        data = requests.next()
        for _ in range(rng.choice((0, 0, 1, 5))):
            data = requests.damage(data)
        if rng.random() < 0.05:
            data = rng.randbytes(rng.randrange(60))
        if rng.random() < 0.1:
            data = data[: rng.randrange(len(data) + 1)]
        found.append(struct.pack("=II", len(data), rng.randrange(3)) + data)
    return b"".join(found)
