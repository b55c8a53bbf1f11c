"""Write `for`, `break` and `continue` as `Loop`, `Scope` and `Leave`.

Before: For, ForIn, Break, Continue.   After: none of them. A `continue` leaves the scope of the body, so that the
updates follow; a `break` leaves the scope of the loop (spec §12.8). `for (x in low..high)` counts a variable up that
the body cannot see, and stops at `high` without stepping past the end of its type. `for (x in stack)` repeats the body
for every element of the list or stack, which is evaluated once, before the first round.
"""

from __future__ import annotations

from compiler import rewrite, tree
from compiler import types as t
from compiler.diagnostics import Diagnostics, Span
from compiler.passes import build
from compiler.passes.clone import clone
from compiler.passes.paths import effects, overlap_any, static_path


def lower_loops(program: tree.Program, diagnostics: Diagnostics) -> tree.Program:
    return _LowerLoops(diagnostics).rewrite_program(program)


class _LowerLoops(rewrite.Rewriter):
    def __init__(self, diagnostics: Diagnostics) -> None:
        self.diagnostics = diagnostics
        self.loops: list[tuple[tree.Label, tree.Label]] = []

    def rewrite_Break(self, node: tree.Break) -> tree.Statement:
        return tree.Leave(node.span, self.loops[-1][0])

    def rewrite_Continue(self, node: tree.Continue) -> tree.Statement:
        return tree.Leave(node.span, self.loops[-1][1])

    def rewrite_For(self, node: tree.For) -> tree.Statement:
        done, body = self._body(node.body, node.span)
        test = build.conditional(build.negation(node.condition), [tree.Leave(node.span, done)])
        loop = tree.Loop(node.span, tree.Block(node.span, (test, body, *node.update)))
        return tree.Block(node.span, (*node.init, tree.Scope(node.span, done, tree.Block(node.span, (loop,)))))

    def rewrite_ForIn(self, node: tree.ForIn) -> tree.Statement:
        collection = node.collection
        done, body = self._body(node.body, node.span)
        if isinstance(collection, tree.Range):
            return self._for_range(node, collection, done, body)
        before: list[tree.Statement] = []
        if isinstance(collection, tree.TupleExpression):
            elements = [self._kept(element, body, before) for element in collection.elements]
        elif isinstance(collection.type, t.StackType):
            stack = self._kept(collection, body, before)
            elements = [build.element(stack, i) for i in range(collection.type.size)]
        else:
            self.diagnostics.error("unsupported", f"cannot loop over a value of type {collection.type}", node.span)
            return tree.Block(node.span, ())
        rounds: list[tree.Statement] = []
        for element in elements:
            start = tree.Declare(node.span, node.variable, element)
            rounds.append(clone(tree.Block(node.span, (start, body))))
        before.append(tree.Scope(node.span, done, tree.Block(node.span, tuple(rounds))))
        return tree.Block(node.span, tuple(before))

    def _kept(self, value: tree.Expression, body: tree.Statement, before: list[tree.Statement]) -> tree.Expression:
        """`value` as it is before the first round: itself, where it is known or no round changes it."""
        if tree.is_literal(value):
            return value
        place = static_path(value)
        if isinstance(value.type, t.StackType) and place and not overlap_any((place,), effects(body).writes):
            return value
        copy = build.variable("element", value.type, value.span)
        before.append(tree.Declare(value.span, copy, value))
        return build.ref(copy, value.span)

    def _body(self, body: tree.Block, span: Span) -> tuple[tree.Label, tree.Statement]:
        """The label that ends the loop, and the body inside the scope that `continue` leaves."""
        done, next_round = tree.Label("break", span), tree.Label("continue", span)
        self.loops.append((done, next_round))
        lowered = self.rewrite(body)
        self.loops.pop()
        return done, tree.Scope(span, next_round, tree.as_block(lowered, span))

    def _for_range(
        self, node: tree.ForIn, range_: tree.Range, done: tree.Label, body: tree.Statement
    ) -> tree.Statement:
        span = node.span
        type_ = node.variable.type
        counter = build.ref(build.variable(node.variable.name, type_, span))
        last = build.ref(build.variable(f"{node.variable.name}_last", type_, span))
        statements: list[tree.Statement] = [
            tree.Declare(span, counter.declaration, range_.low),  # type: ignore[arg-type]
            tree.Declare(span, last.declaration, range_.high),  # type: ignore[arg-type]
        ]
        below = build.conditional(build.binary(">", counter, last, t.BOOL), [tree.Leave(span, done)])
        finished = build.conditional(build.equal(counter, last), [tree.Leave(span, done)])
        step = tree.Assign(span, counter, build.binary("+", counter, build.integer(1, type_, span)))
        round_ = tree.Block(span, (tree.Declare(span, node.variable, counter), body, finished, step))
        statements.append(tree.Scope(span, done, tree.Block(span, (below, tree.Loop(span, round_)))))
        return tree.Block(span, tuple(statements))
