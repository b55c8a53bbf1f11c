"""Many attacks in several processes; a line for each that found something, and one at the end."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.fuzz.p4runtime.worker import program_of

ROOT = Path(__file__).parents[3]
PER_SEED = 100
"""Messages for each program."""
PER_PROCESS = 5
PROGRESS_SECONDS = 30


def verdicts(seeds: list[int], messages: int) -> Iterator[dict[str, Any]]:
    """One for each seed; if the process dies, the seed that it was at has failed and another process goes on."""
    left = list(seeds)
    while left:
        command = [sys.executable, "-m", "tests.fuzz.p4runtime.worker", str(messages), *map(str, left)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        left = left[len(answers) :]
        yield from answers
        if left:
            died = left.pop(0)
            detail = f"exit status {done.returncode}\n{done.stderr[-6000:]}"
            yield {"seed": died, "program": program_of(died), "messages": 0, "detail": detail}


def p4runtime(seed: int, count: int, jobs: int, keep: Path) -> int:
    """About `count` messages, to one program after the other from `seed` on. 1 if anything went wrong."""
    seeds = list(range(seed, seed + max(1, count // PER_SEED)))
    chunks = [seeds[i : i + PER_PROCESS] for i in range(0, len(seeds), PER_PROCESS)]
    shown = began = time.monotonic()
    messages = failed = 0
    with ThreadPoolExecutor(jobs) as pool:
        for answers in pool.map(lambda chunk: list(verdicts(chunk, PER_SEED)), chunks):
            for answer in answers:
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
