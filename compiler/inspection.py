"""What the verbs that look into a program share: read and check it, show what is wrong, write files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import click

from compiler.command import written
from compiler.diagnostics import Diagnostics, render, summary
from compiler.recursion import deep_recursion
from compiler.terminal import wants_color

_T = TypeVar("_T")

FAILED = 1


def inspect(
    file: Path,
    include_paths: Sequence[str],
    defines: Sequence[str],
    undefines: Sequence[str],
    look: Callable[..., _T],
) -> _T:
    """What `look(program, sources)` makes of the checked program in `file`. Ends the run where there are errors."""
    from compiler.driver import Options, check_file

    diagnostics = Diagnostics()
    program = check_file(file, diagnostics, Options(include_paths, defines, undefines))
    if program is None:
        color = wants_color("auto", sys.stderr)
        click.echo(render(diagnostics, color), err=True, color=color)
        click.echo(f"{summary(diagnostics.error_count, diagnostics.warning_count)}; nothing was written", err=True)
        sys.exit(FAILED)
    with deep_recursion():  # what looks at trees walks them as the compiler's stages do
        return look(program, diagnostics.sources)


def write_files(texts: Iterable[tuple[str, str]]) -> None:
    """Write all files or none; ends the run where that fails."""
    try:
        written([(path, text.encode()) for path, text in texts])
    except OSError as error:
        click.echo(f"error: cannot write {error.filename}: {error.strerror}", err=True)
        sys.exit(FAILED)
