"""Split parser states so that each is a straight line of statements and one transition.

Before: If, Scope, Leave, Loop and Block in parser states.   After: none of them.
A condition becomes a select on a bool; what follows an `if` becomes a state of its own, to which both branches go.
"""

from __future__ import annotations

from collections.abc import Sequence

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
        self._run(statements, state, state.transition)

    def _run(self, statements: Sequence[tree.Statement], state: tree.ParserState, transition: tree.Transition) -> None:
        """Add `statements` to the end of `state`, and go on with `transition`."""
        for i, statement in enumerate(statements):
            rest = statements[i + 1 :]
            match statement:
                case tree.Block():
                    self._run((*statement.statements, *rest), state, transition)
                    return
                case tree.If():
                    self._branch(statement, state, self._follow(rest, state, transition, statement.span))
                    return
                case tree.Scope():
                    after = self._follow(rest, state, transition, statement.span)
                    self.places[statement.label] = after
                    self._run(statement.body.statements, state, after)
                    return
                case tree.Leave():
                    state.transition = self.places[statement.label]
                    return
                case tree.Loop():
                    head = self._new(state, "loop", statement.span)
                    state.transition = tree.Goto(head, statement.span)
                    self._run(statement.body.statements, head, tree.Goto(head, statement.span))
                    return
                case _:
                    state.statements.append(statement)
        state.transition = transition

    def _branch(self, statement: tree.If, state: tree.ParserState, after: tree.Transition) -> None:
        span = statement.span
        cases: list[tree.SelectCase] = []
        for value, body in ((True, statement.then), (False, statement.otherwise)):
            branch = self._new(state, str(value).lower(), span)
            self._run(body.statements if body else (), branch, after)
            cases.append(tree.SelectCase((build.boolean(value, span),), branch, span))
        state.transition = tree.Select((statement.condition,), tuple(cases), span)

    def _follow(
        self, rest: Sequence[tree.Statement], state: tree.ParserState, transition: tree.Transition, span: Span
    ) -> tree.Transition:
        """The transition to what comes next: `transition` itself where nothing stands between."""
        if not rest and isinstance(transition, tree.Goto):
            return transition
        join = self._new(state, "join", span)
        self._run(rest, join, transition)
        return tree.Goto(join, span)

    def _new(self, state: tree.ParserState, suffix: str, span: Span) -> tree.ParserState:
        new = tree.ParserState(f"{state.name}_{suffix}", (), span, [], tree.Goto(tree.REJECT, span))
        self.states.append(new)
        return new
