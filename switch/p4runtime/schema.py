"""P4Info as an indexed, typed schema: what the entity translation must know, and nothing else.

Built once per pipeline; every lookup by id is one dict access. The names are those of the BMv2 JSON, by which the
engine knows its objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, TypeVar

from finsy.proto import p4i, p4t

from switch.p4runtime.data_widths import DataWidths
from switch.p4runtime.status import INVALID_ARGUMENT, StatusError
from switch.p4runtime.translation import Translation, Types, string_types

SIZE_MAX = (1 << 31) - 1  # of a table, as in BMv2 JSON


class HasId(Protocol):
    @property
    def id(self) -> int: ...


T = TypeVar("T", bound=HasId)


class Kind(Enum):
    """Match kinds of P4Runtime."""

    EXACT = p4i.MatchField.EXACT
    LPM = p4i.MatchField.LPM
    TERNARY = p4i.MatchField.TERNARY
    RANGE = p4i.MatchField.RANGE
    OPTIONAL = p4i.MatchField.OPTIONAL


# A table with a field of one of these kinds orders its entries by priority.
PRIORITY_KINDS = (Kind.TERNARY, Kind.RANGE, Kind.OPTIONAL)


class Scope(Enum):
    """Where an action of a table may be used."""

    ANY = p4i.ActionRef.TABLE_AND_DEFAULT
    TABLE_ONLY = p4i.ActionRef.TABLE_ONLY
    DEFAULT_ONLY = p4i.ActionRef.DEFAULT_ONLY


@dataclass(frozen=True)
class Value:
    """A value that the control plane writes: an action parameter or a header field.

    `width` is what P4Info says, 0 for types that are translated to strings and for `error`. The data plane's own width
    is another where a type is translated.
    """

    id: int
    name: str
    width: int
    data_width: int
    strings: Translation | None = field(compare=False)  # which numbers it gives is the pipeline's own matter
    plain_bits: int  # a number of so many bits stands for itself; 0: field_values.py must be asked

    @property
    def translated(self) -> bool:
        return self.strings is not None or self.width != self.data_width


@dataclass(frozen=True)
class MatchField(Value):
    kind: Kind


@dataclass(frozen=True)
class Action:
    id: int
    name: str
    params: tuple[Value, ...]
    index: Mapping[int, int]  # parameter id -> position


@dataclass(frozen=True)
class Table:
    id: int
    name: str
    fields: tuple[MatchField, ...]
    index: Mapping[int, int]  # field id -> position
    actions: Mapping[int, Action]
    scopes: Mapping[int, Scope]
    size: int
    profile: int  # id of its action profile, or 0
    const: bool
    const_default: bool
    has_priority: bool
    idle_timeout: bool
    direct_counter: int  # id, or 0
    direct_meter: int  # id, or 0


@dataclass(frozen=True)
class Profile:
    """An action profile, or with `selector` a selector. Sizes of 0: no limit given."""

    id: int
    name: str
    selector: bool
    size: int
    max_group_size: int
    count_members: bool  # a group's size is the number of its members, not the sum of their weights
    max_member_weight: int  # 0: no limit
    weights_disallowed: bool
    actions: Mapping[int, Action]
    tables: tuple[int, ...]


@dataclass(frozen=True)
class Array:
    """An indirect counter, meter or register."""

    id: int
    name: str
    size: int


@dataclass(frozen=True)
class Meter(Array):
    type: p4i.MeterSpec.Type.ValueType


@dataclass(frozen=True)
class Register(Array):
    type_spec: p4t.P4DataTypeSpec


@dataclass(frozen=True)
class Digest:
    id: int
    name: str
    type_spec: p4t.P4DataTypeSpec


@dataclass(frozen=True)
class ValueSet:
    id: int
    name: str
    fields: tuple[MatchField, ...]
    index: Mapping[int, int]
    size: int


@dataclass(frozen=True)
class Schema:
    """Everything by id. `packet_in` and `packet_out` are the fields of the controller headers, None where absent."""

    p4info: p4i.P4Info
    types: Types
    tables: Mapping[int, Table]
    actions: Mapping[int, Action]
    profiles: Mapping[int, Profile]
    counters: Mapping[int, Array]
    meters: Mapping[int, Meter]
    registers: Mapping[int, Register]
    direct_meter_types: Mapping[int, p4i.MeterSpec.Type.ValueType]
    digests: Mapping[int, Digest]
    value_sets: Mapping[int, ValueSet]
    packet_in: tuple[Value, ...] | None
    packet_out: tuple[Value, ...] | None

    @property
    def port_strings(self) -> Translation | None:
        """How ports are called where their type is a string: that of the ports in the controller headers."""
        values = (*(self.packet_in or ()), *(self.packet_out or ()))
        return next((v.strings for v in values if v.strings and v.name.endswith(("ingress_port", "egress_port"))), None)

    def table_by_name(self, name: str) -> Table:
        return next(t for t in self.tables.values() if t.name == name)

    def digest_by_name(self, name: str) -> Digest | None:
        return next((d for d in self.digests.values() if d.name == name), None)


def build(info: p4i.P4Info, widths: DataWidths | None = None) -> Schema:
    """Index a P4Info. Raises StatusError (INVALID_ARGUMENT) where it contradicts itself.

    `widths`: of the data plane's fields, which P4Info alone does not tell of types that are translated.
    """
    types = Types(info.type_info, string_types(info.type_info))
    values = _Values(types, widths or DataWidths())
    actions = _unique("action", (_action(a, values) for a in info.actions))
    counters = {c.preamble.id for c in info.direct_counters}
    meters = {m.preamble.id for m in info.direct_meters}
    tables = _unique("table", (_table(t, values, actions, counters, meters) for t in info.tables))
    profiles = _unique("action profile", (_profile(p, tables) for p in info.action_profiles))
    for t in tables.values():
        if t.profile and t.profile not in profiles:
            raise StatusError(INVALID_ARGUMENT, f"P4Info: {t.name}: action profile id {t.profile} is not declared")
    return Schema(
        p4info=info,
        types=types,
        tables=tables,
        actions=actions,
        profiles=profiles,
        counters=_unique("counter", (Array(c.preamble.id, c.preamble.name, c.size) for c in info.counters)),
        meters=_unique("meter", (Meter(m.preamble.id, m.preamble.name, m.size, m.spec.type) for m in info.meters)),
        registers=_unique(
            "register", (Register(r.preamble.id, r.preamble.name, r.size, r.type_spec) for r in info.registers)
        ),
        direct_meter_types={m.preamble.id: m.spec.type for m in info.direct_meters},
        digests=_unique("digest", (Digest(d.preamble.id, d.preamble.name, d.type_spec) for d in info.digests)),
        value_sets=_unique("value set", (_value_set(v, values) for v in info.value_sets)),
        packet_in=_controller_header(info, "packet_in", values),
        packet_out=_controller_header(info, "packet_out", values),
    )


def _unique(what: str, items: Iterable[T]) -> dict[int, T]:
    found: dict[int, T] = {}
    for item in items:
        if item.id == 0 or item.id in found:
            problem = f"id {item.id} is used twice" if item.id else "without an id"
            raise StatusError(INVALID_ARGUMENT, f"P4Info: {what} {problem}")
        found[item.id] = item
    return found


class _Values:
    """Makes values: P4Info's width, the data plane's, and how they translate."""

    def __init__(self, types: Types, widths: DataWidths) -> None:
        self.types = types
        self.widths = widths

    def parts(self, width: int, type_name: str, data_width: int | None) -> tuple[int, int, Translation | None, int]:
        """The last fields of a Value; `data_width` None: as in P4Info."""
        named = self.types.info.new_types
        translated = type_name in named and named[type_name].HasField("translated_type")
        known = data_width if data_width is not None and (translated or not width) else width
        strings = self.types.strings.get(type_name)
        if strings is not None:
            strings.narrow(known)
        return width, known, strings, 0 if strings is not None else min(width, known)


def _at(widths: Sequence[int], position: int) -> int | None:
    return widths[position] if position < len(widths) else None


def _action(action: p4i.Action, values: _Values) -> Action:
    name = action.preamble.name
    widths = values.widths.params.get(name, ())
    params = tuple(
        Value(p.id, p.name, *values.parts(p.bitwidth, p.type_name.name, _at(widths, i)))
        for i, p in enumerate(action.params)
    )
    return Action(action.preamble.id, action.preamble.name, params, {p.id: i for i, p in enumerate(params)})


def _match_field(owner: str, field: p4i.MatchField, values: _Values, data_width: int | None) -> MatchField:
    try:
        kind = Kind(field.match_type)
    except ValueError:
        said = field.other_match_type or "unspecified"
        raise StatusError(INVALID_ARGUMENT, f"P4Info: {owner}: {field.name}: unknown match kind {said}") from None
    return MatchField(field.id, field.name, *values.parts(field.bitwidth, field.type_name.name, data_width), kind)


def _table(
    table: p4i.Table, values: _Values, actions: Mapping[int, Action], counters: set[int], meters: set[int]
) -> Table:
    name = table.preamble.name
    widths = values.widths.keys.get(name, ())
    fields = tuple(_match_field(name, f, values, _at(widths, i)) for i, f in enumerate(table.match_fields))
    missing = [ref.id for ref in table.action_refs if ref.id not in actions]
    if missing:
        raise StatusError(INVALID_ARGUMENT, f"P4Info: {name}: action id {missing[0]} is not declared")
    if not 0 <= table.size <= SIZE_MAX:
        raise StatusError(INVALID_ARGUMENT, f"P4Info: {name}: size {table.size}; the most is {SIZE_MAX}")
    return Table(
        id=table.preamble.id,
        name=name,
        fields=fields,
        index={f.id: i for i, f in enumerate(fields)},
        actions={ref.id: actions[ref.id] for ref in table.action_refs},
        scopes={ref.id: _scope(name, ref) for ref in table.action_refs},
        size=table.size,
        profile=table.implementation_id,
        const=table.is_const_table,
        const_default=table.const_default_action_id != 0,
        has_priority=any(f.kind in PRIORITY_KINDS for f in fields),
        idle_timeout=table.idle_timeout_behavior == p4i.Table.NOTIFY_CONTROL,
        direct_counter=next((i for i in table.direct_resource_ids if i in counters), 0),
        direct_meter=next((i for i in table.direct_resource_ids if i in meters), 0),
    )


def _scope(owner: str, ref: p4i.ActionRef) -> Scope:
    try:
        return Scope(ref.scope)
    except ValueError:
        raise StatusError(INVALID_ARGUMENT, f"P4Info: {owner}: action id {ref.id}: unknown scope {ref.scope}") from None


def _profile(profile: p4i.ActionProfile, tables: Mapping[int, Table]) -> Profile:
    users = [tables[i] for i in profile.table_ids if i in tables]
    return Profile(
        id=profile.preamble.id,
        name=profile.preamble.name,
        selector=profile.with_selector,
        size=profile.size,
        max_group_size=profile.max_group_size,
        count_members=profile.HasField("sum_of_members"),
        max_member_weight=profile.sum_of_members.max_member_weight if profile.HasField("sum_of_members") else 0,
        weights_disallowed=profile.weights_disallowed,
        actions={i: a for t in users for i, a in t.actions.items()},
        tables=tuple(t.id for t in users),
    )


def _value_set(value_set: p4i.ValueSet, values: _Values) -> ValueSet:
    name = value_set.preamble.name
    widths = values.widths.value_sets.get(name, ())
    fields = tuple(_match_field(name, f, values, _at(widths, i)) for i, f in enumerate(value_set.match))
    return ValueSet(value_set.preamble.id, name, fields, {f.id: i for i, f in enumerate(fields)}, value_set.size)


def _controller_header(info: p4i.P4Info, name: str, values: _Values) -> tuple[Value, ...] | None:
    for header in info.controller_packet_metadata:
        if header.preamble.name == name:
            translated = {n for n, spec in info.type_info.new_types.items() if spec.HasField("translated_type")}
            known = {m.name: 0 if m.type_name.name in translated else m.bitwidth for m in header.metadata}
            widths = values.widths.of_header(known)
            return tuple(
                Value(m.id, m.name, *values.parts(m.bitwidth, m.type_name.name, _at(widths, i)))
                for i, m in enumerate(header.metadata)
            )
    return None
