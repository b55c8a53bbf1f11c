r"""A file's text as logical lines: comments replaced by blanks, lines that end in `\` joined (ISO C 5.1.1.2).

Blanking keeps every other character in its line and column. A comment of several lines joins the lines of a directive,
but leaves those of ordinary text apart. A string may go over several lines, as P4's may: comments are not looked for
inside it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

_INTERESTING = re.compile(r'"|//|/\*')
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"')
_STRING_END = re.compile(r'[^"\\]*(?:\\.[^"\\]*)*"')
_DIRECTIVE = re.compile(r"\s*#")


@dataclass(slots=True)
class Line:
    """One logical line. `starts[i]` is where, in `text`, the file's line `numbers[i]` begins (numbers from 1).

    `in_string`: its beginning belongs to a string that began on an earlier line.
    """

    text: str
    number: int
    in_string: bool = False
    starts: list[int] | None = None
    numbers: list[int] | None = None

    @property
    def is_directive(self) -> bool:
        return "#" in self.text and _DIRECTIVE.match(self.text) is not None

    def place(self, offset: int) -> tuple[int, int]:
        """(line of the file, index in it) of the character at `offset`."""
        if self.starts is None or self.numbers is None:
            return self.number, offset
        part = bisect_right(self.starts, offset) - 1
        return self.numbers[part], offset - self.starts[part]


class LineReader:
    """Gives the logical lines of one text, one at a time."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._next = 0
        self._in_comment = False
        self._in_string = False
        self._last_quoted = max((index for index, line in enumerate(self._lines) if '"' in line), default=-1)
        self.skipping = False
        """Set while a conditional leaves the text out: quotes there need not match."""

    @property
    def count(self) -> int:
        return len(self._lines)

    def read(self) -> Line | None:
        """The next logical line; None at the end."""
        if self._next >= len(self._lines):
            return None
        number, in_string = self._next + 1, self._in_string
        text, goes_on = self._blanked()
        if not goes_on and not self._in_comment:
            return Line(text, number, in_string)
        is_directive = _DIRECTIVE.match(text) is not None
        parts, numbers = [text], [number]
        while (goes_on or (is_directive and self._in_comment)) and self._next < len(self._lines):
            numbers.append(self._next + 1)
            text, goes_on = self._blanked()
            parts.append(text)
        if len(parts) == 1:
            return Line(parts[0], number, in_string)
        starts = [0]
        for part in parts[:-1]:
            starts.append(starts[-1] + len(part))
        return Line("".join(parts), number, in_string, starts, numbers)

    def _blanked(self) -> tuple[str, bool]:
        """The next line of the file without comments, and whether it ended in a backslash (which is cut off)."""
        raw = self._lines[self._next]
        self._next += 1
        goes_on = raw.endswith("\\") or (raw.rstrip().endswith("\\") and raw[-1:] in " \t\r\f\v")
        if goes_on:
            raw = raw.rstrip()[:-1]
        if not (self._in_comment or self._in_string or _INTERESTING.search(raw)):
            return raw, goes_on
        return self._without_comments(raw, goes_on), goes_on

    def _without_comments(self, raw: str, goes_on: bool) -> str:
        pieces: list[str] = []
        position = 0
        while position < len(raw):
            if self._in_comment:
                end = raw.find("*/", position)
                stop = len(raw) if end < 0 else end + 2
                self._in_comment = end < 0
                pieces.append(" " * (stop - position))
            elif self._in_string:
                closing = _STRING_END.match(raw, position)
                stop = len(raw) if closing is None else closing.end()
                self._in_string = closing is None
                pieces.append(raw[position:stop])
            else:
                found = _INTERESTING.search(raw, position)
                if found is None:
                    pieces.append(raw[position:])
                    break
                pieces.append(raw[position : found.start()])
                position = found.start()
                if found[0] == "//":
                    pieces.append(" " * (len(raw) - position))
                    if goes_on:
                        self._drop_continued_comment()
                    break
                if found[0] == "/*":
                    self._in_comment = True
                    pieces.append("  ")
                    stop = position + 2
                else:
                    string = _STRING.match(raw, position)
                    stop = position + 1 if string is None else string.end()
                    self._in_string = string is None and self._string_ends_later(raw)
                    pieces.append(raw[position:stop])
            position = stop
        return "".join(pieces)

    def _drop_continued_comment(self) -> None:
        r"""Blank the lines that belong to a `//` comment because the line before ends in a backslash."""
        index = self._next
        while index < len(self._lines):
            goes_on = self._lines[index].rstrip().endswith("\\")
            self._lines[index] = "\\" if goes_on else ""
            if not goes_on:
                return
            index += 1

    def _string_ends_later(self, raw: str) -> bool:
        """Whether an open quote begins a string of several lines, and not just stands there."""
        return not self.skipping and self._last_quoted >= self._next and _DIRECTIVE.match(raw) is None
