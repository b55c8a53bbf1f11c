"""Many damaged programs in several processes; those that are not survived are kept."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from tests.fuzz import quick_cc
from tests.fuzz.foreign.damaged import damaged
from tests.fuzz.foreign.survive import survive

FINE = ("ok", "refused")
PROGRESS_SECONDS = 30
CHUNK = 20


def attempts(seeds: list[int], environ: dict[str, str]) -> list[tuple[int, str, str]]:
    with tempfile.TemporaryDirectory(dir=environ["P4GATE_CACHE"]) as own:
        return [(seed, *survive(damaged(seed), environ | {"P4GATE_CACHE": own})) for seed in seeds]


def json(seed: int, count: int, jobs: int, keep: Path) -> int:
    """`count` texts from `seed` on. 1 if any was not survived."""
    seeds = list(range(seed, seed + count))
    chunks = [seeds[i : i + CHUNK] for i in range(0, count, CHUNK)]
    kinds: Counter[str] = Counter()
    shown = began = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch, ProcessPoolExecutor(jobs) as pool:
        environ = quick_cc.environment(Path(scratch))
        for answers in pool.map(partial(attempts, environ=environ), chunks):
            for number, kind, detail in answers:
                kinds[kind] += 1
                if kind in FINE:
                    continue
                keep.mkdir(parents=True, exist_ok=True)
                path = keep / f"json{number}.json"
                path.write_bytes(damaged(number))
                path.with_suffix(".log").write_text(f"{kind}\n{detail}\n")
                print(f"seed {number}: {kind}\n{detail[-1500:]}\nkept: {path}", flush=True)
            if time.monotonic() - shown > PROGRESS_SECONDS:
                shown = time.monotonic()
                print(_line(kinds, shown - began), flush=True)
    print(_line(kinds, time.monotonic() - began))
    return int(any(kind not in FINE for kind in kinds))


def _line(kinds: Counter[str], seconds: float) -> str:
    counts = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    return f"{kinds.total()} programs: {counts}; {kinds.total() / max(seconds, 1e-9):.1f}/s"
