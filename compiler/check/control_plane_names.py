"""Names by which the control plane calls things must differ among things of one kind (spec §18.3.2).

Tables and extern objects are known by name on the switch, too; actions by number, so that only P4Info needs names of
their own for them and looks after that itself, as p4c does.
"""

from __future__ import annotations

from collections.abc import Iterable

from compiler import tree
from compiler.diagnostics import Diagnostics, Note


def check_control_plane_names(program: tree.Program, diagnostics: Diagnostics, *, p4info: bool = True) -> bool:
    """Whether everything that needs a name has one of its own; what has not is reported. Without `p4info`, an extern
    object without a name is given one, as nobody outside needs to know it.
    """
    errors = diagnostics.error_count
    tables = [table for control in tree.all_controls(program) for table in control.tables]
    _distinct("tables", tables, diagnostics)
    by_extern: dict[str, list[tree.ExternInstance]] = {}
    for instance in tree.extern_instances(program):
        if not instance.control_plane_name and not p4info:
            count = len(by_extern.get(instance.type.name, ()))
            instance.name = instance.control_plane_name = f"{instance.type.name}_{count}"
        elif not instance.control_plane_name:
            hint = '@name("...") before the property'
            message = f"the control plane has no name for this {instance.type}"
            diagnostics.error("unsupported", message, instance.span, hint=hint)
        by_extern.setdefault(instance.type.name, []).append(instance)
    for name, instances in by_extern.items():
        _distinct(f"{name}s", instances, diagnostics)
    return diagnostics.error_count == errors


def _distinct(what: str, declarations: Iterable[tree.Table | tree.ExternInstance], diagnostics: Diagnostics) -> None:
    seen: dict[str, tree.Declaration] = {}
    for declaration in declarations:
        name = declaration.control_plane_name
        earlier = seen.setdefault(name, declaration)
        if earlier is not declaration:
            note = Note("the other one", earlier.span)
            diagnostics.error("duplicate", f"two {what} are called {name} by the control plane", declaration.span, note)
