"""Direct counters and direct meters belong to tables; v1model asks for more than its types say.

A direct meter that is read belongs to a table, and an action of that table reads it; a direct counter that belongs to
no table counts nothing. (That properties name objects of the right sort is checked where P4Info is made.)
"""

from __future__ import annotations

from compiler import tree
from compiler.diagnostics import Diagnostics
from compiler.rewrite import walk


def check_direct_resources(program: tree.Program, diagnostics: Diagnostics) -> None:
    tables = [table for control in tree.all_controls(program) for table in control.tables]
    owned = {_instance(table.properties.get(name)) for table in tables for name in ("counters", "meters")}
    for table in tables:
        meter = _instance(table.properties.get("meters"))
        if meter is None or meter.type.name != "direct_meter":
            continue
        if not any(_reads(reference.action, meter) for reference in table.actions):
            message = f"no action of the table {table.name} reads its direct meter {meter.name}"
            diagnostics.error("invalid", message, table.span, hint=f"{meter.name}.read(...) in an action of the table")
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
