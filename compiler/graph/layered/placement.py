"""The x of every vertex (Brandes and Köpf, "Fast and Simple Horizontal Coordinate Assignment", 2001).

Vertices are aligned with a median neighbour above or below, to the left or right: four drawings with long straight
edges, each as narrow as it gets. The final x is the mean of the two middle ones of the four.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

from compiler.graph.layered.model import EDGE_GAP, NODE_GAP
from compiler.graph.layered.ranks import Ranked


def place(ranked: Ranked) -> list[float]:
    """The x of the centre of every vertex, from about 0 on."""
    conflicts = _conflicts(ranked)
    drawings: list[dict[int, float]] = []
    for downwards in (True, False):
        for leftwards in (True, False):
            layers = ranked.layers if downwards else ranked.layers[::-1]
            layers = layers if leftwards else [layer[::-1] for layer in layers]
            neighbours = ranked.up if downwards else ranked.down
            root = _align(layers, neighbours, conflicts)
            x = _compact(layers, root, ranked)
            drawings.append(x if leftwards else {vertex: -value for vertex, value in x.items()})
    _line_up(drawings)
    middle = {}
    for vertex in drawings[0]:
        values = sorted(drawing[vertex] for drawing in drawings)
        middle[vertex] = (values[1] + values[2]) / 2
    return _kept_apart(ranked, middle)


def distance(ranked: Ranked, left: int, right: int) -> float:
    """Between the centres of two that stand side by side, at least."""
    both_nodes = left < ranked.node_count and right < ranked.node_count
    gap = NODE_GAP if both_nodes else EDGE_GAP
    return (ranked.sizes[left].width + ranked.sizes[right].width) / 2 + gap


def _conflicts(ranked: Ranked) -> set[tuple[int, int]]:
    """Edges between layers that cross a piece of a long edge: the long edge is the one that stays straight."""
    found: set[tuple[int, int]] = set()
    for upper, lower in pairwise(ranked.layers):
        at = {vertex: i for i, vertex in enumerate(upper)}
        left_bound, scanned = 0, 0
        for i, vertex in enumerate(lower):
            inner = _inner_above(ranked, vertex)
            if i == len(lower) - 1 or inner is not None:
                right_bound = at[inner] if inner is not None else len(upper) - 1
                for other in lower[scanned : i + 1]:
                    for above in ranked.up[other]:
                        is_inner = other >= ranked.node_count and above >= ranked.node_count
                        if not left_bound <= at[above] <= right_bound and not is_inner:
                            found.add((above, other))
                scanned = i + 1
                left_bound = right_bound
    return found


def _inner_above(ranked: Ranked, vertex: int) -> int | None:
    """What is above a piece of a long edge, if that is a piece as well."""
    if vertex < ranked.node_count:
        return None
    return next((above for above in ranked.up[vertex] if above >= ranked.node_count), None)


def _align(
    layers: list[list[int]], neighbours: dict[int, list[int]], conflicts: set[tuple[int, int]]
) -> dict[int, int]:
    """For each vertex the first of the straight line that it is part of."""
    root = {vertex: vertex for layer in layers for vertex in layer}
    for fixed, moved in pairwise(layers):
        at = {vertex: i for i, vertex in enumerate(fixed)}
        last = -1
        for vertex in moved:
            beside = sorted(neighbours[vertex], key=lambda other: at[other])
            for m in sorted({(len(beside) - 1) // 2, len(beside) // 2}) if beside else ():
                other = beside[m]
                crosses = (other, vertex) in conflicts or (vertex, other) in conflicts
                if last < at[other] and not crosses:
                    root[vertex] = root[other]
                    last = at[other]
                    break
    return root


def _compact(layers: list[list[int]], root: dict[int, int], ranked: Ranked) -> dict[int, float]:
    """The x of every vertex where lines stand as close as the distances between their vertices allow."""
    right_of: dict[int, dict[int, float]] = defaultdict(dict)
    left_of: dict[int, dict[int, float]] = defaultdict(dict)
    for layer in layers:
        for one, other in pairwise(layer):
            a, b = root[one], root[other]
            apart = max(right_of[a].get(b, 0.0), distance(ranked, one, other))
            right_of[a][b] = left_of[b][a] = apart
    order = _left_to_right(root, right_of, left_of)
    x: dict[int, float] = {}
    for line in order:
        x[line] = max((x[left] + apart for left, apart in left_of[line].items()), default=0.0)
    for line in reversed(order):
        if right_of[line]:
            x[line] = max(x[line], min(x[right] - apart for right, apart in right_of[line].items()))
    return {vertex: x[line] for vertex, line in root.items()}


def _left_to_right(
    root: dict[int, int], right_of: dict[int, dict[int, float]], left_of: dict[int, dict[int, float]]
) -> list[int]:
    lines = list(dict.fromkeys(root.values()))
    missing = {line: len(left_of[line]) for line in lines}
    waiting = [line for line in lines if not missing[line]]
    order = []
    while waiting:
        line = waiting.pop()
        order.append(line)
        for right in right_of[line]:
            missing[right] -= 1
            if not missing[right]:
                waiting.append(right)
    return order


def _line_up(drawings: list[dict[int, float]]) -> None:
    """Move the four drawings to where the narrowest is: those aligned to the left by their left side, the others by
    their right one.
    """
    narrowest = min(drawings, key=lambda drawing: max(drawing.values()) - min(drawing.values()))
    for i, drawing in enumerate(drawings):
        side = min if i % 2 == 0 else max
        shift = side(narrowest.values()) - side(drawing.values())
        for vertex in drawing:
            drawing[vertex] += shift


def _kept_apart(ranked: Ranked, middle: dict[int, float]) -> list[float]:
    """The same, in halves of a pixel, with every distance kept for sure."""
    x = [0.0] * len(ranked.sizes)
    for layer in ranked.layers:
        for i, vertex in enumerate(layer):
            x[vertex] = round(middle[vertex] * 2) / 2
            if i:
                left = layer[i - 1]
                x[vertex] = max(x[vertex], x[left] + distance(ranked, left, vertex))
    return x
