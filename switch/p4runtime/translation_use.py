"""Which numbers of a type that is translated to strings the state of a pipeline holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from switch.engine import Engine
from switch.p4runtime.schema import Action, Schema, Value
from switch.p4runtime.translation import Translation
from switch.values import Action as EngineAction
from switch.values import Exact, Lpm, Match, Range, Ternary


def numbers_in_use(schema: Schema, engine: Engine, strings: Translation) -> set[int]:
    """By table entries and their actions, default entries, members, value sets and registers; as ports, by replicas and
    by whoever watches them."""
    found: set[int] = set()
    for table in schema.tables.values():
        if any(f.strings is strings for f in table.fields) or _any_param(table.actions.values(), strings):
            for entry in engine.entries(table.name):
                found.update(_matched(table.fields, entry.match, strings))
                found.update(_given(table.actions.values(), entry.action, strings))
            found.update(_given(table.actions.values(), engine.default(table.name), strings))
    for profile in schema.profiles.values():
        if _any_param(profile.actions.values(), strings):
            for action in engine.members(profile.name).values():
                found.update(_given(profile.actions.values(), action, strings))
    for value_set in schema.value_sets.values():
        if any(f.strings is strings for f in value_set.fields):
            for member in engine.value_set(value_set.name):
                found.update(_matched(value_set.fields, member, strings))
    for register in schema.registers.values():
        if schema.types.strings.get(register.type_spec.new_type.name) is strings:
            found.update(engine.read_register(register.name, i) for i in range(engine.register_size(register.name)))
    if strings is schema.port_strings:
        found |= engine.watched_ports()  # with those of the backups
        for replicas in engine.multicast_groups().values():
            found.update(replica.port for replica in replicas)
        for session in engine.clone_sessions().values():
            found.update(replica.port for replica in session.replicas)
    return found


def _any_param(actions: Iterable[Action], strings: Translation) -> bool:
    return any(p.strings is strings for a in actions for p in a.params)


def _matched(fields: Iterable[Value], key: Iterable[Match], strings: Translation) -> Iterator[int]:
    for field, match in zip(fields, key, strict=True):
        if field.strings is not strings:
            continue
        match match:
            case Exact(value) | Range(value, _):
                yield value
            case Ternary(value, mask) | Lpm(value, mask) if mask:
                yield value


def _given(actions: Iterable[Action], action: object, strings: Translation) -> Iterator[int]:
    if not isinstance(action, EngineAction):
        return
    for declared in actions:
        if declared.name == action.name:
            for param, value in zip(declared.params, action.params, strict=True):
                if param.strings is strings:
                    yield value
