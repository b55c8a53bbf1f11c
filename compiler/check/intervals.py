"""Values of numbered places along the paths of a program: maps from numbers to values that share what they have in
common, so that a branch costs what it changes and no copy of all that is known.

A map is a binary tree over the numbers below SIZE. A leaf is the value of all numbers below it (anything but a tuple,
compared by identity), an inner node the pair of its halves. Maps are never changed; changed ones are made.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

SIZE = 1 << 32

Map = Any
"""A leaf's value, or tuple[Map, Map]."""


def assigned(known: Map, place: range, value: object) -> Map:
    """`known` with `value` for all numbers of `place`: about log(SIZE) steps, however many these are."""
    return _assigned(known, place.start, place.stop, value, SIZE) if place else known


def _assigned(known: Map, start: int, stop: int, value: object, size: int) -> Map:
    if known is value or (start <= 0 and size <= stop):
        return value
    half = size >> 1
    left, right = before = known if isinstance(known, tuple) else (known, known)
    if start < half:
        left = _assigned(left, start, stop, value, half)
    if stop > half:
        right = _assigned(right, start - half, stop - half, value, half)
    return _node(before if before is known else None, left, right)


def _node(old: Map, left: Map, right: Map) -> Map:
    """A node, or the leaf that says the same; `old` if its halves are these: what is shared need not be compared."""
    if left is right and not isinstance(left, tuple):
        return left
    return old if old is not None and old[0] is left and old[1] is right else (left, right)


def joined(one: Map, other: Map, top: object) -> Map:
    """The value that both have, or `top` where they differ. Costs no more than where they were changed apart."""
    if one is other:
        return one
    if one is top or other is top:
        return top
    is_node = isinstance(one, tuple)
    if not is_node and not isinstance(other, tuple):
        return top
    left, right = one if is_node else (one, one)
    other_left, other_right = other if isinstance(other, tuple) else (other, other)
    old = one if is_node else None
    return _node(old, joined(left, other_left, top), joined(right, other_right, top))


def runs(known: Map, place: range) -> Iterator[tuple[range, Any]]:
    """The values in `place`, in order, each with the numbers of `place` that have it."""
    waiting = [(known, 0, SIZE)]
    while waiting:
        node, start, size = waiting.pop()
        first, last = max(start, place.start), min(start + size, place.stop)
        if first >= last:
            continue
        if isinstance(node, tuple):
            half = size >> 1
            waiting += [(node[1], start + half, half), (node[0], start, half)]
        else:
            yield range(first, last), node


def values(known: Map, place: range) -> set[Any]:
    return {value for _, value in runs(known, place)}
