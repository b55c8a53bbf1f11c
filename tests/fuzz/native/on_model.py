"""Steps done to the model: what comes of each, as text that on_switch.py gives too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.bmv2_model import Entry, Model
from tests.bmv2_model.meters import Meter
from tests.bmv2_model.tables import Table
from tests.fuzz.native.case import Case, Step
from tests.fuzz.native.updates import CPU_PORT


class Refused(Exception):
    """An update that cannot be: the names of the errors that say so."""


@dataclass
class Result:
    """What came of some packets."""

    packets: list[tuple[int, str]]
    digests: list[tuple[str, tuple[int, ...]]]
    undefined: bool = False
    """Was a field of an invalid header read?"""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Result):
            return NotImplemented
        return sorted(self.packets) == sorted(other.packets) and sorted(self.digests) == sorted(other.digests)


def together(results: list[Result]) -> Result:
    return Result([p for r in results for p in r.packets], [d for r in results for d in r.digests])


class OnModel:
    def __init__(self, case: Case, program: Any, start: int) -> None:
        self.model = Model(program, start=start)
        self.model.headers.watch = True
        self.start = start
        self.locked = {n for n, t in self.model.tables.items() if t.json.get("entries") is not None} - set(
            case.unlocked
        )
        self.told: dict[int, int] = {}
        """When the idle timeout of an entry (by id()) was told last."""

    def do(self, step: Step) -> Any:
        self.model.around.now = self.start + step["at"]
        try:
            return getattr(self, _method(step["do"]))(step) or "ok"
        except Refused as refused:
            return str(refused)

    def packet(self, at: int, port: int, data: str) -> Result:
        undefined = self.model.headers.undefined
        undefined.clear()
        self.model.around.now = self.start + at
        sent = self.model.process(port, bytes.fromhex(data))
        return Result([(p, d.hex()) for p, d in sent.packets], sent.digests, bool(undefined))

    # ---- tables

    def _match(self, match: list[Any]) -> tuple[Any, ...]:
        return tuple(tuple(m) for m in match)

    def _writable(self, step: Step) -> Table:
        if step["table"] in self.locked:
            raise Refused("Immutable")
        return self.model.tables[step["table"]]

    def _found(self, table: Table, step: Step) -> Entry:
        entry = table.find(self._match(step["match"]), step["priority"])
        if entry is None:
            raise Refused("NotFound")
        return entry

    def _missing(self, table: Table, action: list[Any]) -> bool:
        """Does the entry name a member or group that is not there?"""
        if table.profile is None or action[0] == "action":
            return False
        return action[1] not in (table.profile.members if action[0] == "member" else table.profile.groups)

    def _action(self, table: Table, action: list[Any]) -> tuple[Any, ...]:
        if self._missing(table, action):
            raise Refused("NotFound")
        return tuple(action)

    def _insert(self, step: Step) -> None:
        table, match = self._writable(step), self._match(step["match"])
        if table.find(match, step["priority"]) is not None:
            raise Refused("AlreadyExists or NotFound" if self._missing(table, step["action"]) else "AlreadyExists")
        entry = Entry(match, self._action(table, step["action"]), step["priority"])
        entry.hit_at, entry.timeout = self.model.around.now, step["timeout"]
        table.add(entry)

    def _modify(self, step: Step) -> None:
        table = self._writable(step)
        entry = self._found(table, step)
        entry.action = self._action(table, step["action"])
        entry.hit_at, entry.timeout = self.model.around.now, step["timeout"]
        self.told.pop(id(entry), None)

    def _delete(self, step: Step) -> None:
        table = self._writable(step)
        entry = self._found(table, step)
        self.told.pop(id(entry), None)
        table.remove(entry)

    def _default(self, step: Step) -> None:
        table = self.model.tables[step["table"]]
        table.default = (step["action"][1], step["action"][2]) if step["action"] else table.initial_default

    def _expired(self, step: Step) -> Any:
        now, found = self.model.around.now, []
        for table in self.model.tables.values():
            for e in table.entries:
                if e.timeout and now - max(e.hit_at, self.told.get(id(e), 0)) >= e.timeout:
                    self.told[id(e)] = now
                    found.append((table.name, e.match, e.priority))
        return sorted(found)

    # ---- profiles

    def _users(self, kind: str, profile: Any, number: int) -> bool:
        entries = [e for t in self.model.tables.values() if t.profile is profile for e in t.entries]
        return any(e.action[:2] == (kind, number) for e in entries)

    def _member_add(self, step: Step) -> None:
        profile = self.model.profiles[step["profile"]]
        if step["id"] in profile.members:
            raise Refused("AlreadyExists")
        profile.members[step["id"]] = step["action"][0], step["action"][1]

    def _member_set(self, step: Step) -> None:
        profile = self.model.profiles[step["profile"]]
        if step["id"] not in profile.members:
            raise Refused("NotFound")
        profile.members[step["id"]] = step["action"][0], step["action"][1]

    def _member_delete(self, step: Step) -> None:
        profile = self.model.profiles[step["profile"]]
        if step["id"] not in profile.members:
            raise Refused("NotFound")
        in_group = any(m == step["id"] for members in profile.groups.values() for m, _, _ in members)
        if in_group or self._users("member", profile, step["id"]):
            raise Refused("InUse")
        del profile.members[step["id"]]

    def _group_add(self, step: Step) -> None:
        self._group(step, exists=False)

    def _group_set(self, step: Step) -> None:
        self._group(step, exists=True)

    def _group(self, step: Step, *, exists: bool) -> None:
        profile = self.model.profiles[step["profile"]]
        if (step["id"] in profile.groups) != exists:
            raise Refused("NotFound" if exists else "AlreadyExists")
        if any(m not in profile.members for m, _, _ in step["members"]):
            raise Refused("NotFound")
        profile.groups[step["id"]] = [(m, w, watch) for m, w, watch in step["members"]]

    def _group_delete(self, step: Step) -> None:
        profile = self.model.profiles[step["profile"]]
        if step["id"] not in profile.groups:
            raise Refused("NotFound")
        if self._users("group", profile, step["id"]):
            raise Refused("InUse")
        del profile.groups[step["id"]]

    # ---- replication, arrays

    def _multicast(self, step: Step) -> None:
        self.model.multicast[step["group"]] = _replicas(step)

    def _port(self, step: Step) -> None:
        (self.model.down.discard if step["up"] else self.model.down.add)(step["port"])

    def _clone(self, step: Step) -> None:
        if step["replicas"] is None:
            if step["session"] not in self.model.sessions:
                raise Refused("NotFound")
            del self.model.sessions[step["session"]]
        else:
            self.model.sessions[step["session"]] = _replicas(step), step["truncate"]

    def _configured(self, config: list[int] | None) -> Meter | None:
        if config is None:
            return None
        if len(config) == 3:
            cir, cburst, eburst = config
            return Meter(cir, cburst, 0, eburst, self.model.around.now, single_rate=True)
        cir, cburst, pir, pburst = config
        return Meter(cir, cburst, pir, pburst, start=self.model.around.now)

    def _meter(self, step: Step) -> None:
        meter = self._configured(step["config"])
        self.model.meters.cells.pop((step["meter"], step["index"]), None)
        if meter is not None:
            self.model.meters.cells[step["meter"], step["index"]] = meter

    def _direct_meter(self, step: Step) -> None:
        table = self.model.tables[step["table"]]
        if step["match"] is None:
            table.default_meter = self._configured(step["config"])
        else:
            self._found(table, step).meter = self._configured(step["config"])

    def _counter(self, step: Step) -> None:
        self.model.counters.cells[step["counter"]][step["index"]] = list(step["value"])

    def _direct_counter(self, step: Step) -> None:
        table = self.model.tables[step["table"]]
        if step["match"] is None:
            table.default_count = list(step["value"])
        else:
            self._found(table, step).count = list(step["value"])

    def _register(self, step: Step) -> None:
        self.model.registers.write(step["register"], step["index"], step["value"])

    def _value_set(self, step: Step) -> None:
        def pair(match: list[Any]) -> tuple[int, int]:
            return (match[1], match[2]) if match[0] == "ternary" else (match[1], -1)

        self.model.value_sets[step["set"]] = [[pair(m) for m in member] for member in step["members"]]

    # ---- all that is left at the end

    def state(self) -> dict[str, Any]:
        m = self.model
        found: dict[str, Any] = {f"counter {n}": [tuple(c) for c in cells] for n, cells in m.counters.cells.items()}
        found |= {f"register {n}": list(cells) for n, cells in m.registers.cells.items()}
        for t in m.tables.values():
            if not t.key:
                continue
            entries = [(e.match, _plain(e.action), e.priority if t.by_priority else 0) for e in t.entries]
            found[f"entries of {t.name}"] = sorted(entries)
            if t.json.get("with_counters"):
                counts = [(e.match, e.priority if t.by_priority else 0, tuple(e.count)) for e in t.entries]
                found[f"counts of {t.name}"] = sorted(counts)
                found[f"count of {t.name}'s default"] = tuple(t.default_count)
        return found


def _replicas(step: Step) -> list[list[tuple[int, int]]]:
    return [[(port, rid) for port, rid in replica] for replica in step["replicas"]]


def _plain(action: tuple[Any, ...]) -> tuple[Any, ...]:
    return (action[0], action[1], tuple(action[2])) if action[0] == "action" else action


def _method(do: str) -> str:
    words = {"member+": "member_add", "member=": "member_set", "member-": "member_delete"}
    words |= {"group+": "group_add", "group=": "group_set", "group-": "group_delete"}
    return "_" + words.get(do, do.replace(" ", "_"))


__all__ = ["CPU_PORT", "OnModel", "Refused"]
