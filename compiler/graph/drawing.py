"""A graph to be drawn: boxes with text, links between them, what the colours mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Box:
    """`key` is unique in its drawing. `kind` decides shape and colour (svg.py lists them); `caption` stands above the
    title, `lines` below it, `note` at the bottom. `place` is file:line. `data` goes into JSON as it is.
    """

    key: str
    kind: str
    title: str
    caption: str = ""
    lines: list[str] = field(default_factory=list)
    note: str = ""
    place: str = ""
    tooltip: str = ""
    stressed: bool = False
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Link:
    """From box to box by their keys. `labels` are the lines of its label, `tooltip` says more."""

    source: str
    target: str
    kind: str
    labels: list[str] = field(default_factory=list)
    tooltip: str = ""
    stressed: bool = False
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Drawing:
    """`kind` is "parser", "control" or "tables", `name` the block it shows. `legend`: kind of link, what it means."""

    kind: str
    name: str
    heading: str
    boxes: list[Box] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    legend: list[tuple[str, str]] = field(default_factory=list)
