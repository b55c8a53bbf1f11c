"""A case: a program and what is done to it. All values are plain data, so that a case can be kept as a file.

    {"do": "insert" | "modify", "table": T, "match": [...], "action": A, "priority": P, "timeout": ns} {"do":
    "delete", "table": T, "match": [...], "priority": P} {"do": "default", "table": T, "action": A or null} {"do":
    "member+" | "member=", "profile": F, "id": I, "action": [name, data]}; {"do": "member-", ...} {"do": "group+" |
    "group=", "profile": F, "id": I, "members": [[id, weight, port or null], ...]}; {"do": "group-", ...} {"do":
    "multicast", "group": G, "replicas": [[[port, rid], backup ...], ...]} {"do": "clone", "session": S, "replicas":
    as above or null, "truncate": bytes} {"do": "port", "port": P, "up": true or false} {"do": "meter", "meter": M,
    "index": I, "config": C or null} {"do": "direct meter", "table": T, "match": [...], "priority": P, "config": ...}
    {"do": "counter", "counter": C, "index": I, "value": [packets, bytes]}; {"do": "direct counter", ...} {"do":
    "register", "register": R, "index": I, "value": N} {"do": "value set", "set": V, "members": [[match for each
    field], ...]} {"do": "expired"}: the entries whose idle timeout is over {"do": "packets", "packets": [[port, hex],
    ...]}: one burst

A match is ["exact", value], ["lpm", value, length], ["ternary", value, mask] or ["range", low, high]; an action
["action", name, data], ["member", id] or ["group", id]; C is [cir, cburst, pir, pburst] or [cir, cburst, eburst].
"match": null is the default entry. Each step has "at": the time in nanoseconds since the switch began.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

Step = dict[str, Any]


@dataclass(frozen=True)
class Case:
    program: str
    """As program.load takes it."""
    steps: tuple[Step, ...]
    unlocked: tuple[str, ...] = ()
    """Tables whose entries of the program may be changed."""
    optimise: str = "quick"

    def with_steps(self, steps: list[Step]) -> Case:
        return replace(self, steps=tuple(steps))

    @property
    def packets(self) -> int:
        return sum(len(s["packets"]) for s in self.steps if s["do"] == "packets")


def save(case: Case, path: Path) -> None:
    head = {"program": case.program, "unlocked": case.unlocked, "optimise": case.optimise}
    lines = ",\n".join(json.dumps(step) for step in case.steps)
    path.write_text(json.dumps(head)[:-1] + ', "steps": [\n' + lines + "\n]}\n")


def load(path: Path) -> Case:
    found = json.loads(path.read_text())
    return Case(found["program"], tuple(found["steps"]), tuple(found["unlocked"]), found["optimise"])
