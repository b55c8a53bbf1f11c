"""From P4 source to BMv2 JSON and P4Info: the list of stages, in the order in which a program passes them.

    stage        takes                          gives                          file
    preprocess   a file, -I, -D, -U             text and where it came from    source.py
    lex          text                           tokens                         lexer.py
    parse        tokens                         syntax tree                    parser/
    check        syntax tree                    typed tree                     check/
    architecture typed tree                     what it is written for         architectures/
    p4info       typed tree                     P4Info                         backends/p4info/
    passes       typed tree                     simpler typed tree             passes/
    bmv2         simpler typed tree             BMv2 JSON                      backends/bmv2/

The last two are those of v1model; another architecture may have others (`Architecture.lower` and `emit`).
P4Info is made before the passes, which change the tree in place: control planes see the program as it was written.
After a syntax error the checker still runs on what could be read, so that one run reports all it can. It does not
run when text is missing (an #include that is not there), nor does anything behind it after an error.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from finsy.proto import p4i, p4r

from compiler import lexer, parser, source, tree
from compiler.architectures import architecture_of
from compiler.backends.p4info import emit as emit_p4info
from compiler.backends.p4info.entries import entries as emit_entries
from compiler.check import check_program
from compiler.check.control_plane_names import check_control_plane_names
from compiler.diagnostics import Diagnostics, Span
from compiler.disabled_annotations import without_annotations
from compiler.recursion import deep_recursion


@dataclass(frozen=True, slots=True)
class Options:
    """What the preprocessor is told, as behind -I, -D and -U; for which architecture; whether P4Info is wanted."""

    include_paths: Sequence[Path | str] = ()
    defines: Sequence[str] = ()
    undefines: Sequence[str] = ()
    p4info: bool = True
    """False: P4Info stays empty, and two actions may have one name."""
    entries: bool = False
    """Whether the entries that stand in the source are wanted as a WriteRequest; needs `p4info`."""
    disabled_annotations: Sequence[str] = ()
    """Names of annotations that are ignored, with a warning for each."""
    architecture: str | None = None
    """One of `compiler.architectures.ARCHITECTURES`; None: told from the package that the program instantiates."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The artefacts of a program without errors. `entries` is empty unless it was asked for."""

    json: dict[str, Any] = field(repr=False)
    p4info: p4i.P4Info = field(repr=False)
    entries: p4r.WriteRequest = field(repr=False, default_factory=p4r.WriteRequest)


Progress = Callable[[str], None]
"""Is told the name of a stage that begins."""


def _silent(stage: str) -> None:
    """No progress is shown."""


def compile_file(path: Path | str, diagnostics: Diagnostics, options: Options = Options()) -> Compiled | None:
    """Compile the file at `path`; None when errors were reported. Reads files, writes none."""
    text = source.read_source(path, diagnostics, options.include_paths, options.defines, options.undefines)
    if text is None:
        return None
    return compile_preprocessed(text, Path(path).name, diagnostics, options)


def compile_source(
    text: str, diagnostics: Diagnostics, options: Options = Options(), file: str = "program.p4"
) -> Compiled | None:
    """Compile `text`, which messages call `file`; None when errors were reported."""
    preprocessed = source.preprocess(text, file, diagnostics, options.include_paths, options.defines, options.undefines)
    return compile_preprocessed(preprocessed, file, diagnostics, options)


def check_file(
    path: Path | str, diagnostics: Diagnostics, options: Options = Options(), *, any_architecture: bool = False
) -> tree.Program | None:
    """The typed tree of the file at `path` before any pass; None when errors were reported.

    With `any_architecture` it may be a program for another target than v1model, or a library without `main`.
    """
    text = source.read_source(path, diagnostics, options.include_paths, options.defines, options.undefines)
    if text is None:
        return None
    is_complete = not diagnostics.has_errors
    with _compiling(text, diagnostics):
        syntax_tree = parser.parse(lexer.tokenize(text), text.text, diagnostics)
        if not is_complete:
            return None
        program = check_program(syntax_tree, diagnostics, needs_main=not any_architecture)
        if program is None or any_architecture:
            return program
        is_known = architecture_of(program, diagnostics, options.architecture) is not None
        if is_known and check_control_plane_names(program, diagnostics):
            return program
    return None


def compile_preprocessed(
    text: source.Preprocessed,
    name: str,
    diagnostics: Diagnostics,
    options: Options = Options(),
    progress: Progress = _silent,
) -> Compiled | None:
    """Compile preprocessed text, the program `name`; None when errors were reported, also by the preprocessor."""
    is_complete = not diagnostics.has_errors
    with _compiling(text, diagnostics):
        progress("reading")
        tokens = lexer.tokenize(text)
        if options.disabled_annotations:
            tokens = without_annotations(tokens, options.disabled_annotations, diagnostics)
        syntax_tree = parser.parse(tokens, text.text, diagnostics)
        if not is_complete:
            return None
        progress("checking")
        program = check_program(syntax_tree, diagnostics)
        if program is None or diagnostics.has_errors:
            return None
        architecture = architecture_of(program, diagnostics, options.architecture)
        if architecture is None or not check_control_plane_names(program, diagnostics, p4info=options.p4info):
            return None
        info = emit_p4info(program, diagnostics, architecture.name) if options.p4info else p4i.P4Info()
        request = emit_entries(program, info, diagnostics) if options.entries else p4r.WriteRequest()
        progress("simplifying")
        program = architecture.lower(program, diagnostics)
        if diagnostics.has_errors:
            return None
        progress("writing")
        json = architecture.emit(program, diagnostics, program_name=name)
        if json is not None and not diagnostics.has_errors:
            return Compiled(json, info, request)
    return None


@contextmanager
def _compiling(text: source.Preprocessed, diagnostics: Diagnostics) -> Iterator[None]:
    """Python set up for compiling: deep recursion, whose end is an error of the program, and no search for circles of
    garbage, which finds none here and takes a quarter of the time.
    """
    is_collecting = gc.isenabled()
    gc.disable()
    try:
        with deep_recursion():
            yield
    except RecursionError:
        message = "this program is too deep for the compiler: statements, expressions or calls inside one another"
        diagnostics.error(
            "overlimit", message, Span(text.end.file, 1, 1, 1, 1), hint="more functions, states or tables"
        )
    finally:
        if is_collecting:
            gc.enable()
