"""Preprocessed text, and where in the source every character of it comes from.

The text has a line for each line of the source that says something. What no macro touched stands in it as in the
source; in other lines the tokens are laid out one after the other, each with its own column, and all that a macro made
stands for the text of the call, from its name to its closing parenthesis.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from compiler.diagnostics import Span
from compiler.preprocessor.files import Files
from compiler.preprocessor.tokens import Token, stick_together


@dataclass(slots=True)
class Piece:
    """A part of a preprocessed line from index `start` on: the source text at indices `column` to `end`.

    `is_copy`: the part is that text itself; else it is what a macro made of it.
    """

    start: int
    column: int
    end: int
    is_copy: bool


@dataclass(slots=True)
class LineOrigin:
    """Where a line of preprocessed text came from; without `pieces` it is that line of the file, unchanged."""

    file: str
    line: int
    pieces: list[Piece] | None = None

    def column(self, index: int) -> int:
        """The column in the file (from 1) of the character at `index` (from 0) of the preprocessed line."""
        if self.pieces is None:
            return index + 1
        piece = self._piece(index)
        return piece.column + (index - piece.start if piece.is_copy else 0) + 1

    def end_column(self, index: int) -> int:
        """The column behind a piece of text that ends before `index`."""
        if self.pieces is None:
            return index + 1
        piece = self._piece(index - 1)
        return (piece.column + index - piece.start if piece.is_copy else piece.end) + 1

    def _piece(self, index: int) -> Piece:
        assert self.pieces is not None
        return self.pieces[max(0, bisect_right(self.pieces, index, key=lambda piece: piece.start) - 1)]


@dataclass(slots=True)
class Preprocessed:
    """`lines[i]` is the origin of line i (from 0) of `text`; `files` is what was read for it."""

    text: str
    lines: list[LineOrigin]
    end: Span
    """The end of the main file, where a message about something missing points."""
    files: Files = field(default_factory=Files)


class Layout:
    """Takes lines and tokens in order; `text` and `origins` are what has been laid out."""

    def __init__(self) -> None:
        self.origins: list[LineOrigin] = []
        self._lines: list[str] = []
        self._parts: list[str] = []
        self._size = 0
        self._pieces: list[Piece] = []
        self._origin: LineOrigin | None = None
        self._call: Token | None = None

    def line(self, file: str, line: int, text: str) -> None:
        """Add a line of the source as it is."""
        self.finish()
        self._lines.append(text)
        self.origins.append(LineOrigin(file, line))

    def catch_up(self, file: str, line: int) -> None:
        """Add empty lines for those of `file` before `line` that said nothing: in a string, they count."""
        self.finish()
        if self.origins and self.origins[-1].file == file:
            for missing in range(self.origins[-1].line + 1, line):
                self.line(file, missing, "")

    def copy(self, file: str, line: int, column: int, token: Token) -> None:
        """Add a token that stands at index `column` of `line`."""
        if self._origin is None or self._origin.line != line or self._origin.file != file:
            self.finish()
            self._origin = LineOrigin(file, line)
            self._parts.append(" " * column)
            self._size = len(self._parts[0])
            self._add(token.text)
        else:
            self._add_spaced(token)
        self._pieces.append(Piece(self._size - len(token.text), column, column + len(token.text), True))
        self._call = None

    def expanded(self, file: str, line: int, column: int, end: int, call: Token, token: Token) -> None:
        """Add a token that the macro call at indices `column` to `end` of `line` made. `call` tells calls apart."""
        if call is self._call:
            self._add_spaced(token)
            self._pieces[-1].end = end
            return
        if self._origin is None or self._origin.line != line or self._origin.file != file:
            self.finish()
            self._origin = LineOrigin(file, line)
            self._parts.append(" " * column)
            self._size = len(self._parts[0])
            self._add(token.text)
        else:
            self._add_spaced(token)
        self._pieces.append(Piece(self._size - len(token.text), column, end, False))
        self._call = call

    def finish(self) -> None:
        """End the line that tokens were added to."""
        if self._origin is not None:
            self._origin.pieces = self._pieces
            self._lines.append("".join(self._parts))
            self.origins.append(self._origin)
        self.drop()

    def drop(self) -> None:
        """Forget the line that tokens were added to."""
        self._origin, self._call = None, None
        self._parts, self._pieces, self._size = [], [], 0

    def text(self) -> str:
        return "\n".join(self._lines)

    def _add_spaced(self, token: Token) -> None:
        if token.space or stick_together(self._parts[-1], token.text):
            self._add(" ")
        self._add(token.text)

    def _add(self, text: str) -> None:
        self._parts.append(text)
        self._size += len(text)


def shown(text: Preprocessed) -> str:
    """The preprocessed text as `-E` prints it: with `# LINE "FILE"` marks, that can be compiled again."""
    out: list[str] = []
    file, line = "", 0
    for content, origin in zip(text.text.split("\n"), text.lines, strict=False):
        if origin.file != file or not 0 <= origin.line - line <= MAX_BLANKS:
            name = origin.file.replace("\\", "\\\\").replace('"', '\\"')
            out.append(f'# {origin.line} "{name}"')
        else:
            if not content.strip():
                continue
            out += [""] * (origin.line - line)
        file, line = origin.file, origin.line + 1
        out.append(content.rstrip())
    return "\n".join(out) + "\n"


MAX_BLANKS = 8
"""So many blank lines are cheaper to read than a mark."""
