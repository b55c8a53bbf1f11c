"""Parser value sets (P4Runtime 1.4, "ValueSetEntry"): modified as a whole, and read."""

from __future__ import annotations

from collections.abc import Iterator

from finsy.proto import p4r

from switch.engine import Engine
from switch.p4runtime import arrays, match
from switch.p4runtime.schema import Schema
from switch.p4runtime.status import ALREADY_EXISTS, RESOURCE_EXHAUSTED, StatusError
from switch.p4runtime.updates import Undo, UpdateKind


class ValueSets:
    """The value sets of one pipeline."""

    def __init__(self, schema: Schema, engine: Engine) -> None:
        self._schema = schema
        self._engine = engine

    def write(self, kind: UpdateKind, entry: p4r.ValueSetEntry, undo: Undo) -> None:
        arrays.only_modify(kind, "value sets")
        found = arrays.known(self._schema.value_sets, entry.value_set_id, "value set")
        members = [match.translate_key(found.fields, found.index, m.match, found.name) for m in entry.members]
        if len(set(members)) != len(members):
            raise StatusError(ALREADY_EXISTS, f"{found.name}: a member is given twice")
        if len(members) > found.size:
            raise StatusError(RESOURCE_EXHAUSTED, f"{found.name}: {len(members)} members, but its size is {found.size}")
        old = self._engine.value_set(found.name)
        self._engine.set_value_set(found.name, members)
        undo.add(lambda: self._engine.set_value_set(found.name, old))

    def read(self, entry: p4r.ValueSetEntry) -> Iterator[p4r.Entity]:
        for value_set in arrays.selected(self._schema.value_sets, entry.value_set_id, "value set"):
            found = p4r.Entity()
            found.value_set_entry.value_set_id = value_set.id
            for member in self._engine.value_set(value_set.name):
                found.value_set_entry.members.add(match=match.key_to_messages(value_set.fields, member))
            yield found
