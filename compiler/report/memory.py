"""Extern objects with cells: registers, counters, meters, action profiles and selectors."""

from __future__ import annotations

from collections import defaultdict

from compiler import rewrite, tree
from compiler import types as t
from compiler.analysis.wording import place
from compiler.report.model import MemoryReport
from compiler.report.tables import counter_bits, data_bits, scalar_bits

_ARRAYS = ("register", "counter", "meter")


def memory_reports(program: tree.Program) -> list[MemoryReport]:
    """The indexed objects and action profiles; direct ones are part of their tables."""
    users = _users(program)
    made = []
    for instance in tree.extern_instances(program):
        kind = instance.type.name
        if kind in _ARRAYS:
            cell = _cell_bits(instance)
        elif kind in ("action_profile", "action_selector"):
            cell = _member_bits(program, instance)
        else:
            continue
        size = instance.argument("size")
        cells = size.value if isinstance(size, tree.IntLiteral | tree.EnumMember) else 0
        total = None if cell is None else cell * cells
        used_by = list(dict.fromkeys(users[instance]))
        made.append(MemoryReport(kind, instance.control_plane_name, place(instance.span), cells, cell, total, used_by))
    return made


def _cell_bits(instance: tree.ExternInstance) -> int | None:
    if instance.type.name == "register":
        return scalar_bits(t.strip_new_types(instance.type.arguments[0]))
    return counter_bits(instance) if instance.type.name == "counter" else None


def _member_bits(program: tree.Program, profile: tree.ExternInstance) -> int:
    """A member: the number of its action, and the data of the one that takes most."""
    actions = {
        member.action
        for control in tree.all_controls(program)
        for table in control.tables
        if _implementation(table) is profile
        for member in table.actions
    }
    return max(len(actions) - 1, 0).bit_length() + max(map(data_bits, actions), default=0)


def _users(program: tree.Program) -> dict[tree.ExternInstance, list[str]]:
    """The actions, controls, parsers and tables that name an instance."""
    users: dict[tree.ExternInstance, list[str]] = defaultdict(list)
    bodies: list[tuple[str, object]] = [(action.control_plane_name, action.body) for action in program.actions]
    for block in tree.all_instances(program):
        name = block.control_plane_name or block.name
        if isinstance(block, tree.Control):
            bodies += [(action.control_plane_name, action.body) for action in block.actions]
            bodies.append((name, block.body))
            for table in block.tables:
                profile = _implementation(table)
                if profile is not None:
                    users[profile].append(table.control_plane_name)
        else:
            bodies.append((name, block.states))
    for name, body in bodies:
        for node in rewrite.walk(body):
            if isinstance(node, tree.MethodCall) and isinstance(node.receiver, tree.ExternInstance):
                users[node.receiver].append(name)
    return users


def _implementation(table: tree.Table) -> tree.ExternInstance | None:
    found = table.properties.get("implementation")
    instance = found.value.instance if found is not None and isinstance(found.value, tree.InstanceRef) else None
    return instance if isinstance(instance, tree.ExternInstance) else None
