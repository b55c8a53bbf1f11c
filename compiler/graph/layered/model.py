"""What goes into a layout and comes out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Size(NamedTuple):
    width: float
    height: float


class Point(NamedTuple):
    x: float
    y: float


NOTHING = Size(0, 0)


@dataclass(frozen=True, slots=True)
class LayeredEdge:
    """From node to node, by their numbers, with room for a label."""

    source: int
    target: int
    label: Size = NOTHING


@dataclass(frozen=True, slots=True)
class EdgeShape:
    """`points` from source to target: between points 0 and 1, 2 and 3 ... the way is straight and vertical, between
    1 and 2, 3 and 4 ... it bends from vertical to vertical. `label` is the centre of its label.
    """

    points: tuple[Point, ...]
    label: Point


@dataclass(slots=True)
class Arrangement:
    """`nodes` and `edges` in the order in which they were given."""

    size: Size = NOTHING
    nodes: list[Point] = field(default_factory=list)
    edges: list[EdgeShape] = field(default_factory=list)


LABEL_GAP = 10.0
"""Between an edge and its label, or a label and what is beside it."""
NODE_GAP = 26.0
EDGE_GAP = 14.0
RANK_GAP = 16.0
LOOP_WIDTH = 26.0
"""How far an edge from a node to itself reaches out of it."""
