"""Write assignments to slices as assignments to the whole.

Before: Assign whose target is a Slice, perhaps of a slice.   After: none, save with a call as value.
`x[h:l] = v` is `x = (x & ~mask) | (v << l)` (spec §8.5).
"""

from __future__ import annotations

from compiler import rewrite, tree
from compiler import types as t
from compiler.passes import build


def lower_slices(program: tree.Program) -> tree.Program:
    return _LowerSlices().rewrite_program(program)


class _LowerSlices(rewrite.Rewriter):
    def rewrite_Assign(self, node: tree.Assign) -> tree.Statement:
        return lower_slice(self.rewrite_children(node))


def lower_slice(node: tree.Assign) -> tree.Assign:
    """The assignment, to the whole if it is to a slice. A call waits until field_arguments has given it a variable."""
    target, low = node.target, 0
    width = t.width(target.type) if isinstance(target, tree.Slice) else 0
    while isinstance(target, tree.Slice):
        low += target.low
        target = target.base
    if target is node.target or isinstance(node.value, tree.Call):
        return node
    whole = t.BitType(t.width(target.type))
    field = ((1 << width) - 1) << low
    kept = build.binary("&", _cast(target, whole), build.integer(field ^ ((1 << whole.width) - 1), whole, node.span))
    value = build.binary("<<", _cast(node.value, whole), build.integer(low, t.INF_INT, node.span))
    return tree.Assign(node.span, target, _cast(build.binary("|", kept, value), target.type))


def _cast(expression: tree.Expression, type_: t.Type) -> tree.Expression:
    return expression if expression.type == type_ else tree.Cast(type_, expression.span, expression)
