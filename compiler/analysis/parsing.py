"""How much a parser reads: the most bytes that one packet can take through its state graph.

Loops end because header stacks do: in a circle of states each stack is extracted as often as it has elements. A circle
without a stack has no bound. What is skipped by a number of bits known only at run time is not counted; a header of
variable size counts at its longest.
"""

from __future__ import annotations

from dataclasses import dataclass

import networkx

from compiler import rewrite, tree
from compiler import types as t


@dataclass(frozen=True, slots=True)
class ParserSize:
    """`bits`: the most that a packet can take; None: there is no bound. `loops`: the states of each circle.
    `states` and `transitions` do not count those of inner parsers. `is_more`: it also skips a run-time number of bits.
    """

    states: int
    transitions: int
    bits: int | None
    loops: tuple[tuple[str, ...], ...]
    unreachable: tuple[str, ...]
    is_more: bool


def parser_size(parser: tree.Parser) -> ParserSize:
    graph: networkx.DiGraph[tree.ParserState] = networkx.DiGraph()
    graph.add_nodes_from(parser.states)
    transitions = 0
    for state in parser.states:
        targets = dict.fromkeys(successors(state))
        transitions += len(targets)
        graph.add_edges_from((state, target) for target in targets if target not in (tree.ACCEPT, tree.REJECT))
    reached = {parser.start} | networkx.descendants(graph, parser.start)
    order = {state: number for number, state in enumerate(parser.states)}
    parts = networkx.condensation(graph.subgraph(reached))
    bits: dict[int, int | None] = {}
    loops = []
    is_more = False
    for part in reversed(list(networkx.topological_sort(parts))):
        states = sorted(parts.nodes[part]["members"], key=order.__getitem__)
        is_loop = len(states) > 1 or graph.has_edge(states[0], states[0])
        if is_loop:
            loops.append(tuple(state.name for state in states))
        own, has_more = _loop_bits(states) if is_loop else _bits(states[0])
        is_more |= has_more
        after = [bits[other] for other in parts.successors(part)]
        known = [each for each in after if each is not None]
        bounded = own is not None and len(known) == len(after)
        bits[part] = own + max(known, default=0) if own is not None and bounded else None
    total = bits[parts.graph["mapping"][parser.start]]
    unreachable = tuple(state.name for state in parser.states if state not in reached)
    return ParserSize(len(parser.states), transitions, total, tuple(reversed(loops)), unreachable, is_more)


def successors(state: tree.ParserState) -> list[tree.ParserState]:
    """Where the state may go, in the order of its cases."""
    if isinstance(state.transition, tree.Select):
        return [case.state for case in state.transition.cases]
    return [state.transition.state]


def _bits(state: tree.ParserState) -> tuple[int | None, bool]:
    total, is_more = 0, False
    for call in _reads(state):
        bits, has_more = _call_bits(call)
        is_more |= has_more
        if bits is None:
            return None, is_more
        total += bits
    return total, is_more


def _loop_bits(states: list[tree.ParserState]) -> tuple[int | None, bool]:
    """Each stack of the circle as often as it has elements; all else that is read on the way as often as all of them
    together. None if there is a circle that extracts no stack.
    """
    stacks: dict[object, tuple[int, int]] = {}
    others = 0
    is_more = False
    for state in states:
        for call in _reads(state):
            stack = _next_of(call)
            if stack is not None:
                stacks[_name(stack.base)] = (stack.base.type.size, t.max_bits(stack.type))  # type: ignore[attr-defined]
                continue
            bits, has_more = _call_bits(call)
            is_more |= has_more
            if bits is None:
                return None, is_more
            others += bits
    if _circles_without_stack(states):
        return None, is_more
    rounds = sum(size for size, _ in stacks.values())
    return sum(size * bits for size, bits in stacks.values()) + others * (rounds + 1), is_more


def _circles_without_stack(states: list[tree.ParserState]) -> bool:
    graph: networkx.DiGraph[tree.ParserState] = networkx.DiGraph()
    inside = {state for state in states if not any(_next_of(call) is not None for call in _reads(state))}
    for state in states:
        graph.add_edges_from((state, other) for other in successors(state) if {state, other} <= inside)
    return not networkx.is_directed_acyclic_graph(graph)


def _reads(state: tree.ParserState) -> list[tree.Call]:
    """The calls that move on in the packet."""
    found: list[tree.Call] = []
    for node in rewrite.walk(state.statements):
        is_packet_call = isinstance(node, tree.MethodCall) and isinstance(node.receiver, tree.Parameter)
        if isinstance(node, tree.ParserApply) or (is_packet_call and node.method.name in ("extract", "advance")):
            found.append(node)
    return found


def _call_bits(call: tree.Call) -> tuple[int | None, bool]:
    if isinstance(call, tree.ParserApply):
        inner = parser_size(call.parser)
        return inner.bits, inner.is_more
    assert isinstance(call, tree.MethodCall)
    argument = call.arguments[0]
    if call.method.name == "advance":
        while isinstance(argument, tree.Cast):
            argument = argument.operand
        return (argument.value, False) if isinstance(argument, tree.IntLiteral) else (0, True)
    type_ = call.signature.parameters[0].type if isinstance(argument, tree.DontCare) else argument.type
    return t.max_bits(type_), False


def _next_of(call: tree.Call) -> tree.StackNext | None:
    argument = call.arguments[0] if isinstance(call, tree.MethodCall) and call.method.name == "extract" else None
    while isinstance(argument, tree.Member):
        argument = argument.base
    return argument if isinstance(argument, tree.StackNext) else None


def _name(expression: tree.Expression) -> object:
    """What two references to the same stack have in common."""
    if isinstance(expression, tree.Member):
        return (_name(expression.base), expression.name)
    return expression.declaration if isinstance(expression, tree.VariableRef) else expression
