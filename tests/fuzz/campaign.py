"""Many inputs in several processes: progress, failing cases kept, a line at the end that says what was done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from switch.build import CompileError
from switch.errors import BadProgram
from tests.fuzz import compare, quick_cc
from tests.fuzz.cases import Case, load, save
from tests.fuzz.compare import Refused
from tests.fuzz.damaged import damaged
from tests.fuzz.generator import generate
from tests.fuzz.shrink import shrink
from tests.fuzz.survive import survive

DEPTH = 10_000
PROGRESS_SECONDS = 30
CHUNK = 8


@dataclass
class Verdict:
    """What came of one input. `kind`: ok, refused, undefined (nothing could be compared), or a failure."""

    seed: int
    kind: str
    detail: str = ""
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        return self.kind not in ("ok", "refused", "undefined")


def try_program(case: Case, p4c: str | None = None) -> tuple[str, str, dict[str, int]]:
    """One case: kind, detail and counts as in Verdict."""
    try:
        outcome = compare.compare(case)
        if p4c is not None:
            outcome.differences += third_opinion(case, p4c)
    except Refused as refused:
        return "refused", str(refused), {}
    except CompileError as error:
        return "bad C", str(error), {}
    except AssertionError as error:
        return "assertion", "".join(traceback.format_exception(error)), {}
    except Exception as error:
        return type(error).__name__, "".join(traceback.format_exception(error)), {}
    counts = {
        "packets": outcome.compared,
        "undefined packets": outcome.undefined,
        "bits": outcome.bits,
        "undefined bits": outcome.unknown_bits,
    }
    if outcome.differences:
        return "difference", "\n".join(outcome.differences), counts
    return ("ok" if outcome.compared else "undefined"), "", counts


def third_opinion(case: Case, p4c: str) -> list[str]:
    """Where p4c's JSON, on our switch, does something else than the evaluator; programs that it refuses agree."""
    with tempfile.TemporaryDirectory() as scratch:
        source, target = Path(scratch) / "program.p4", Path(scratch) / "program.json"
        source.write_text(case.program)
        done = subprocess.run([p4c, "-o", str(target), str(source)], capture_output=True, text=True, check=False)
        if done.returncode:
            return []
        try:
            outcome = compare.compare(case, json.loads(target.read_text()))
        except BadProgram:  # what our loader refuses of p4c's, BMv2 refuses, too (docs/fuzzing.md)
            return []
    return [f"p4c: {d}" for d in outcome.differences]


def run_seeds(seeds: range, keep: Path, attempts: int, p4c: str | None) -> list[Verdict]:
    """In a process of its own."""
    sys.setrecursionlimit(DEPTH)
    verdicts = []
    with tempfile.TemporaryDirectory() as cache, quick_cc.in_use(Path(cache)):
        for seed in seeds:
            case = generate(seed)
            kind, detail, counts = try_program(case, p4c)
            verdict = Verdict(seed, kind, detail, counts)
            if verdict.failed:
                keep_case(case, verdict, keep, attempts, p4c)
            verdicts.append(verdict)
    return verdicts


def keep_case(case: Case, verdict: Verdict, keep: Path, attempts: int, p4c: str | None) -> None:
    name = f"seed{verdict.seed}"
    save(case, keep, name)
    path = keep / f"{name}.log"
    path.write_text(f"{verdict.kind}\n{verdict.detail}\nrun again: ./scripts/fuzz case {keep / name}.p4\n")
    if attempts:
        first = verdict.detail.strip().splitlines()[-1:] if verdict.kind != "difference" else []

        def fails(candidate: Case) -> bool:
            kind, detail, _ = try_program(candidate, p4c)
            return kind == verdict.kind and detail.strip().splitlines()[-1:] == first if first else kind == verdict.kind

        small = shrink(case, fails, attempts)
        save(small, keep, f"{name}-small")
        with path.open("a") as log:
            log.write(f"\nsmaller: {name}-small.p4\n{try_program(small, p4c)[1]}\n")


def in_processes(work: Callable[[range], list[Verdict]], first: int, count: int, jobs: int) -> Iterator[Verdict]:
    """The verdicts as they come, seed by seed within a chunk."""
    chunks = [range(s, min(s + CHUNK, first + count)) for s in range(first, first + count, CHUNK)]
    if jobs <= 1:
        for chunk in chunks:
            yield from work(chunk)
        return
    with ProcessPoolExecutor(jobs) as pool:
        for verdicts in pool.map(work, chunks):
            yield from verdicts


def report(verdicts: Iterator[Verdict], count: int, keep: Path) -> int:
    """Print progress, failures and the sum; the exit status."""
    kinds: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    begin = shown = time.monotonic()
    failed = False
    for verdict in verdicts:
        kinds[verdict.kind] += 1
        counts.update(verdict.counts)
        if verdict.kind == "refused":
            refusals[verdict.detail.split(";")[0].split(": ", 1)[-1]] += 1
        if verdict.failed:
            failed = True
            print(f"seed {verdict.seed}: {verdict.kind}: {verdict.detail.strip().splitlines()[-1][:300]}", flush=True)
        if time.monotonic() - shown > PROGRESS_SECONDS:
            shown = time.monotonic()
            print(f"{sum(kinds.values())} of {count}, {shown - begin:.0f} s: {said(kinds)}", flush=True)
    print(f"{sum(kinds.values())} inputs in {time.monotonic() - begin:.0f} s: {said(kinds)}")
    if counts:
        print(said(counts))
    for reason, times in refusals.most_common(12):
        print(f"  refused {times} times: {reason[:160]}")
    if failed:
        print(f"failing cases are in {os.path.relpath(keep)}")
    return int(failed)


def said(counts: Counter[str]) -> str:
    return ", ".join(f"{n} {kind}" for kind, n in counts.most_common())


def programs(first: int, count: int, jobs: int, keep: Path, attempts: int, p4c: str | None) -> int:
    """`scripts/fuzz programs`."""
    work = partial(run_seeds, keep=keep, attempts=attempts, p4c=p4c)
    return report(in_processes(work, first, count, jobs), count, keep)


# ---- source


def try_sources(seeds: range, keep: Path) -> list[Verdict]:
    verdicts = []
    for seed in seeds:
        text = damaged(seed)
        kind, detail = survive(text)
        verdict = Verdict(seed, kind, detail)
        if verdict.failed:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"source{seed}.p4").write_bytes(text)
            (keep / f"source{seed}.log").write_text(f"{kind}\n{detail}\n")
        verdicts.append(verdict)
    return verdicts


def source(first: int, count: int, jobs: int, keep: Path) -> int:
    """`scripts/fuzz source`."""
    return report(in_processes(partial(try_sources, keep=keep), first, count, jobs), count, keep)


def rerun(path: Path) -> int:
    """`scripts/fuzz case`: a kept case again, whole; or a kept source where there are no packets."""
    sys.setrecursionlimit(DEPTH)
    if not path.with_suffix(".yaml").exists():
        kind, detail = survive(path.read_bytes())
    else:
        case, _ = load(path)
        kind, detail, _ = try_program(case)
    print(f"{kind}\n{detail}".strip())
    return int(Verdict(0, kind).failed)
