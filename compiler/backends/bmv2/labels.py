"""Sets of values (select labels, keys of entries) as BMv2 matches them: a value and a mask, or bounds.

All numbers here are unsigned, of the width of the key: what the bits of a negative value say.
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler import tree
from compiler import types as t
from compiler.backends.bmv2.expressions import Expressions
from compiler.backends.bmv2.layout import scalar_width
from compiler.backends.bmv2.unsupported import Unsupported


def ternaries(label: tree.Expression, key_type: t.Type, expressions: Expressions) -> list[tuple[int, int]]:
    """The (value, mask) pairs that together match what `label` says of a key of `key_type`."""
    width = scalar_width(key_type, label.span)
    ones = (1 << width) - 1
    match label:
        case tree.DontCare():
            return [(0, 0)]
        case tree.Mask():
            value, mask = expressions.literal(label.value) & ones, expressions.literal(label.mask) & ones
            return [(value & mask, mask)]
        case tree.Range():
            return [pair for low, high in bounds(label, key_type, expressions) for pair in _prefixes(low, high, width)]
        case _:
            return [(expressions.literal(label) & ones, ones)]


def bounds(label: tree.Expression, key_type: t.Type, expressions: Expressions) -> list[tuple[int, int]]:
    """The unsigned ranges that `label` stands for: two where a signed one goes through zero."""
    width = scalar_width(key_type, label.span)
    ones = (1 << width) - 1
    if isinstance(label, tree.DontCare):
        return [(0, ones)]
    if isinstance(label, tree.Range):
        low, high = expressions.literal(label.low), expressions.literal(label.high)
        if low > high:
            raise Unsupported(f"the range {low} .. {high} is empty", label.span)
        if low < 0 <= high:
            return [(low & ones, ones), (0, high)]
        return [(low & ones, high & ones)]
    if isinstance(label, tree.Mask):
        value, mask = ternaries(label, key_type, expressions)[0]
        free = ones & ~mask
        if free & (free + 1):
            raise Unsupported("this mask is no range", label.span)
        return [(value, value | free)]
    value = expressions.literal(label) & ones
    return [(value, value)]


def prefix_length(label: tree.Expression, key_type: t.Type, expressions: Expressions) -> tuple[int, int]:
    """(value, length) of a label for a longest-prefix match."""
    width = scalar_width(key_type, label.span)
    ((value, mask),) = ternaries(label, key_type, expressions)
    free = ((1 << width) - 1) & ~mask
    if free & (free + 1):
        raise Unsupported("the mask of a longest-prefix match must be a prefix", label.span)
    return value, width - free.bit_length()


def _prefixes(low: int, high: int, width: int) -> Iterator[tuple[int, int]]:
    """The fewest (value, mask) pairs with masks that are prefixes for low .. high."""
    ones = (1 << width) - 1
    while low <= high:
        size = low & -low if low else 1 << width
        while size > high - low + 1:
            size >>= 1
        yield low, ones & ~(size - 1)
        low += size
