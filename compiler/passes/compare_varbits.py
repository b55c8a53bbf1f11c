"""Let the comparison of two varbits ask for their lengths as well.

Before: `==` and `!=` of varbits that are storage (expand_aggregates).
After: each is `a == b && crc(a) == crc(b)`, the sums being computed by `hash` before the statement. BMv2 compares the
numbers that varbits hold, whatever their lengths; P4 asks for the same length (spec §8.10). Of two varbits with one
number the longer begins with zeros, and CRC-32, whose register starts as ones, tells apart how many: it is one-to-one
in its register, and zeros bring that back to the same value only after 2^32 - 1 of them.
"""

from __future__ import annotations

from dataclasses import replace

from compiler import rewrite, tree
from compiler import types as t
from compiler.diagnostics import Span
from compiler.passes import build

SUM = t.BitType(32)
ALL_SUMS = t.BitType(64)
"""The type of the number of different sums, 2^32."""


def compare_varbits(program: tree.Program) -> tree.Program:
    hash_function = next((f for f in program.extern_functions if f.name == "hash"), None)
    if hash_function is None or not any(_is_comparison(node) for node in rewrite.walk(program)):
        return program
    comparer = _Comparer(hash_function)
    comparer.rewrite_program(program)
    for parser in tree.all_parsers(program):
        for state in parser.states:
            state.transition = comparer.rewrite(state.transition)
            state.statements += comparer.taken()
    return program


def _is_comparison(node: object) -> bool:
    return isinstance(node, tree.Binary) and node.op in ("==", "!=") and isinstance(node.left.type, t.VarbitType)


class _Comparer(rewrite.Rewriter):
    """`before`: the sums that what is being rewritten needs."""

    def __init__(self, hash_function: tree.ExternFunction) -> None:
        self.hash = hash_function
        self.before: list[tree.Statement] = []

    def taken(self) -> list[tree.Statement]:
        before, self.before = self.before, []
        return before

    def rewrite_Assign(self, node: tree.Assign) -> list[tree.Statement]:
        node = self.rewrite_children(node)
        return [*self.taken(), node]

    def rewrite_CallStatement(self, node: tree.CallStatement) -> list[tree.Statement]:
        node = self.rewrite_children(node)
        return [*self.taken(), node]

    def rewrite_If(self, node: tree.If) -> list[tree.Statement]:
        condition = self.rewrite(node.condition)
        before = self.taken()
        then = tree.as_block(self.rewrite(node.then), node.then.span)
        otherwise = tree.as_block(self.rewrite(node.otherwise), node.otherwise.span) if node.otherwise else None
        return [*before, replace(node, condition=condition, then=then, otherwise=otherwise)]

    def rewrite_ParserState(self, node: tree.ParserState) -> tree.ParserState:
        """The statements only: the sums for the transition follow them."""
        node.statements = [s for statement in node.statements for s in _listed(self.rewrite(statement))]
        return node

    def rewrite_Binary(self, node: tree.Binary) -> tree.Expression:
        node = self.rewrite_children(node)
        if not _is_comparison(node):
            return node
        sums = build.equal(self._sum(node.left, node.span), self._sum(node.right, node.span))
        same = build.all_of((replace(node, op="=="), sums), node.span)
        return same if node.op == "==" else build.negation(same)

    def _sum(self, value: tree.Expression, span: Span) -> tree.Expression:
        """A variable that holds the CRC-32 of `value`."""
        result = build.ref(build.variable("sum", SUM, span), span)
        algorithm = self.hash.signature.parameters[1].type
        assert isinstance(algorithm, t.EnumType)
        data = tree.TupleExpression(t.TupleType((value.type,)), span, (value,))
        arguments: tuple[tree.Expression, ...] = (
            result,
            tree.EnumMember(algorithm, span, "crc32", algorithm.members.index("crc32")),
            build.integer(0, SUM, span),
            data,
            build.integer(1 << SUM.width, ALL_SUMS, span),
        )
        call = tree.ExternFunctionCall(
            t.VOID, span, arguments, self.hash, tuple(a.type for a in arguments), self.hash.signature
        )
        self.before.append(tree.CallStatement(span, call))
        return result


def _listed(statements: tree.Statement | list[tree.Statement] | None) -> list[tree.Statement]:
    if statements is None:
        return []
    return [statements] if isinstance(statements, tree.Statement) else list(statements)
