"""Direct counters, direct meters and action profiles belong to tables; v1model asks for more than its types say.

A table's properties `counters`, `meters` and `implementation` name an instance of the right sort. A direct meter that
is read belongs to a table, and an action of that table reads it; a direct counter that belongs to none counts nothing.
"""

from __future__ import annotations

from compiler import tree
from compiler.diagnostics import Diagnostics, Note
from compiler.rewrite import walk

_SORTS: dict[str, tuple[str, ...]] = {
    "counters": ("direct_counter",),
    "meters": ("direct_meter",),
    "implementation": ("action_profile", "action_selector"),
}
"""Property -> the externs that it may name."""


def check_direct_resources(program: tree.Program, diagnostics: Diagnostics) -> None:
    tables = [table for control in tree.all_controls(program) for table in control.tables]
    owned: set[object] = set()
    for table in tables:
        for name, sorts in _SORTS.items():
            property_ = table.properties.get(name)
            instance = _instance(property_)
            if property_ is None or instance is None:
                continue
            owned.add(instance)
            if instance.type.name not in sorts:
                message = f"{name} of the table {table.name} is a {instance.type}; expected: {' or '.join(sorts)}"
                note = Note(f"{instance.name} is declared here", instance.span)
                diagnostics.error("expected", message, property_.span, note)
            elif name == "meters" and not any(_reads(reference.action, instance) for reference in table.actions):
                message = f"no action of the table {table.name} reads its direct meter {instance.name}"
                hint = f"{instance.name}.read(...) in an action of the table"
                diagnostics.error("invalid", message, table.span, hint=hint)
    actions = [*program.actions, *(action for control in tree.all_controls(program) for action in control.actions)]
    for instance in tree.extern_instances(program):
        if instance in owned:
            continue
        if instance.type.name == "direct_meter" and any(_reads(action, instance) for action in actions):
            message = f"the direct meter {instance.name} belongs to no table"
            diagnostics.error("invalid", message, instance.span, hint=f"meters = {instance.name}; in a table")
        elif instance.type.name == "direct_counter":
            message = f"the direct counter {instance.name} belongs to no table and counts nothing"
            diagnostics.warning("unused", message, instance.span)


def _instance(property_: tree.Property | None) -> tree.ExternInstance | None:
    value = property_.value if property_ is not None else None
    if isinstance(value, tree.InstanceRef) and isinstance(value.instance, tree.ExternInstance):
        return value.instance
    return None


def _reads(action: tree.Action, meter: tree.ExternInstance) -> bool:
    return any(isinstance(node, tree.MethodCall) and node.receiver is meter for node in walk(action.body))
