"""Put the states of inner parsers in the place of their `apply` calls.

Before: ParserApply as a CallStatement at the top of a state's statements (split_states).
After: the parser of the package has no inner parsers. Each call has states of its own; `accept` of the inner parser
goes on after the call, `reject` ends the whole parser (spec §13.11). Arguments are copied in and out by `calls.bind`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from compiler import tree
from compiler.passes.calls import bind
from compiler.passes.clone import clone


def inline_parsers(program: tree.Program) -> tree.Program:
    for instance in tree.main_instances(program):
        if isinstance(instance, tree.Parser):
            _flatten(instance)
    return program


def _flatten(parser: tree.Parser) -> None:
    for instance in parser.instances:
        if isinstance(instance, tree.Parser):
            _flatten(instance)
            parser.value_sets += instance.value_sets
    waiting = [(state, state.name) for state in reversed(parser.states)]
    parser.states = []
    while waiting:
        state, name = waiting.pop()
        parser.states.append(state)
        waiting += [(new, name) for new in reversed(_inline_first(state, name))]
    parser.instances = [i for p in parser.instances for i in (p.instances if isinstance(p, tree.Parser) else (p,))]


def _inline_first(state: tree.ParserState, name: str) -> list[tree.ParserState]:
    """Inline the first call in `state`; the new states, of which the last may hold more calls. `name`: of the state
    that the call was written in.
    """
    for i, statement in enumerate(state.statements):
        if isinstance(statement, tree.CallStatement) and isinstance(statement.call, tree.ParserApply):
            return _inline(state, i, statement.call, name)
    return []


def _inline(state: tree.ParserState, at: int, call: tree.ParserApply, name: str) -> list[tree.ParserState]:
    inner = call.parser
    binding = bind(inner.parameters, call.arguments, call.span, order=call.order, in_parser=True)
    rest = [*binding.after, *state.statements[at + 1 :]]
    after = tree.ParserState(f"{name}_{inner.name}_done", (), call.span, rest, state.transition)
    copies = {old: replace(old, name=f"{name}_{inner.name}_{old.name}") for old in inner.states}
    targets = {tree.ACCEPT: after} | copies
    # All at once: a variable that one state declares is still meant in the states split off it (split_states).
    nodes: list[Any] = clone([n for old in copies for n in (*old.statements, old.transition)], binding.substitution)
    rest_of_nodes = iter(nodes)
    for new in copies.values():
        statements: list[tree.Statement] = []
        while isinstance(transition := next(rest_of_nodes), tree.Statement):
            statements.append(transition)
        new.statements, new.transition = statements, _retarget(transition, targets)
    state.statements = [*state.statements[:at], *binding.before]
    state.transition = tree.Goto(copies[inner.start], call.span)
    return [*copies.values(), after]


def _retarget(transition: tree.Transition, targets: dict[tree.ParserState, tree.ParserState]) -> tree.Transition:
    if isinstance(transition, tree.Goto):
        return replace(transition, state=targets.get(transition.state, transition.state))
    cases = tuple(replace(case, state=targets.get(case.state, case.state)) for case in transition.cases)
    return replace(transition, cases=cases)
