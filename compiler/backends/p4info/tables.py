"""Tables (P4Runtime 1.4 §6.4.1)."""

from __future__ import annotations

from finsy.proto import p4i

from compiler import tree
from compiler.annotations import find, has
from compiler.backends.p4info.describe import INT32, add_annotations, add_documentation, in_bounds, set_preamble
from compiler.backends.p4info.symbols import Kind, Symbols, number_fields
from compiler.backends.p4info.type_specs import TypeSpecs, control_plane_width, literal_bytes, new_type_name
from compiler.diagnostics import Diagnostics

DEFAULT_SIZE = 1024
"""The size of a table that does not say (v1model)."""

_MATCH_TYPES = {
    "exact": p4i.MatchField.EXACT,
    "lpm": p4i.MatchField.LPM,
    "ternary": p4i.MatchField.TERNARY,
    "range": p4i.MatchField.RANGE,
    "optional": p4i.MatchField.OPTIONAL,
}


def table_info(table: tree.Table, symbols: Symbols, specs: TypeSpecs, diagnostics: Diagnostics) -> p4i.Table:
    name = table.control_plane_name
    size = in_bounds(table.size or DEFAULT_SIZE, INT32, "a size", table.span, diagnostics)
    info = p4i.Table(size=size)
    set_preamble(info.preamble, symbols.id(Kind.TABLE, name), name, symbols.alias(name), table.annotations)
    _add_match_fields(info, table, specs, diagnostics)
    _add_actions(info, table, symbols, diagnostics)
    info.is_const_table = table.entries_const
    info.has_initial_entries = bool(table.entries)
    for property_name, kind in (("counters", Kind.DIRECT_COUNTER), ("meters", Kind.DIRECT_METER)):
        resource = property_instance(table, property_name)
        if resource is not None:
            info.direct_resource_ids.append(symbols.id(kind, resource.control_plane_name))
    implementation = property_instance(table, "implementation")
    if implementation is not None:
        info.implementation_id = symbols.id(Kind.ACTION_PROFILE, implementation.control_plane_name)
    timeout = table.properties.get("support_timeout")
    if timeout is not None and isinstance(timeout.value, tree.BoolLiteral) and timeout.value.value:
        info.idle_timeout_behavior = p4i.Table.NOTIFY_CONTROL
    return info


def property_instance(table: tree.Table, name: str) -> tree.ExternInstance | None:
    """The extern instance that a property of the table names, if any."""
    found = table.properties.get(name)
    if found is None or not isinstance(found.value, tree.InstanceRef):
        return None
    instance = found.value.instance
    return instance if isinstance(instance, tree.ExternInstance) else None


def set_match_type(field: p4i.MatchField, match_kind: str) -> None:
    if match_kind in _MATCH_TYPES:
        field.match_type = _MATCH_TYPES[match_kind]
    else:
        field.other_match_type = match_kind


def _add_match_fields(info: p4i.Table, table: tree.Table, specs: TypeSpecs, diagnostics: Diagnostics) -> None:
    numbers = number_fields([key.annotations for key in table.keys], [key.span for key in table.keys], diagnostics)
    for key, number in zip(table.keys, numbers, strict=True):
        if key.match_kind == "selector":
            continue  # an input of the selector's hash, nothing that an entry matches
        type_ = key.expression.type
        if key.control_plane_name is None:
            diagnostics.error("invalid", "this key has no name for the control plane", key.span, hint='@name("...")')
            continue
        specs.convert(type_)
        field = info.match_fields.add(id=number, name=key.control_plane_name, bitwidth=control_plane_width(type_))
        add_annotations(field, key.annotations)
        add_documentation(field, key.annotations)
        set_match_type(field, key.match_kind)
        type_name = new_type_name(type_)
        if type_name is not None:
            field.type_name.name = type_name


def _add_actions(info: p4i.Table, table: tree.Table, symbols: Symbols, diagnostics: Diagnostics) -> None:
    for reference in table.actions:
        added = info.action_refs.add(id=symbols.id(Kind.ACTION, reference.action.control_plane_name))
        add_annotations(added, reference.annotations)
        table_only, default_only = has(reference.annotations, "tableonly"), has(reference.annotations, "defaultonly")
        if table_only and default_only:
            message = f"{reference.action.name} is marked both @tableonly and @defaultonly"
            diagnostics.error("invalid", message, reference.span)
        if table_only:
            added.scope = p4i.ActionRef.TABLE_ONLY
        elif default_only:
            added.scope = p4i.ActionRef.DEFAULT_ONLY

    default = table.default_action
    if default is None:
        return
    number = symbols.id(Kind.ACTION, default.action.control_plane_name)
    if default.const:
        info.const_default_action_id = number
    info.initial_default_action.action_id = number
    data = default.action.data_parameters
    arguments = default.arguments[len(default.arguments) - len(data) :]
    for position, (parameter, argument) in enumerate(zip(data, arguments, strict=True), start=1):
        value = literal_bytes(argument)
        if value is None:
            message = f"a control plane cannot be told this value of {parameter.name}"
            diagnostics.error("unsupported", message, argument.span, hint="a constant number, bool or enum member")
            continue
        annotation = find(parameter.annotations, "id")
        given = annotation.integer() if annotation is not None else None
        info.initial_default_action.arguments.add(param_id=given or position, value=value)
