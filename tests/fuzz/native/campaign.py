"""Many cases in several processes: progress, failing cases kept and shrunk, a line at the end that says it all."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.fuzz.native.case import save
from tests.fuzz.native.generate import generate
from tests.fuzz.native.worker import program_of
from tests.fuzz.processes import ROOT, answers
from tests.fuzz.sanitizers import environment

PER_PROCESS = 8
PROGRESS_SECONDS = 30
WORKER = [sys.executable, "-m", "tests.fuzz.native.worker"]


def switch(packets: int, seed: int, jobs: int, keep: Path, attempts: int, per_case: int, *, sanitize: bool) -> int:
    """About so many packets, `per_case` for each seed from `seed` on. 1 if anything failed."""
    environ, optimise = (environment(ROOT / "build" / "sanitized"), "none") if sanitize else (None, "any")
    seeds = list(range(seed, seed + max(1, packets // per_case)))
    chunks = [seeds[i : i + PER_PROCESS] for i in range(0, len(seeds), PER_PROCESS)]
    totals: Counter[str] = Counter()
    failures: list[dict[str, Any]] = []
    lock, began = threading.Lock(), time.monotonic()
    shown = began

    def work() -> None:
        nonlocal shown
        while True:
            with lock:
                if not chunks:
                    return
                chunk = chunks.pop(0)
            for verdict in verdicts(chunk, per_case, optimise, environ):
                with lock:
                    totals.update({k: verdict.get(k, 0) for k in ("packets", "updates", "undefined", "overloads")})
                    totals["cases"] += 1
                    if verdict["kind"] != "ok":
                        failures.append(verdict)
                        print(f"seed {verdict['seed']} ({verdict['program']}): {verdict['kind']}\n{verdict['detail']}")
                    if time.monotonic() - shown > PROGRESS_SECONDS:
                        shown = time.monotonic()
                        print(_line(totals, len(failures), shown - began), flush=True)

    threads = [threading.Thread(target=work) for _ in range(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for verdict in failures:
        _keep(verdict, keep, attempts, per_case)
    print(_line(totals, len(failures), time.monotonic() - began))
    return 1 if failures else 0


def _line(totals: Counter[str], failed: int, seconds: float) -> str:
    return (
        f"{totals['packets']} packets and {totals['updates']} updates in {totals['cases']} cases the same; "
        f"{totals['undefined']} packets undefined, {totals['overloads']} without end; {failed} cases failed; "
        f"{totals['packets'] / max(seconds, 1e-9):.0f} packets/s"
    )


def verdicts(
    seeds: list[int], per_case: int, optimise: str = "any", environ: dict[str, str] | None = None
) -> Iterator[dict[str, Any]]:
    """One for each seed."""
    worker = ["tests.fuzz.native.worker", "run", optimise, str(per_case)]
    for answer in answers(worker, [str(seed) for seed in seeds], environ):
        seed = int(answer["item"])
        yield {"program": program_of(seed)} | answer | {"seed": seed}


def _keep(verdict: dict[str, Any], keep: Path, attempts: int, per_case: int) -> None:
    keep.mkdir(parents=True, exist_ok=True)
    path = keep / f"switch{verdict['seed']}.json"
    save(generate(verdict["seed"], verdict["program"], per_case), path)
    path.with_suffix(".log").write_text(f"{verdict['kind']}\n{verdict['detail']}\n")
    small = keep / f"switch{verdict['seed']}-small.json"
    if attempts and verdict["kind"] != "crash":
        subprocess.run([*WORKER, "shrink", str(path), str(small), str(attempts)], cwd=ROOT, check=False)
    print(f"kept: {small if small.exists() else path}")


def again(paths: list[Path]) -> list[dict[str, Any]]:
    """Kept cases once more, in one process; those after a crash are missing."""
    done = subprocess.run([*WORKER, "case", *map(str, paths)], cwd=ROOT, capture_output=True, text=True, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) < len(paths):
        crash = {"path": str(paths[len(answers)]), "kind": "crash", "detail": done.stderr[-6000:], "packets": 0}
        answers.append(crash)
    return answers
