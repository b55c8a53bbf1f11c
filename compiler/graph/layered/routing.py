"""The y of layers, and the ways of edges: straight through a layer, bent between two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from compiler.graph.layered.model import RANK_GAP, EdgeShape, Point, Size
from compiler.graph.layered.ranks import Ranked

_WIDEST_PORTS = 0.8
"""The part of a node's width over which its edges are spread."""
_PORT_GAP = 9.0
_STEEPEST = 14.0
"""How many pixels to the side an edge may go for each one down before layers move apart."""
_MOST_GAP = 56.0


def layer_bounds(ranked: Ranked, x: Sequence[float]) -> list[tuple[float, float]]:
    """Top and bottom of every layer; where edges go far to the side, there is more room for them."""
    bounds: list[tuple[float, float]] = []
    y = 0.0
    for i, layer in enumerate(ranked.layers):
        if i:
            sideways = max((abs(x[a] - x[b]) for b in layer for a in ranked.up[b]), default=0.0)
            y += min(max(RANK_GAP, sideways / _STEEPEST), _MOST_GAP)
        height = max((ranked.sizes[vertex].height for vertex in layer), default=0.0)
        bounds.append((y, y + height))
        y += height
    return bounds


def route(
    ranked: Ranked,
    x: Sequence[float],
    bounds: Sequence[tuple[float, float]],
    node_x: Sequence[float],
    sizes: Sequence[Size],
) -> list[EdgeShape]:
    """The way of every chain, from its upper to its lower end. `node_x` and `sizes` are those of the drawn boxes."""
    layer_of = {vertex: i for i, layer in enumerate(ranked.layers) for vertex in layer}
    below, above = _ports(ranked, x, node_x, sizes)
    shapes = []
    for number, chain in enumerate(ranked.chains):
        upper, lower = chain[0], chain[-1]
        top, bottom = bounds[layer_of[upper]]
        start = (top + bottom + sizes[upper].height) / 2
        points = [Point(below[number], start), Point(below[number], bottom)]
        label = Point(below[number], bottom)
        for i, vertex in enumerate(chain[1:-1]):
            top, bottom = bounds[layer_of[vertex]]
            points += [Point(x[vertex], top), Point(x[vertex], bottom)]
            if i == 0:
                label = Point(x[vertex], (top + bottom) / 2)
        top, bottom = bounds[layer_of[lower]]
        end = (top + bottom - sizes[lower].height) / 2
        points += [Point(above[number], top), Point(above[number], end)]
        shapes.append(EdgeShape(tuple(points), label))
    return shapes


def _ports(
    ranked: Ranked, x: Sequence[float], node_x: Sequence[float], sizes: Sequence[Size]
) -> tuple[dict[int, float], dict[int, float]]:
    """For each edge where it leaves its upper node and where it meets its lower one."""
    leaving: dict[int, list[tuple[float, int]]] = defaultdict(list)
    meeting: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for number, chain in enumerate(ranked.chains):
        # There is at least one vertex between the ends, as nodes are on every other layer.
        leaving[chain[0]].append((x[chain[1]], number))
        meeting[chain[-1]].append((x[chain[-2]], number))
    below: dict[int, float] = {}
    above: dict[int, float] = {}
    for ends, ports in ((leaving, below), (meeting, above)):
        for node, edges in ends.items():
            wished = sorted(edges)
            half = sizes[node].width * _WIDEST_PORTS / 2
            places = _spread([wish for wish, _ in wished], node_x[node] - half, node_x[node] + half)
            for (_, number), place in zip(wished, places, strict=True):
                ports[number] = place
    return below, above


def _spread(wished: list[float], low: float, high: float) -> list[float]:
    """Places as near to the wished ones as it goes, in order, within bounds and a little apart."""
    gap = min(_PORT_GAP, (high - low) / max(len(wished) - 1, 1))
    places: list[float] = []
    for i, wish in enumerate(wished):
        least = places[-1] + gap if places else low
        most = high - gap * (len(wished) - 1 - i)
        places.append(min(max(wish, least), max(most, least)))
    return places
