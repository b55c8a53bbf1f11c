"""The order within layers: sweeps down and up put each vertex at the mean of its neighbours; the best order is kept."""

from __future__ import annotations

from bisect import bisect_left, insort
from itertools import pairwise

from compiler.graph.layered.ranks import Ranked

_MOST_SWEEPS = 24
_PATIENCE = 5
"""Sweeps without a better order, after which there will be none."""
_FEW = 3000
"""Vertices up to which neighbours are exchanged one by one, too."""


def order_layers(ranked: Ranked) -> None:
    """Reorder `ranked.layers` in place."""
    _start_order(ranked)
    best = [list(layer) for layer in ranked.layers]
    fewest = crossings(ranked)
    failures = 0
    small = len(ranked.sizes) <= _FEW
    for sweep in range(_MOST_SWEEPS):
        if not fewest or failures >= _PATIENCE:
            break
        _sweep(ranked, downwards=sweep % 2 == 0)
        if small:
            _exchange_neighbours(ranked)
        count = crossings(ranked)
        if count < fewest:
            best, fewest, failures = [list(layer) for layer in ranked.layers], count, 0
        else:
            failures += 1
    ranked.layers = best


def crossings(ranked: Ranked) -> int:
    return sum(_crossings_between(upper, lower, ranked.down) for upper, lower in pairwise(ranked.layers))


def _crossings_between(upper: list[int], lower: list[int], down: dict[int, list[int]]) -> int:
    """Pairs of edges between two layers that cross: inversions of the lower ends' places."""
    place = {vertex: i for i, vertex in enumerate(lower)}
    seen: list[int] = []
    count = 0
    for vertex in upper:
        ends = sorted(place[other] for other in down[vertex])
        for end in ends:
            count += len(seen) - bisect_left(seen, end + 1)
        for end in ends:
            insort(seen, end)
    return count


def _start_order(ranked: Ranked) -> None:
    """The order in which a walk along the edges first meets the vertices."""
    layer_of = {vertex: i for i, layer in enumerate(ranked.layers) for vertex in layer}
    seen: set[int] = set()
    layers: list[list[int]] = [[] for _ in ranked.layers]
    for start in (vertex for layer in ranked.layers for vertex in layer):
        waiting = [start]
        while waiting:
            vertex = waiting.pop()
            if vertex in seen:
                continue
            seen.add(vertex)
            layers[layer_of[vertex]].append(vertex)
            waiting += reversed(ranked.down[vertex])
    ranked.layers = layers


def _sweep(ranked: Ranked, downwards: bool) -> None:
    layers = ranked.layers if downwards else ranked.layers[::-1]
    neighbours = ranked.up if downwards else ranked.down
    for fixed, moved in pairwise(layers):
        place = {vertex: i for i, vertex in enumerate(fixed)}
        middle: dict[int, float] = {}
        for i, vertex in enumerate(moved):
            beside = [place[other] for other in neighbours[vertex]]
            middle[vertex] = sum(beside) / len(beside) if beside else float(i)
        moved.sort(key=lambda vertex: middle[vertex])


def _exchange_neighbours(ranked: Ranked) -> None:
    """Swap two that stand side by side where that saves crossings."""
    for i, layer in enumerate(ranked.layers):
        around = []
        if i > 0:
            around.append((ranked.up, {v: n for n, v in enumerate(ranked.layers[i - 1])}))
        if i + 1 < len(ranked.layers):
            around.append((ranked.down, {v: n for n, v in enumerate(ranked.layers[i + 1])}))
        for left in range(len(layer) - 1):
            one, other = layer[left], layer[left + 1]
            kept = swapped = 0
            for neighbours, place in around:
                ones = [place[v] for v in neighbours[one]]
                others = [place[v] for v in neighbours[other]]
                kept += sum(a > b for a in ones for b in others)
                swapped += sum(a < b for a in ones for b in others)
            if swapped < kept:
                layer[left], layer[left + 1] = other, one
