"""`p4gate compile`: read a P4 program, write NAME.json and NAME.p4info.txtpb.

What is imported here is imported by every run, also by those that the cache answers: the stages of the compiler, and
the libraries that they use, stay out of it (`build.py` loads them).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from compiler.build import preprocess_only, run
from compiler.command import CommandError, Job, Settings, job_of, written
from compiler.depfile import depfile
from compiler.diagnostics import render, summary
from compiler.preprocessor.files import Files
from compiler.presets import PresetError, find_presets
from compiler.rendering import as_lsp, json_document
from compiler.request import STDIN, Outcome
from compiler.terminal import Stages, wants_color

FAILED, MISUSED = 1, 2

_Command = TypeVar("_Command", bound=Callable[..., Any])


def preprocessor_options(command: _Command) -> _Command:
    """-I, -D and -U: for every verb that reads P4."""
    for option in (
        click.option("-U", "undefines", multiple=True, metavar="NAME", help="Undefine a macro; wins over -D."),
        click.option("-D", "defines", multiple=True, metavar="NAME[=VALUE]", help="Define a macro."),
        click.option(
            "-I", "include_paths", multiple=True, type=click.Path(), metavar="DIR", help="Look for #include files here."
        ),
    ):
        command = option(command)
    return command


class _CompileCommand(click.Command):
    """Keeps click from taking the program's name for the value of a bare --Werror."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        flags = ("--Werror", "--Wdisable", "--Wwarn")
        return super().parse_args(ctx, [f"{arg}=" if arg in flags else arg for arg in args])


@click.command(name="compile", cls=_CompileCommand, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", metavar="FILE.p4", required=False)
@click.option(
    "-o",
    "output",
    metavar="DIR|FILE.json",
    help="A folder, which is made if it is missing, for NAME.json and NAME.p4info.txtpb; or the JSON file itself. "
    "Default: the current folder. With -E: the file for the text.",
)
@click.option("--p4info", "p4info_file", metavar="FILE", help="Where to write P4Info. Default: beside the JSON.")
@click.option(
    "--p4runtime-files",
    metavar="FILE,...",
    help="Write P4Info to these files instead, in the format that each suffix names: .txtpb .txt .p4info (text), .bin "
    "(binary), .json.",
)
@click.option(
    "--p4runtime-entries-files",
    "--const-entries",
    "entries_files",
    metavar="FILE,...",
    help="Write the entries that stand in the source as a P4Runtime WriteRequest, in the same formats.",
)
@preprocessor_options
@click.option("-E", "only_preprocess", is_flag=True, help="Preprocess only, to standard output or the file of -o.")
@click.option("--nocpp", is_flag=True, help="Do not preprocess.")
@click.option("--std", default="p4-16", metavar="p4-16", help="The version of P4; there is only this one.")
@click.option("--arch", metavar="NAME", help="The architecture, v1model. Default: told from the program's package.")
@click.option("--preset", metavar="NAME", help="Take options from the preset NAME of the project's p4gate.yaml.")
@click.option("--list-presets", is_flag=True, help="Show the presets of the project and end.")
@click.option(
    "--Werror",
    "werror",
    multiple=True,
    metavar="[=KIND,...]",
    help="Make warnings errors: all, or those of some kinds.",
)
@click.option(
    "--Wdisable",
    "wdisable",
    multiple=True,
    metavar="[=KIND,...]",
    help="Do not show warnings: not any, or not those of some kinds.",
)
@click.option(
    "--Wwarn",
    "wwarn",
    multiple=True,
    metavar="[=KIND,...]",
    help="Show warnings of these kinds in spite of the other two.",
)
@click.option("--list-warnings", is_flag=True, help="Show the kinds of warnings and end.")
@click.option("--max-errors", type=click.IntRange(min=1), default=100, show_default=True, help="Errors to show.")
@click.option(
    "--depfile", metavar="FILE", help="Write a rule for make: the outputs depend on every file that was read."
)
@click.option(
    "--diagnostics-format",
    type=click.Choice(["text", "json", "lsp"]),
    default="text",
    show_default=True,
    help="How errors and warnings are shown on standard error.",
)
@click.option("--json", "machine", is_flag=True, help="Print one JSON document about the run on standard output.")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colours; auto: on a terminal, unless NO_COLOR is set.",
)
@click.option("--no-cache", is_flag=True, help="Compile even if nothing has changed.")
@click.option("--watch", is_flag=True, help="Compile again whenever a file that was read changes, until Ctrl-C.")
def compile_command(file: str | None, **options: Any) -> None:
    """Compile a P4_16 program for v1model to BMv2 JSON and P4Info.

    \b
    Into a folder, build/gateway.json and build/gateway.p4info.txtpb:
      p4gate compile p4src/v1model/gateway.p4 -o build/
    With the names of your choice:
      p4gate compile router.p4 -o out/r.json --p4runtime-files out/r.txtpb,out/r.bin
    With macros, more folders for #include, and a rule for make:
      p4gate compile router.p4 -o build/ -I include -D MAX_PORTS=64 --depfile build/router.d
    The options that the project keeps in p4gate.yaml under a name:
      p4gate compile p4src/v1model/gateway.p4 --preset lab
    Only some warnings, and those as errors:
      p4gate compile router.p4 -o build/ --Wdisable=unused --Werror=uninitialized-use
    For an editor, again at every change:
      p4gate compile router.p4 -o build/ --watch --diagnostics-format lsp

    FILE.p4 is - for standard input. All errors are shown, each with its line; with any error nothing is written.
    Unchanged input is answered from a cache.

    Exit status: 0 written, 1 errors in the program or in reading and writing files, 2 wrong options.
    """
    settings = Settings(file=file, **options)
    try:
        if settings.list_warnings:
            _show_warnings()
        elif settings.list_presets:
            _show_presets(settings)
        elif settings.watch:
            from compiler.watch import watch

            sys.exit(watch(lambda: _watched(settings)))
        else:
            sys.exit(_run(settings)[0])
    except (CommandError, PresetError) as error:
        if settings.machine:
            click.echo(json.dumps({"ok": False, "error": {"message": str(error)}}, indent=2))
        else:
            click.echo(f"error: {error}", err=True)
        sys.exit(MISUSED)


def _watched(settings: Settings) -> tuple[str | None, Files, list[str]]:
    """Compile once for --watch: the line to be shown, None if all is said, and the files to wait for."""
    code, outcome, job = _run(settings)
    diagnostics = outcome.diagnostics
    told = summary(diagnostics.error_count, diagnostics.warning_count)
    state = "ok" if code == 0 else "failed"
    line = None if settings.machine else f"{job.request.file}: {state}{f', {told}' if told else ''}"
    return line, outcome.files, [job.request.file, *job.watched]


def _run(settings: Settings) -> tuple[int, Outcome, Job]:
    """One compilation: (exit status, what came of it, what was to be done)."""
    job = job_of(settings, sys.stdin.buffer.read)
    if settings.only_preprocess:
        return _preprocess(settings, job)
    stages = Stages(job.request.file, sys.stderr) if not (settings.machine or settings.watch) else None
    try:
        outcome = run(job.request, use_cache=not settings.no_cache, progress=stages)
    finally:
        if stages is not None:
            stages.end()
    problem = None
    paths: list[str] = []
    if outcome.artefacts is not None:
        texts = [(path, outcome.artefacts[name]) for path, name in job.outputs]
        if settings.depfile:
            rule = depfile([path for path, _ in job.outputs], outcome.files.read, phony=True)
            texts.append((settings.depfile, rule.encode()))
        try:
            written(texts)
            paths = [path for path, _ in texts]
        except OSError as error:
            problem = f"cannot write {error.filename}: {error.strerror}"
    _tell(settings, outcome, paths, problem)
    return (0 if outcome.artefacts is not None and problem is None else FAILED), outcome, job


def _tell(settings: Settings, outcome: Outcome, paths: list[str], problem: str | None) -> None:
    """Show what came of it, in the form that was asked for."""
    diagnostics = outcome.diagnostics
    if settings.machine:
        document = {
            "ok": bool(outcome.artefacts is not None and problem is None),
            **json_document(diagnostics),
            "outputs": paths,
            "cached": outcome.is_cached,
        }
        if problem is not None:
            document["error"] = {"message": problem}
        click.echo(json.dumps(document, indent=None if settings.watch else 2))  # --watch: a line a run
        return
    if settings.diagnostics_format == "json":
        click.echo(json.dumps(json_document(diagnostics), indent=2), err=True)
    elif settings.diagnostics_format == "lsp":
        click.echo(json.dumps(as_lsp(diagnostics), indent=2), err=True)
    else:
        color = wants_color(settings.color, sys.stderr)
        report = render(diagnostics, color)
        if report:
            click.echo(report, err=True, color=color)
        if outcome.artefacts is None and not settings.only_preprocess:
            told = summary(diagnostics.error_count, diagnostics.warning_count)
            click.echo(f"{told}; nothing was written", err=True)
    if problem is not None:
        click.echo(f"error: {problem}", err=True)


def _preprocess(settings: Settings, job: Job) -> tuple[int, Outcome, Job]:
    text, outcome = preprocess_only(job.request)
    problem = None
    if text is not None:
        if settings.output is None:
            click.echo(text, nl=False)
        else:
            try:
                written([(settings.output, text.encode())])
                if settings.depfile:
                    rule = depfile([settings.output], outcome.files.read, phony=True)
                    written([(settings.depfile, rule.encode())])
            except OSError as error:
                problem = f"cannot write {error.filename}: {error.strerror}"
    _tell(settings, outcome, [], problem)
    return (FAILED if outcome.diagnostics.has_errors or problem else 0), outcome, job


def _show_presets(settings: Settings) -> None:
    folder = Path(settings.file).parent if settings.file and settings.file != STDIN else Path()
    presets = find_presets(folder)
    if settings.machine:
        found = {preset.name: preset.about for preset in presets.all()}
        click.echo(json.dumps({"ok": True, "file": str(presets.file), "presets": found}, indent=2))
        return
    click.echo(f"{os.path.relpath(presets.file)}:")
    for preset in presets.all():
        click.echo(f"  {preset.name:12} {preset.about}")


def _show_warnings() -> None:
    from compiler.warning_kinds import OFF_BY_DEFAULT, WARNING_KINDS

    for kind, about in WARNING_KINDS.items():
        click.echo(f"{kind:30} {about}{' (off by default)' if kind in OFF_BY_DEFAULT else ''}")
