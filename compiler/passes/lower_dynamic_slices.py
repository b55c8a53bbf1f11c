"""Write slices that begin at a run-time bit as shifts.

Before: DynamicSlice anywhere, perhaps of and below other slices; expressions are free of effects.   After: none.
`x[i+:w]` is `(x >> i)[w-1:0]`. `x[i+:w] = v` is `x = (x & ~(mask << i)) | (v << i)`, so that what lies beyond `x` is
not written (spec §8.6). A call gets a variable in the place of such an l-value.
"""

from __future__ import annotations

from dataclasses import replace

from compiler import rewrite, tree
from compiler import types as t
from compiler.passes import build
from compiler.passes.paths import directions


def lower_dynamic_slices(program: tree.Program) -> tree.Program:
    return _Lower().rewrite_program(program)


class _Lower(rewrite.Rewriter):
    def rewrite_DynamicSlice(self, node: tree.DynamicSlice) -> tree.Expression:
        node = self.rewrite_children(node)
        whole = t.BitType(t.width(node.base.type))
        shifted = build.binary(">>", _cast(node.base, whole), node.low)
        return tree.Slice(node.type, node.span, shifted, t.width(node.type) - 1, 0)

    def rewrite_Assign(self, node: tree.Assign) -> tree.Statement | list[tree.Statement]:
        if not _is_dynamic(node.target):
            return self.rewrite_children(node)
        if isinstance(node.value, tree.Call):
            result = build.ref(build.variable("result", node.target.type, node.span), node.span)
            call = self.rewrite(tree.Assign(node.span, result, node.value))
            return [*(call if isinstance(call, list) else [call]), _store(self, node.target, result)]
        return _store(self, node.target, self.rewrite(node.value))

    def rewrite_CallStatement(self, node: tree.CallStatement) -> tree.Statement | list[tree.Statement]:
        if not isinstance(node.call, tree.Call) or not any(map(_is_dynamic, node.call.arguments)):
            return self.rewrite_children(node)
        before: list[tree.Statement] = []
        after: list[tree.Statement] = []
        arguments: list[tree.Expression] = []
        for argument, direction in zip(node.call.arguments, directions(node.call), strict=True):
            if not _is_dynamic(argument) or direction not in (tree.Direction.OUT, tree.Direction.INOUT):
                arguments.append(self.rewrite(argument))
                continue
            copy = build.ref(build.variable("argument", argument.type, argument.span), argument.span)
            before.append(tree.Assign(argument.span, copy, self.rewrite(argument)))
            after.append(_store(self, argument, copy))
            arguments.append(copy)
        call = replace(node.call, arguments=tuple(arguments))
        return [*before, replace(node, call=call), *after]


def _is_dynamic(target: tree.Expression) -> bool:
    while isinstance(target, tree.Slice):
        target = target.base
    return isinstance(target, tree.DynamicSlice)


def _store(lower: _Lower, target: tree.Expression, value: tree.Expression) -> tree.Statement:
    """`target = value` for a dynamic slice, or a slice of one."""
    if isinstance(target, tree.Slice):
        # Read the slice around it, change its part, write it back.
        inner = target.base
        field = ((1 << t.width(target.type)) - 1) << target.low
        type_ = t.BitType(t.width(inner.type))
        kept = build.binary(
            "&", lower.rewrite(inner), build.integer(field ^ ((1 << type_.width) - 1), type_, value.span)
        )
        moved = build.binary("<<", _cast(value, type_), build.integer(target.low, t.INF_INT, value.span))
        return _store(lower, inner, build.binary("|", kept, moved))
    assert isinstance(target, tree.DynamicSlice)
    base, low = target.base, lower.rewrite(target.low)
    whole = t.BitType(t.width(base.type))
    ones = build.integer((1 << t.width(target.type)) - 1, whole, value.span)
    hole = tree.Unary(whole, value.span, "~", build.binary("<<", ones, low))
    kept = build.binary("&", _cast(lower.rewrite(base), whole), hole)
    joined = build.binary("|", kept, build.binary("<<", _cast(value, whole), low))
    if _is_dynamic(base):
        return _store(lower, base, joined)
    return tree.Assign(value.span, base, _cast(joined, base.type))


def _cast(expression: tree.Expression, type_: t.Type) -> tree.Expression:
    return expression if expression.type == type_ else tree.Cast(type_, expression.span, expression)
