"""What the compiler tells its user: spans of source text, errors and warnings, and how they are shown as text.

`rendering.py` has the forms for programs.

Every stage gets the one `Diagnostics` of the run, adds to it and goes on; the driver asks `has_errors` between them.
The rendering of one diagnostic:

    gateway.p4:41:13: error: cannot assign bit<16> to bit<8> [type-error]
       41 |     hdr.h.a = hdr.h.b;
          |               ^^^^^^^
      expected: a bit<8>; cast it with (bit<8>)
    gateway.p4:12:13: note: a is declared here
       12 |     bit<8>  a;
          |             ^

Lines and columns count from 1; a column counts characters (a tab is one).
"""

from __future__ import annotations

import sys
import unicodedata
from dataclasses import dataclass, field, replace
from enum import Enum

from compiler.warning_kinds import WARNING_KINDS, Action, Policy

TOO_MANY_ERRORS = 100
"""Errors that are kept in one run; those that follow are only counted (one cause can have thousands of effects)."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of source text, from (line, column) up to, not including, (end_line, end_column)."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def to(self, other: Span) -> Span:
        """From the start of this span to the end of `other`; this one alone when `other` is in another file."""
        if other.file != self.file:
            return self
        return Span(self.file, self.line, self.column, other.end_line, other.end_column)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


BUILTIN_SPAN = Span("<builtin>", 0, 0, 0, 0)
"""The place of what no source text declares."""


def whole_file(file: str) -> Span:
    """The place of what a file lacks: it has no line."""
    return Span(file, 0, 0, 0, 0)


class Severity(str, Enum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Note:
    """A second place that explains a diagnostic, e.g. an earlier declaration."""

    message: str
    span: Span


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One error or warning.

    `kind` is the class of the problem, in p4c's words where p4c has one: syntax, type-error, not-found, duplicate,
    invalid, missing, mismatch, overflow, insufficient, unsupported, unused, uninitialized-use, I/O error.
    `hint` says what was expected or what to do, without a full stop.
    """

    severity: Severity
    kind: str
    message: str
    span: Span
    notes: tuple[Note, ...] = ()
    hint: str | None = None


class Sources:
    """The text of every file that was read, by the name that spans use; for quoting lines and source fragments."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}
        self._renamed: dict[tuple[str, int], str] = {}

    def rename(self, file: str, number: int, text: str) -> None:
        """Let `text` be line `number` of `file`, which is not read itself: #line named it."""
        self._renamed[file, number] = text

    def add(self, file: str, text: str) -> None:
        self._lines[file] = text.split("\n")

    def line(self, file: str, number: int) -> str | None:
        """Line `number` of `file` without its newline; None when the file or the line is not known."""
        lines = self._lines.get(file)
        if lines is None:
            return self._renamed.get((file, number))
        if not 1 <= number <= len(lines):
            return None
        return lines[number - 1].rstrip("\r")

    def fragment(self, span: Span) -> str:
        """The source text that `span` covers, newlines included; empty when the file is not known."""
        if not 1 <= span.line <= span.end_line:
            return ""
        covered: list[str] = []
        for number in range(span.line, span.end_line + 1):
            line = self.line(span.file, number)
            if line is None:
                return ""
            covered.append(line)
        covered[-1] = covered[-1][: span.end_column - 1]
        covered[0] = covered[0][span.column - 1 :]
        return "\n".join(covered)


@dataclass(slots=True)
class Diagnostics:
    """Collects what the stages report; the same problem at the same place is kept once."""

    sources: Sources = field(default_factory=Sources)
    items: list[Diagnostic] = field(default_factory=list)
    error_count: int = 0
    policy: Policy = field(default_factory=Policy)
    max_errors: int = TOO_MANY_ERRORS
    expansions: dict[tuple[str, int, int], Note] = field(default_factory=dict)
    """For the place where a macro is called, a note that shows its definition; added to what is reported there."""
    _seen: set[tuple[Severity, str, Span]] = field(default_factory=set)

    @property
    def has_errors(self) -> bool:
        return self.error_count > 0

    @property
    def warning_count(self) -> int:
        return sum(item.severity is Severity.WARNING for item in self.items)

    def error(self, kind: str, message: str, span: Span, *notes: Note, hint: str | None = None) -> None:
        self.add(Diagnostic(Severity.ERROR, kind, message, span, notes, hint))

    def warning(self, kind: str, message: str, span: Span, *notes: Note, hint: str | None = None) -> None:
        """Report a warning of a kind that `WARNING_KINDS` declares; the policy may drop it or make it an error."""
        assert kind in WARNING_KINDS, f"{kind} is not declared in WARNING_KINDS"
        action = self.policy.action(kind)
        if action is not Action.IGNORE:
            severity = Severity.ERROR if action is Action.ERROR else Severity.WARNING
            self.add(Diagnostic(severity, kind, message, span, notes, hint))

    def wants(self, kind: str) -> bool:
        """Whether a warning of `kind` would be kept; for checks that cost much."""
        return self.policy.action(kind) is not Action.IGNORE

    def add(self, diagnostic: Diagnostic) -> None:
        identity = (diagnostic.severity, diagnostic.message, diagnostic.span)
        if identity in self._seen:
            return
        self._seen.add(identity)
        span = diagnostic.span
        expansion = self.expansions.get((span.file, span.line, span.column))
        if expansion is not None:
            diagnostic = replace(diagnostic, notes=(*diagnostic.notes, expansion))
        if diagnostic.severity is Severity.ERROR:
            self.error_count += 1
            if self.error_count > self.max_errors:
                return
        self.items.append(diagnostic)

    def sorted(self) -> list[Diagnostic]:
        """The diagnostics file by file in the order the files were first met, and by line within a file; what is about
        a file as a whole comes last.
        """
        file_order: dict[str, int] = {}
        for item in self.items:
            file_order.setdefault(item.span.file, len(file_order))
        return sorted(self.items, key=lambda d: (file_order[d.span.file], d.span.line or sys.maxsize, d.span.column))

    def render(self) -> str:
        """Everything that was reported, as plain text; empty when there is nothing to say."""
        return render(self)


QUOTED_WIDTH = 160
"""Columns of a source line that are quoted; of a longer one, those around the caret. Nothing that moves a terminal's
cursor or changes its colours is quoted as it is."""

_COLORS = {"error": "31", "warning": "33", "note": "36"}
_BOLD, _RESET = "\x1b[1m", "\x1b[0m"


def render(diagnostics: Diagnostics, color: bool = False) -> str:
    """Everything that was reported, as text; empty when there is nothing to say."""
    blocks = [render_one(item, diagnostics.sources, color) for item in diagnostics.sorted()]
    if diagnostics.error_count > diagnostics.max_errors:
        blocks.append(f"... and {_count(diagnostics.error_count - diagnostics.max_errors, 'more error')}")
    return "\n".join(blocks)


def render_one(diagnostic: Diagnostic, sources: Sources, color: bool = False) -> str:
    """One diagnostic as text, in the layout shown at the top of this file."""
    severity = diagnostic.severity.value
    lines = [_head(diagnostic.span, severity, f"{diagnostic.message} [{diagnostic.kind}]", color)]
    lines += _quote(diagnostic.span, sources, severity, color)
    if diagnostic.hint:
        lines.append(f"  expected: {diagnostic.hint}")
    for note in diagnostic.notes:
        lines += [_head(note.span, "note", note.message, color), *_quote(note.span, sources, "note", color)]
    return "\n".join(lines)


def summary(errors: int, warnings: int) -> str:
    """ "2 errors and 1 warning"; empty when there are none."""
    parts = [_count(count, word) for count, word in ((errors, "error"), (warnings, "warning")) if count]
    return " and ".join(parts)


def _count(count: int, word: str) -> str:
    return f"{count} {word}{'s' if count > 1 else ''}"


def _head(span: Span, severity: str, message: str, color: bool) -> str:
    if not color:
        return f"{span}: {severity}: {message}"
    return f"{_BOLD}{span}:{_RESET} \x1b[1;{_COLORS[severity]}m{severity}:{_RESET} {message}"


def _quote(span: Span, sources: Sources, severity: str, color: bool) -> list[str]:
    """The first line of `span` and a line of carets under the part it covers."""
    text = sources.line(span.file, span.line)
    if text is None:
        return []
    start = min(span.column, len(text) + 1)
    end = span.end_column if span.end_line == span.line else len(text.rstrip()) + 1
    marked = max(1, min(end, len(text) + 1) - start)
    first = max(0, start - 1 - QUOTED_WIDTH // 2) if len(text) > QUOTED_WIDTH else 0
    part = text[first : first + QUOTED_WIDTH]
    shown = "".join(char if char == "\t" or char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in part)
    before, covered = shown[: start - 1 - first], shown[start - 1 - first : start - 1 - first + marked]
    indent = "".join("\t" if char == "\t" else " " * _columns(char) for char in before)
    carets = "^" * max(1, sum(map(_columns, covered)))
    if color:
        carets = f"\x1b[{_COLORS[severity]}m{carets}{_RESET}"
    return [f"{span.line:5} | {shown}", f"      | {indent}{carets}"]


def _columns(char: str) -> int:
    """How many columns of a terminal a character takes."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
