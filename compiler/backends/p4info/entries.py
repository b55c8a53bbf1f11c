"""The entries that stand in the source -> a P4Runtime WriteRequest, as p4c's --p4runtime-entries-files writes it.

One INSERT for each entry, table by table as in P4Info, the strongest entry first. Values have as many bytes as their
type needs (p4c's form: longer than canonical, legal all the same); what matches everything is left out (P4Runtime 1.4
§9.1.1).

Priorities: entry_priorities.py.
"""

from __future__ import annotations

from collections.abc import Callable

from finsy.proto import p4i, p4r

from compiler import tree, types
from compiler.backends.p4info.inventory import take_inventory
from compiler.backends.p4info.type_specs import control_plane_width, padded_bytes
from compiler.diagnostics import Diagnostics
from compiler.entry_priorities import largest_wins, priorities


def entries(program: tree.Program, info: p4i.P4Info, diagnostics: Diagnostics) -> p4r.WriteRequest:
    """The entries of every table of `program` (as the checker made it), with the ids of its P4Info, `info`.

    Tables that are @hidden have no ids and are left out. What P4Runtime cannot say is reported as an error.
    """
    described = {table.preamble.name: table for table in info.tables}
    actions = {action.preamble.name: action for action in info.actions}
    request = p4r.WriteRequest()
    for table in take_inventory(program).tables:
        found = described.get(table.control_plane_name)
        if found is None:
            continue
        for entry, priority in _by_strength(table):
            action = actions.get(entry.action.control_plane_name)
            if action is None:
                message = f"{entry.action.name} is hidden from the control plane, which cannot be told this entry"
                diagnostics.error("unsupported", message, entry.span)
                continue
            update = request.updates.add(type=p4r.Update.INSERT)
            update.entity.table_entry.CopyFrom(_table_entry(table, entry, priority, found, action, diagnostics))
    return request


def _by_strength(table: tree.Table) -> list[tuple[tree.Entry, int]]:
    """The entries with their priorities, the strongest first; in source order among equals."""
    numbered = list(zip(table.entries, priorities(table), strict=True))
    if table.entries_const:
        return numbered
    return sorted(numbered, key=lambda each: -each[1] if largest_wins(table) else each[1])


def _table_entry(
    table: tree.Table,
    entry: tree.Entry,
    priority: int,
    described: p4i.Table,
    action: p4i.Action,
    diagnostics: Diagnostics,
) -> p4r.TableEntry:
    made = p4r.TableEntry(table_id=described.preamble.id, priority=priority, is_const=entry.const)
    matched = [(key, label) for key, label in zip(table.keys, entry.keys, strict=False) if key.match_kind != "selector"]
    for (key, label), field in zip(matched, described.match_fields, strict=True):
        if isinstance(label, tree.DontCare):
            continue
        to_match = _MATCHES.get(key.match_kind)
        width = control_plane_width(key.expression.type)
        if to_match is None or not width:
            message = f"P4Runtime has no entries for a {key.match_kind} key of type {key.expression.type}"
            diagnostics.error("unsupported", message, label.span)
            continue
        match = to_match(label, width, diagnostics)
        if match is not None:
            match.field_id = field.id
            made.match.append(match)
    data = entry.arguments[len(entry.arguments) - len(action.params) :]
    made.action.action.action_id = action.preamble.id
    for parameter, argument in zip(action.params, data, strict=True):
        value = _known(argument, diagnostics)
        width = control_plane_width(argument.type)
        if value is not None and not width:
            message = f"P4Runtime cannot be told this value of type {argument.type}"
            diagnostics.error("unsupported", message, argument.span)
        elif value is not None:
            made.action.action.params.add(param_id=parameter.id, value=padded_bytes(value, width))
    return made


def _exact(label: tree.Expression, width: int, diagnostics: Diagnostics) -> p4r.FieldMatch | None:
    value = _known(label, diagnostics)
    if value is None:
        return None
    return p4r.FieldMatch(exact=p4r.FieldMatch.Exact(value=padded_bytes(value, width)))


def _optional(label: tree.Expression, width: int, diagnostics: Diagnostics) -> p4r.FieldMatch | None:
    value = _known(label, diagnostics)
    if value is None:
        return None
    return p4r.FieldMatch(optional=p4r.FieldMatch.Optional(value=padded_bytes(value, width)))


def _lpm(label: tree.Expression, width: int, diagnostics: Diagnostics) -> p4r.FieldMatch | None:
    value, mask = _masked(label, width, diagnostics)
    if value is None or not mask:
        return None
    lpm = p4r.FieldMatch.LPM(value=padded_bytes(value, width), prefix_len=mask.bit_count())
    return p4r.FieldMatch(lpm=lpm)


def _ternary(label: tree.Expression, width: int, diagnostics: Diagnostics) -> p4r.FieldMatch | None:
    value, mask = _masked(label, width, diagnostics)
    if value is None or not mask:
        return None
    ternary = p4r.FieldMatch.Ternary(value=padded_bytes(value, width), mask=padded_bytes(mask, width))
    return p4r.FieldMatch(ternary=ternary)


def _range(label: tree.Expression, width: int, diagnostics: Diagnostics) -> p4r.FieldMatch | None:
    ends = (label.low, label.high) if isinstance(label, tree.Range) else (label, label)
    low, high = (_known(end, diagnostics) for end in ends)
    if low is None or high is None:
        return None
    if low < 0 <= high:
        message = "a range of negative and other values is none of unsigned values, which P4Runtime's ranges have"
        diagnostics.error("unsupported", message, label.span)
        return None
    if isinstance(label, tree.Range) and low == 0 and high == (1 << width) - 1:
        return None
    return p4r.FieldMatch(range=p4r.FieldMatch.Range(low=padded_bytes(low, width), high=padded_bytes(high, width)))


_MATCHES: dict[str, Callable[[tree.Expression, int, Diagnostics], p4r.FieldMatch | None]] = {
    "exact": _exact,
    "lpm": _lpm,
    "ternary": _ternary,
    "range": _range,
    "optional": _optional,
}


def _masked(label: tree.Expression, width: int, diagnostics: Diagnostics) -> tuple[int | None, int]:
    """Value and mask of a label, the value without the bits that the mask leaves out; None: it was reported."""
    everything = (1 << width) - 1
    if not isinstance(label, tree.Mask):
        return _known(label, diagnostics), everything
    value, mask = _known(label.value, diagnostics), _known(label.mask, diagnostics)
    if value is None or mask is None:
        return None, 0
    mask &= everything
    return value & mask, mask


def _known(expression: tree.Expression, diagnostics: Diagnostics) -> int | None:
    """The number that a literal stands for; None, with an error, where it is none."""
    inner = expression
    while isinstance(inner, tree.Cast):
        inner = inner.operand
    if isinstance(inner, tree.IntLiteral | tree.BoolLiteral):
        return int(inner.value)
    if isinstance(inner, tree.EnumMember) and isinstance(inner.type, types.SerEnumType):
        return inner.value
    message = "P4Runtime cannot be told this value"
    diagnostics.error("unsupported", message, expression.span, hint="a constant number, bool or enum member")
    return None
