"""Random updates of all that a control plane can write, most of them valid."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Any

from tests.fuzz.native.case import Step
from tests.fuzz.native.program import Action, Surface, Table

CPU_PORT = 510
PORTS = (0, 1, 2, 3, 4, 5, CPU_PORT, 511)
ENTRIES_MAX = 40


class Pool:
    """Values by width: those of keys meet those of packets here."""

    def __init__(self, rng: random.Random, constants: Iterable[int]) -> None:
        self.rng = rng
        self.constants = sorted(constants)
        self.seen: dict[int, list[int]] = {}

    def add(self, width: int, value: int) -> None:
        values = self.seen.setdefault(width, [])
        if len(values) < 64:
            values.append(value)
        else:
            values[self.rng.randrange(64)] = value

    def value(self, width: int) -> int:
        rng, ones = self.rng, (1 << width) - 1
        if width == 0:
            return 0
        match rng.randrange(8):
            case 0:
                return rng.getrandbits(width)
            case 1:
                return rng.choice((0, 1, ones, ones >> 1, (ones >> 1) + 1)) & ones
            case 2 if self.constants:
                return (rng.choice(self.constants) + rng.choice((0, 0, 0, 1, -1))) & ones
            case 3:
                return rng.randrange(8) & ones
            case _ if self.seen.get(width):
                return rng.choice(self.seen[width])
            case _:
                return rng.randrange(4) & ones


class Updates:
    """Makes updates one after the other; knows which keys it has used, so that modify and delete find some."""

    def __init__(self, rng: random.Random, surface: Surface, pool: Pool, unlocked: Iterable[str]) -> None:
        self.rng, self.s, self.pool = rng, surface, pool
        self.unlocked = set(unlocked)
        self.keys: dict[str, list[tuple[list[Any], int]]] = {t.name: [] for t in surface.tables}
        self.members: dict[str, list[int]] = {p: [] for p in surface.profiles}
        self.groups: dict[str, list[int]] = {p: [] for p in surface.profiles}
        self.kinds = self._kinds()

    def _kinds(self) -> list[tuple[int, Callable[[], Step | None]]]:
        s = self.s
        kinds: list[tuple[int, Callable[[], Step | None]]] = []
        if any(t.kinds for t in s.tables):
            kinds.append((12, self._entry))
        if any(not t.const_default and t.actions for t in s.tables):
            kinds.append((1, self._default))
        if s.profiles:
            kinds += [(4, self._member), (4, self._group)]
        kinds += [(1, self._multicast), (1, self._port)]
        if any(op.startswith("clone_") for op in s.operations):
            kinds.append((3, self._clone))
        if s.meters:
            kinds.append((4, self._meter))
        if any(t.meter for t in s.tables):
            kinds.append((4, self._direct_meter))
        if s.counters:
            kinds.append((1, self._counter))
        if any(t.counter for t in s.tables):
            kinds.append((1, self._direct_counter))
        if s.registers:
            kinds.append((2, self._register))
        if s.value_sets:
            kinds.append((3, self._value_set))
        if any(t.timeout for t in s.tables):
            kinds.append((3, lambda: {"do": "expired"}))
        return kinds

    def begin(self, steps: Iterable[Step]) -> list[Step]:
        """Those of recorded steps for which there is room; later updates know of them."""
        done = []
        for step in steps:
            if step["do"] == "insert":
                t = next(t for t in self.s.tables if t.name == step["table"])
                keys = self.keys[t.name]
                if len(keys) + t.entries >= t.size or (t.const and t.name not in self.unlocked):
                    continue
                keys.append((step["match"], step["priority"]))
                for match, width in zip(step["match"], t.widths, strict=True):
                    self.pool.add(width, match[1])
            elif step["do"] == "member+":
                self.members[step["profile"]].append(step["id"])
            elif step["do"] == "group+":
                self.groups[step["profile"]].append(step["id"])
            done.append(step)
        return done

    def next(self) -> Step | None:
        weights = [w for w, _ in self.kinds]
        return self.rng.choices(self.kinds, weights)[0][1]()

    # ---- tables

    def _table(self, wanted: Callable[[Table], bool]) -> Table:
        return self.rng.choice([t for t in self.s.tables if wanted(t)])

    def _match(self, t: Table) -> list[Any]:
        rng, match = self.rng, list[Any]()
        for kind, width in zip(t.kinds, t.widths, strict=True):
            ones, value = (1 << width) - 1, self.pool.value(width)
            if kind == "exact":
                match.append(["exact", value])
            elif kind == "lpm":
                length = rng.choice((0, width, width // 2, rng.randint(0, width)))
                mask = ones & ~((1 << width - length) - 1)
                match.append(["lpm", value & mask, length])
            elif kind == "ternary":
                few = ones ^ (1 << rng.randrange(width)) if width else 0
                mask = rng.choice((0, ones, ones, rng.getrandbits(width) if width else 0, few))
                match.append(["ternary", value & mask, mask])
            else:
                other = rng.choice((value, ones, 0, self.pool.value(width)))
                match.append(["range", min(value, other), max(value, other)])
            self.pool.add(width, value)
        return match

    def _data(self, action: Action) -> list[int]:
        """9-bit parameters are mostly ports."""
        rng = self.rng
        return [rng.choice(PORTS) if w == 9 and rng.random() < 0.8 else self.pool.value(w) for w in action.widths]

    def _action(self, t: Table) -> list[Any]:
        rng = self.rng
        if t.profile is not None:
            if t.profile in self.s.selectors and rng.random() < 0.6:
                return ["group", rng.choice(self.groups[t.profile] or [1])]
            return ["member", rng.choice(self.members[t.profile] or [1])]
        action = rng.choice(t.actions)
        return ["action", action.name, self._data(action)]

    def _entry(self) -> Step | None:
        rng = self.rng
        t = self._table(lambda t: bool(t.kinds))
        if t.const and t.name not in self.unlocked and rng.random() < 0.95:
            return None
        keys = self.keys[t.name]
        if keys and (rng.random() < 0.35 or len(keys) + t.entries >= min(t.size, ENTRIES_MAX)):
            match, priority = rng.choice(keys)
            if rng.random() < 0.5:
                if rng.random() < 0.95:
                    keys.remove((match, priority))
                return {"do": "delete", "table": t.name, "match": match, "priority": priority}
            kind = "modify" if rng.random() < 0.95 else "insert"
        else:
            if len(keys) + t.entries >= t.size or not (t.actions or t.profile):
                return None
            match, priority = self._match(t), rng.choice((1, 2, 3, rng.randrange(1, 1000))) if t.by_priority else 0
            kind = "insert" if rng.random() < 0.97 else "modify"
            if kind == "insert" and (match, priority) not in keys:
                keys.append((match, priority))
        timeout = rng.choice((0, 10**6, 10**9)) if t.timeout else 0
        step = {"do": kind, "table": t.name, "match": match, "priority": priority, "action": self._action(t)}
        return step | {"timeout": timeout}

    def _default(self) -> Step:
        t = self._table(lambda t: not t.const_default and bool(t.actions))
        action = self.rng.choice(t.actions)
        chosen = ["action", action.name, self._data(action)] if self.rng.random() < 0.85 else None
        return {"do": "default", "table": t.name, "action": chosen}

    def _some_key(self, wanted: Callable[[Table], bool]) -> tuple[str, list[Any] | None, int] | None:
        t = self._table(wanted)
        if self.rng.random() < 0.15:
            return t.name, None, 0
        if not self.keys[t.name]:
            return None
        return (t.name, *self.rng.choice(self.keys[t.name]))

    # ---- profiles

    def _member(self) -> Step | None:
        rng = self.rng
        profile = rng.choice(list(self.s.profiles))
        actions, members = self.s.profiles[profile], self.members[profile]
        number = rng.randrange(1, 12)
        action = rng.choice(actions)
        call = [action.name, self._data(action)]
        if members and rng.random() < 0.5:
            number = rng.choice(members)
            if rng.random() < 0.3:
                return {"do": "member-", "profile": profile, "id": number}
            return {"do": "member=", "profile": profile, "id": number, "action": call}
        if number not in members:
            members.append(number)
        return {"do": "member+", "profile": profile, "id": number, "action": call}

    def _group(self) -> Step | None:
        rng = self.rng
        if not self.s.selectors:
            return None
        profile = rng.choice(sorted(self.s.selectors))
        groups, number = self.groups[profile], rng.randrange(1, 6)
        if groups and rng.random() < 0.2:
            return {"do": "group-", "profile": profile, "id": rng.choice(groups)}
        known = self.members[profile]
        count = rng.randint(1, min(5, len(known))) if known else 0
        weights = (1, 1, 1, 2, 3, 7) if rng.random() < 0.8 else (1, 300, 1100, 20_000)
        chosen = [[m, rng.choice(weights), rng.choice((None, None, 1, 2, 3))] for m in rng.sample(known, min(count, 3))]
        kind = "group=" if number in groups else "group+"
        if number not in groups:
            groups.append(number)
        return {"do": kind, "profile": profile, "id": number, "members": chosen}

    # ---- replication

    def _replicas(self) -> list[list[list[int]]]:
        """Different ones: a port and instance may be there once. Some have backups."""
        rng = self.rng
        ports = (0, 1, 2, 3, 4, 5, CPU_PORT)
        chosen = sorted({(rng.choice(ports), rng.randrange(4)) for _ in range(rng.randint(1, 3))})
        made = []
        for port, rid in chosen:
            backups = rng.sample((6, 7, 8), rng.choice((0, 0, 0, 1, 2)))
            made.append([[port, rid], *([backup, rng.randrange(4)] for backup in backups)])
        return made

    def _port(self) -> Step:
        return {"do": "port", "port": self.rng.choice((1, 2, 3, 6, 7)), "up": self.rng.random() < 0.7}

    def _multicast(self) -> Step:
        group = self.rng.choice((1, 2, 3, 4, 5, max(1, self.pool.value(16))))
        return {"do": "multicast", "group": group, "replicas": self._replicas() if self.rng.random() < 0.9 else []}

    def _clone(self) -> Step:
        rng = self.rng
        session = rng.choice((0, 1, 2, 3, 4, 5, 100, 101, 102, self.pool.value(15)))
        constants = [c for c in self.pool.constants if c < 1 << 15]
        if constants and rng.random() < 0.6:
            session = rng.choice(constants)
        replicas = self._replicas() if rng.random() < 0.9 else None
        return {"do": "clone", "session": session, "replicas": replicas, "truncate": rng.choice((0, 0, 1, 20, 60))}

    # ---- arrays

    def _config(self) -> list[int] | None:
        rng = self.rng
        if rng.random() < 0.1:
            return None
        cir = rng.choice((0, 1, 10, 1000, 10**6))
        if rng.random() < 0.3:
            return [cir, rng.choice((0, 1, 2, 5, 100, 1500)), rng.choice((0, 1, 3, 10, 200, 3000))]
        pir = cir + rng.choice((0, 1, 100, 10**5))
        return [cir, rng.choice((0, 1, 2, 5, 100, 1500)), pir, rng.choice((0, 1, 3, 10, 200, 3000))]

    def _index(self, size: int) -> int:
        return self.rng.choice((0, 1, size - 1, self.rng.randrange(size))) % size

    def _meter(self) -> Step | None:
        name, size = self.rng.choice(sorted(self.s.meters.items()))
        return {"do": "meter", "meter": name, "index": self._index(size), "config": self._config()} if size else None

    def _direct_meter(self) -> Step | None:
        key = self._some_key(lambda t: t.meter)
        if key is None:
            return None
        return {"do": "direct meter", "table": key[0], "match": key[1], "priority": key[2], "config": self._config()}

    def _counter(self) -> Step | None:
        name, size = self.rng.choice(sorted(self.s.counters.items()))
        value = [self.rng.randrange(1000), self.rng.randrange(100_000)]
        return {"do": "counter", "counter": name, "index": self._index(size), "value": value} if size else None

    def _direct_counter(self) -> Step | None:
        key = self._some_key(lambda t: t.counter)
        if key is None:
            return None
        value = [self.rng.randrange(1000), self.rng.randrange(100_000)]
        return {"do": "direct counter", "table": key[0], "match": key[1], "priority": key[2], "value": value}

    def _register(self) -> Step | None:
        name, (size, width) = self.rng.choice(sorted(self.s.registers.items()))
        value = self.pool.value(width)
        return {"do": "register", "register": name, "index": self._index(size), "value": value} if size else None

    def _value_set(self) -> Step:
        name, widths = self.rng.choice(sorted(self.s.value_sets.items()))
        members = []
        for _ in range(self.rng.randrange(5)):
            member = []
            for width in widths:
                value = self.pool.value(width)
                self.pool.add(width, value)
                mask = self.rng.getrandbits(width) if width else 0
                exact = self.rng.random() < 0.7
                member.append(["exact", value] if exact else ["ternary", value & mask, mask])
            members.append(member)
        return {"do": "value set", "set": name, "members": members}
