"""All stages for each connected part of a graph; the parts are put side by side, in rows."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from compiler.graph.layered.model import (
    LABEL_GAP,
    LOOP_WIDTH,
    NODE_GAP,
    Arrangement,
    EdgeShape,
    LayeredEdge,
    Point,
    Size,
)
from compiler.graph.layered.ordering import order_layers
from compiler.graph.layered.placement import place
from compiler.graph.layered.ranks import rank
from compiler.graph.layered.routing import layer_bounds, route

_PART_GAP = 40.0
_PROPORTION = 1.6
"""Width to height of a drawing of many parts, about."""


def arrange(sizes: Sequence[Size], edges: Sequence[LayeredEdge]) -> Arrangement:
    """Places for nodes of these sizes, and ways for the edges between them."""
    parts = _parts(len(sizes), edges)
    made = [
        _arrange_part([sizes[node] for node in nodes], _renumbered(nodes, [edges[e] for e in part_edges]))
        for nodes, part_edges in parts
    ]
    whole = Arrangement(nodes=[Point(0, 0)] * len(sizes), edges=[EdgeShape((), Point(0, 0))] * len(edges))
    corners, whole.size = _rows([part.size for part in made])
    for (nodes, part_edges), part, corner in zip(parts, made, corners, strict=True):
        for node, point in zip(nodes, part.nodes, strict=True):
            whole.nodes[node] = _moved(point, corner)
        for number, shape in zip(part_edges, part.edges, strict=True):
            points = tuple(_moved(point, corner) for point in shape.points)
            whole.edges[number] = EdgeShape(points, _moved(shape.label, corner))
    return whole


def _arrange_part(sizes: list[Size], edges: list[LayeredEdge]) -> Arrangement:
    """A connected graph; its upper left corner is (0, 0)."""
    loops = [edge for edge in edges if edge.source == edge.target]
    others = [edge for edge in edges if edge.source != edge.target]
    beside = [0.0] * len(sizes)  # room at a node's right for its loops
    heights = [size.height for size in sizes]
    for edge in loops:
        beside[edge.source] += _loop_room(edge)
        heights[edge.source] = max(heights[edge.source], edge.label.height)
    slots = [Size(size.width + room, height) for size, room, height in zip(sizes, beside, heights, strict=True)]
    ranked = rank(slots, others)
    order_layers(ranked)
    x = place(ranked)
    left = min(value - size.width / 2 for value, size in zip(x, ranked.sizes, strict=True))
    x = [value - left for value in x]
    bounds = layer_bounds(ranked, x)
    node_x = [x[node] - beside[node] / 2 for node in range(len(sizes))]
    layer_of = {vertex: i for i, layer in enumerate(ranked.layers) for vertex in layer}
    nodes = [Point(node_x[node], sum(bounds[layer_of[node]]) / 2) for node in range(len(sizes))]

    shapes = iter(route(ranked, x, bounds, node_x, sizes))
    made = Arrangement(nodes=nodes)
    used = [0.0] * len(sizes)
    for edge in edges:
        if edge.source == edge.target:
            made.edges.append(_loop(nodes[edge.source], sizes[edge.source], edge.label, used[edge.source]))
            used[edge.source] += _loop_room(edge)
        else:
            shape = next(shapes)
            is_turned = layer_of[edge.source] > layer_of[edge.target]
            made.edges.append(EdgeShape(shape.points[::-1], shape.label) if is_turned else shape)
    right = max(value + size.width / 2 for value, size in zip(x, ranked.sizes, strict=True))
    made.size = Size(right, bounds[-1][1])
    return made


def _loop_room(edge: LayeredEdge) -> float:
    return LOOP_WIDTH + (edge.label.width + LABEL_GAP if edge.label.width else 0.0)


def _loop(node: Point, size: Size, label: Size, room: float) -> EdgeShape:
    """Out of the right side of a node, past the `room` of other loops, and in again."""
    right, reach = node.x + size.width / 2, min(size.height / 4, 12.0)
    out = right + room + LOOP_WIDTH - 6
    points = (Point(right, node.y + reach), Point(out, node.y + reach), Point(out, node.y - reach))
    return EdgeShape((*points, Point(right, node.y - reach)), Point(out + LABEL_GAP / 2 + label.width / 2, node.y))


def _parts(count: int, edges: Sequence[LayeredEdge]) -> list[tuple[list[int], list[int]]]:
    """The connected parts: their nodes and edges, in order."""
    root = list(range(count))

    def find(node: int) -> int:
        while root[node] != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    for edge in edges:
        one, other = sorted((find(edge.source), find(edge.target)))
        root[other] = one
    parts: dict[int, tuple[list[int], list[int]]] = {}
    for node in range(count):
        parts.setdefault(find(node), ([], []))[0].append(node)
    for number, edge in enumerate(edges):
        parts[find(edge.source)][1].append(number)
    return list(parts.values())


def _renumbered(nodes: list[int], edges: list[LayeredEdge]) -> list[LayeredEdge]:
    at = {node: i for i, node in enumerate(nodes)}
    return [LayeredEdge(at[edge.source], at[edge.target], edge.label) for edge in edges]


def _rows(sizes: list[Size]) -> tuple[list[Point], Size]:
    """The upper left corners of parts of these sizes, larger ones first, and the size of all."""
    widest = max((size.width for size in sizes), default=0.0)
    area = sum((size.width + _PART_GAP) * (size.height + _PART_GAP) for size in sizes)
    limit = max(widest, sqrt(area * _PROPORTION))
    corners = [Point(0, 0)] * len(sizes)
    x = y = height = width = 0.0
    for i in sorted(range(len(sizes)), key=lambda i: (-sizes[i].height, i)):
        if x and x + sizes[i].width > limit:
            x, y, height = 0.0, y + height + NODE_GAP, 0.0
        corners[i] = Point(x, y)
        height = max(height, sizes[i].height)
        width = max(width, x + sizes[i].width)
        x += sizes[i].width + _PART_GAP
    return corners, Size(width, y + height)


def _moved(point: Point, by: Point) -> Point:
    return Point(point.x + by.x, point.y + by.y)
