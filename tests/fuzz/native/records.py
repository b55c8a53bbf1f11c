"""`scripts/fuzz records`: the records of all golden programs, with p4c's JSON and with ours, in processes of their own.

Each twice: as recorded, over P4Runtime and through a real worker, p4c's then traced and counted (replay_worker.py); and
its entries and packets against the model, each packet in memory of exactly its size (worker.py).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.fuzz.native import program as programs
from tests.fuzz.processes import ROOT, answers
from tests.fuzz.sanitizers import environment

PER_PROCESS = 4
PROGRESS_SECONDS = 60


def verdicts(names: list[str], environ: dict[str, str] | None) -> Iterator[dict[str, Any]]:
    """Two for each program."""
    yield from answers(["tests.fuzz.native.replay_worker"], names, environ)
    yield from answers(["tests.fuzz.native.worker", "recorded", "none"], names, environ)


def records(first: int, count: int, jobs: int, keep: Path, *, sanitize: bool) -> int:
    """Of `count` programs, from the `first` on. 1 if anything was not as recorded, or not clean."""
    environ = environment(ROOT / "build" / "sanitized") if sanitize else None
    names = [name for name in programs.names() if not name.startswith("made/")][first : first + count]
    chunks = [names[i : i + PER_PROCESS] for i in range(0, len(names), PER_PROCESS)]
    totals: Counter[str] = Counter()
    shown = began = time.monotonic()
    with ThreadPoolExecutor(jobs) as pool:
        for found in pool.map(lambda chunk: list(verdicts(chunk, environ)), chunks):
            for verdict in found:
                totals.update({k: verdict.get(k, 0) for k in ("packets", "traces")} | {"replays": 1})
                if verdict["kind"] != "ok":
                    totals["failed"] += 1
                    keep.mkdir(parents=True, exist_ok=True)
                    path = keep / f"record_{verdict['item'].replace('/', '_')}.log"
                    path.write_text(f"{verdict['kind']}\n{verdict['detail']}\n")
                    print(
                        f"{verdict['item']}: {verdict['kind']}\n{verdict['detail'][-2000:]}\nkept: {path}", flush=True
                    )
            if time.monotonic() - shown > PROGRESS_SECONDS:
                shown = time.monotonic()
                print(_line(totals, shown - began), flush=True)
    print(_line(totals, time.monotonic() - began))
    return int(totals["failed"] > 0)


def _line(totals: Counter[str], seconds: float) -> str:
    return (
        f"{totals['replays']} replays, {totals['packets']} packets, {totals['traces']} traces in {seconds:.0f} s; "
        f"{totals['failed']} failed"
    )
