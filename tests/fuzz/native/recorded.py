"""What BMv2's records of a golden program did: the entries that were ever written, as steps, and the packets.

They lead through all of a program; random ones seldom agree across several tables.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from finsy.proto import p4r
from google.protobuf import text_format

from tests.bmv2_model.records import Replay, load
from tests.fuzz.native import program as programs
from tests.fuzz.native.case import Step


@cache
def recorded(name: str) -> tuple[tuple[Step, ...], tuple[tuple[int, bytes], ...]]:
    """Steps (without time) and packets (port, bytes); none for a program without records."""
    folder = programs.GOLDEN / name.partition("/")[2]
    if not (folder / "steps.yaml").exists():
        return (), ()
    p4info, steps = load(folder)
    run = Replay(programs.load(name), p4info)
    found: dict[Any, Step] = {}
    packets = []
    for step in steps:
        if "packet" in step:
            packets.append((step["packet"]["port"], bytes.fromhex(step["packet"]["hex"])))
        elif "write" in step and step["expect"] == "OK":
            run.write(text_format.Parse(step["write"], p4r.WriteRequest()), None)
            _collect(run, found)
    return tuple(found.values()), tuple(packets)


def _collect(run: Replay, found: dict[Any, Step]) -> None:
    """Profiles before the entries that use them: a dictionary keeps the order of first insertion."""
    for name, profile in run.model.profiles.items():
        for number, (action, data) in profile.members.items():
            found["member", name, number] = {
                "do": "member+", "profile": name, "id": number, "action": [action, list(data)],
            }  # fmt: skip
        for number, members in profile.groups.items():
            if members:
                found["group", name, number] = {
                    "do": "group+", "profile": name, "id": number, "members": [list(m) for m in members],
                }  # fmt: skip
    for table in run.model.tables.values():
        const = len(table.json.get("entries") or ())
        for e in table.entries[const:]:
            found[table.name, e.match, e.priority] = {
                "do": "insert", "table": table.name, "match": [list(m) for m in e.match], "priority": e.priority,
                "action": _plain(e.action), "timeout": 0,
            }  # fmt: skip
        if table.default is not None and table.default != table.initial_default:
            default = ["action", table.default[0], list(table.default[1])]
            found["default", table.name] = {"do": "default", "table": table.name, "action": default}
    for group, replicas in run.model.multicast.items():
        if replicas:
            found["multicast", group] = {"do": "multicast", "group": group, "replicas": _lists(replicas)}
    for session, (replicas, truncate) in run.model.sessions.items():
        found["clone", session] = {
            "do": "clone", "session": session, "replicas": _lists(replicas), "truncate": truncate,
        }  # fmt: skip


def _lists(replicas: list[list[tuple[int, int]]]) -> list[list[list[int]]]:
    return [[list(r) for r in replica] for replica in replicas]


def _plain(action: tuple[Any, ...]) -> list[Any]:
    return [action[0], action[1], list(action[2])] if action[0] == "action" else list(action)
