"""Match-action tables: entries, the look-up, action profiles with selectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.bmv2_model.calculations import calculation
from tests.bmv2_model.headers import VALID, Headers, Json, Packet, cut
from tests.bmv2_model.meters import Meter

Match = tuple[Any, ...]
"""One for each key: ("exact", value), ("lpm", value, prefix length), ("ternary", value, mask), ("range", low, high)."""


@dataclass
class Entry:
    match: tuple[Match, ...]
    action: tuple[Any, ...]
    """("action", name, data), ("member", id) or ("group", id)."""
    priority: int = 0
    """The highest wins, as in P4Runtime."""
    count: list[int] = field(default_factory=lambda: [0, 0])
    meter: Meter | None = None
    hit_at: int = 0
    timeout: int = 0
    """Nanoseconds; 0: never."""


class Profile:
    """An action profile: members and groups."""

    def __init__(self, json: Json, headers: Headers) -> None:
        selector = json.get("selector")
        self.hash: Callable[[Packet], int] | None = calculation(selector, headers) if selector else None
        self.members: dict[int, tuple[str, list[int]]] = {}
        self.groups: dict[int, list[tuple[int, int, int | None]]] = {}
        """Member id, weight, and the port that must be up for it."""

    def choose(self, group: int, packet: Packet, down: set[int]) -> tuple[str, list[int]] | None:
        """A member has as many places as its weight says; None if the group has none. `down`: ports."""
        assert self.hash is not None
        there = [(member, weight) for member, weight, watch in self.groups[group] if watch not in down]
        total = sum(weight for _, weight in there)
        if not total:
            return None
        place = self.hash(packet) % total
        for member, weight in there:
            if place < weight:
                return self.members[member]
            place -= weight
        raise AssertionError


class Table:
    def __init__(self, json: Json, headers: Headers, actions: dict[int, Json], profiles: dict[str, Profile]) -> None:
        self.json = json
        self.name: str = json["name"]
        self.key = [self._key_field(k, headers) for k in json.get("key") or ()]
        self.kinds = [kind for kind, _, _ in self.key]
        """exact, lpm, ternary or range for each key."""
        self.widths = [width for _, width, _ in self.key]
        self.by_priority = bool({"ternary", "range"} & {*self.kinds, json["match_type"]})
        profile = json.get("action_profile") or json.get("act_prof_name")
        self.profile = profiles[profile] if json["type"] != "simple" else None
        self.seats: list[Entry | None] = []
        default = json.get("default_entry")
        self.initial_default: tuple[str, list[int]] | None = None
        if default is not None:
            data = [int(x, 16) for x in default.get("action_data") or ()]
            self.initial_default = self._call(actions[default["action_id"]], data)
        self.default = self.initial_default
        self.default_count = [0, 0]
        self.default_meter: Meter | None = None
        """P4Runtime only: BMv2 executes direct meters and counters for hits alone."""
        const = json.get("entries") or ()
        top = 1 + max((e.get("priority") or 0 for e in const), default=0)
        shown = [
            (e.get("p4runtime") or {}).get("priority") or 0 for e in const
        ]  # our compiler's: as the program has it
        for e, priority in zip(const, shown, strict=True):
            entry = self._const_entry(e, actions, top)
            if all(shown):
                entry.priority = priority
            self.add(entry)

    def _call(self, action: Json, data: list[int]) -> tuple[str, list[int]]:
        widths = [p["bitwidth"] for p in action.get("runtime_data") or ()]
        return action["name"], [cut(v, w, False) for v, w in zip(data, widths, strict=True)]

    def _key_field(self, json: Json, headers: Headers) -> tuple[str, int, Callable[[Packet], int]]:
        kind, target = json["match_type"], json["target"]
        header, name = (target, VALID) if isinstance(target, str) else target
        if kind == "valid" or name == VALID:
            number = headers.by_name[header].number
            return "exact" if kind == "valid" else kind, 1, lambda p: int(p.valid[number])
        f = headers.field(header, name)
        mask = (1 << f.width) - 1
        if json.get("mask"):
            mask &= int(json["mask"], 16)
        return kind, f.width, lambda p: p.fields[f.place] & mask

    def _const_entry(self, json: Json, actions: dict[int, Json], top: int) -> Entry:
        """JSON: the lowest priority number wins."""
        matches: list[Match] = []
        for key, width in zip(json["match_key"], self.widths, strict=True):
            ones = (1 << width) - 1
            match key["match_type"]:
                case "exact":
                    matches.append(("exact", int(key["key"], 16) & ones))
                case "valid":
                    matches.append(("exact", int(key["key"])))
                case "lpm":
                    matches.append(("lpm", int(key["key"], 16) & ones, key["prefix_length"]))
                case "ternary":
                    matches.append(("ternary", int(key["key"], 16) & ones, int(key["mask"], 16) & ones))
                case _:
                    matches.append(("range", int(key["start"], 16) & ones, int(key["end"], 16) & ones))
        action = json["action_entry"]
        name, data = self._call(actions[action["action_id"]], [int(x, 16) for x in action.get("action_data") or ()])
        return Entry(tuple(matches), ("action", name, data), top - json.get("priority", 0))

    # ---- entries

    def add(self, entry: Entry) -> None:
        """In the lowest free seat, as BMv2 does with its handles: of equal entries the one in the lower seat wins."""
        for i, seat in enumerate(self.seats):
            if seat is None:
                self.seats[i] = entry
                return
        self.seats.append(entry)

    def remove(self, entry: Entry) -> None:
        self.seats = [None if seat is entry else seat for seat in self.seats]

    @property
    def entries(self) -> list[Entry]:
        return [entry for entry in self.seats if entry is not None]

    def find(self, match: tuple[Match, ...], priority: int) -> Entry | None:
        return next((e for e in self.entries if e.match == match and e.priority == priority), None)

    # ---- look-up

    def lookup(self, packet: Packet) -> Entry | None:
        """The matching entry of the highest priority, or with the longest prefix; of equals the first."""
        values = [read(packet) for _, _, read in self.key]
        best: Entry | None = None
        best_rank = -1
        for entry in self.seats:
            rank = self._rank(entry, values) if entry is not None else None
            if rank is not None and rank > best_rank:
                best, best_rank = entry, rank
        return best

    def _rank(self, entry: Entry, values: list[int]) -> int | None:
        length = 0
        for match, value, width in zip(entry.match, values, self.widths, strict=True):
            kind = match[0]
            if kind == "exact":
                if value != match[1]:
                    return None
            elif kind == "lpm":
                length = match[2]
                if value >> width - length != match[1] >> width - length:
                    return None
            elif kind == "ternary":
                if (value ^ match[1]) & match[2]:
                    return None
            elif not match[1] <= value <= match[2]:
                return None
        return entry.priority if self.by_priority else length
