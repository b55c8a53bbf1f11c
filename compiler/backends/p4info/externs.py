"""What extern objects become: counters, meters, registers, action profiles (P4Runtime 1.4 §6.4.3 to §6.4.9)."""

from __future__ import annotations

from finsy.proto import p4i

from compiler import tree
from compiler.annotations import Annotation, find
from compiler.backends.p4info.describe import INT32, in_bounds, set_preamble
from compiler.backends.p4info.symbols import Kind, Symbols
from compiler.backends.p4info.tables import property_instance
from compiler.backends.p4info.type_specs import TypeSpecs
from compiler.diagnostics import Diagnostics

KINDS = {
    "counter": Kind.COUNTER,
    "direct_counter": Kind.DIRECT_COUNTER,
    "meter": Kind.METER,
    "direct_meter": Kind.DIRECT_METER,
    "register": Kind.REGISTER,
    "action_profile": Kind.ACTION_PROFILE,
    "action_selector": Kind.ACTION_PROFILE,
}
"""The extern types of v1model that a control plane sees. Instances of others are none of its business."""

_COUNTER_UNITS = {
    "packets": p4i.CounterSpec.PACKETS,
    "bytes": p4i.CounterSpec.BYTES,
    "packets_and_bytes": p4i.CounterSpec.BOTH,
}
_METER_UNITS = {"packets": p4i.MeterSpec.PACKETS, "bytes": p4i.MeterSpec.BYTES}

# "Meter & DirectMeter": the type is an annotation; without one it is the two-rate meter. p4c does not know them.
_METER_TYPES = {
    "two_rate_three_color": p4i.MeterSpec.TWO_RATE_THREE_COLOR,
    "single_rate_three_color": p4i.MeterSpec.SINGLE_RATE_THREE_COLOR,
    "single_rate_two_color": p4i.MeterSpec.SINGLE_RATE_TWO_COLOR,
}

_PROFILE_ANNOTATIONS = frozenset({"max_group_size", "selector_size_semantics", "max_member_weight"})


def add_externs(
    info: p4i.P4Info,
    instances: list[tree.ExternInstance],
    tables: list[tree.Table],
    symbols: Symbols,
    specs: TypeSpecs,
    diagnostics: Diagnostics,
) -> None:
    """Add what `instances` are; direct counters and meters belong to the table that names them, or to none."""
    for instance in instances:
        kind = KINDS.get(instance.type.name)
        if kind is Kind.COUNTER:
            counter = info.counters.add(size=_size(instance, diagnostics))
            _set_preamble(counter.preamble, instance, kind, symbols)
            counter.spec.unit = _COUNTER_UNITS[_unit(instance)]
        elif kind is Kind.METER:
            meter = info.meters.add(size=_size(instance, diagnostics))
            _set_preamble(meter.preamble, instance, kind, symbols)
            _set_meter_spec(meter.spec, instance)
        elif kind is Kind.REGISTER:
            register = info.registers.add(size=_size(instance, diagnostics))
            _set_preamble(register.preamble, instance, kind, symbols)
            register.type_spec.CopyFrom(specs.convert(instance.type.arguments[0]))
        elif kind is Kind.ACTION_PROFILE:
            info.action_profiles.append(_action_profile(instance, tables, symbols, diagnostics))
    for table in tables:
        _add_direct_resources(info, table, symbols)


def _add_direct_resources(info: p4i.P4Info, table: tree.Table, symbols: Symbols) -> None:
    table_id = symbols.id(Kind.TABLE, table.control_plane_name)
    counter = property_instance(table, "counters")
    if counter is not None:
        added_counter = info.direct_counters.add(direct_table_id=table_id)
        _set_preamble(added_counter.preamble, counter, Kind.DIRECT_COUNTER, symbols)
        added_counter.spec.unit = _COUNTER_UNITS[_unit(counter)]
    meter = property_instance(table, "meters")
    if meter is not None:
        added_meter = info.direct_meters.add(direct_table_id=table_id)
        _set_preamble(added_meter.preamble, meter, Kind.DIRECT_METER, symbols)
        _set_meter_spec(added_meter.spec, meter)


def _set_meter_spec(spec: p4i.MeterSpec, instance: tree.ExternInstance) -> None:
    spec.unit = _METER_UNITS[_unit(instance)]
    for name, kind in _METER_TYPES.items():
        if find(instance.annotations, name) is not None:
            spec.type = kind


def _action_profile(
    instance: tree.ExternInstance, tables: list[tree.Table], symbols: Symbols, diagnostics: Diagnostics
) -> p4i.ActionProfile:
    with_selector = instance.type.name == "action_selector"
    profile = p4i.ActionProfile(with_selector=with_selector, size=_size(instance, diagnostics))
    _set_preamble(profile.preamble, instance, Kind.ACTION_PROFILE, symbols)
    names = sorted(
        table.control_plane_name for table in tables if property_instance(table, "implementation") is instance
    )
    profile.table_ids.extend(symbols.id(Kind.TABLE, name) for name in names)

    for name in _PROFILE_ANNOTATIONS:
        annotation = find(instance.annotations, name)
        if annotation is not None and not with_selector:
            message = f"@{name} has no meaning here: {instance.name} is no action_selector"
            diagnostics.warning("ignore", message, annotation.span)
    if not with_selector:
        return profile
    group_size = find(instance.annotations, "max_group_size")
    if group_size is not None:
        profile.max_group_size = _bounded(group_size, diagnostics)
    semantics = find(instance.annotations, "selector_size_semantics")
    if semantics is not None:
        meaning = (semantics.string() or "").upper()
        if meaning == "SUM_OF_WEIGHTS":
            profile.sum_of_weights.SetInParent()
        elif meaning == "SUM_OF_MEMBERS":
            profile.sum_of_members.SetInParent()
        else:
            message = "@selector_size_semantics says neither how weights nor how members count"
            diagnostics.error("invalid", message, semantics.span, hint='"sum_of_weights" or "sum_of_members"')
    weight = find(instance.annotations, "max_member_weight")
    if weight is not None:
        if profile.HasField("sum_of_members"):
            profile.sum_of_members.max_member_weight = _bounded(weight, diagnostics)
        else:
            message = '@max_member_weight has no meaning without @selector_size_semantics("sum_of_members")'
            diagnostics.warning("ignore", message, weight.span)
    return profile


def _set_preamble(preamble: p4i.Preamble, instance: tree.ExternInstance, kind: Kind, symbols: Symbols) -> None:
    name = instance.control_plane_name
    set_preamble(
        preamble, symbols.id(kind, name), name, symbols.alias(name), instance.annotations, _PROFILE_ANNOTATIONS
    )


def _size(instance: tree.ExternInstance, diagnostics: Diagnostics) -> int:
    size = instance.argument("size")
    assert isinstance(size, tree.IntLiteral | tree.EnumMember), "the checker wants a constant"
    return in_bounds(size.value, INT32, "a size", size.span, diagnostics)


def _bounded(annotation: Annotation, diagnostics: Diagnostics) -> int:
    """The number that an annotation holds."""
    return in_bounds(annotation.integer() or 0, INT32, f"@{annotation.name}", annotation.span, diagnostics)


def _unit(instance: tree.ExternInstance) -> str:
    unit = instance.argument("type")
    assert isinstance(unit, tree.EnumMember), "the checker wants a member of CounterType or MeterType"
    return unit.name
