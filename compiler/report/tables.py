"""What a table costs.

An entry keeps its key: once where all of it is matched exactly, and as value and mask, low and high, or value and
prefix else, which is twice its bits. It keeps the number of its action (as many bits as tell the actions apart that
entries can have) and the data of the action that takes most; or, with an action profile, the number of a member or
group. 64 bits for each value of a direct counter come on top. Meters and what lookups need besides are the target's.
"""

from __future__ import annotations

from collections import Counter

from compiler import tree
from compiler import types as t
from compiler.analysis.dependencies import Dependencies, DependencyKind, dependencies
from compiler.analysis.flow import FlowKind, FlowNode, control_flow
from compiler.analysis.wording import place, quote
from compiler.annotations import has
from compiler.diagnostics import Sources
from compiler.report.model import ActionCost, ChainLink, ControlReport, KeyField, TableCost

DEFAULT_SIZE = 1024
COUNTER_BITS = 64
"""Of one value of a counter."""


def control_report(control: tree.Control, sources: Sources) -> ControlReport:
    flow = control_flow(control, sources)
    found = dependencies(flow)
    made = ControlReport(
        name=control.control_plane_name or control.name,
        place=place(control.type_span),
        stages=found.stages,
        conditions=sum(node.kind in (FlowKind.CONDITION, FlowKind.SWITCH, FlowKind.LOOP) for node in flow.nodes),
        statements=sum(len(node.lines) for node in flow.nodes if node.kind is FlowKind.STATEMENTS),
    )
    critical = set(found.critical_nodes)
    applied: dict[tree.Table, FlowNode] = {}
    for node in flow.nodes:
        if node.table is not None:
            applied.setdefault(node.table, node)
    for table, node in applied.items():
        is_critical = found.stages > 1 and node in critical
        made.tables.append(table_cost(table, found.stage[node], is_critical, sources))
    made.unused_tables = [table.control_plane_name for table in _tables_below(control) if table not in applied]
    made.chain = _chain(found)
    counts = Counter(edge.kind for edge in found.edges)
    made.dependencies = {kind.value: counts[kind] for kind in DependencyKind}
    return made


def table_cost(table: tree.Table, stage: int, critical: bool, sources: Sources) -> TableCost:
    keys = [_key(key, sources) for key in table.keys]
    matched = [key for key in keys if key.match_kind != "selector"]
    key_bits = sum(key.bits for key in matched)
    is_exact = all(key.match_kind == "exact" for key in matched)
    actions = [
        ActionCost(
            member.action.control_plane_name,
            data_bits(member.action),
            has(member.annotations, "defaultonly"),
        )
        for member in table.actions
    ]
    of_entries = [action for action in actions if not action.default_only]
    profile = _instance(table, "implementation")
    if profile is not None:
        action_bits, max_data = _bits_for(_size_of(profile)), 0
    else:
        action_bits = _bits_for(len(of_entries))
        max_data = max((action.data_bits for action in of_entries), default=0)
    size, size_from = table_size(table)
    stored = key_bits if is_exact else 2 * key_bits
    counter, meter = _instance(table, "counters"), _instance(table, "meters")
    entry_bits = stored + action_bits + max_data + (counter_bits(counter) if counter is not None else 0)
    if not matched:
        size, entry_bits = 0, 0  # without a key there is only the default action
    timeout = table.properties.get("support_timeout")
    default = table.default_action
    return TableCost(
        name=table.control_plane_name,
        place=place(table.span),
        stage=stage,
        critical=critical,
        keys=keys,
        key_bits=key_bits,
        stored_key_bits=stored,
        actions=actions,
        action_bits=action_bits,
        max_data_bits=max((action.data_bits for action in of_entries), default=0),
        size=size,
        size_from=size_from,
        entries=len(table.entries),
        const_entries=table.entries_const,
        entry_bits=entry_bits,
        total_bits=size * entry_bits,
        default_action=default.action.control_plane_name if default is not None else "",
        default_const=default is not None and default.const,
        direct_counter=counter.control_plane_name if counter is not None else None,
        direct_meter=meter.control_plane_name if meter is not None else None,
        implementation=profile.control_plane_name if profile is not None else None,
        idle_timeout=timeout is not None and isinstance(timeout.value, tree.BoolLiteral) and timeout.value.value,
    )


def table_size(table: tree.Table) -> tuple[int, str]:
    """How many entries it is made for, and what says so."""
    if table.entries_const and table.entries:
        return len(table.entries), "entries"
    if table.size:
        return table.size, "size"
    return DEFAULT_SIZE, "default"


def data_bits(action: tree.Action) -> int:
    return sum(scalar_bits(parameter.type) for parameter in action.data_parameters)


def scalar_bits(type_: t.Type) -> int:
    """The width of a value; error and enums without representation take what numbers their members."""
    type_ = t.strip_new_types(type_)
    if isinstance(type_, t.EnumType):
        return _bits_for(len(type_.members))
    if isinstance(type_, t.ErrorCodeType):
        return 8
    try:
        return t.max_bits(type_)
    except TypeError:
        return 0


def counter_bits(counter: tree.ExternInstance) -> int:
    """Of one cell."""
    unit = counter.argument("type")
    both = isinstance(unit, tree.EnumMember) and unit.name == "packets_and_bytes"
    return COUNTER_BITS * (2 if both else 1)


def _chain(found: Dependencies) -> list[ChainLink]:
    made = []
    links = [None, *found.critical]
    for node, link in zip(found.critical_nodes, links, strict=False):
        name = node.name or (node.lines[0] + (f" (+{len(node.lines) - 1})" if len(node.lines) > 1 else ""))
        kind = link.kind.value if link is not None else None
        fields = list(link.fields) if link is not None else []
        made.append(ChainLink(name, node.kind.value, found.stage[node], place(node.span), kind, fields))
    return made


def _key(key: tree.Key, sources: Sources) -> KeyField:
    name = key.control_plane_name or quote(sources, key.expression.span) or "?"
    return KeyField(name, key.match_kind, scalar_bits(key.expression.type))


def _instance(table: tree.Table, name: str) -> tree.ExternInstance | None:
    found = table.properties.get(name)
    instance = found.value.instance if found is not None and isinstance(found.value, tree.InstanceRef) else None
    return instance if isinstance(instance, tree.ExternInstance) else None


def _size_of(instance: tree.ExternInstance) -> int:
    size = instance.argument("size")
    return size.value if isinstance(size, tree.IntLiteral | tree.EnumMember) else 0


def _bits_for(count: int) -> int:
    """How many bits tell `count` things apart."""
    return max(count - 1, 0).bit_length()


def _tables_below(control: tree.Control) -> list[tree.Table]:
    found = list(control.tables)
    for inner in control.instances:
        if isinstance(inner, tree.Control):
            found += _tables_below(inner)
    return found
