"""Drawings -> one SVG: text that can be selected and searched, tooltips, light and dark, fit for paper.

Every box is a group with `data-key`, every link one with `data-source` and `data-target`; each has a <title>.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from compiler.graph import metrics
from compiler.graph.drawing import Box, Drawing, Link
from compiler.graph.layered import Arrangement, EdgeShape, LayeredEdge, Point, Size, arrange
from compiler.graph.metrics import CAPTION, HEADING, LABEL, LEGEND, LINE, NOTE, PAD_X, PAD_Y, POINT, TITLE, TextStyle
from compiler.graph.style import CSS

_MARGIN = 24.0
_BETWEEN = 44.0
_ARROW = 8.0
_LEGEND_LINE = 34.0
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_svg(drawings: Sequence[Drawing]) -> str:
    """One picture with all drawings, one below the other."""
    y = _MARGIN
    widest = 0.0
    parts: list[str] = []
    for drawing in drawings:
        body, size = _drawing(drawing)
        parts.append(f'<g class="drawing {drawing.kind}" transform="translate({_n(_MARGIN)} {_n(y)})">\n{body}</g>\n')
        y += size.height + _BETWEEN
        widest = max(widest, size.width)
    width, height = widest + 2 * _MARGIN, y - _BETWEEN + _MARGIN if drawings else 2 * _MARGIN
    title = ", ".join(drawing.heading for drawing in drawings)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(width)}" height="{_n(height)}"'
        f' viewBox="0 0 {_n(width)} {_n(height)}" role="img">\n'
        f"<title>{_text(title)}</title>\n<style>\n{CSS}</style>\n"
        f'<rect class="paper" width="{_n(width)}" height="{_n(height)}"/>\n{"".join(parts)}</svg>\n'
    )


def _drawing(drawing: Drawing) -> tuple[str, Size]:
    sizes = [metrics.box_size(box) for box in drawing.boxes]
    number = {box.key: i for i, box in enumerate(drawing.boxes)}
    edges = [LayeredEdge(number[link.source], number[link.target], metrics.label_size(link)) for link in drawing.links]
    placed = arrange(sizes, edges)
    head, head_size = _head(drawing)
    out = [head, f'<g transform="translate(0 {_n(head_size.height)})">\n']
    out += _links(drawing.links, placed)
    for box, size, centre in zip(drawing.boxes, sizes, placed.nodes, strict=True):
        out.append(_box(box, size, centre))
    out.append("</g>\n")
    return "".join(out), Size(max(placed.size.width, head_size.width), placed.size.height + head_size.height)


def _head(drawing: Drawing) -> tuple[str, Size]:
    """Heading and legend."""
    out = [_line(drawing.heading, HEADING, 0, HEADING.size, "heading")]
    y, width = HEADING.line, HEADING.width(drawing.heading)
    for kind, meaning in drawing.legend:
        middle = y + LEGEND.line / 2
        stressed = " stressed" if kind == "critical" else ""
        out.append(
            f'<g class="legend link {kind}{stressed}"><path d="M0 {_n(middle)}H{_n(_LEGEND_LINE - 8)}"/>'
            + _line(meaning, LEGEND, _LEGEND_LINE, middle + LEGEND.size * 0.35, "meaning").rstrip()
            + "</g>\n"
        )
        y += LEGEND.line
        width = max(width, _LEGEND_LINE + LEGEND.width(meaning))
    return "".join(out), Size(width, y + 14)


# --- boxes ---


def _box(box: Box, size: Size, centre: Point) -> str:
    left, top = centre.x - size.width / 2, centre.y - size.height / 2
    stressed = " stressed" if box.stressed else ""
    out = [f'<g class="box {box.kind}{stressed}" data-key={_attribute(box.key)}>\n']
    out.append(f"<title>{_text(box.tooltip or box.title)}</title>\n")
    out.append(_frame(box, left, top, size))
    y = top + PAD_Y * 0.7
    if box.caption:
        out.append(_line(box.caption, CAPTION, centre.x, y + CAPTION.size, "caption"))
        y += CAPTION.line
    if box.title:
        out.append(_line(box.title, TITLE, centre.x, y + TITLE.size * 0.9, "title"))
    y = top + metrics.head_height(box) + (PAD_Y * 0.7 if box.kind not in metrics.POINTED | metrics.ROUND else 0)
    for text in metrics.box_lines(box):
        out.append(_line(text, LINE, left + PAD_X, y + LINE.size * 0.85, "text"))
        y += LINE.line
    if box.note:
        inset = POINT if box.kind in metrics.POINTED else PAD_X
        out.append(_line(box.note, NOTE, left + inset, y + NOTE.size * 0.95, "note"))
    out.append("</g>\n")
    return "".join(out)


def _frame(box: Box, left: float, top: float, size: Size) -> str:
    right, bottom = left + size.width, top + size.height
    if box.kind in metrics.POINTED:
        middle = (top + bottom) / 2
        corners = [(left, middle), (left + POINT, top), (right - POINT, top), (right, middle)]
        corners += [(right - POINT, bottom), (left + POINT, bottom)]
        points = " ".join(f"{_n(x)},{_n(y)}" for x, y in corners)
        return f'<polygon class="frame" points="{points}"/>\n'
    radius = size.height / 2 if box.kind in metrics.ROUND else 4.0
    place = f'x="{_n(left)}" y="{_n(top)}" width="{_n(size.width)}"'
    out = f'<rect class="frame" {place} height="{_n(size.height)}" rx="{_n(radius)}"/>\n'
    head = metrics.head_height(box)
    if box.kind not in metrics.ROUND and head and (box.lines or box.note):
        out += (
            f'<path class="head" d="M{_n(left)} {_n(top + head)}V{_n(top + radius)}q0 {_n(-radius)} {_n(radius)}'
            f" {_n(-radius)}H{_n(right - radius)}q{_n(radius)} 0 {_n(radius)} {_n(radius)}"
            f'V{_n(top + head)}z"/>\n'
        )
    return out


# --- links ---


def _links(links: Sequence[Link], placed: Arrangement) -> list[str]:
    """The ways of all links, the stressed ones on top, then all labels above all ways."""
    out = []
    for link, shape in sorted(zip(links, placed.edges, strict=True), key=lambda each: each[0].stressed):
        out.append(
            f'<g class="{_link_class(link)}" data-source={_attribute(link.source)} data-target='
            f"{_attribute(link.target)}>{_tooltip(link)}{_way(link, shape)}</g>\n"
        )
    for link, shape in zip(links, placed.edges, strict=True):
        if link.labels:
            out.append(f'<g class="label {_link_class(link)}">{_tooltip(link)}{_label(link, shape.label)}</g>\n')
    return out


def _link_class(link: Link) -> str:
    return f"link {link.kind}" + (" stressed" if link.stressed else "")


def _tooltip(link: Link) -> str:
    return f"<title>{_text(link.tooltip or f'{link.source} → {link.target}')}</title>"


def _way(link: Link, shape: EdgeShape) -> str:
    points = list(shape.points)
    end = points[-1]
    if link.source == link.target:
        (right, low), (out, _), (_, high), _ = points
        path = f"M{_n(right)} {_n(low)}C{_n(out)} {_n(low)} {_n(out)} {_n(high)} {_n(right + _ARROW)} {_n(high)}"
        head = [(end.x, end.y), (end.x + _ARROW, end.y - 3.6), (end.x + _ARROW, end.y + 3.6)]
    else:
        down = 1 if end.y > points[0].y else -1
        base = end.y - down * _ARROW
        points[-1] = Point(end.x, base)
        path = f"M{_n(points[0].x)} {_n(points[0].y)}"
        for i, (one, other) in enumerate(pairwise(points)):
            if i % 2 == 0 or abs(one.x - other.x) < 0.5:
                path += f"L{_n(other.x)} {_n(other.y)}"
            else:
                middle = (one.y + other.y) / 2
                path += f"C{_n(one.x)} {_n(middle)} {_n(other.x)} {_n(middle)} {_n(other.x)} {_n(other.y)}"
        head = [(end.x, end.y), (end.x - 3.6, base), (end.x + 3.6, base)]
    corners = " ".join(f"{_n(x)},{_n(y)}" for x, y in head)
    return f'<path d="{path}"/><polygon class="arrow" points="{corners}"/>'


def _label(link: Link, centre: Point) -> str:
    size = metrics.label_size(link)
    left, top = centre.x - size.width / 2, centre.y - size.height / 2
    out = f'<rect class="behind" x="{_n(left)}" y="{_n(top)}" width="{_n(size.width)}" height="{_n(size.height)}"/>'
    for i, text in enumerate(link.labels):
        out += _line(text, LABEL, centre.x, top + 1.5 + i * LABEL.line + LABEL.size * 0.9, "words").rstrip()
    return out


# --- text ---


def _line(text: str, style: TextStyle, x: float, y: float, kind: str) -> str:
    return f'<text class="{kind}" x="{_n(x)}" y="{_n(y)}" font-size="{_n(style.size)}">{_text(text)}</text>\n'


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("�", text))


def _attribute(text: str) -> str:
    return quoteattr(_NOT_XML.sub("�", text))


def _n(value: float) -> str:
    """A coordinate, to a tenth of a pixel."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
