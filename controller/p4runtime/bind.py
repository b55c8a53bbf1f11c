"""A pipeline's P4Info -> codecs for the tables of the layout, and where its counters are.

A name of the layout stands for the object whose full name ends with it, as a P4Info alias does. What the pipeline
lacks is reported all at once: it is then another program than the gateway.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from finsy.proto import p4i

from ..planner.layout import DROP_COUNTER, DROP_ENUM, TABLES, TENANT_COUNTERS, Field, Table
from .codec import TableCodec, TableIds
from .errors import NoPipeline

_KINDS = {
    "exact": p4i.MatchField.EXACT,
    "lpm": p4i.MatchField.LPM,
    "ternary": p4i.MatchField.TERNARY,
}


@dataclass(frozen=True, slots=True)
class CounterIds:
    """An indirect counter: id and number of cells."""

    counter_id: int
    size: int


@dataclass(frozen=True, slots=True)
class Bound:
    """What the controller needs of one pipeline. `drop_reasons`: cell of the drop counter -> name."""

    name: str
    codecs: dict[str, TableCodec]
    counters: dict[str, CounterIds]
    drop_reasons: dict[int, str]

    @property
    def sizes(self) -> dict[str, int]:
        return {name: codec.size for name, codec in self.codecs.items()}

    @property
    def tenant_ids(self) -> int:
        """How many tenants the pipeline can tell apart: tenant ids index these counters."""
        return min((self.counters[name].size for name in TENANT_COUNTERS), default=1 << 16)


def bind(info: p4i.P4Info) -> Bound:
    """Raises NoPipeline with everything that is missing."""
    missing: list[str] = []
    codecs = {}
    actions = {action.preamble.id: action for action in info.actions}
    for table in TABLES:
        found = _by_name(info.tables, table.name)
        if found is None:
            missing.append(f"table {table.name}")
            continue
        fields = [_field(found, field, table.name, missing) for field in table.fields]
        if len(found.match_fields) > len(table.fields):
            known = {field.name for field in table.fields}
            missing += [f"{table.name} without key {f.name}" for f in found.match_fields if f.name not in known]
        choices = [actions[ref.id] for ref in found.action_refs if ref.id in actions]
        ids = {name: _action(choices, table, name, missing) for name in table.actions}
        codecs[table.name] = TableCodec(TableIds(table, found.preamble.id, found.size, tuple(fields), ids))
    counters = {}
    for name in (*TENANT_COUNTERS, DROP_COUNTER):
        counter = _by_name(info.counters, name)
        if counter is None:
            missing.append(f"counter {name}")
        else:
            counters[name] = CounterIds(counter.preamble.id, counter.size)
    if missing:
        shown = ", ".join(missing[:6]) + (f" and {len(missing) - 6} more" if len(missing) > 6 else "")
        raise NoPipeline(
            f"the program {info.pkg_info.name or ''} lacks {shown}: it is not the gateway".replace("  ", " ")
        )
    return Bound(info.pkg_info.name, codecs, counters, _drop_reasons(info))


def _by_name(objects: Iterable[Any], name: str) -> Any:
    for one in objects:
        full = one.preamble.name
        if name in (full, one.preamble.alias) or full.endswith("." + name):
            return one
    return None


def _field(table: p4i.Table, field: Field, name: str, missing: list[str]) -> int:
    for one in table.match_fields:
        if one.name == field.name and one.bitwidth == field.width and one.match_type == _KINDS[field.kind]:
            return one.id
    missing.append(f"key {name}.{field.name} ({field.kind}, {field.width} bits)")
    return 0


def _action(choices: list[p4i.Action], table: Table, name: str, missing: list[str]) -> tuple[int, tuple[int, ...]]:
    action = _by_name(choices, name)
    wanted = table.actions[name]
    if action is None:
        missing.append(f"action {name} of table {table.name}")
        return 0, ()
    params = {param.name: param for param in action.params}
    if set(params) != {p.name for p in wanted} or any(params[p.name].bitwidth != p.width for p in wanted):
        missing.append(f"action {table.name}.{name}({', '.join(f'{p.name}: {p.width}' for p in wanted)})")
        return 0, ()
    return action.preamble.id, tuple(params[p.name].id for p in wanted)


def _drop_reasons(info: p4i.P4Info) -> dict[int, str]:
    for name, spec in info.type_info.serializable_enums.items():
        if name.split(".")[-1] == DROP_ENUM:
            return {int.from_bytes(member.value, "big"): member.name for member in spec.members}
    return {}
