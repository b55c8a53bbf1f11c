"""Many attacks in several processes; a line for each that found something, and one at the end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.fuzz.p4runtime.worker import program_of
from tests.fuzz.processes import ROOT, answers
from tests.fuzz.sanitizers import environment

PER_SEED = 100
"""Messages for each program."""
PER_PROCESS = 5
PROGRESS_SECONDS = 30


def verdicts(seeds: list[int], messages: int, environ: dict[str, str] | None = None) -> Iterator[dict[str, Any]]:
    """One for each seed."""
    for answer in answers(["tests.fuzz.p4runtime.worker", str(messages)], [str(seed) for seed in seeds], environ):
        seed = int(answer["item"])
        yield {"program": program_of(seed), "messages": 0} | answer | {"seed": seed}


def p4runtime(seed: int, count: int, jobs: int, keep: Path, *, sanitize: bool) -> int:
    """About `count` messages, to one program after the other from `seed` on. 1 if anything went wrong."""
    environ = environment(ROOT / "build" / "sanitized") if sanitize else None
    seeds = list(range(seed, seed + max(1, count // PER_SEED)))
    chunks = [seeds[i : i + PER_PROCESS] for i in range(0, len(seeds), PER_PROCESS)]
    shown = began = time.monotonic()
    messages = failed = 0
    with ThreadPoolExecutor(jobs) as pool:
        for found in pool.map(lambda chunk: list(verdicts(chunk, PER_SEED, environ)), chunks):
            for answer in found:
                messages += answer["messages"]
                if answer["detail"]:
                    failed += 1
                    keep.mkdir(parents=True, exist_ok=True)
                    path = keep / f"p4runtime{answer['seed']}.log"
                    path.write_text(f"{answer['program']}\n{answer['detail']}\n")
                    print(f"seed {answer['seed']} ({answer['program']}): {answer['detail'][:2000]}\nkept: {path}")
            if time.monotonic() - shown > PROGRESS_SECONDS:
                shown = time.monotonic()
                print(f"{messages} messages answered, {failed} attacks found something", flush=True)
    seconds = time.monotonic() - began
    print(f"{messages} messages answered, {failed} attacks found something; {messages / seconds:.0f}/s")
    return int(failed > 0)
