"""Type-value objects and expression trees -> program.Expr and its kin.

p4c wraps expressions once or twice ({type: expression, value: {type: expression, ...}}) and sometimes not at all; all
are read alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from switch.bmv2_json.headers import Headers, member
from switch.bmv2_json.node import Node
from switch.bmv2_json.program import (
    BoolConst,
    Calculation,
    Const,
    CounterArray,
    Expr,
    FieldRef,
    HeaderExpr,
    HeaderType,
    Lookahead,
    MeterArray,
    Op,
    Param,
    RegisterArray,
    RegisterRef,
    StackAt,
    StackCount,
    StackLast,
    UnionAt,
    UnionExpr,
    UnionLast,
    UnionMember,
    ValidBit,
    ValueSet,
)


@dataclass
class Scope:
    """The names an expression may use."""

    headers: Headers
    counters: dict[str, CounterArray] = field(default_factory=dict)
    meters: dict[str, MeterArray] = field(default_factory=dict)
    registers: dict[str, RegisterArray] = field(default_factory=dict)
    calculations: dict[str, Calculation] = field(default_factory=dict)
    value_sets: dict[str, ValueSet] = field(default_factory=dict)


DATA_BINARY = {"+", "-", "*", "/", "%", "<<", ">>", "&", "|", "^", "two_comp_mod", "usat_cast", "sat_cast"}
DATA_COMPARE = {"==", "!=", "<", ">", "<=", ">="}
BOOL_BINARY = {"and", "or", "==b", "!=b"}


def unwrap(node: Node) -> tuple[str, Node]:
    """The innermost (type, value) of a type-value object; a bare operator object is an expression."""
    while True:
        if "op" in node:
            return "expression", node
        kind, value = node["type"].text(), node["value"]
        if kind != "expression" or value.is_null:
            return kind, value
        node = value


def read_data(node: Node, scope: Scope) -> Expr:
    """An expression with an integer value."""
    expr = _read(node, scope)
    if is_bool(expr):
        node.fail("expected a number, found a truth value")
    return expr


def read_bool(node: Node, scope: Scope) -> Expr:
    expr = _read(node, scope)
    if not is_bool(expr):
        node.fail("expected a truth value, found a number")
    return expr


def read_either(node: Node, scope: Scope) -> Expr:
    return _read(node, scope)


def is_bool(expr: Expr) -> bool:
    match expr:
        case BoolConst():
            return True
        case Op("?", args):
            return is_bool(args[1])  # type: ignore[arg-type]  # branches of ? are Expr by construction
        case Op(op, _):
            return op in DATA_COMPARE | BOOL_BINARY | {"not", "d2b", "valid", "valid_union", "==h", "!=h", "==u", "!=u"}
    return False


def _read(node: Node, scope: Scope) -> Expr:
    kind, value = unwrap(node)
    match kind:
        case "field":
            return scope.headers.field(value)
        case "hexstr":
            return Const(value.hex())
        case "bool":
            return BoolConst(value.boolean())
        case "local" | "runtime_data":
            return Param(value.natural())
        case "stack_field":
            stack_node, field_node = value.exactly(2)
            stack = scope.headers.stack(stack_node)
            if field_node.text() == "$valid$":
                return ValidBit(StackLast(stack))
            return FieldRef(StackLast(stack), member(stack.type, field_node))
        case "union_stack_field":
            return read_union_stack_field(value, scope)
        case "register":
            array_node, index_node = value.exactly(2)
            array = scope.registers.get(array_node.text())
            if array is None:
                array_node.fail(f"no register array is named '{array_node.text()}'")
            if isinstance(index_node.value, int):
                return RegisterRef(array, Const(index_node.natural()))
            return RegisterRef(array, read_data(index_node, scope))
        case "expression" if not value.is_null:
            return _operation(value, scope)
    return node.fail(f"a value of type '{kind}' cannot stand here")


def read_union_stack_field(value: Node, scope: Scope) -> FieldRef:
    stack_node, member_node, field_node = value.exactly(3)
    stack = scope.headers.union_stack(stack_node)
    for i, (name, header_type) in enumerate(stack.type.members):
        if name == member_node.text():
            return FieldRef(UnionMember(UnionLast(stack), i), member(header_type, field_node))
    return member_node.fail(f"union type '{stack.type.name}' has no member '{member_node.text()}'")


def _operation(node: Node, scope: Scope) -> Expr:
    op = node["op"].text()
    if op in DATA_BINARY or op in DATA_COMPARE:
        if op in ("==", "!="):
            return _equality(op, node, scope)
        return Op(op, (read_data(node["left"], scope), read_data(node["right"], scope)))
    if op in BOOL_BINARY:
        return Op(op, (read_bool(node["left"], scope), read_bool(node["right"], scope)))
    match op:
        case "not":
            return Op(op, (read_bool(node["right"], scope),))
        case "~" | "d2b":
            return Op(op, (read_data(node["right"], scope),))
        case "b2d":
            return Op(op, (read_bool(node["right"], scope),))
        case "+" | "-":
            return Op(op, (read_data(node["right"], scope),))
        case "valid":
            return Op(op, (read_header(node["right"], scope),))
        case "valid_union":
            return Op(op, (read_union(node["right"], scope),))
        case "==h" | "!=h":
            return Op(op, (read_header(node["left"], scope), read_header(node["right"], scope)))
        case "==u" | "!=u":
            return Op(op, (read_union(node["left"], scope), read_union(node["right"], scope)))
        case "?":
            branches = read_either(node["left"], scope), read_either(node["right"], scope)
            if is_bool(branches[0]) != is_bool(branches[1]):
                node.fail("one branch of '?' is a number, the other a truth value")
            return Op(op, (read_bool(node["cond"], scope), *branches))
        case "last_stack_index" | "size_stack":
            kind, value = unwrap(node["right"])
            plus = -1 if op == "last_stack_index" else 0
            if kind == "header_union_stack":
                return StackCount(scope.headers.union_stack(value), plus)
            return StackCount(scope.headers.stack(value), plus)
        case "access_field":
            header = read_header(node["left"], scope)
            fields = header_type_of(header).fields
            index = node["right"].natural()
            if index == len(fields):
                return ValidBit(header)
            if index > len(fields):
                node["right"].fail(f"the header has {len(fields)} fields")
            return FieldRef(header, fields[index])
    return node["op"].fail(f"unknown operation '{op}'")


def _equality(op: str, node: Node, scope: Scope) -> Expr:
    """== and != of whatever stands there: older compilers do not say ==h, ==u, ==b."""
    kind, value = unwrap(node["left"])
    if kind == "header" or (kind == "expression" and value["op"].text() in HEADER_OPS):
        return Op(op + "h", (read_header(node["left"], scope), read_header(node["right"], scope)))
    if kind == "header_union" or (kind == "expression" and value["op"].text() == "dereference_union_stack"):
        return Op(op + "u", (read_union(node["left"], scope), read_union(node["right"], scope)))
    left, right = read_either(node["left"], scope), read_either(node["right"], scope)
    if is_bool(left) != is_bool(right):
        node.fail(f"'{op}' compares a number with a truth value")
    return Op(op + "b" if is_bool(left) else op, (left, right))


HEADER_OPS = {"dereference_header_stack", "dereference_stack", "access_union_header"}


def read_header(node: Node, scope: Scope) -> HeaderExpr:
    kind, value = unwrap(node)
    if kind == "header":
        return scope.headers.header(value)
    if kind == "stack_field" and value.items()[1].text() == "last":  # p4c's way to say `stack.last` as a whole
        return StackLast(scope.headers.stack(value.items()[0]))
    if kind == "expression" and not value.is_null:
        op = value["op"].text()
        if op in ("dereference_header_stack", "dereference_stack"):
            stack = scope.headers.stack(unwrap(value["left"])[1])
            index = read_data(value["right"], scope)
            if isinstance(index, Const):
                if not 0 <= index.value < len(stack.headers):
                    value["right"].fail(f"stack '{stack.name}' has {len(stack.headers)} headers")
                return stack.headers[index.value]
            return StackAt(stack, index)
        if op == "access_union_header":
            union = read_union(value["left"], scope)
            index_node = value["right"]
            if index_node.natural() >= len(union_members(union)):
                index_node.fail("the union has fewer members")
            return UnionMember(union, index_node.natural())
    return node.fail(f"expected a header, found a value of type '{kind}'")


def read_union(node: Node, scope: Scope) -> UnionExpr:
    kind, value = unwrap(node)
    if kind == "header_union":
        return scope.headers.union(value)
    if kind == "expression" and not value.is_null and value["op"].text() == "dereference_union_stack":
        stack = scope.headers.union_stack(unwrap(value["left"])[1])
        index = read_data(value["right"], scope)
        if isinstance(index, Const) and 0 <= index.value < len(stack.unions):
            return stack.unions[index.value]
        return UnionAt(stack, index)
    return node.fail(f"expected a header union, found a value of type '{kind}'")


def read_lookahead(value: Node) -> Lookahead:
    offset, width = value.exactly(2)
    return Lookahead(offset.width(), width.width())


def union_members(union: UnionExpr) -> tuple[tuple[str, HeaderType], ...]:
    return union.stack.type.members if isinstance(union, UnionAt | UnionLast) else union.type.members


def header_type_of(header: HeaderExpr) -> HeaderType:
    match header:
        case StackAt(stack, _) | StackLast(stack):
            return stack.type
        case UnionMember(union, index):
            return union_members(union)[index][1]
        case _:
            return header.type
