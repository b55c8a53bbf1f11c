"""`p4gate compile`: read a P4 program, write NAME.json and NAME.p4info.txtpb."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from pathlib import Path

import click
from google.protobuf import text_format

from compiler.diagnostics import Diagnostics, Severity
from compiler.driver import Options, compile_file

P4INFO_HEAD = "# proto-file: p4/config/v1/p4info.proto\n# proto-message: p4.config.v1.P4Info\n\n"
"""The lines by which editors and tools know what a text proto holds."""

_SEVERITY = re.compile(r"^(?P<place>.+?:\d+:\d+): (?P<severity>error|warning|note): (?P<message>.*)$")
_CARETS = re.compile(r"^ {5} \| \s*\^+$")
_COLORS = {"error": "red", "warning": "yellow", "note": "cyan"}


@click.command(name="compile")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "-o",
    "output",
    type=click.Path(path_type=Path),
    default=Path(),
    metavar="DIR|FILE.json",
    help="A folder, which is made if it is missing, for NAME.json and NAME.p4info.txtpb; or the JSON file itself. "
    "Default: the current folder.",
)
@click.option(
    "--p4info",
    "p4info_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where to write P4Info. Default: beside the JSON.",
)
@click.option(
    "-I", "include_paths", multiple=True, type=click.Path(), metavar="DIR", help="Look for #include files here."
)
@click.option("-D", "defines", multiple=True, metavar="NAME[=VALUE]", help="Define a macro.")
@click.option("-U", "undefines", multiple=True, metavar="NAME", help="Undefine a macro.")
@click.option("--Werror", "warnings_are_errors", is_flag=True, help="Treat warnings as errors.")
def compile_command(
    file: Path,
    output: Path,
    p4info_file: Path | None,
    include_paths: tuple[str, ...],
    defines: tuple[str, ...],
    undefines: tuple[str, ...],
    warnings_are_errors: bool,
) -> None:
    """Compile a P4_16 program for v1model to BMv2 JSON and P4Info.

    \b
    Into a folder, build/gateway.json and build/gateway.p4info.txtpb:
      p4gate compile p4src/v1model/gateway.p4 -o build/
    With the names of your choice:
      p4gate compile router.p4 -o out/r.json --p4info out/r.p4info.txtpb
    With macros and more folders for #include:
      p4gate compile router.p4 -o build/ -I include -D MAX_PORTS=64 -U DEBUG

    All errors are shown, each with its line; with any error nothing is written and the exit status is 1.
    """
    diagnostics = Diagnostics()
    compiled = compile_file(file, diagnostics, Options(include_paths, defines, undefines))
    report = diagnostics.render()
    if report:
        click.echo(_colored(report) if sys.stderr.isatty() else report, err=True)
    warnings = sum(item.severity is Severity.WARNING for item in diagnostics.items)
    if compiled is None or (warnings_are_errors and warnings):
        click.echo(_summary(diagnostics.error_count, warnings) + "; nothing was written", err=True)
        sys.exit(1)

    json_file = output if output.suffix == ".json" else output / f"{file.stem}.json"
    info_file = p4info_file or json_file.with_name(f"{json_file.stem}.p4info.txtpb")
    texts = {
        json_file: json.dumps(compiled.json, indent=2) + "\n",
        info_file: P4INFO_HEAD + text_format.MessageToString(compiled.p4info),
    }
    try:
        _write_all(texts)
    except OSError as error:
        click.echo(f"error: cannot write {error.filename}: {error.strerror}", err=True)
        sys.exit(1)


def _summary(errors: int, warnings: int) -> str:
    parts = [
        f"{count} {word}{'s' if count > 1 else ''}"
        for count, word in ((errors, "error"), (warnings, "warning"))
        if count
    ]
    return " and ".join(parts)


def _colored(report: str) -> str:
    """The report with severities and carets in colour."""
    lines: list[str] = []
    color = "red"
    for line in report.split("\n"):
        head = _SEVERITY.match(line)
        if head is not None:
            color = _COLORS[head["severity"]]
            severity = click.style(f"{head['severity']}:", fg=color, bold=True)
            lines.append(f"{click.style(head['place'] + ':', bold=True)} {severity} {head['message']}")
        elif _CARETS.match(line):
            lines.append(click.style(line, fg=color))
        else:
            lines.append(line)
    return "\n".join(lines)


def _write_all(texts: dict[Path, str]) -> None:
    """Write all files or none: each is written beside its place first, and moved there when all are complete."""
    written: list[tuple[str, Path]] = []
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            written.append((name, path))
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
            os.chmod(name, 0o666 & ~_umask())
        for name, path in written:
            os.replace(name, path)
    finally:
        for name, _ in written:
            Path(name).unlink(missing_ok=True)


def _umask() -> int:
    """The mask for new files; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
