"""Turn declarations inside bodies into assignments.

Before: Declare.   After: none. A variable is known by being used: the backend gives storage to every one it meets.
Headers that are declared without a value are invalid (spec §7.2.2), so they are made so; other variables without a
value are undefined, and nothing is done.
"""

from __future__ import annotations

from compiler import rewrite, tree
from compiler.passes import build


def hoist_declarations(program: tree.Program) -> tree.Program:
    return _Hoister().rewrite_program(program)


class _Hoister(rewrite.Rewriter):
    in_parser = False

    def rewrite_ParserState(self, node: tree.ParserState) -> tree.ParserState:
        self.in_parser = True
        node = self.rewrite_children(node)
        self.in_parser = False
        return node

    def rewrite_Declare(self, node: tree.Declare) -> list[tree.Statement]:
        target = build.ref(node.variable, node.span)
        if node.value is None:
            return build.invalidate(target, node.span, in_parser=self.in_parser)
        return [tree.Assign(node.span, target, node.value)]
