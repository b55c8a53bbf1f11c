"""One program with what the control plane writes and the packets that are sent, and its form on disk.

NAME.p4 is the program; NAME.yaml holds

    entries:     [{table, matches: [...], action, data: [...], priority}]      in the order of insertion
    value_sets:  {name: [[match, ...]]}
    packets:     [{port, hex}]                  and, in kept cases, `expect: [{port, hex}]`, what leaves (* : any digit)

A match is a list: [exact, v], [lpm, v, prefix], [ternary, v, mask] or [range, low, high]; an optional match is ternary.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Entry:
    """A table entry by control-plane names; the highest priority wins, and is 0 where no key asks for one."""

    table: str
    matches: tuple[tuple[Any, ...], ...]
    action: str
    data: tuple[int, ...] = ()
    priority: int = 0


@dataclass(frozen=True)
class Case:
    program: str
    packets: tuple[tuple[int, bytes], ...]
    entries: tuple[Entry, ...] = ()
    value_sets: dict[str, list[list[tuple[Any, ...]]]] = field(default_factory=dict)

    def with_program(self, text: str) -> Case:
        return replace(self, program=text)


def save(case: Case, directory: Path, name: str, expected: list[list[dict[str, Any]]] | None = None) -> Path:
    """Write NAME.p4 and NAME.yaml; the path of the former."""
    directory.mkdir(parents=True, exist_ok=True)
    packets: list[dict[str, Any]] = [{"port": port, "hex": data.hex()} for port, data in case.packets]
    for packet, expect in zip(packets, expected or [], strict=False):
        packet["expect"] = expect
    content: dict[str, Any] = {}
    if case.entries:
        content["entries"] = [
            {
                "table": e.table,
                "matches": [list(m) for m in e.matches],
                "action": e.action,
                "data": list(e.data),
                "priority": e.priority,
            }
            for e in case.entries
        ]
    if case.value_sets:
        content["value_sets"] = {n: [[list(m) for m in v] for v in s] for n, s in case.value_sets.items()}
    content["packets"] = packets
    path = directory / f"{name}.p4"
    path.write_text(case.program)
    path.with_suffix(".yaml").write_text(yaml.safe_dump(content, sort_keys=False, default_flow_style=None, width=120))
    return path


def load(path: Path) -> tuple[Case, list[list[dict[str, Any]]]]:
    """The case whose program is at `path`, and what is expected of each packet."""
    content = yaml.safe_load(path.with_suffix(".yaml").read_text())
    entries = tuple(
        Entry(e["table"], tuple(map(tuple, e["matches"])), e["action"], tuple(e["data"]), e["priority"])
        for e in content.get("entries", ())
    )
    sets = {n: [[tuple(m) for m in v] for v in s] for n, s in content.get("value_sets", {}).items()}
    packets = tuple((p["port"], bytes.fromhex(p["hex"])) for p in content["packets"])
    return Case(path.read_text(), packets, entries, sets), [p.get("expect", []) for p in content["packets"]]
