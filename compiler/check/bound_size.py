"""Refuse programs that become too large when each call is replaced by a body.

A function that calls another twice, which calls another twice, and so on, doubles with every step. So nothing may
follow calls before this has counted what they lead to.
"""

from __future__ import annotations

from compiler import rewrite, tree
from compiler.diagnostics import Diagnostics

MOST_STATEMENTS = 100_000
"""Statements of a block, copies of called bodies included. (One takes about 8 KiB while it is compiled.)"""

_Callable = tree.Function | tree.Action | tree.Parser | tree.Control


def bound_size(program: tree.Program, diagnostics: Diagnostics) -> bool:
    """Whether no block of the program becomes too large, which is reported."""
    sizes: dict[_Callable, int] = {}
    for instance in tree.main_instances(program):
        parts: list[_Callable] = [instance]
        if isinstance(instance, tree.Control):
            parts += instance.actions
        for part in parts:
            size = _size(part, sizes)
            if size > MOST_STATEMENTS:
                what = f"with the bodies of all that it calls, {part.name} has {size} statements"
                message = f"{what}: at most {MOST_STATEMENTS} are possible"
                diagnostics.error("overlimit", message, part.span, hint="tables, or fewer calls of large bodies")
                return False
    return True


def _size(part: _Callable, sizes: dict[_Callable, int]) -> int:
    """The statements in `part` and in what it calls, each body counted at every call. (There is no recursion, §10.)"""
    known = sizes.get(part)
    if known is not None:
        return known
    count = 0
    for node in rewrite.walk(part.states if isinstance(part, tree.Parser) else part.body):
        match node:
            case tree.FunctionCall(function=called):
                count += _size(called, sizes)
            case tree.ActionCall(action=called):
                count += _size(called, sizes)
            case tree.ParserApply(parser=called):
                count += _size(called, sizes)
            case tree.ControlApply(control=called):
                count += _size(called, sizes)
            case tree.Statement():
                count += 1
    sizes[part] = count
    return count
