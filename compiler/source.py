"""Read a P4 file and what it includes, preprocess them, and remember where every piece of text came from.

The preprocessor is pcpp; it runs on text whose comments have been turned into blanks of the same size, so that columns
stay what they are in the file. Its tokens are laid out again one source line per line, each with the file and line it
came from. In a line in which a macro was expanded, what stands before and after it keeps its true columns, and
the expansion itself has those of the macro's name and arguments.

Errors of the preprocessor become diagnostics like all others; what can be read in spite of them is still compiled.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from pcpp.preprocessor import Action, OutputDirective, Preprocessor

from compiler.diagnostics import Diagnostics, Span

STANDARD_HEADERS = Path(__file__).parent / "p4include"
"""Where core.p4 and the architectures are; shown to the user as `p4include/`."""

MAX_INCLUDE_DEPTH = 100

PREPROCESSOR = "I/O error"
"""The class of the preprocessor's errors: p4c runs a preprocessor of its own and calls all its failures so."""

_STRING_OR_COMMENT = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_VISIBLE = re.compile(r"[^\n]")
_ODD_LINE_ENDS = str.maketrans(dict.fromkeys("\r\v\f\x1c\x1d\x1e\x85\u2028\u2029", " "))
"""Characters that pcpp takes for line ends; P4 takes them for blanks, or for nothing at all."""
_LINE_DIRECTIVE = re.compile(r'\s*#\s*(?:line\s+)?(\d+)(?:\s+"([^"]*)")?')


@dataclass(slots=True)
class LineOrigin:
    """Where a line of preprocessed text came from.

    In a line that a macro changed, the first `prefix` characters stand at the same columns in the file, those from
    index `suffix` on are shifted right by `shift` columns there, and all between stand for the file's columns
    `prefix + 1` to `suffix + shift`. In an unchanged line `prefix` covers it all.
    """

    file: str
    line: int
    prefix: int = 1 << 30
    suffix: int = 1 << 30
    shift: int = 0

    def column(self, index: int) -> int:
        """The column in the file (from 1) of the character at `index` (from 0) of the preprocessed line."""
        if index < self.prefix:
            return index + 1
        if index >= self.suffix:
            return index + self.shift + 1
        return self.prefix + 1

    def end_column(self, index: int) -> int:
        """The column behind a piece of text that ends before `index`."""
        if index <= self.prefix:
            return index + 1
        return max(index, self.suffix) + self.shift + 1


@dataclass(slots=True)
class Preprocessed:
    """`lines[i]` is the origin of line i (from 0) of `text`."""

    text: str
    lines: list[LineOrigin]
    end: Span
    """The end of the main file, where a message about something missing points."""


def read_source(
    path: Path | str,
    diagnostics: Diagnostics,
    include_paths: Sequence[Path | str] = (),
    defines: Iterable[str] = (),
    undefines: Iterable[str] = (),
) -> Preprocessed | None:
    """Read and preprocess the file at `path`; None, with an I/O error reported, when it cannot be read.

    `defines` are "NAME" or "NAME=VALUE" as behind -D, `undefines` names as behind -U (they win over `defines`).
    """
    file = str(path)
    try:
        text = _decode(Path(path).read_bytes())
    except OSError as error:
        diagnostics.error("I/O error", f"cannot read {file}: {error.strerror or error}", Span(file, 1, 1, 1, 1))
        return None
    return preprocess(text, file, diagnostics, include_paths, defines, undefines)


def preprocess(
    text: str,
    file: str,
    diagnostics: Diagnostics,
    include_paths: Sequence[Path | str] = (),
    defines: Iterable[str] = (),
    undefines: Iterable[str] = (),
) -> Preprocessed:
    """Preprocess `text`, which is called `file` and whose `#include "..."` start from that file's folder."""
    preprocessor = _P4Preprocessor(file, diagnostics)
    preprocessor.path += [str(folder) for folder in (*include_paths, STANDARD_HEADERS)]
    for definition in defines:
        name, _, value = definition.partition("=")
        preprocessor.define(f"{name} {value if '=' in definition else '1'}")
    for name in (*undefines, "__DATE__", "__TIME__", "__PCPP__"):
        preprocessor.undef(name)

    text = text.replace("\r\n", "\n")
    preprocessor.parse(preprocessor.enter(file, text), file)  # an iterator: nothing happens before tokens()
    layout = _Layout(preprocessor.blanked)
    for token in preprocessor.tokens():
        layout.add(preprocessor.shown_name(token.source), token.lineno, token.value)
    lines = text.split("\n")
    end = Span(file, len(lines), len(lines[-1]) + 1, len(lines), len(lines[-1]) + 1)
    return Preprocessed(layout.text(), layout.origins, end)


def _blank_comments(text: str) -> str:
    """Comments replaced by blanks and blanks before line ends dropped; all else stays at its line and column."""

    def blank(match: re.Match[str]) -> str:
        found = match[0]
        return found if found[0] == '"' else _VISIBLE.sub(" ", found)

    blanked = _STRING_OR_COMMENT.sub(blank, text).translate(_ODD_LINE_ENDS)
    return "\n".join(line.rstrip() for line in blanked.split("\n"))


def _decode(data: bytes) -> str:
    """UTF-8; what is not becomes U+FFFD, which the lexer refuses outside comments and strings."""
    return data.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")


@dataclass(slots=True)
class _PreprocessorToken:
    """What this file uses of a pcpp token."""

    source: str
    lineno: int
    value: str


class _P4Preprocessor(Preprocessor):  # type: ignore[misc]  # pcpp has no type hints
    """pcpp with our search path and our diagnostics, fed with text without comments."""

    def __init__(self, main_file: str, diagnostics: Diagnostics) -> None:
        super().__init__()
        self.rewrite_paths: list[tuple[str, str]] = []  # pcpp would show paths relative to the working folder
        self.blanked: dict[str, list[str]] = {}  # by the name that is shown: lines without comments
        self.line_directive = None
        self._diagnostics = diagnostics
        self._main_file = main_file
        self._shown: dict[str, str] = {os.path.abspath(main_file): main_file}

    def enter(self, file: str, text: str) -> str:
        """Keep the text of a file for quoting; return what is to be preprocessed."""
        self._diagnostics.sources.add(file, text)
        blanked = _blank_comments(text)
        self.blanked[file] = blanked.split("\n")
        return blanked

    def shown_name(self, path: str) -> str:
        """How spans name the file at `path`: as given, or relative to the standard headers or the working folder."""
        shown = self._shown.get(path)
        if shown is None:
            if Path(path).is_relative_to(STANDARD_HEADERS):
                shown = str(Path(STANDARD_HEADERS.name) / Path(path).relative_to(STANDARD_HEADERS))
            elif Path(path).is_relative_to(Path.cwd()):
                shown = str(Path(path).relative_to(Path.cwd()))
            else:
                shown = path
            self._shown[path] = shown
        return shown

    def tokens(self) -> Iterator[_PreprocessorToken]:
        """All tokens of the output. pcpp trips over some malformed directives; that ends the text with a diagnostic."""
        try:
            while (token := self.token()) is not None:
                yield token
        except (IndexError, AssertionError, TypeError, ValueError, AttributeError, RecursionError, ZeroDivisionError):
            self._report_at_directive(PREPROCESSOR, "malformed preprocessor directive")

    # Hooks of pcpp

    def on_error(self, file: str, line: int, msg: str) -> None:
        self._report(PREPROCESSOR, msg[:1].lower() + " ".join(msg[1:].split()), str(file), line)

    def on_directive_handle(
        self, directive: _PreprocessorToken, toks: list[_PreprocessorToken], ifpassthru: bool, precedingtoks: object
    ) -> bool:
        self.lastdirective = directive
        if directive.value == "include" and not toks:
            self._report_at_directive(PREPROCESSOR, "malformed #include", hint='#include <file> or #include "file"')
        return True

    def on_file_open(self, is_system_include: bool, includepath: str) -> TextIO:
        if self.include_depth > MAX_INCLUDE_DEPTH:
            self._report_at_directive("I/O error", f"files are included more than {MAX_INCLUDE_DEPTH} deep")
            raise OutputDirective(Action.IgnoreAndRemove)
        text = _decode(Path(includepath).read_bytes())
        return io.StringIO(self.enter(self.shown_name(includepath), text))

    def on_include_not_found(self, is_malformed: bool, is_system_include: bool, curdir: str, includepath: str) -> None:
        if is_malformed:
            self._report_at_directive(PREPROCESSOR, "malformed #include", hint='#include <file> or #include "file"')
        else:
            searched = ", ".join(self.shown_name(os.path.abspath(folder)) for folder in self.path)
            place = "the search path" if is_system_include else "the including file's folder and the search path"
            message = f"cannot find {includepath}: it is not in {place} ({searched}); add a folder with -I"
            self._report_at_directive("I/O error", message)
        raise OutputDirective(Action.IgnoreAndRemove)

    def on_directive_unknown(
        self, directive: _PreprocessorToken, toks: list[_PreprocessorToken], ifpassthru: bool, precedingtoks: object
    ) -> bool | None:
        name = directive.value
        if name == "line" or name.isdigit():
            return None  # passed through: _Layout follows it
        text = "".join(token.value for token in toks)
        if name == "error":
            self._report_at_directive(PREPROCESSOR, f"#error {text}")
        elif name == "warning":
            span = self._line_span(directive.source, directive.lineno)
            self._diagnostics.warning("invalid", f"#warning {text}", span)
        elif name != "pragma":
            self._report_at_directive(PREPROCESSOR, f"unknown preprocessor directive #{name}")
        return True

    def on_comment(self, tok: _PreprocessorToken) -> bool:
        return True  # no comment, those are blanks already, but part of a string of several lines

    # Reports

    def _report_at_directive(self, kind: str, message: str, hint: str | None = None) -> None:
        directive = self.lastdirective
        if directive is None:
            self._report(kind, message, os.path.abspath(self._main_file), 1, hint)
        else:
            self._report(kind, message, directive.source, directive.lineno, hint)

    def _report(self, kind: str, message: str, path: str, line: int, hint: str | None = None) -> None:
        self._diagnostics.error(kind, message, self._line_span(path, line), hint=hint)

    def _line_span(self, path: str, line: int) -> Span:
        """The text of line `line`, without indentation."""
        file = self.shown_name(path)
        text = self._diagnostics.sources.line(file, line) or ""
        start = len(text) - len(text.lstrip())
        return Span(file, line, start + 1, line, max(start + 1, len(text.rstrip())) + 1)


class _Layout:
    """Puts the preprocessor's tokens back into lines, and follows #line directives."""

    def __init__(self, originals: dict[str, list[str]]) -> None:
        self._originals = originals
        self.origins: list[LineOrigin] = []
        self._lines: list[str] = []
        self._pieces: list[str] = []
        self._place: tuple[str, int] | None = None  # file and line of what is in _pieces
        self._renamed: dict[str, tuple[str, int]] = {}  # file -> name and line offset given by #line

    def add(self, file: str, line: int, text: str) -> None:
        """Add a token that begins at `line` of `file`; its own newlines count as lines of the file."""
        if self._place != (file, line):
            # Arguments of a macro call may lie on later lines than the call; what follows them does not go back.
            self._finish_line()
            self._place = (file, line)
        if "\n" not in text:
            self._pieces.append(text)
            return
        first, *rest = text.split("\n")
        self._pieces.append(first)
        for part in rest:
            self._finish_line()
            line += 1
            self._place = (file, line)
            self._pieces.append(part)

    def text(self) -> str:
        self._finish_line()
        return "\n".join(self._lines)

    def _finish_line(self) -> None:
        line_text = "".join(self._pieces)
        self._pieces.clear()
        if self._place is None:
            return
        file, line = self._place
        if "#" in line_text and line_text.lstrip().startswith("#"):
            directive = _LINE_DIRECTIVE.match(line_text)
            if directive is not None:
                name = directive[2] or self._renamed.get(file, (file, 0))[0]
                self._renamed[file] = (name, int(directive[1]) - (line + 1))
                return
        originals = self._originals[file]
        origin = _origin(file, line, line_text, originals[line - 1] if line <= len(originals) else "")
        if file in self._renamed:
            origin.file, offset = self._renamed[file]
            origin.line += offset
        self._lines.append(line_text)
        self.origins.append(origin)


def _origin(file: str, line: int, text: str, original: str) -> LineOrigin:
    """Compare a preprocessed line with the line of the file to find where a macro changed it."""
    if text == original:
        return LineOrigin(file, line)
    length = min(len(text), len(original))
    prefix = 0
    while prefix < length and text[prefix] == original[prefix]:
        prefix += 1
    suffix = 0
    while suffix < length - prefix and text[-1 - suffix] == original[-1 - suffix]:
        suffix += 1
    return LineOrigin(file, line, prefix, len(text) - suffix, len(original) - len(text))
