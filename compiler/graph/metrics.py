"""How much room text and boxes need. Text is set in a monospaced face, so that this is known without the font."""

from __future__ import annotations

from dataclasses import dataclass
from unicodedata import east_asian_width

from compiler.graph.drawing import Box, Link
from compiler.graph.layered import Size


@dataclass(frozen=True, slots=True)
class TextStyle:
    """`size` in pixels; `line` from one baseline to the next."""

    size: float
    line: float

    def width(self, text: str) -> float:
        """Monospaced faces are 0.55 to 0.61 of their size wide, 0.64 where a viewer rounds up to whole pixels."""
        columns = sum(2 if east_asian_width(char) in "WF" else 1 for char in text)
        return columns * self.size * 0.64


HEADING = TextStyle(17, 24)
LEGEND = TextStyle(11, 16)
CAPTION = TextStyle(10, 13)
TITLE = TextStyle(13, 17)
LINE = TextStyle(11, 14.5)
NOTE = TextStyle(10, 14)
LABEL = TextStyle(10.5, 13)

PAD_X, PAD_Y = 11.0, 7.0
POINTED = frozenset({"condition", "switch", "loop"})
"""Kinds of boxes that are drawn as hexagons."""
ROUND = frozenset({"accept", "reject", "entry", "exit"})
POINT = 14.0
"""How long the points of a hexagon are."""


def head_height(box: Box) -> float:
    """Caption and title, with the room around them; 0 if there is neither."""
    if not box.title and not box.caption:
        return 0.0
    return (CAPTION.line if box.caption else 0.0) + (TITLE.line if box.title else 0.0) + PAD_Y


def box_lines(box: Box) -> list[str]:
    """The lines below the head. (What decides is its own title.)"""
    return [] if box.kind in POINTED else box.lines


def box_size(box: Box) -> Size:
    lines = box_lines(box)
    texts = [TITLE.width(box.title), CAPTION.width(box.caption), NOTE.width(box.note), *map(LINE.width, lines)]
    width = max(texts) + 2 * PAD_X + (2 * POINT - PAD_X if box.kind in POINTED else 0)
    body = len(lines) * LINE.line + (NOTE.line if box.note else 0.0)
    height = head_height(box) + body + (PAD_Y * 1.4 if body else PAD_Y * 0.4)
    if box.kind in POINTED or box.kind in ROUND:
        height = head_height(box) + body + PAD_Y
    return Size(max(width, 54.0), max(height, 26.0))


def label_size(link: Link) -> Size:
    if not link.labels:
        return Size(0, 0)
    return Size(max(map(LABEL.width, link.labels)) + 6, len(link.labels) * LABEL.line + 3)
