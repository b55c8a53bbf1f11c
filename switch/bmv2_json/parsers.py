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
    Computed,
    Const,
    Deparser,
    Extract,
    FieldRef,
    Header,
    HeaderType,
    KeyPart,
    Lookahead,
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
    for state_node in node["parse_states"]:
        for t in state_node.list_at("transitions"):
            following = t["next_state"]
            if not following.is_null and following.text() not in states:
                following.fail(f"no state is named '{following.text()}'")
    start = node.get("init_state")
    if start is not None and start.text() not in states:
        start.fail(f"no state is named '{start.text()}'")
    return Parser(node.name(), start.text() if start is not None else None, states)


def read_deparser(node: Node, scope: Scope) -> Deparser:
    order = tuple(scope.headers.packet_header(h) for h in node["order"])
    primitives = tuple(read_primitive(_inner_primitive(p), scope) for p in node.list_at("primitives"))
    return Deparser(node.name(), order, primitives)


def _state(node: Node, scope: Scope) -> ParseState:
    ops = tuple(_op(op, scope) for op in node.list_at("parser_ops"))
    transitions = _in_order([_transition(t, scope) for t in node.list_at("transitions")])
    key = _key(node, scope)
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
            return Advance(Const(8 * (amount.width() if isinstance(amount.value, int) else unwrap(amount)[1].width())))
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
            return scope.headers.packet_header(node["value"]), 0
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


def _in_order(transitions: list[Transition]) -> tuple[Transition, ...]:
    """The default last, wherever it stands, as in BMv2; of several the last."""
    defaults = [t for t in transitions if t.value is None and t.value_set is None]
    return (*(t for t in transitions if t not in defaults), *defaults[-1:])


def _key(node: Node, scope: Scope) -> tuple[KeyPart, ...]:
    """An expression has no width of its own: it has what the transitions' values leave for it."""
    nodes = node.list_at("transition_key")
    parts: list[KeyPart] = [_key_part(k, scope) for k in nodes]
    open_ones = [i for i, part in enumerate(parts) if isinstance(part, Computed) and part.width == 0]
    if not open_ones:
        return tuple(parts)
    if len(open_ones) > 1:
        nodes[open_ones[1]].fail("a second expression in a transition key")
    values = [t["value"].text() for t in node.list_at("transitions") if _transition_kind(t) == "hexstr"]
    size = (len(values[0].removeprefix("0x")) + 1) // 2 if values else 4
    rest = size - sum((key_width(part) + 7) // 8 for part in parts)
    if rest <= 0:
        nodes[open_ones[0]].fail("the transitions' values are too short for this expression")
    value = parts[open_ones[0]]
    assert isinstance(value, Computed)
    parts[open_ones[0]] = Computed(value.value, 8 * rest)
    return tuple(parts)


def key_width(part: KeyPart) -> int:
    """Bits."""
    match part:
        case Lookahead(_, width) | Computed(_, width):
            return width
        case FieldRef(_, field):
            return field.width
        case ValidBit():
            return 1


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
        case "hexstr":
            return Computed(Const(node["value"].hex()), 4 * len(node["value"].text().removeprefix("0x")))
        case "expression":
            return Computed(read_data(node, scope), 0)
    return node["type"].fail("a transition key is a field, stack_field, union_stack_field, lookahead or expression")


def _transition_kind(node: Node) -> str:
    """Old JSON says no type, and `default` in the place of a value."""
    kind = node.get("type")
    value = node.get("value")
    if (kind is None or kind.text() == "hexstr") and value is not None and value.value == "default":
        return "default"
    return kind.text() if kind is not None else "hexstr"


def _transition(node: Node, scope: Scope) -> Transition:
    kind = _transition_kind(node)
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
