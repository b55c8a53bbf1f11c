"""The parsers and deparsers sections."""

from __future__ import annotations

from switch.bmv2_json.actions import read_primitive
from switch.bmv2_json.expressions import (
    Scope,
    read_bool,
    read_data,
    read_either,
    read_lookahead,
    read_union_stack_field,
    unwrap,
)
from switch.bmv2_json.node import Node
from switch.bmv2_json.program import (
    Advance,
    Const,
    Deparser,
    Extract,
    FieldRef,
    Header,
    HeaderType,
    KeyPart,
    Parser,
    ParserOp,
    ParseState,
    Primitive,
    Stack,
    StackLast,
    Transition,
    UnionStack,
    ValidBit,
    Verify,
)


def read_parser(node: Node, scope: Scope) -> Parser:
    states = {s.name: s for s in (_state(s, scope) for s in node["parse_states"])}
    for state, state_node in zip(states.values(), node["parse_states"].items(), strict=True):
        for transition, t in zip(state.transitions, state_node.list_at("transitions"), strict=True):
            if transition.next is not None and transition.next not in states:
                t["next_state"].fail(f"no state is named '{transition.next}'")
    start = node.get("init_state")
    if start is not None and start.text() not in states:
        start.fail(f"no state is named '{start.text()}'")
    return Parser(node.name(), start.text() if start is not None else None, states)


def read_deparser(node: Node, scope: Scope) -> Deparser:
    order = tuple(scope.headers.header(h) for h in node["order"])
    primitives = tuple(read_primitive(_inner_primitive(p), scope) for p in node.list_at("primitives"))
    return Deparser(node.name(), order, primitives)


def _state(node: Node, scope: Scope) -> ParseState:
    ops = tuple(_op(op, scope) for op in node.list_at("parser_ops"))
    key = tuple(_key_part(k, scope) for k in node.list_at("transition_key"))
    transitions = tuple(_transition(t, scope) for t in node.list_at("transitions"))
    if not key and any(t.value is not None or t.value_set is not None for t in transitions):
        node.fail("a transition with a value in a state without transition key")
    return ParseState(node.name(), ops, key, transitions)


def _op(node: Node, scope: Scope) -> ParserOp:
    op = node["op"].text()
    parameters = node["parameters"]
    match op:
        case "extract":
            to, member = _extract_target(parameters.exactly(1)[0], scope)
            return Extract(to, member)
        case "extract_VL":
            target, length = parameters.exactly(2)
            to, member = _extract_target(target, scope)
            if _type_of(to, member).varbit is None:
                target.fail("extract_VL of a header without variable-length field")
            return Extract(to, member, read_data(length, scope))
        case "set":
            to_node, source = parameters.exactly(2)
            field_ref = read_data(to_node, scope)
            if not isinstance(field_ref, FieldRef):
                to_node.fail("expected a field to set")
            kind, value = unwrap(source)
            if kind == "lookahead":
                return Primitive("assign", (field_ref, read_lookahead(value)))
            return Primitive("assign", (field_ref, read_either(source, scope)))
        case "verify":
            condition, error = parameters.exactly(2)
            return Verify(read_bool(condition, scope), read_data(error, scope))
        case "shift":
            amount = parameters.exactly(1)[0]
            return Advance(
                Const(8 * (amount.natural() if isinstance(amount.value, int) else unwrap(amount)[1].natural()))
            )
        case "advance":
            return Advance(read_data(parameters.exactly(1)[0], scope))
        case "primitive":
            return read_primitive(parameters.exactly(1)[0], scope)
    return node["op"].fail(f"unknown parser operation '{op}'")


def _inner_primitive(node: Node) -> Node:
    """Deparser primitives come bare, or wrapped as in parsers."""
    if node["op"].text() == "primitive":
        return node["parameters"].exactly(1)[0]
    return node


def _extract_target(node: Node, scope: Scope) -> tuple[Header | Stack | UnionStack, int]:
    match node["type"].text():
        case "regular":
            return scope.headers.header(node["value"]), 0
        case "stack":
            return scope.headers.stack(node["value"]), 0
        case "union_stack":
            stack_node, member_node = node["value"].exactly(2)
            stack = scope.headers.union_stack(stack_node)
            for i, (name, _) in enumerate(stack.type.members):
                if name == member_node.text():
                    return stack, i
            member_node.fail(f"union type '{stack.type.name}' has no member '{member_node.text()}'")
    return node["type"].fail("expected regular, stack or union_stack")


def _type_of(to: Header | Stack | UnionStack, member: int) -> HeaderType:
    return to.type.members[member][1] if isinstance(to, UnionStack) else to.type


def _key_part(node: Node, scope: Scope) -> KeyPart:
    match node["type"].text():
        case "field":
            return scope.headers.field(node["value"])
        case "stack_field":
            ref = read_data(node, scope)
            if isinstance(ref, FieldRef | ValidBit) and isinstance(ref.header, StackLast):
                return ref
            node.fail("expected a field of a stack")
        case "union_stack_field":
            return read_union_stack_field(node["value"], scope)
        case "lookahead":
            return read_lookahead(node["value"])
    return node["type"].fail("a transition key is a field, stack_field, union_stack_field or lookahead")


def _transition(node: Node, scope: Scope) -> Transition:
    kind = node["type"].text()
    next_node = node["next_state"]
    next_state = None if next_node.is_null else next_node.text()
    mask_node = node.get("mask")
    mask = mask_node.hex() if mask_node is not None else None
    match kind:
        case "default":
            return Transition(None, None, None, next_state)
        case "hexstr":
            return Transition(node["value"].hex(), mask, None, next_state)
        case "parse_vset":
            value_set = scope.value_sets.get(node["value"].text())
            if value_set is None:
                node["value"].fail(f"no value set is named '{node['value'].text()}'")
            return Transition(None, mask, value_set, next_state)
    return node["type"].fail(f"unknown kind of transition '{kind}'")
