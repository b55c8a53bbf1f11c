"""`scripts/fuzz writes`: random and damaged WriteRequests, by both paths, and by the C alone under sanitizers."""

from __future__ import annotations

import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import count as numbers
from pathlib import Path

from tests.fuzz.sanitized_writes import NoSanitizers, build, run
from tests.fuzz.write_paths import PROGRAMS, compare

REQUESTS = 200  # for one seed and program
PROGRESS_SECONDS = 30


def attempt(seed: int, binary: Path | None, scratch: Path) -> str:
    """What went wrong with one seed, on one program after the other; empty if nothing did."""
    name = PROGRAMS[seed % len(PROGRAMS)]
    try:
        compare(name, seed, REQUESTS)
        if binary is not None:
            run(binary, name, seed, REQUESTS, scratch)
    except Exception as e:
        return f"seed {seed}, {name}: {type(e).__name__}: {e}"
    return ""


def writes(seed: int, count: int, jobs: int) -> int:
    """The exit status."""
    failures, told = 0, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="p4gate-fuzz-") as name:
        binary: Path | None = None
        try:
            binary = build(Path(name))
        except NoSanitizers as reason:
            print(f"without sanitizers: {reason}", file=sys.stderr)
        one = partial(attempt, binary=binary, scratch=Path(name))
        with ProcessPoolExecutor(jobs) as pool:
            for done, problem in zip(numbers(1), pool.map(one, range(seed, seed + count)), strict=False):
                if problem:
                    failures += 1
                    print(problem, flush=True)
                if time.monotonic() - told > PROGRESS_SECONDS:
                    told = time.monotonic()
                    print(f"{done} of {count} seeds, {failures} failed", file=sys.stderr, flush=True)
    print(f"{count} seeds of {REQUESTS} requests each: {failures} failed")
    return int(failures > 0)
