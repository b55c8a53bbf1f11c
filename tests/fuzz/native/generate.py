"""A random case: seed and program in, steps out. The same for the same seed. And the case that is a record."""

from __future__ import annotations

import random

from tests.fuzz.native import program as programs
from tests.fuzz.native.case import Case, Step
from tests.fuzz.native.packets import Packets
from tests.fuzz.native.recorded import recorded
from tests.fuzz.native.updates import Pool, Updates

BURST = 64
FIRST_UPDATES = 25


def generate(seed: int, name: str, packets: int, optimise: str | None = None) -> Case:
    """A case for the program called `name`, with so many packets."""
    rng = random.Random(f"{seed} {name}")
    surface = programs.surface(name)
    pool = Pool(rng, surface.constants)
    with_entries = [t.name for t in surface.tables if t.const and t.kinds]
    unlocked = tuple(t for t in with_entries if rng.random() < 0.4)
    updates = Updates(rng, surface, pool, unlocked)
    entries, packets_before = recorded(name)
    source = Packets(rng, programs.load(name), pool, packets_before)
    steps: list[Step] = []
    at, sent = 0, 0
    if rng.random() < 0.85:
        steps += [step | {"at": 0} for step in updates.begin(entries)]
    for _ in range(FIRST_UPDATES if updates.kinds else 0):
        steps += _update(updates, at)
    while sent < packets:
        for _ in range(rng.choice((0, 0, 1, 1, 2, 6))):
            steps += _update(updates, at)
        count = 1 if surface.one_by_one else rng.choice((1, 2, 7, 32, 33, BURST))
        at += 1000 * rng.choice((0, 1, 10, 1000, 10**5, 10**6))
        steps.append({"do": "packets", "at": at, "packets": [source.next() for _ in range(min(count, packets - sent))]})
        sent += count
    if optimise is None:
        optimise = rng.choices(("none", "quick", "full"), (30, 62, 8))[0]
    return Case(name, tuple(steps), unlocked, optimise)


def replayed(name: str, optimise: str) -> Case:
    """The case of a golden program's record: all entries that it ever has, if there is room; then its packets."""
    entries, packets = recorded(name)
    surface, rng = programs.surface(name), random.Random(name)
    written = {step["table"] for step in entries if step["do"] == "insert"}
    unlocked = tuple(t.name for t in surface.tables if t.const and t.name in written)
    entries = tuple(Updates(rng, surface, Pool(rng, surface.constants), unlocked).begin(entries))
    size = 1 if surface.one_by_one else BURST // 2
    sent = [[port, data.hex()] for port, data in packets]
    bursts = [sent[i : i + size] for i in range(0, len(sent), size)]
    steps = [step | {"at": 0} for step in entries]
    steps += [{"do": "packets", "at": 1000 * i, "packets": burst} for i, burst in enumerate(bursts)]
    return Case(name, tuple(steps), unlocked, optimise)


def _update(updates: Updates, at: int) -> list[Step]:
    step = updates.next()
    return [step | {"at": at}] if step is not None else []
