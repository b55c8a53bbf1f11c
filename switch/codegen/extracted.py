"""Which headers the parser has extracted at each of its states: on all ways to it, or on some."""

from __future__ import annotations

from dataclasses import dataclass

from switch.bmv2_json.program import Advance, Extract, Header, ParseState, Program


@dataclass(frozen=True)
class Extracted:
    """Names of plain headers. `surely`: on all ways to the state; `maybe`: on some of them (the former among them)."""

    surely: frozenset[str]
    maybe: frozenset[str]

    def __or__(self, header: str) -> Extracted:
        return Extracted(self.surely | {header}, self.maybe | {header})


NOTHING = Extracted(frozenset(), frozenset())


def extracted_at(program: Program) -> dict[str, Extracted]:
    """At the entry of each state that can be reached."""
    states = program.parser.states
    start = program.parser.start
    if start is None:
        return {}
    at = {start: NOTHING}
    todo = [start]
    while todo:
        name = todo.pop()
        after = after_state(states[name], at[name])
        for follower in {t.next for t in states[name].transitions} - {None}:
            assert follower is not None
            before = at.get(follower)
            joined = after if before is None else Extracted(before.surely & after.surely, before.maybe | after.maybe)
            if joined != before:
                at[follower] = joined
                todo.append(follower)
    return at


def after_state(state: ParseState, before: Extracted) -> Extracted:
    for op in state.ops:
        if isinstance(op, Extract) and isinstance(op.to, Header):
            before |= op.to.name
    return before


def in_order(program: Program) -> bool:
    """Do headers lie in every packet in the order in which they are emitted, with nothing between or behind them?"""
    place = {h.name: i for i, h in enumerate(program.deparser.order)}
    if len(place) != len(program.deparser.order) or program.parser.start is None:
        return False
    last = {program.parser.start: -1}  # the furthest place on any way to the state
    todo = [program.parser.start]
    while todo:
        name = todo.pop()
        at = last[name]
        for op in program.parser.states[name].ops:
            match op:
                case Extract(Header() as header) if place.get(header.name, -1) > at:
                    at = place[header.name]
                case Extract() | Advance():
                    return False
        for follower in {t.next for t in program.parser.states[name].transitions} - {None}:
            assert follower is not None
            if last.get(follower, -2) < at:
                last[follower] = at
                todo.append(follower)
    return True
