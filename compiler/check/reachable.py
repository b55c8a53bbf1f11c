"""Which functions a program calls."""

from __future__ import annotations

from compiler import tree
from compiler.rewrite import walk


def reachable_functions(program: tree.Program) -> list[tree.Function]:
    """Every function that is called from what `program` holds, callees before callers."""
    found: dict[tree.Function, None] = {}

    def visit(node: object) -> None:
        for part in walk(node):
            if isinstance(part, tree.FunctionCall) and part.function not in found:
                visit(part.function.body)
                found[part.function] = None

    visit(program)
    return list(found)
