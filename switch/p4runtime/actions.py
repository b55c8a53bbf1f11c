"""Actions: P4Runtime messages <-> the engine's actions (P4Runtime 1.4, "Action Specification")."""

from __future__ import annotations

from collections.abc import Mapping

from finsy.proto import p4r

from switch import values
from switch.p4runtime import field_values, schema
from switch.p4runtime.status import INVALID_ARGUMENT, StatusError


def translate_action(actions: Mapping[int, schema.Action], message: p4r.Action, owner: str) -> values.Action:
    """The engine's action. INVALID_ARGUMENT: not an action of `actions`, or its parameters do not fit P4Info."""
    action = actions.get(message.action_id)
    if action is None:
        raise StatusError(INVALID_ARGUMENT, f"{owner}: action id {message.action_id} is none of its actions")
    params: list[int | None] = [None] * len(action.params)
    for item in message.params:
        position = action.index.get(item.param_id)
        if position is None:
            raise StatusError(INVALID_ARGUMENT, f"{owner}: {action.name} has no parameter with id {item.param_id}")
        if params[position] is not None:
            raise StatusError(INVALID_ARGUMENT, f"{owner}: {action.name}: parameter {item.param_id} is given twice")
        param, data = action.params[position], item.value
        value = int.from_bytes(data, "big")
        if not data or value >> param.plain_bits or not param.plain_bits:
            value = field_values.decode(param, data, f"{owner}: {action.name}: {param.name}")
        params[position] = value
    if None in params:
        missing = action.params[params.index(None)].name
        raise StatusError(INVALID_ARGUMENT, f"{owner}: {action.name}: the parameter {missing} is missing")
    return values.Action(action.name, tuple(params))  # type: ignore[arg-type]


def action_to_message(actions: Mapping[int, schema.Action], action: values.Action) -> p4r.Action:
    """An engine action as P4Runtime shows it."""
    spec = next(a for a in actions.values() if a.name == action.name)
    message = p4r.Action(action_id=spec.id)
    for param, value in zip(spec.params, action.params, strict=True):
        message.params.add(param_id=param.id, value=field_values.encode(param, value))
    return message
