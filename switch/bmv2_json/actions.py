"""The actions section: primitives with their arguments checked against what each primitive takes."""

from __future__ import annotations

from posixpath import normpath

from switch.bmv2_json.expressions import (
    HEADER_OPS,
    Scope,
    is_bool,
    read_data,
    read_either,
    read_header,
    read_union,
    unwrap,
)
from switch.bmv2_json.node import Node
from switch.bmv2_json.program import (
    Action,
    ActionParam,
    Argument,
    Const,
    FieldRef,
    Param,
    Primitive,
    RegisterRef,
    SourceInfo,
    Text,
    Values,
)

# What each primitive takes. data: a number; to: a field or register that is written; rest: one letter word an argument.
SIGNATURES: dict[str, tuple[str, ...]] = {
    "assign": ("to", "either"),
    "assign_VL": ("to", "data"),
    "assign_header": ("header", "header"),
    "assign_union": ("union", "union"),
    "assign_header_stack": ("stack", "stack"),
    "assign_union_stack": ("union_stack", "union_stack"),
    "push": ("any_stack", "data"),
    "pop": ("any_stack", "data"),
    "_jump": ("data",),
    "_jump_if_zero": ("either", "data"),
    "exit": (),
    "assert": ("either",),
    "assume": ("either",),
    "log_msg": ("text", "values"),
    "modify_field": ("to", "either"),
    "add_to_field": ("to", "data"),
    "subtract_from_field": ("to", "data"),
    "add": ("to", "data", "data"),
    "subtract": ("to", "data", "data"),
    "bit_xor": ("to", "data", "data"),
    "bit_or": ("to", "data", "data"),
    "bit_and": ("to", "data", "data"),
    "shift_left": ("to", "data", "data"),
    "shift_right": ("to", "data", "data"),
    "modify_field_rng_uniform": ("to", "data", "data"),
    "modify_field_with_hash_based_offset": ("to", "data", "calculation", "data"),
    "drop": (),
    "mark_to_drop": ("header",),
    "generate_digest": ("data", "data"),
    "add_header": ("header",),
    "add_header_fast": ("header",),
    "remove_header": ("header",),
    "copy_header": ("header", "header"),
    "clone_ingress_pkt_to_egress": ("data", "data"),
    "clone_egress_pkt_to_egress": ("data", "data"),
    "resubmit": ("data",),
    "recirculate": ("data",),
    "execute_meter": ("meter", "data", "to"),
    "count": ("counter", "data"),
    "register_read": ("to", "register", "data"),
    "register_write": ("register", "data", "data"),
    "truncate": ("data",),
    "no_op": (),
}


def read_source(node: Node) -> SourceInfo | None:
    info = node.get("source_info")
    if info is None:
        return None
    fragment = info.get("source_fragment")
    line = info.get("line")
    name = info.get("filename")
    return SourceInfo(
        normpath(name.text()) if name is not None else "",
        line.number() if line is not None else 0,
        fragment.text() if fragment is not None else "",
    )


def read_actions(root: Node, scope: Scope) -> list[Action]:
    actions = []
    ids: set[int] = set()
    for index, node in enumerate(root.list_at("actions")):
        params = tuple(ActionParam(p.name(), p["bitwidth"].width()) for p in node.list_at("runtime_data"))
        primitives = tuple(read_primitive(p, scope) for p in node.list_at("primitives"))
        for p, source in zip(primitives, node.list_at("primitives"), strict=True):
            _check_params(p, len(params), source)
            if p.op in ("_jump", "_jump_if_zero"):
                target = p.args[-1]
                if not isinstance(target, Const) or not 0 <= target.value <= len(primitives):
                    source.fail(f"a jump must go to one of the action's {len(primitives)} primitives")
        action_id = node["id"].number()
        if action_id in ids:
            node["id"].fail(f"a second action with id {action_id}")
        ids.add(action_id)
        actions.append(Action(node.name(), action_id, index, params, primitives, read_source(node)))
    return actions


def read_primitive(node: Node, scope: Scope) -> Primitive:
    op = node["op"].text()
    signature = SIGNATURES.get(op)
    if signature is None:
        node["op"].fail(f"unknown primitive '{op}'")
    arguments = node.list_at("parameters")
    if len(arguments) != len(signature):
        node.fail(f"'{op}' takes {len(signature)} parameters, not {len(arguments)}")
    args = tuple(_argument(kind, item, scope) for kind, item in zip(signature, arguments, strict=True))
    return Primitive(op, args, read_source(node))


def _argument(kind: str, node: Node, scope: Scope) -> Argument:
    match kind:
        case "data":
            value = read_either(node, scope)
            return read_data(node, scope) if not is_bool(value) else node.fail("expected a number")
        case "either":
            inner, value_node = unwrap(node)
            if inner == "header" or (inner == "expression" and value_node["op"].text() in HEADER_OPS):
                return read_header(node, scope)
            return read_either(node, scope)
        case "to":
            target = read_data(node, scope)
            if not isinstance(target, FieldRef | RegisterRef):
                node.fail("expected a field to write to")
            return target
        case "header":
            return read_header(node, scope)
        case "union":
            return read_union(node, scope)
        case "stack":
            return scope.headers.stack(unwrap(node)[1])
        case "union_stack":
            return scope.headers.union_stack(unwrap(node)[1])
        case "any_stack":
            inner, value_node = unwrap(node)
            if inner == "header_union_stack":
                return scope.headers.union_stack(value_node)
            return scope.headers.stack(value_node)
        case "text":
            return Text(node["value"].text())
        case "values":
            value_node = node["value"]
            items = value_node.items() if isinstance(value_node.value, list) else []  # p4c writes {} for none
            return Values(tuple(read_data(item, scope) for item in items))
    return _named(kind, node, scope)


def _named(kind: str, node: Node, scope: Scope) -> Argument:
    """A counter, meter, register or calculation by its name."""
    name = unwrap(node)[1]
    found = {
        "counter": scope.counters,
        "meter": scope.meters,
        "register": scope.registers,
        "calculation": scope.calculations,
    }[kind].get(name.text())  # type: ignore[attr-defined]  # dictionaries of four types of one base
    if found is None:
        name.fail(f"no {kind} is named '{name.text()}'")
    result: Argument = found
    return result


def _check_params(primitive: Primitive, count: int, node: Node) -> None:
    for arg in primitive.args:
        if isinstance(arg, Param) and arg.index >= count:
            node.fail(f"the action has {count} parameters, not {arg.index + 1}")
