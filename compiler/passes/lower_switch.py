"""Write a `switch` on a value as a row of `if`s, each of which leaves the row at its end.

Before: Switch (on an integer, enum or error value).   After: none; `switch (t.apply().action_run)` stays.
The subject is evaluated once. The cases exclude one another, so their order does not matter; the default comes last
(spec §12.7.2). (A chain of `else if` would be as deep as there are cases.)
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
        label = tree.Label("switch", node.span)
        row: list[tree.Statement] = []
        for case in node.cases:
            if not case.default:
                test = build.any_of((build.equal(subject, value) for value in case.labels), case.span)
                then = tree.Block(case.span, (case.body, tree.Leave(case.span, label)))
                row.append(tree.If(case.span, test, then, None))
        row += [case.body for case in node.cases if case.default]
        return (*before, tree.Scope(node.span, label, tree.Block(node.span, tuple(row))))
