"""Meters: two rates and three colours (RFC 2698), one rate and three colours (RFC 2697), in bytes or packets.

Time is in nanoseconds and counts from a meter's configuration, when its buckets are full; credit is in whole tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.bmv2_model.headers import Json

GREEN, YELLOW, RED = 0, 1, 2
SECOND = 10**9


@dataclass
class Meter:
    cir: int
    cburst: int
    pir: int
    pburst: int
    start: int
    """When it was configured."""
    single_rate: bool = False
    """Then pburst is the excess burst."""

    def __post_init__(self) -> None:
        self.committed, self.peak = self.cburst, self.pburst
        self.committed_seen = self.peak_seen = 0

    def execute(self, amount: int, now: int) -> int:
        credited = max(0, now - self.start) * self.cir // SECOND
        fresh, self.committed_seen = credited - self.committed_seen, credited
        over = max(0, self.committed + fresh - self.cburst)
        self.committed = min(self.committed + fresh, self.cburst)
        if self.single_rate:
            self.peak = min(self.peak + over, self.pburst)
            if self.committed >= amount:
                self.committed -= amount
                return GREEN
            if self.peak >= amount:
                self.peak -= amount
                return YELLOW
            return RED
        credited = max(0, now - self.start) * self.pir // SECOND
        self.peak = min(self.peak + credited - self.peak_seen, self.pburst)
        self.peak_seen = credited
        if self.peak < amount:
            return RED
        self.peak -= amount
        if self.committed < amount:
            return YELLOW
        self.committed -= amount
        return GREEN


class Meters:
    """Arrays of meters. One that is not configured is green."""

    def __init__(self, json: Json) -> None:
        arrays = json.get("meter_arrays") or ()
        self.in_bytes = {m["name"]: m["type"] == "bytes" for m in arrays}
        self.target = {m["name"]: m["result_target"] for m in arrays if m.get("is_direct")}
        self.size = {m["name"]: m.get("size") or 0 for m in arrays if not m.get("is_direct")}
        self.cells: dict[tuple[str, int], Meter] = {}

    def colour(self, array: str, meter: Meter | None, length: int, now: int) -> int:
        if meter is None:
            return GREEN
        return meter.execute(length if self.in_bytes[array] else 1, now)

    def execute(self, array: str, index: int, length: int, now: int) -> int:
        return self.colour(array, self.cells.get((array, index)), length, now)
