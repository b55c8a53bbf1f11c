"""Entries for people: addresses as addresses, not as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Any

from .intent.scalars import format_mac
from .planner.layout import Field, Key, Table, Value

Names = Mapping[int, str]
"""Tenant id -> the tenant's name."""


def key_text(table: Table, key: Key, names: Names | None = None) -> str:
    """`tenant=red dst=10.1.0.0/24`; a don't-care is left out."""
    parts = []
    for field, part in zip(table.fields, key, strict=False):
        text = _match(field, part, names or {})
        if text:
            parts.append(f"{field.name}={text}")
    if table.has_priority:
        parts.append(f"priority={key[-1]}")
    return " ".join(parts)


def value_text(table: Table, value: Value, names: Names | None = None) -> str:
    """`vm(host=10.255.1.1 mac=02:...)`."""
    params = table.actions.get(value[0])
    if params is None:
        return f"{value[0]}({' '.join(map(str, value[1:]))})"
    inner = " ".join(f"{p.name}={_number(p, n, names or {})}" for p, n in zip(params, value[1:], strict=True))
    return f"{value[0]}({inner})"


def entry_text(table: Table, key: Key, value: Value, names: Names | None = None) -> str:
    return f"{table.name}[{key_text(table, key, names)}] -> {value_text(table, value, names)}"


def entry_json(table: Table, key: Key, value: Value) -> dict[str, Any]:
    """An entry for machines: the same texts, by name; tenants by number."""
    entry: dict[str, Any] = {
        "key": {f.name: text for f, part in zip(table.fields, key, strict=False) if (text := _match(f, part, {}))},
        "action": value[0],
        "params": {p.name: _number(p, n, {}) for p, n in zip(table.actions.get(value[0], ()), value[1:], strict=False)},
    }
    if table.has_priority:
        entry["priority"] = key[-1]
    return entry


def _match(field: Field, part: Any, names: Names) -> str:
    if field.kind == "exact":
        return _number(field, part, names)
    value, how = part
    if not how:
        return "" if field.kind == "ternary" else _number(field, value, names) + "/0"
    if field.kind == "lpm":
        return f"{_number(field, value, names)}/{how}"
    full = (1 << field.width) - 1
    if how == full:
        return _number(field, value, names)
    length = bin(how).count("1")
    if field.width == 32 and how == full >> (32 - length) << (32 - length):
        return f"{_number(field, value, names)}/{length}"
    return f"{value:#x}&{how:#x}"


def _number(field: Field, number: int, names: Names) -> str:
    if field.width == 32:
        return str(IPv4Address(number))
    if field.name == "tenant":
        return names.get(number, str(number))
    return format_mac(number) if field.width == 48 else str(number)
