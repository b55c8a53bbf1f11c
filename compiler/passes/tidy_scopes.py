"""Drop jumps that go where control goes anyway.

Before: Scope and Leave as the passes wrote them.
After: no statement that cannot be reached; no `Leave` at the end of its own scope; no scope that nothing leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from compiler import rewrite, tree


def tidy_scopes(program: tree.Program) -> tree.Program:
    for control in tree.all_controls(program):
        control.body = tidy(control.body)
        for action in control.actions:
            action.body = tidy(action.body)
    for action in program.actions:
        action.body = tidy(action.body)
    for parser in tree.all_parsers(program):
        for state in parser.states:
            state.statements = list(tidy(tree.as_block(state.statements, state.span)).statements)
    return program


def tidy(block: tree.Block) -> tree.Block:
    return replace(block, statements=tuple(_tidy(block.statements, ())))


def ends(statement: tree.Statement) -> bool:
    """Whether control never goes on after `statement`."""
    match statement:
        case tree.Leave() | tree.Exit():
            return True
        case tree.Loop():
            return True
        case tree.Block():
            return any(map(ends, statement.statements))
        case tree.If():
            return statement.otherwise is not None and ends(statement.then) and ends(statement.otherwise)
        case _:
            return False


def _tidy(statements: Sequence[tree.Statement], exits: tuple[tree.Label, ...]) -> list[tree.Statement]:
    """`statements`, where leaving one of `exits` is the same as reaching the end."""
    result: list[tree.Statement] = []
    for i, statement in enumerate(statements):
        last = i == len(statements) - 1
        for new in _statement(statement, exits if last else ()):
            result.append(new)
            if ends(new):
                # What follows is never reached, so this is the end.
                return result[:-1] if isinstance(new, tree.Leave) and new.label in exits else result
    return result


def _statement(statement: tree.Statement, exits: tuple[tree.Label, ...]) -> list[tree.Statement]:
    match statement:
        case tree.Leave():
            return [] if statement.label in exits else [statement]
        case tree.Block():
            return _tidy(statement.statements, exits)
        case tree.If():
            then = replace(statement.then, statements=tuple(_tidy(statement.then.statements, exits)))
            otherwise = statement.otherwise
            if otherwise is not None:
                otherwise = replace(otherwise, statements=tuple(_tidy(otherwise.statements, exits)))
            return [replace(statement, then=then, otherwise=otherwise)]
        case tree.ActionSwitch():
            cases = [
                replace(c, body=replace(c.body, statements=tuple(_tidy(c.body.statements, exits))))
                for c in statement.cases
            ]
            return [replace(statement, cases=tuple(cases))]
        case tree.Scope():
            body = _tidy(statement.body.statements, (*exits, statement.label))
            if not any(isinstance(n, tree.Leave) and n.label is statement.label for n in rewrite.walk(body)):
                return body
            return [replace(statement, body=replace(statement.body, statements=tuple(body)))]
        case tree.Loop():
            return [
                replace(statement, body=replace(statement.body, statements=tuple(_tidy(statement.body.statements, ()))))
            ]
        case _:
            return [statement]
