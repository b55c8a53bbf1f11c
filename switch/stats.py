"""Counters of a running switch in one snapshot, for `p4gate top`. docs/top.md describes the JSON.

All that is here costs the packet path nothing: ports, drops and idle time are counted anyway, once a burst or a drop;
hits, misses and drops by action only by the object that packets go through while somebody watches (code_objects.py).
"""

from __future__ import annotations

import time
from asyncio import TimerHandle, get_running_loop
from typing import Any

from switch.engine import Engine
from switch.port_service import to_json
from switch.ports import DataPlane

VERSION = 1
LEASE_S = 15.0  # who watches asks again within this time


class Watch:
    """Lets an engine count as long as somebody asks again in time. On an asyncio loop."""

    def __init__(self) -> None:
        self._engine: Engine | None = None
        self._timer: TimerHandle | None = None

    def renew(self, engine: Engine) -> None:
        """Count for LEASE_S more."""
        if self._timer is not None:
            self._timer.cancel()
        self._engine = engine
        engine.watch()
        self._timer = get_running_loop().call_later(LEASE_S, self._end)

    def _end(self) -> None:
        if self._engine is not None:
            self._engine.unwatch()
        self._engine = self._timer = None


def snapshot(plane: DataPlane, engine: Engine | None, p4runtime: dict[str, int]) -> dict[str, Any]:
    """Counts since the switch started; times in ns of CLOCK_MONOTONIC."""
    found: dict[str, Any] = {
        "version": VERSION,
        "time_ns": time.monotonic_ns(),
        "program": engine.program.name if engine is not None else None,
        "ports": [to_json(port) for port in plane.ports()],
        "workers": [{"worker": i, "idle_ns": idle} for i, idle in enumerate(plane.idle_ns())],
        "p4runtime": p4runtime,
        "counting": False,
        "drops": {},
        "drops_by_action": {},
        "tables": [],
    }
    if engine is None:
        return found
    lookups = engine.lookups()
    found["counting"] = engine.counting
    found["drops"] = {**engine.drops(), "no such port": plane.unconnected()}
    found["drops_by_action"] = engine.drops_by_action()
    for table in engine.tables():
        if table.match_kinds:
            hits, misses = lookups[table.name]
            sizes = {"entries": table.entries, "size": table.size}
            found["tables"].append({"table": table.name, **sizes, "hits": hits, "misses": misses})
    return found
