"""Write a `switch` on a value as a chain of `if`.

Before: Switch (on an integer, enum or error value).   After: none; `switch (t.apply().action_run)` stays.
The subject is evaluated once. The cases exclude one another, so their order does not matter; the default comes last
(spec §12.7.2).
"""

from __future__ import annotations

from compiler import rewrite, tree
from compiler.passes import build
from compiler.passes.paths import static_path


def lower_switch(program: tree.Program) -> tree.Program:
    return _LowerSwitch().rewrite_program(program)


class _LowerSwitch(rewrite.Rewriter):
    def rewrite_Switch(self, node: tree.Switch) -> tree.Statement | tuple[tree.Statement, ...]:
        node = self.rewrite_children(node)
        before: tuple[tree.Statement, ...] = ()
        subject = node.subject
        if static_path(subject) is None and not tree.is_literal(subject):
            variable = build.variable("subject", subject.type, subject.span)
            before = (tree.Declare(node.span, variable, subject),)
            subject = build.ref(variable, subject.span)
        chain: tree.Block | None = next((case.body for case in node.cases if case.default), None)
        for case in reversed(node.cases):
            if case.default:
                continue
            test = build.any_of((build.equal(subject, label) for label in case.labels), case.span)
            chain = tree.Block(case.span, (tree.If(case.span, test, case.body, chain),))
        return (*before, chain) if chain is not None else before
