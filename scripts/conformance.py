"""What `scripts/conformance` runs: every v1model program below a folder is compiled, its packet tests (.stf) are run.

What is expected of a program: that it compiles, or that it is refused where its folder is called *_errors; with
`--p4c COMMAND`, what that compiler makes of it. A packet test belongs to the program of its name beside it; p4c keeps
those of p4_14_samples_outputs/ in p4_14_samples/. Every program has a process of its own, so that neither a crash nor
a hang ends the run.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import multiprocessing
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from compiler.diagnostics import Diagnostics  # noqa: E402
from compiler.driver import Options, compile_file  # noqa: E402
from switch.engine import Engine  # noqa: E402
from switch.errors import EngineError  # noqa: E402
from switch.stf.reader import read_stf  # noqa: E402
from switch.stf.runner import run_stf  # noqa: E402
from switch.stf.statements import StfError  # noqa: E402

TIME_LIMIT_S = 300.0  # a program and its tests
_SWITCH = re.compile(r"\bV1Switch\s*(<[^;]*?>)?\s*\(", re.DOTALL)
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
_ERROR = re.compile(r"\berror:")
_STAGE_DUMP = re.compile(r"-(first|frontend|midend)$")


@dataclass(frozen=True)
class Case:
    """A program with its packet tests. `group`: the folder that it is counted under."""

    program: Path
    group: str
    tests: tuple[Path, ...]
    must_compile: bool


@dataclass(frozen=True)
class Result:
    """`outcome`: compiled, refused, crashed, timed out. `said`: the first error.

    `tests`: name of each packet test -> its first difference, or "" if it passed.
    """

    program: str
    group: str
    outcome: str
    expected: str
    said: str
    tests: dict[str, str]
    seconds: float

    @property
    def is_miss(self) -> bool:
        return self.outcome != self.expected


def find_cases(folder: Path, globs: Sequence[str]) -> Iterator[Case]:
    """The v1model programs below `folder`, sorted by path."""
    for program in sorted(folder.rglob("*.p4")):
        name = program.relative_to(folder).as_posix()
        if globs and not any(fnmatch.fnmatch(name, g) or fnmatch.fnmatch(program.name, g) for g in globs):
            continue
        if not program.is_file() or _STAGE_DUMP.search(program.stem) or not _is_v1model(program):
            continue
        parent = program.relative_to(folder).parent.as_posix()
        group = folder.name if parent == "." else parent.split("/")[0]
        yield Case(program, group, tuple(_tests(program)), "_errors" not in program.parent.name)


def _is_v1model(program: Path) -> bool:
    """Does it make a V1Switch, itself or in a file that it includes by a relative name?"""
    seen: set[Path] = set()
    waiting = [program]
    while waiting:
        path = waiting.pop()
        if path in seen or not path.is_file():
            continue
        seen.add(path)
        text = path.read_text(encoding="utf-8", errors="replace")
        code = _COMMENT.sub(" ", text)
        if _SWITCH.search(code):
            return True
        waiting += [path.parent / name for name in _INCLUDE.findall(code)]
    return False


def _tests(program: Path) -> Iterator[Path]:
    beside = program.with_suffix(".stf")
    if beside.exists():
        yield beside
    elif program.parent.name == "p4_14_samples_outputs":
        yield from sorted((program.parent.parent / "p4_14_samples").rglob(f"{program.stem}.stf"))


# ---- one program, in a process of its own


def run_case(case: Case, options: Options, p4c: str | None) -> Result:
    begun = time.monotonic()
    expected = "compiled" if case.must_compile else "refused"
    if p4c is not None:
        expected = _verdict_of(p4c, case.program, options)
    diagnostics = Diagnostics()
    compiled = compile_file(case.program, diagnostics, options)
    said = "" if compiled is not None else next(filter(_ERROR.search, diagnostics.render().split("\n")), "")
    if compiled is None:
        tests = dict.fromkeys((test.name for test in case.tests), f"the program does not compile: {said}")
    else:
        tests = {test.name: _run_test(test, json.dumps(compiled.json).encode()) for test in case.tests}
    outcome = "compiled" if compiled is not None else "refused"
    seconds = time.monotonic() - begun
    return Result(str(case.program), case.group, outcome, expected, said, tests, round(seconds, 2))


def _verdict_of(p4c: str, program: Path, options: Options) -> str:
    """What another compiler, called as p4c-bm2-ss is, makes of the program."""
    with tempfile.TemporaryDirectory() as scratch:
        command = [*shlex.split(p4c), *(f"-I{p}" for p in options.include_paths), *(f"-D{d}" for d in options.defines)]
        command += ["-o", f"{scratch}/out.json", str(program)]
        done = subprocess.run(command, capture_output=True, check=False)
    return "refused" if done.returncode else "compiled"


def _run_test(test: Path, device_config: bytes) -> str:
    """The first difference; "" if there is none."""
    try:
        statements = read_stf(test.read_text(), test.name)
        with Engine.load(device_config, optimise="quick") as engine:
            failures = run_stf(statements, engine).failures
    except (EngineError, StfError) as error:
        return str(error)
    return f"{test.name}:{failures[0].line}: {failures[0].message}" if failures else ""


def _in_child(case: Case, options: Options, p4c: str | None, to_parent: Connection) -> None:
    sink = os.open(os.devnull, os.O_WRONLY)  # C compilers may speak
    os.dup2(sink, 2)
    to_parent.send(run_case(case, options, p4c))


def run_all(cases: Iterable[Case], options: Options, p4c: str | None, jobs: int) -> Iterator[Result]:
    """The results, in the order in which they come."""
    context = multiprocessing.get_context("fork")
    waiting = iter(cases)
    running: dict[Connection, tuple[Case, multiprocessing.process.BaseProcess, float]] = {}
    while True:
        while len(running) < jobs and (case := next(waiting, None)) is not None:
            receive, send = context.Pipe(duplex=False)
            process: multiprocessing.process.BaseProcess = context.Process(
                target=_in_child, args=(case, options, p4c, send)
            )
            process.start()
            send.close()
            running[receive] = case, process, time.monotonic()
        if not running:
            return
        ready = wait(list(running), timeout=1.0)
        for pipe, (case, process, begun) in list(running.items()):
            overdue = time.monotonic() - begun > TIME_LIMIT_S
            if pipe not in ready and not overdue:
                continue
            del running[pipe]
            yield _result(pipe, case, process, overdue and pipe not in ready)


def _result(pipe: Connection, case: Case, process: multiprocessing.process.BaseProcess, is_late: bool) -> Result:
    try:
        if not is_late:
            found = pipe.recv()
            assert isinstance(found, Result)
            return found
    except EOFError:
        pass  # it died before it could answer
    finally:
        process.kill() if is_late else None
        process.join()
        pipe.close()
    outcome = "timed out" if is_late else "crashed"
    expected = "compiled" if case.must_compile else "refused"
    tests = dict.fromkeys((test.name for test in case.tests), f"the program {outcome}")
    return Result(str(case.program), case.group, outcome, expected, f"exit status {process.exitcode}", tests, 0.0)


# ---- what is printed


def summary(results: Sequence[Result]) -> str:
    """Counts for each group, then each miss with what was said."""
    lines = [f"{'folder':32} {'programs':>9} {'as expected':>12} {'packet tests':>13} {'passed':>7}"]
    groups = sorted({r.group for r in results})
    for group in [*groups, "all"] if len(groups) > 1 else groups:
        members = [r for r in results if group in (r.group, "all")]
        tests = [text for r in members for text in r.tests.values()]
        as_expected = sum(not r.is_miss for r in members)
        lines.append(f"{group:32} {len(members):9} {as_expected:12} {len(tests):13} {sum(not t for t in tests):7}")
    misses = sorted((r for r in results if r.is_miss), key=lambda r: r.program)
    for outcome, count in sorted(Counter(f"{r.outcome}, expected: {r.expected}" for r in misses).items()):
        lines += ["", f"{outcome} ({count})"]
        lines += [f"  {r.program}\n      {r.said}" for r in misses if f"{r.outcome}, expected: {r.expected}" == outcome]
    failed = [(r.program, text) for r in sorted(results, key=lambda r: r.program) for text in r.tests.values() if text]
    if failed:
        lines += ["", f"packet tests that fail ({len(failed)})"]
        lines += [f"  {program}\n      {_indented(text)}" for program, text in failed]
    return "\n".join(lines)


def _indented(text: str) -> str:
    return text.replace("\n", "\n      ")


def main() -> None:
    parser = argparse.ArgumentParser(prog="conformance", description=__doc__)
    parser.add_argument("samples", type=Path, metavar="SAMPLES_DIR")
    parser.add_argument("--program", action="append", default=[], metavar="GLOB", help="only programs that match")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--p4c", metavar="COMMAND", help="expect what this compiler says, called as p4c-bm2-ss is")
    parser.add_argument("-I", action="append", default=[], dest="include_paths", metavar="DIR")
    parser.add_argument("-D", action="append", default=[], dest="defines", metavar="NAME[=VALUE]")
    parser.add_argument("--json", action="store_true", help="one JSON object: a list of all results")
    arguments = parser.parse_args()
    if not arguments.samples.is_dir():
        parser.error(f"there is no folder {arguments.samples}")
    cases = list(find_cases(arguments.samples.resolve(), arguments.program))
    if not cases:
        parser.error(f"no v1model program below {arguments.samples} matches")
    options = Options(arguments.include_paths, arguments.defines)
    results: list[Result] = []
    for result in run_all(cases, options, arguments.p4c, max(1, arguments.jobs)):
        results.append(result)
        if sys.stderr.isatty():
            print(f"\r{len(results)} of {len(cases)} programs", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    if arguments.json:
        print(json.dumps([asdict(r) for r in results], indent=2))
    else:
        print(summary(results))
    failed = any(r.is_miss or any(r.tests.values()) for r in results)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
