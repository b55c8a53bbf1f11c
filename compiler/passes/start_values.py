"""Give the variables of controls and parsers their initial values by statements.

Before: `Variable.initializer` in `Control.variables` and `Parser.variables`.
After: assignments where the control's body or the parser begins, in order of declaration (spec §13.3, §14); header
variables without initializer are made invalid there, so that a second `apply` starts afresh. A parser that returns to
its start state gets a new one before it.
"""

from __future__ import annotations

from collections.abc import Sequence

from compiler import rewrite, tree
from compiler.passes import build


def start_values(program: tree.Program) -> tree.Program:
    for control in tree.all_controls(program):
        control.body = tree.Block(control.body.span, (*_assignments(control.variables), *control.body.statements))
    for parser in tree.all_parsers(program):
        statements = _assignments(parser.variables, in_parser=True)
        if statements:
            _begin_with(parser, statements)
    return program


def _assignments(variables: Sequence[tree.Variable], *, in_parser: bool = False) -> list[tree.Statement]:
    result: list[tree.Statement] = []
    for variable in variables:
        target = build.ref(variable)
        if variable.initializer is None:
            result += build.invalidate(target, variable.span, in_parser=in_parser)
        else:
            result.append(tree.Assign(variable.span, target, variable.initializer))
            variable.initializer = None
    return result


def _begin_with(parser: tree.Parser, statements: list[tree.Statement]) -> None:
    start = parser.start
    gotos = (node for node in rewrite.walk(parser) if isinstance(node, tree.Goto | tree.SelectCase))
    if not any(node.state is start for node in gotos):
        start.statements = [*statements, *start.statements]
        return
    first = tree.ParserState("start", (), start.span, statements, tree.Goto(start, start.span))
    start.name = "start_again"
    parser.states.insert(0, first)
