"""Which fields code may write: for hoisting prefetches, and for headers that need not be written back."""

from __future__ import annotations

from switch.bmv2_json.program import (
    Action,
    ActionCall,
    ControlNode,
    FieldRef,
    Header,
    Op,
    Pipeline,
    Primitive,
    RegisterArray,
    RegisterRef,
    Stack,
    StackAt,
    StackLast,
    Table,
    Union,
    UnionAt,
    UnionLast,
    UnionMember,
    UnionStack,
    ValidBit,
)

# Arguments that a primitive writes to, by position.
WRITES: dict[str, tuple[int, ...]] = {
    "assign": (0,),
    "assign_VL": (0,),
    "assign_header": (0,),
    "assign_union": (0,),
    "assign_header_stack": (0,),
    "assign_union_stack": (0,),
    "push": (0,),
    "pop": (0,),
    "modify_field": (0,),
    "add_to_field": (0,),
    "subtract_from_field": (0,),
    "add": (0,),
    "subtract": (0,),
    "bit_xor": (0,),
    "bit_or": (0,),
    "bit_and": (0,),
    "shift_left": (0,),
    "shift_right": (0,),
    "modify_field_rng_uniform": (0,),
    "modify_field_with_hash_based_offset": (0,),
    "add_header": (0,),
    "add_header_fast": (0,),
    "remove_header": (0,),
    "copy_header": (0,),
    "mark_to_drop": (0,),
    "execute_meter": (2,),
    "register_read": (0,),
}


def headers_of(target: object) -> list[Header]:
    """All header instances that a write to `target` may touch."""
    match target:
        case Header():
            return [target]
        case FieldRef(header, _) | ValidBit(header):
            return headers_of(header)
        case Stack() | Union():
            return list(target.headers)
        case UnionStack():
            return [h for u in target.unions for h in u.headers]
        case StackAt(stack, _) | StackLast(stack):
            return list(stack.headers)
        case UnionAt(union_stack, _) | UnionLast(union_stack):
            return headers_of(union_stack)
        case UnionMember(union, _):
            return headers_of(union)
    return []


def _registers_in(value: object) -> set[RegisterArray]:
    """The arrays that evaluating a value reads."""
    match value:
        case RegisterRef(array, index):
            return {array} | _registers_in(index)
        case Op(_, args):
            return set[RegisterArray]().union(*map(_registers_in, args))
        case FieldRef(header, _) | ValidBit(header):
            return _registers_in(header)
        case StackAt(_, index) | UnionAt(_, index):
            return _registers_in(index)
        case UnionMember(union, _):
            return _registers_in(union)
    return set()


def registers_of(primitives: tuple[Primitive, ...]) -> list[RegisterArray]:
    """The arrays of an action that reads registers and writes registers, in the order of their numbers; else none."""
    read: set[RegisterArray] = set()
    written: set[RegisterArray] = set()
    for p in primitives:
        targets = WRITES.get(p.op, ())
        for i, arg in enumerate(p.args):
            if isinstance(arg, RegisterRef) and i in targets:
                written.add(arg.array)
                read |= _registers_in(arg.index)
            else:
                read |= _registers_in(arg)
        match p.op, p.args:
            case "register_read", (_, RegisterArray() as array, *_):
                read.add(array)
            case "register_write", (RegisterArray() as array, *_):
                written.add(array)
    return sorted(read | written, key=lambda array: array.index) if read and written else []


# What is written: (header name, field name), or (header name, "") for all of it and its validity.
Written = set[tuple[str, str]]


def written_by(primitives: tuple[Primitive, ...]) -> Written:
    written: Written = set()
    for p in primitives:
        for i in WRITES.get(p.op, ()):
            target = p.args[i]
            if isinstance(target, FieldRef) and isinstance(target.header, Header):
                written.add((target.header.name, target.field.name))
            else:
                written |= {(h.name, "") for h in headers_of(target)}
        if p.op == "drop":
            written.add(("standard_metadata", ""))
    return written


def written_by_node(node: ControlNode) -> Written:
    match node:
        case Table():
            actions: tuple[Action, ...] = node.actions
            if node.default_action is not None:
                actions = (*actions, node.default_action)
            written: Written = set()
            for a in actions:
                written |= written_by(a.primitives)
            if node.direct_meter is not None and node.direct_meter.target is not None:
                written |= {(h.name, "") for h in headers_of(node.direct_meter.target)}
            return written
        case ActionCall():
            return written_by(node.action.primitives)
    return set()


def key_stays(table: Table, written: Written) -> bool:
    """Is the table's key the same before and after these writes?"""
    for k in table.key:
        for header in headers_of(k.ref):
            if (header.name, "") in written:
                return False
            if isinstance(k.ref, FieldRef) and (header.name, k.ref.field.name) in written:
                return False
    return True


def between(pipeline: Pipeline, start: str, end: str, followers: dict[str, list[str | None]]) -> set[str] | None:
    """Nodes on paths from `start` (included) to `end` (not included); None if there is no path."""
    reaches: dict[str, bool] = {}

    def reach(name: str) -> bool:
        if name == end:
            return True
        if name not in reaches:
            reaches[name] = False  # no cycles: never read before it is final
            reaches[name] = any(reach(f) for f in followers[name] if f is not None)
        return reaches[name]

    if not reach(start):
        return None
    found: set[str] = set()
    todo = [start]
    while todo:
        name = todo.pop()
        if name in found or name == end or not reach(name):
            continue
        found.add(name)
        todo += [f for f in followers[name] if f is not None]
    return found
