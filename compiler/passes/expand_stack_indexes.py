"""Replace run-time indexes of header stacks by a case for every element.

Before: StackIndex with any index; `s.last` anywhere.
After: every index is a literal; `s.last` is found only where one of its fields is read. Where a scalar is read,
`s[i].f` becomes `i == 0 ? s[0].f : i == 1 ? s[1].f : ... : s[n-1].f`; other statements become a chain of `if`, one
branch for each element. An index out of range reads an undefined value and writes nothing (spec §8.18). (BMv2 can index
at run time, but leaves what it should not touch out of range.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from compiler import rewrite, tree
from compiler import types as t
from compiler.passes import build
from compiler.passes.paths import directions, static_path


def expand_stack_indexes(program: tree.Program) -> tree.Program:
    return _Expander().rewrite_program(program)


def _is_dynamic(node: object) -> bool:
    return isinstance(node, tree.StackIndex) and not isinstance(node.index, tree.IntLiteral)


def _first_dynamic(node: object) -> tree.StackIndex | None:
    """The innermost, leftmost run-time index: what it selects from and by is free of others."""
    found = [n for n in rewrite.walk(node) if _is_dynamic(n)]
    return next((n for n in found if not any(_is_dynamic(m) for m in rewrite.walk(n) if m is not n)), None)


class _Expander(rewrite.Rewriter):
    def rewrite_Member(self, node: tree.Member) -> tree.Expression:
        if isinstance(node.base, tree.StackLast) and isinstance(node.base.type, t.HeaderType):
            return node
        return self._read(self.rewrite_children(node))

    def rewrite_StackLast(self, node: tree.StackLast) -> tree.Expression:
        return _by_index(node)

    def rewrite_Select(self, node: tree.Select) -> tree.Select:
        """As a key, BMv2 takes a field of the last element as it is."""
        return replace(node, keys=tuple(key if is_field_of_last(key) else self.rewrite(key) for key in node.keys))

    def rewrite_HeaderCall(self, node: tree.HeaderCall) -> tree.Expression:
        node = self.rewrite_children(node)
        return self._read(node) if node.op is tree.HeaderOp.IS_VALID else node

    def _read(self, node: tree.Expression) -> tree.Expression:
        """A scalar read from an element: a conditional expression over all elements."""
        if isinstance(node.type, t.FieldsType | t.StackType | t.VarbitType | t.TupleType):
            return node
        dynamic = _first_dynamic(node)
        if dynamic is None:
            return node
        choices = [self._read(_fix(node, dynamic, i)) for i in range(_choices(dynamic))]
        result = build.boolean(False, node.span) if isinstance(node, tree.HeaderCall) else choices.pop()
        for i in reversed(range(len(choices))):
            test = build.equal(dynamic.index, _number(i, dynamic))
            result = tree.Conditional(node.type, node.span, test, choices[i], result)
        return result

    def rewrite_Assign(self, node: tree.Assign) -> tree.Statement | list[tree.Statement]:
        return self._cases(replace(node, target=_Indexes(self).rewrite(node.target), value=self.rewrite(node.value)))

    def rewrite_CallStatement(self, node: tree.CallStatement) -> tree.Statement | list[tree.Statement]:
        if isinstance(node.call, tree.HeaderCall | tree.StackCall | tree.TableApply):
            return self._cases(replace(node, call=_Indexes(self).rewrite(node.call)))
        return self._cases(replace(node, call=self._call(node.call)))

    def _call(self, call: tree.Expression) -> tree.Expression:
        """The arguments of a call: those that are written stay l-values."""
        assert isinstance(call, tree.Call)
        arguments: list[tree.Expression] = []
        for argument, direction in zip(call.arguments, directions(call), strict=True):
            reader = self if direction in (tree.Direction.IN, tree.Direction.NONE) else _Indexes(self)
            arguments.append(reader.rewrite(argument))
        return replace(call, arguments=tuple(arguments))

    def _cases(self, statement: tree.Statement) -> tree.Statement | list[tree.Statement]:
        """`statement` once for each value of its first run-time index, until none is left."""
        dynamic = _first_dynamic(statement)
        if dynamic is None:
            return statement
        before: list[tree.Statement] = []
        if static_path(dynamic.index) is None:
            variable = build.variable("index", dynamic.index.type, dynamic.span)
            before.append(tree.Assign(dynamic.span, build.ref(variable), dynamic.index))
            saved = replace(dynamic, index=build.ref(variable))
            statement = _Replace(dynamic, saved).rewrite(statement)
            dynamic = saved
        chain: Sequence[tree.Statement] = ()
        for i in reversed(range(_choices(dynamic))):
            then = self._cases(_fix(statement, dynamic, i))
            test = build.equal(dynamic.index, _number(i, dynamic))
            chain = (build.conditional(test, then if isinstance(then, list) else [then], chain, statement.span),)
        return [*before, *chain]


class _Indexes(rewrite.Rewriter):
    """Rewrites the indexes inside an l-value, and leaves the l-value one."""

    def __init__(self, reader: _Expander) -> None:
        self.reader = reader

    def rewrite_StackIndex(self, node: tree.StackIndex) -> tree.Expression:
        return replace(node, base=self.rewrite(node.base), index=self.reader.rewrite(node.index))

    def rewrite_StackLast(self, node: tree.StackLast) -> tree.Expression:
        return _by_index(replace(node, base=self.rewrite(node.base)))


def is_field_of_last(expression: tree.Expression) -> bool:
    """Whether it is `s.last.f`, or `s.last.member.f` of a stack of unions."""
    if not isinstance(expression, tree.Member):
        return False
    base = expression.base
    return isinstance(base, tree.StackLast) or (isinstance(base, tree.Member) and isinstance(base.base, tree.StackLast))


def _by_index(last: tree.StackLast) -> tree.StackIndex:
    """`s.last` as `s[s.lastIndex]`."""
    return tree.StackIndex(last.type, last.span, last.base, tree.StackLastIndex(t.BitType(32), last.span, last.base))


class _Replace(rewrite.Rewriter):
    def __init__(self, old: tree.Expression, new: tree.Expression) -> None:
        self.old = old
        self.new = new

    def rewrite_StackIndex(self, node: tree.StackIndex) -> tree.Expression:
        return self.new if node is self.old else self.rewrite_children(node)


def _choices(dynamic: tree.StackIndex) -> int:
    """How many elements the index can select: no more than its type has values for."""
    assert isinstance(dynamic.base.type, t.StackType)
    width = t.width(dynamic.index.type) - t.is_signed(dynamic.index.type)
    return min(dynamic.base.type.size, 1 << width)


def _number(i: int, dynamic: tree.StackIndex) -> tree.Expression:
    """`i` in the type of the index."""
    return build.integer(i, dynamic.index.type, dynamic.span)


def _fix(node, dynamic: tree.StackIndex, i: int):  # type: ignore[no-untyped-def]
    """`node` with the index `dynamic` replaced by `i`."""
    fixed = replace(dynamic, index=build.integer(i, t.INF_INT, dynamic.span))
    return _Replace(dynamic, fixed).rewrite(node)
