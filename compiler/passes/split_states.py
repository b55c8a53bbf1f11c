"""Split parser states so that each is a straight line of statements and one transition.

Before: If, Scope, Leave, Loop and Block in parser states.   After: none of them.
A condition becomes a select on a bool; what follows an `if` becomes a state of its own, to which both branches go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from compiler import tree
from compiler.diagnostics import Span
from compiler.passes import build


def split_states(program: tree.Program) -> tree.Program:
    for parser in tree.all_parsers(program):
        splitter = _Splitter()
        for state in parser.states:
            splitter.split(state)
        parser.states = splitter.states
    return program


class _Splitter:
    def __init__(self) -> None:
        self.states: list[tree.ParserState] = []
        self.places: dict[tree.Label, tree.Transition] = {}

    def split(self, state: tree.ParserState) -> None:
        self.states.append(state)
        statements, state.statements = state.statements, []
        self._run(statements, state, state.transition, state.name)

    def _run(
        self, statements: Sequence[tree.Statement], state: tree.ParserState, transition: tree.Transition, name: str
    ) -> None:
        """Add `statements` to the end of `state`, and go on with `transition`. `name`: of the state they stood in."""
        flat = list(_flat(statements))
        for i, statement in enumerate(flat):
            match statement:
                case tree.If() | tree.Scope():
                    span = statement.span
                    joined = i == len(flat) - 1 and isinstance(transition, tree.Goto)
                    after = transition if joined else tree.Goto(self._new(name, "join", span), span)
                    if isinstance(statement, tree.If):
                        self._branch(statement, state, after, name)
                    else:
                        self.places[statement.label] = after
                        self._run(statement.body.statements, state, after, name)
                    if joined:
                        return
                    assert isinstance(after, tree.Goto)
                    state = after.state
                case tree.Leave():
                    state.transition = self.places[statement.label]
                    return
                case tree.Loop():
                    head = self._new(name, "loop", statement.span)
                    state.transition = tree.Goto(head, statement.span)
                    self._run(statement.body.statements, head, tree.Goto(head, statement.span), name)
                    return
                case _:
                    state.statements.append(statement)
        state.transition = transition

    def _branch(self, statement: tree.If, state: tree.ParserState, after: tree.Transition, name: str) -> None:
        span = statement.span
        cases: list[tree.SelectCase] = []
        for value, body in ((True, statement.then), (False, statement.otherwise)):
            branch = self._new(name, str(value).lower(), span)
            self._run(body.statements if body else (), branch, after, name)
            cases.append(tree.SelectCase((build.boolean(value, span),), branch, span))
        state.transition = tree.Select((statement.condition,), tuple(cases), span)

    def _new(self, name: str, suffix: str, span: Span) -> tree.ParserState:
        new = tree.ParserState(f"{name}_{suffix}", (), span, [], tree.Goto(tree.REJECT, span))
        self.states.append(new)
        return new


def _flat(statements: Sequence[tree.Statement]) -> Iterator[tree.Statement]:
    """The statements with those of blocks in their place."""
    for statement in statements:
        if isinstance(statement, tree.Block):
            yield from _flat(statement.statements)
        else:
            yield statement
