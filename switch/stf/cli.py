"""`p4gate stf`: run packet tests on a program, in memory."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from switch.engine import Engine
from switch.errors import EngineError
from switch.stf.reader import read_stf
from switch.stf.runner import Outcome, run_stf
from switch.stf.statements import Statement, StfError

FAILED = 1  # exit status: a packet test failed, or could not be run


@click.command("stf", context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.argument("program", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument(
    "tests", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="[TEST.stf]..."
)
@click.option(
    "--compiler",
    metavar="COMMAND",
    help="For a .p4 program: what to call as COMMAND -o FILE.json FILE.p4, for example p4c-bm2-ss. "
    "Default: p4gate compile.",
    show_default=False,
)
@click.option("-I", "include_paths", multiple=True, metavar="DIR", help="Handed to the compiler.")
@click.option("-D", "defines", multiple=True, metavar="NAME[=VALUE]", help="Handed to the compiler.")
@click.option("-U", "undefines", multiple=True, metavar="NAME", help="Handed to the compiler.")
@click.option("--drop-port", default=511, help="The egress_spec that drops.")
@click.option("--trace", is_flag=True, help="Tell what happened to the packets that failed.")
@click.option("-v", "--verbose", is_flag=True, help="Show what was read, and packets that left by ports not named.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def stf_command(
    program: Path,
    tests: tuple[Path, ...],
    compiler: str | None,
    include_paths: tuple[str, ...],
    defines: tuple[str, ...],
    undefines: tuple[str, ...],
    drop_port: int,
    trace: bool,
    verbose: bool,
    as_json: bool,
) -> None:
    """Run packet tests in p4c's STF notation on a program, in memory: no root, no interfaces, no waiting.

    \b
    A program and its tests; the compiler is called first:
      p4gate stf router.p4 router.stf more.stf
    Compiled already; router.stf beside it is the test:
      p4gate stf build/router.json
    With p4c's JSON, and what happened to each packet that failed:
      p4gate stf --compiler p4c-bm2-ss --trace router.p4

    Every test starts on a fresh switch. The exit status is 0 when all pass, 1 when one fails.
    """
    found = tests or _beside(program)
    options = [
        *(f"-I{path}" for path in include_paths),
        *(f"-D{name}" for name in defines),
        *(f"-U{name}" for name in undefines),
    ]
    outcomes: dict[Path, Outcome] = {}
    try:
        read = {path: read_stf(_text(path), str(path)) for path in found}
        with _compiled(program, compiler, options) as device_config:
            for path, statements in read.items():
                outcomes[path] = _run(device_config, statements, drop_port, trace)
    except (EngineError, StfError) as error:
        click.echo(f"{error}", err=True)
        sys.exit(FAILED)
    if as_json:
        click.echo(json.dumps({str(path): _json(outcome) for path, outcome in outcomes.items()}, indent=2))
    else:
        for path, outcome in outcomes.items():
            _show(path, outcome, verbose)
    sys.exit(FAILED if any(outcome.failures for outcome in outcomes.values()) else 0)


def _beside(program: Path) -> tuple[Path, ...]:
    """NAME.stf beside NAME.p4 or NAME.json."""
    path = program.with_suffix(".stf")
    if not path.exists():
        raise click.UsageError(f"Name a test: there is no {path}.")
    return (path,)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise StfError(f"{path}:1: this is no text in UTF-8") from None


@contextmanager
def _compiled(program: Path, compiler: str | None, options: Sequence[str]) -> Iterator[Path]:
    """The program's JSON: itself, or what the compiler makes of it. The compiler's own words go to stderr."""
    if program.suffix == ".json":
        yield program
        return
    command = shlex.split(compiler) if compiler else [sys.executable, "-m", "p4gate", "compile"]
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch) / f"{program.stem}.json"
        try:
            done = subprocess.run(
                [*command, *options, "-o", str(target), str(program)],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                check=False,
            )
        except OSError as error:
            raise click.ClickException(f"{command[0]}: {error.strerror}") from None
        click.echo(done.stdout, err=True, nl=False)
        if done.returncode or not target.exists():
            click.echo(f"error: {program} does not compile: {shlex.join(command)} gave {done.returncode}", err=True)
            sys.exit(FAILED)
        yield target


def _run(device_config: Path, statements: Sequence[Statement], drop_port: int, trace: bool) -> Outcome:
    with Engine.load(device_config, drop_port=drop_port, optimise="quick") as engine:
        return run_stf(statements, engine, trace)


def _show(path: Path, outcome: Outcome, verbose: bool) -> None:
    if verbose:
        for line, said in outcome.said:
            click.echo(f"{path}:{line}: {said}")
        for line, port, data in outcome.unseen:
            click.echo(f"{path}:{line}: left by port {port}, which the test does not name: {data.hex()}")
    for failure in outcome.failures:
        click.echo(f"{path}:{failure.line}: {failure.message}")
    for line in sorted({at for failure in outcome.failures for at in failure.packets}):
        if line in outcome.traces:
            click.echo(f"\n{path}:{line}: what happened to this packet:\n{outcome.traces[line]}\n")
    number = f"{outcome.packets} packet{'' if outcome.packets == 1 else 's'}"
    if outcome.failures:
        count = len(outcome.failures)
        click.echo(f"FAILED {path}: {count} difference{'' if count == 1 else 's'}, {number}")
    else:
        click.echo(f"passed {path}: {number}")


def _json(outcome: Outcome) -> dict[str, object]:
    return {
        "passed": not outcome.failures,
        "packets": outcome.packets,
        "failures": [{"line": f.line, "message": f.message, "packets": list(f.packets)} for f in outcome.failures],
        "said": [{"line": line, "text": text} for line, text in outcome.said],
        "unseen": [{"line": line, "port": port, "data": data.hex()} for line, port, data in outcome.unseen],
        "traces": {str(line): text for line, text in outcome.traces.items()},
    }
