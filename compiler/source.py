"""Read a P4 file and what it includes, preprocess them, and remember where every piece of text came from.

The preprocessor is ours (`preprocessor/`). Its errors become diagnostics like all others; what can be read in spite of
them is still compiled.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from compiler.diagnostics import Diagnostics, Span, whole_file
from compiler.preprocessor.directives import Preprocessor
from compiler.preprocessor.files import Files
from compiler.preprocessor.layout import LineOrigin, Preprocessed

__all__ = ["STANDARD_HEADERS", "LineOrigin", "Preprocessed", "preprocess", "read_source"]

STANDARD_HEADERS = Path(__file__).parent / "p4include"
"""Where core.p4 and the architectures are; shown to the user as `p4include/`."""

PREDEFINED = ("__TARGET_BMV2__",)
"""Macros that programs ask for to know their target; p4c for BMv2 defines it, too."""


def read_source(
    path: Path | str,
    diagnostics: Diagnostics,
    include_paths: Sequence[Path | str] = (),
    defines: Iterable[str] = (),
    undefines: Iterable[str] = (),
    *,
    files: Files | None = None,
    now: datetime | None = None,
) -> Preprocessed | None:
    """Read and preprocess the file at `path`; None, with an I/O error reported, when it cannot be read.

    `defines` are "NAME" or "NAME=VALUE" as behind -D, `undefines` names as behind -U (they win over `defines`).
    `files` learns what was read and looked for; `now` is what __DATE__ says (without it, it is no macro).
    """
    file = str(path)
    files = files if files is not None else Files()
    try:
        text = files.text(file)
    except OSError as error:
        diagnostics.error("I/O error", f"cannot read {file}: {error.strerror or error}", whole_file(file))
        return None
    return preprocess(text, file, diagnostics, include_paths, defines, undefines, files=files, now=now)


def preprocess(
    text: str,
    file: str,
    diagnostics: Diagnostics,
    include_paths: Sequence[Path | str] = (),
    defines: Iterable[str] = (),
    undefines: Iterable[str] = (),
    *,
    files: Files | None = None,
    now: datetime | None = None,
    is_preprocessed: bool = False,
) -> Preprocessed:
    """Preprocess `text`, which is called `file` and whose `#include "..."` start from that file's folder.

    With `is_preprocessed` only comments and `# LINE "FILE"` marks are looked for, as --nocpp asks.
    """
    files = files if files is not None else Files()
    text = text.replace("\r\n", "\n")
    path = [str(folder) for folder in (*include_paths, STANDARD_HEADERS)]
    preprocessor = Preprocessor(diagnostics, files, path, _Names(file), now, is_preprocessed)
    for definition in (*PREDEFINED, *defines):
        preprocessor.define(definition)
    for name in undefines:
        preprocessor.undefine(name)
    preprocessor.run(text, file)
    lines = text.removesuffix("\n").split("\n")
    end = Span(file, len(lines), len(lines[-1]) + 1, len(lines), len(lines[-1]) + 1)
    return Preprocessed(preprocessor.layout.text(), preprocessor.layout.origins, end, files)


class _Names:
    """How spans name a file: the main file as given, others relative to the standard headers or the working folder."""

    def __init__(self, main_file: str) -> None:
        self._shown = {main_file: main_file, os.path.abspath(main_file): main_file}
        try:
            self._here = os.getcwd()
        except OSError:  # the working folder is gone
            self._here = os.sep

    def __call__(self, path: str) -> str:
        shown = self._shown.get(path)
        if shown is None:
            full = os.path.abspath(path)
            shown = self._shown.get(full)
            if shown is None:
                shown = self._name(full)
            self._shown[path] = shown
        return shown

    def _name(self, path: str) -> str:
        headers = str(STANDARD_HEADERS)
        if path.startswith(headers + os.sep) or path == headers:
            return STANDARD_HEADERS.name + path[len(headers) :]
        if path.startswith(self._here.rstrip(os.sep) + os.sep):
            return path[len(self._here.rstrip(os.sep)) + 1 :]
        return path
