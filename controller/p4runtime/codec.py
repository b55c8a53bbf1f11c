"""Entries as tuples <-> P4Runtime messages, for one table of one pipeline.

Byte strings are written canonically (P4Runtime 1.4, 8.3: shortest form, one byte at least) and read whatever their
form. A don't-care match is left out, as the specification asks (9.1.1).
Building an update by copying a template and setting its values takes a third of the time of building it from parts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from finsy.proto import p4r

from ..planner.layout import Key, Table, Value


def canonical(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8 or 1, "big")


@dataclass(frozen=True, slots=True)
class TableIds:
    """A table of the layout with the ids of a pipeline. Fields and params in the layout's order."""

    table: Table
    table_id: int
    size: int
    fields: tuple[int, ...]
    actions: dict[str, tuple[int, tuple[int, ...]]]
    """Action name -> (id, parameter ids)."""


class TableCodec:
    """Encodes and decodes the entries of one table."""

    def __init__(self, ids: TableIds) -> None:
        self.ids = ids
        self.size = ids.size
        self._templates: dict[tuple[int, str], p4r.Update] = {}
        self._actions = {
            action_id: (name, {param: i for i, param in enumerate(params)})
            for name, (action_id, params) in ids.actions.items()
        }
        self._places = {field_id: i for i, field_id in enumerate(ids.fields)}
        exact = all(field.kind == "exact" for field in ids.table.fields)
        self.add: Callable[[p4r.WriteRequest, int, Key, Value], None] = self._add_exact if exact else self._add
        """Append one write (INSERT, MODIFY or DELETE) to a request."""
        self.decode: Callable[[p4r.TableEntry], tuple[Key, Value]] = self._decode_exact if exact else self._decode
        """An entry as the switch reports it. An action that is not in the layout gets a value equal to no other."""

    def read_all(self) -> p4r.Entity:
        """The request entity that reads every entry of the table."""
        return p4r.Entity(table_entry=p4r.TableEntry(table_id=self.ids.table_id))

    def _add_exact(self, request: p4r.WriteRequest, kind: int, key: Key, value: Value) -> None:
        template = self._templates.get((kind, value[0]))
        if template is None:
            template = self._templates[kind, value[0]] = self._template(kind, value[0])
        update = request.updates.add()
        update.CopyFrom(template)
        entry = update.entity.table_entry
        for match, number in zip(entry.match, key):  # noqa: B905 (the key ends with the priority)
            match.exact.value = number.to_bytes((number.bit_length() + 7) // 8 or 1, "big")
        if kind != p4r.Update.DELETE and len(value) > 1:
            for param, number in zip(entry.action.action.params, value[1:]):  # noqa: B905 (half the time)
                param.value = number.to_bytes((number.bit_length() + 7) // 8 or 1, "big")

    def _template(self, kind: int, action: str) -> p4r.Update:
        """An update of an exact table with everything but the values."""
        update = p4r.Update(type=p4r.Update.Type.ValueType(kind))
        entry = update.entity.table_entry
        entry.table_id = self.ids.table_id
        for field_id in self.ids.fields:
            entry.match.add(field_id=field_id).exact.value = b"\0"
        if kind != p4r.Update.DELETE:
            action_id, params = self.ids.actions[action]
            entry.action.action.action_id = action_id
            for param in params:
                entry.action.action.params.add(param_id=param)
        return update

    def _add(self, request: p4r.WriteRequest, kind: int, key: Key, value: Value) -> None:
        update = request.updates.add()
        update.type = p4r.Update.Type.ValueType(kind)
        entry = update.entity.table_entry
        entry.table_id = self.ids.table_id
        entry.priority = key[-1]
        for field, field_id, part in zip(self.ids.table.fields, self.ids.fields, key, strict=False):
            if field.kind == "exact":
                entry.match.add(field_id=field_id).exact.value = canonical(part)
            elif part[1]:  # a prefix length or mask of 0 is a don't-care
                match = entry.match.add(field_id=field_id)
                if field.kind == "lpm":
                    match.lpm.value = canonical(part[0])
                    match.lpm.prefix_len = part[1]
                else:
                    match.ternary.value = canonical(part[0])
                    match.ternary.mask = canonical(part[1])
        if kind != p4r.Update.DELETE:
            action_id, params = self.ids.actions[value[0]]
            entry.action.action.action_id = action_id
            for param, number in zip(params, value[1:], strict=True):
                entry.action.action.params.add(param_id=param, value=canonical(number))

    def _decode_exact(self, entry: p4r.TableEntry) -> tuple[Key, Value]:
        from_bytes, ids = int.from_bytes, self.ids.fields
        key = [0] * (len(ids) + 1)
        for i, match in enumerate(entry.match):
            place = i if match.field_id == ids[i] else self._places[match.field_id]
            key[place] = from_bytes(match.exact.value, "big")
        return tuple(key), self._decode_action(entry)

    def _decode(self, entry: p4r.TableEntry) -> tuple[Key, Value]:
        places = self._places
        parts: list[object] = [0] * len(places)
        if len(entry.match) < len(places):
            for i, field in enumerate(self.ids.table.fields):
                if field.kind != "exact":
                    parts[i] = (0, 0)
        for match in entry.match:
            place = places[match.field_id]
            kind = match.WhichOneof("field_match_type")
            if kind == "exact":
                parts[place] = int.from_bytes(match.exact.value, "big")
            elif kind == "lpm":
                parts[place] = (int.from_bytes(match.lpm.value, "big"), match.lpm.prefix_len)
            else:
                parts[place] = (int.from_bytes(match.ternary.value, "big"), int.from_bytes(match.ternary.mask, "big"))
        parts.append(entry.priority)
        return tuple(parts), self._decode_action(entry)

    def _decode_action(self, entry: p4r.TableEntry) -> Value:
        action = entry.action.action
        known = self._actions.get(action.action_id)
        if known is None:
            return (f"action {action.action_id}", *[int.from_bytes(p.value, "big") for p in action.params])
        name, places = known
        if not places:
            return (name,)
        numbers = [0] * len(places)
        for param in action.params:
            numbers[places[param.param_id]] = int.from_bytes(param.value, "big")
        return (name, *numbers)
