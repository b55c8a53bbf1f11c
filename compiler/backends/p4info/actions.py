"""Actions and their control-plane data (P4Runtime 1.4 §6.4.2)."""

from __future__ import annotations

from finsy.proto import p4i

from compiler import tree
from compiler.annotations import find
from compiler.backends.p4info.describe import add_annotations, add_documentation, set_preamble
from compiler.backends.p4info.symbols import Kind, Symbols, number_fields
from compiler.backends.p4info.type_specs import TypeSpecs, control_plane_width, new_type_name
from compiler.diagnostics import Diagnostics


def action_info(
    action: tree.Action,
    symbols: Symbols,
    specs: TypeSpecs,
    diagnostics: Diagnostics,
    has_parameters: bool = True,
) -> p4i.Action:
    """`has_parameters` is False for an action that only the program itself calls: nothing is left to supply."""
    name = action.control_plane_name
    info = p4i.Action()
    set_preamble(info.preamble, symbols.id(Kind.ACTION, name), name, symbols.alias(name), action.annotations)
    data = action.data_parameters if has_parameters else []
    numbers = number_fields([p.annotations for p in data], [p.span for p in data], diagnostics)
    for parameter, number in zip(data, numbers, strict=True):
        added = info.params.add(id=number, name=_name(parameter))
        add_annotations(added, parameter.annotations)
        add_documentation(added, parameter.annotations)
        added.bitwidth = control_plane_width(parameter.type)
        specs.convert(parameter.type)
        type_name = new_type_name(parameter.type)
        if type_name is not None:
            added.type_name.name = type_name
    return info


def _name(parameter: tree.Parameter) -> str:
    annotation = find(parameter.annotations, "name")
    return (annotation.string() if annotation is not None else None) or parameter.name
