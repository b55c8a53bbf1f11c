"""`p4gate report`: what the tables, headers, metadata and memory of a P4 program cost, and why it needs its stages."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from compiler.cli import preprocessor_options
from compiler.inspection import inspect, write_files
from compiler.terminal import wants_color


@click.command(name="report", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", metavar="FILE.p4", type=click.Path(path_type=Path))
@click.option("-o", "output", metavar="FILE", help="Write to this file instead of standard output.")
@click.option("--json", "machine", is_flag=True, help="The same as JSON, with every field and key.")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colours; auto: on a terminal, unless NO_COLOR is set.",
)
@preprocessor_options
def report_command(
    file: Path,
    output: str | None,
    machine: bool,
    color: str,
    include_paths: tuple[str, ...],
    defines: tuple[str, ...],
    undefines: tuple[str, ...],
) -> None:
    """Tell what a P4 program costs: tables, longest chain of dependencies, headers, metadata, memory.

    \b
    Tables with their keys, entries and stages; why the chain is that long; what metadata nobody reads:
      p4gate report p4src/v1model/gateway.p4
    The widest tables, from the JSON:
      p4gate report router.p4 --json | jq '.controls[].tables | sort_by(-.total_bits)[:3] | .[].name'

    docs/graphs.md defines every number.
    """
    from compiler.report import collect, to_text

    report = inspect(
        file, include_paths, defines, undefines, lambda program, sources: collect(program, sources, file.name)
    )
    if machine:
        text = json.dumps(asdict(report), indent=2, ensure_ascii=False) + "\n"
    else:
        text = to_text(report, color=output is None and wants_color(color, sys.stdout))
    if output is None:
        click.echo(text, nl=False, color=True)
    else:
        write_files([(output, text)])
