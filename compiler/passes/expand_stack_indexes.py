"""Replace run-time indexes of header stacks by a case for every element.

Before: StackIndex with any index; `s.last` anywhere.
After: every index is a literal; `s.last` is found only where one of its fields is read. Where a scalar is read,
`s[i].f` becomes `i == 0 ? s[0].f : i == 1 ? s[1].f : ... : s[n-1].f`; a statement that writes to `s[i]` becomes a chain
of `if`, one branch for each element. Long chains are split in halves by `i < n/2`, so that they are not deep. An index
out of range reads an undefined value and writes nothing (spec §8.18). (BMv2 can index at run time, but leaves what it
should not touch out of range.)

What would be repeated for every element is saved in a variable before the statement: an index that is an expression,
and a value that is stored. So the size of the result is that of the program times that of the stack, not its square.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from compiler import rewrite, tree
from compiler import types as t
from compiler.passes import build
from compiler.passes.paths import directions, static_path

CHAIN = 8
"""Cases that are told apart one after the other; more are split in halves."""

_N = TypeVar("_N")


def expand_stack_indexes(program: tree.Program) -> tree.Program:
    return _Expander().rewrite_program(program)


def is_field_of_last(expression: tree.Expression) -> bool:
    """Whether it is `s.last.f`, or `s.last.member.f` of a stack of unions."""
    if not isinstance(expression, tree.Member):
        return False
    base = expression.base
    return isinstance(base, tree.StackLast) or (isinstance(base, tree.Member) and isinstance(base.base, tree.StackLast))


class _Expander(rewrite.Rewriter):
    """Rewrites what is read; l-values that are written go through `_place`."""

    def __init__(self) -> None:
        self.before: list[tree.Statement] = []
        """What is saved before the statement at hand."""

    # Reading

    def rewrite_Member(self, node: tree.Member) -> tree.Expression:
        if isinstance(node.base, tree.StackLast) and isinstance(node.base.type, t.HeaderType):
            return node
        return self._access(node)

    def rewrite_StackIndex(self, node: tree.StackIndex) -> tree.Expression:
        return self._access(node)

    def rewrite_StackLast(self, node: tree.StackLast) -> tree.Expression:
        return self._access(node)

    def rewrite_HeaderCall(self, node: tree.HeaderCall) -> tree.Expression:
        node = replace(node, header=self._place(node.header))
        return self._read(node) if node.op is tree.HeaderOp.IS_VALID else node

    def rewrite_Select(self, node: tree.Select) -> tree.Select:
        """As a key, BMv2 takes a field of the last element as it is."""
        return replace(node, keys=tuple(key if is_field_of_last(key) else self.rewrite(key) for key in node.keys))

    def _access(self, node: tree.Expression) -> tree.Expression:
        if not _is_indexed(node):
            return self.rewrite_children(node)
        read = self._read(self._place(node))
        return self._save("element", read) if _dynamic_index(read) is not None else read

    def _read(self, node: tree.Expression) -> tree.Expression:
        """A scalar read from an element: a conditional expression over all elements. Others stay as they are."""
        dynamic = _dynamic_index(node)
        if dynamic is None or isinstance(node.type, t.FieldsType | t.StackType | t.VarbitType | t.TupleType):
            return node
        outside = build.boolean(False, node.span) if isinstance(node, tree.HeaderCall) else None

        def choose(low: int, high: int) -> tree.Expression:
            if high - low > CHAIN:
                middle = (low + high) // 2
                test = build.binary("<", dynamic.index, _number(middle, dynamic), t.BOOL)
                return tree.Conditional(node.type, node.span, test, choose(low, middle), choose(middle, high))
            choices = [self._read(_fix(node, dynamic, i)) for i in range(low, high)]
            result = outside if outside is not None else choices.pop()
            for i in reversed(range(len(choices))):
                test = build.equal(dynamic.index, _number(low + i, dynamic))
                result = tree.Conditional(node.type, node.span, test, choices[i], result)
            return result

        return choose(0, _choices(dynamic))

    # Writing

    def _place(self, node: tree.Expression) -> tree.Expression:
        """The l-value `node`, where each index is a literal or storage."""
        match node:
            case tree.Member() | tree.TupleIndex() | tree.Slice():
                return replace(node, base=self._place(node.base)) if _is_indexed(node) else node
            case tree.StackIndex():
                base = self._place(node.base)
                index = self.rewrite(node.index)
                return replace(node, base=base, index=index if _is_cheap(index) else self._save("index", index))
            case tree.StackLast():
                base = self._place(node.base)
                index = tree.StackLastIndex(t.BitType(32), node.span, base)
                return tree.StackIndex(node.type, node.span, base, self._save("index", index))
            case _:
                return self.rewrite(node)  # type: ignore[no-any-return]

    def _save(self, name: str, value: tree.Expression) -> tree.VariableRef:
        """A variable that holds `value` while the statement at hand runs."""
        variable = build.ref(build.variable(name, value.type, value.span))
        self.before += build.invalidate(variable, value.span)  # for elements out of range
        self.before += _cases(tree.Assign(value.span, variable, value))
        return variable

    # Statements

    def _with_saved(self, rewritten: Callable[[], Sequence[tree.Statement]]) -> list[tree.Statement]:
        """What `rewritten` returns, behind what it saves."""
        outer, self.before = self.before, []
        statements = rewritten()
        result = [*self.before, *statements]
        self.before = outer
        return result

    def rewrite_Assign(self, node: tree.Assign) -> list[tree.Statement]:
        return self._with_saved(lambda: self._assign(node))

    def _assign(self, node: tree.Assign) -> Sequence[tree.Statement]:
        target = self._place(node.target)
        if isinstance(node.value, tree.Call):
            return _cases(replace(node, target=target, value=self._call(node.value)))
        value = self._place(node.value) if _is_indexed(node.value) else self.rewrite(node.value)
        value = self._read(value)
        is_varbit = isinstance(value.type, t.VarbitType)
        if _dynamic_index(target) is not None and not (_is_cheap(value) or is_varbit):
            value = self._save("value", value)
        return _cases(replace(node, target=target, value=value))

    def rewrite_CallStatement(self, node: tree.CallStatement) -> list[tree.Statement]:
        return self._with_saved(lambda: _cases(replace(node, call=self._called(node.call))))

    def _called(self, call: tree.Expression) -> tree.Expression:
        match call:
            case tree.HeaderCall():
                return replace(call, header=self._place(call.header))
            case tree.StackCall():
                return replace(call, stack=self._place(call.stack))
            case tree.Call():
                return self._call(call)
            case _:
                return call

    def _call(self, call: tree.Call) -> tree.Call:
        """The arguments of a call: those that are written, and whole elements, stay l-values."""
        arguments: list[tree.Expression] = []
        for argument, direction in zip(call.arguments, directions(call), strict=True):
            is_read = direction in (tree.Direction.IN, tree.Direction.NONE)
            if _is_indexed(argument) or not is_read:
                place = self._place(argument)
                arguments.append(self._read(place) if is_read else place)
            else:
                arguments.append(self.rewrite(argument))
        return replace(call, arguments=tuple(arguments))

    def rewrite_If(self, node: tree.If) -> list[tree.Statement]:
        return self._with_saved(lambda: [self.rewrite_children(node)])

    def rewrite_ParserState(self, node: tree.ParserState) -> tree.ParserState:
        node.statements = [s for statement in node.statements for s in self._statements(statement)]
        node.transition = self.rewrite(node.transition)
        node.statements += self.before
        self.before = []
        return node

    def _statements(self, statement: tree.Statement) -> Sequence[tree.Statement]:
        new = self.rewrite(statement)
        return new if isinstance(new, list) else [new]


def _cases(statement: tree.Statement) -> list[tree.Statement]:
    """`statement` once for each value of its first run-time index, until none is left."""
    dynamic = _dynamic_index(statement)
    if dynamic is None:
        return [statement]

    def choose(low: int, high: int) -> list[tree.Statement]:
        if high - low > CHAIN:
            middle = (low + high) // 2
            test = build.binary("<", dynamic.index, _number(middle, dynamic), t.BOOL)
            return [build.conditional(test, choose(low, middle), choose(middle, high), statement.span)]
        chain: list[tree.Statement] = []
        for i in reversed(range(low, high)):
            test = build.equal(dynamic.index, _number(i, dynamic))
            chain = [build.conditional(test, _cases(_fix(statement, dynamic, i)), chain, statement.span)]
        return chain

    return choose(0, _choices(dynamic))


def _dynamic_index(node: object) -> tree.StackIndex | None:
    """The first run-time index in `node`."""
    for part in rewrite.walk(node):
        if isinstance(part, tree.StackIndex) and not isinstance(part.index, tree.IntLiteral):
            return part
    return None


def _is_indexed(expression: tree.Expression) -> bool:
    """Whether it is an l-value that a run-time index, or `s.last`, is needed to find."""
    while isinstance(expression, tree.Member | tree.TupleIndex | tree.Slice | tree.StackIndex | tree.StackLast):
        if isinstance(expression, tree.StackLast):
            return True
        if isinstance(expression, tree.StackIndex) and not isinstance(expression.index, tree.IntLiteral):
            return True
        expression = expression.base
    return False


def _is_cheap(expression: tree.Expression) -> bool:
    """Whether it may be repeated for every element."""
    return tree.is_literal(expression) or static_path(expression) is not None


def _choices(dynamic: tree.StackIndex) -> int:
    """How many elements the index can select: no more than its type has values for."""
    assert isinstance(dynamic.base.type, t.StackType)
    width = t.width(dynamic.index.type) - t.is_signed(dynamic.index.type)
    return min(dynamic.base.type.size, 1 << width)


def _number(i: int, dynamic: tree.StackIndex) -> tree.Expression:
    """`i` in the type of the index."""
    return build.integer(i, dynamic.index.type, dynamic.span)


class _Replace(rewrite.Rewriter):
    def __init__(self, old: tree.StackIndex, new: tree.StackIndex) -> None:
        self.old = old
        self.new = new

    def rewrite_StackIndex(self, node: tree.StackIndex) -> tree.Expression:
        return self.new if node is self.old else self.rewrite_children(node)


def _fix(node: _N, dynamic: tree.StackIndex, i: int) -> _N:
    """`node` with the index `dynamic` replaced by `i`."""
    fixed = replace(dynamic, index=build.integer(i, t.INF_INT, dynamic.span))
    return _Replace(dynamic, fixed).rewrite(node)  # type: ignore[no-any-return]
