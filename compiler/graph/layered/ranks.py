"""Cycles turned round, layers assigned, long edges cut into pieces between neighbouring layers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from compiler.graph.layered.model import LABEL_GAP, LayeredEdge, Size


@dataclass(slots=True)
class Ranked:
    """`layers` of vertices from top to bottom. Vertices below `node_count` are nodes, on the even layers; the others
    are places that an edge passes. `chains[i]`: the vertices of edge i from upper to lower end; `down[v]`: the
    neighbours of v on the next layer.
    """

    node_count: int
    sizes: list[Size]
    layers: list[list[int]] = field(default_factory=list)
    chains: list[list[int]] = field(default_factory=list)
    down: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    up: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))


def rank(sizes: Sequence[Size], edges: Sequence[LayeredEdge]) -> Ranked:
    """`edges` without loops from a node to itself."""
    reversed_edges = _back_edges(len(sizes), edges)
    pairs = [
        (edge.target, edge.source) if i in reversed_edges else (edge.source, edge.target)
        for i, edge in enumerate(edges)
    ]
    layer = _layers(len(sizes), pairs)
    ranked = Ranked(len(sizes), list(sizes))
    ranked.layers = [[] for _ in range(2 * max(layer, default=0) + 1)]
    for node in range(len(sizes)):
        ranked.layers[2 * layer[node]].append(node)
    for (upper, lower), edge in zip(pairs, edges, strict=True):
        chain = [upper]
        for position in range(2 * layer[upper] + 1, 2 * layer[lower]):
            # The label stands right below the upper end, where the choice is made.
            has_label = position == 2 * layer[upper] + 1 and edge.label.width > 0
            size = Size(edge.label.width + LABEL_GAP, edge.label.height) if has_label else Size(0, 0)
            ranked.sizes.append(size)
            vertex = len(ranked.sizes) - 1
            ranked.layers[position].append(vertex)
            chain.append(vertex)
        chain.append(lower)
        ranked.chains.append(chain)
        for one, other in pairwise(chain):
            ranked.down[one].append(other)
            ranked.up[other].append(one)
    return ranked


def _back_edges(count: int, edges: Sequence[LayeredEdge]) -> set[int]:
    """Edges that lead back to a node on the way from where the search began; without them nothing is cyclic."""
    out: dict[int, list[tuple[int, int]]] = defaultdict(list)
    has_input = set()
    for number, edge in enumerate(edges):
        out[edge.source].append((number, edge.target))
        has_input.add(edge.target)
    found: set[int] = set()
    state = [0] * count  # 1: on the way, 2: done
    for start in sorted(range(count), key=lambda node: (node in has_input, node)):
        if state[start]:
            continue
        state[start] = 1
        way = [(start, iter(out[start]))]
        while way:
            node, targets = way[-1]
            for number, target in targets:
                if state[target] == 1:
                    found.add(number)
                elif state[target] == 0:
                    state[target] = 1
                    way.append((target, iter(out[target])))
                    break
            else:
                state[node] = 2
                way.pop()
    return found


def _layers(count: int, pairs: Sequence[tuple[int, int]]) -> list[int]:
    """Each node below all that lead to it, as high as that allows, then moved to where its edges are short."""
    out: dict[int, list[int]] = defaultdict(list)
    into: dict[int, list[int]] = defaultdict(list)
    for upper, lower in pairs:
        out[upper].append(lower)
        into[lower].append(upper)
    order = _topological(count, out, into)
    layer = [0] * count
    for node in order:
        layer[node] = max((layer[upper] + 1 for upper in into[node]), default=0)
    for _ in range(4):
        for node in reversed(order):
            if len(out[node]) > len(into[node]):
                layer[node] = min(layer[lower] - 1 for lower in out[node])
        for node in order:
            if len(into[node]) > len(out[node]):
                layer[node] = max(layer[upper] + 1 for upper in into[node])
    lowest = min(layer, default=0)
    return [each - lowest for each in layer]


def _topological(count: int, out: dict[int, list[int]], into: dict[int, list[int]]) -> list[int]:
    waiting = [node for node in range(count) if not into[node]][::-1]
    missing = [len(into[node]) for node in range(count)]
    order = []
    while waiting:
        node = waiting.pop()
        order.append(node)
        for lower in reversed(out[node]):
            missing[lower] -= 1
            if not missing[lower]:
                waiting.append(lower)
    return order
