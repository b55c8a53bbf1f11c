"""Reading our SVG back: where boxes, labels and ways are."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

from compiler.graph import Drawing, draw, to_svg
from tests.compiler.programs import check

SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class Rectangle:
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Rectangle) -> bool:
        slack = 0.11  # coordinates are written to a tenth
        return (
            self.left < other.right - slack
            and other.left < self.right - slack
            and self.top < other.bottom - slack
            and other.top < self.bottom - slack
        )

    def holds(self, x: float, y: float, slack: float = 0.2) -> bool:
        return self.left - slack <= x <= self.right + slack and self.top - slack <= y <= self.bottom + slack


@dataclass
class Way:
    source: str
    target: str
    points: list[tuple[float, float]]
    """The ends of its pieces, without the points that bend it."""
    tip: tuple[float, float]


@dataclass
class Picture:
    boxes: dict[str, Rectangle]
    labels: list[Rectangle]
    ways: list[Way]
    texts: list[str]
    titles: list[str]
    size: tuple[float, float]


def picture(svg: str) -> Picture:
    """Coordinates of one drawing's SVG, relative to its corner."""
    root = ElementTree.fromstring(svg)
    boxes: dict[str, Rectangle] = {}
    labels: list[Rectangle] = []
    ways: list[Way] = []
    for group in root.iter(f"{SVG}g"):
        kinds = group.get("class", "").split()
        key = group.get("data-key")
        if key is not None:
            assert key not in boxes, f"two boxes are called {key}"
            boxes[key] = _frame(group)
        elif "label" in kinds:
            behind = group.find(f"{SVG}rect")
            assert behind is not None
            labels.append(_rectangle(behind))
        elif "data-source" in group.attrib:
            ways.append(_way(group))
    texts = [text.text or "" for text in root.iter(f"{SVG}text")]
    titles = [title.text or "" for title in root.iter(f"{SVG}title")]
    return Picture(boxes, labels, ways, texts, titles, (float(root.attrib["width"]), float(root.attrib["height"])))


def _frame(group: ElementTree.Element) -> Rectangle:
    polygon = group.find(f"{SVG}polygon[@class='frame']")
    if polygon is None:
        rect = group.find(f"{SVG}rect[@class='frame']")
        assert rect is not None
        return _rectangle(rect)
    corners = _corners(polygon)
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return Rectangle(min(xs), min(ys), max(xs), max(ys))


def _rectangle(rect: ElementTree.Element) -> Rectangle:
    x, y, width, height = (float(rect.attrib[name]) for name in ("x", "y", "width", "height"))
    return Rectangle(x, y, x + width, y + height)


def _corners(polygon: ElementTree.Element) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in polygon.attrib["points"].split())]


def _way(group: ElementTree.Element) -> Way:
    path, arrow = group.find(f"{SVG}path"), group.find(f"{SVG}polygon")
    assert path is not None and arrow is not None
    points = []
    for piece in re.findall(r"[MLC][^MLC]*", path.attrib["d"]):
        numbers = [float(number) for number in piece[1:].split()]
        points.append((numbers[-2], numbers[-1]))
    return Way(group.attrib["data-source"], group.attrib["data-target"], points, _corners(arrow)[0])


def drawings(text: str, *kinds: str) -> list[Drawing]:
    """The drawings of a program without errors."""
    program, diagnostics = check(text)
    return draw(program, diagnostics.sources, kinds or ("parser", "control", "tables"))


def the_drawing(text: str, kind: str, name: str) -> Drawing:
    return next(drawing for drawing in drawings(text, kind) if drawing.name == name)


def links(drawing: Drawing) -> set[tuple[str, str, str]]:
    """(source, target, labels) of every link."""
    return {(link.source, link.target, ", ".join(link.data.get("labels", ()))) for link in drawing.links}


__all__ = ["Picture", "Rectangle", "Way", "drawings", "links", "picture", "the_drawing", "to_svg"]
