"""Two snapshots of counters -> rates a second. Pure; docs/top.md describes the result.

A counter that went back began anew meanwhile (another pipeline, a port that was made again): what it shows now is what
was counted since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

VERSION = 1
Snapshot = Mapping[str, Any]


def rates(before: Snapshot, after: Snapshot) -> dict[str, Any]:
    """What happened a second between two snapshots, as plain values."""
    seconds = max((after["time_ns"] - before["time_ns"]) / 1e9, 1e-9)
    return {
        "version": VERSION,
        "seconds": round(seconds, 3),
        "program": after["program"],
        "counting": bool(before["counting"] and after["counting"]),
        "ports": _ports(before["ports"], after["ports"], seconds),
        "tables": _tables(before, after, seconds),
        "drops": _drops(before, after, seconds),
        "workers": _workers(before["workers"], after["workers"], seconds),
        "p4runtime": {
            f"{name}_per_second": _rate(before["p4runtime"].get(name, 0), count, seconds)
            for name, count in after["p4runtime"].items()
        },
    }


def _gained(before: int, after: int) -> int:
    return after - before if after >= before else after


def _rate(before: int, after: int, seconds: float) -> float:
    return round(_gained(before, after) / seconds, 1)


def _ports(before: Sequence[Any], after: Sequence[Any], seconds: float) -> list[dict[str, Any]]:
    old = {port["port"]: port["counters"] for port in before}
    found = []
    for port in after:
        now, then = port["counters"], old.get(port["port"], {})

        def rate(name: str, now: Any = now, then: Any = then) -> float:
            return _rate(then.get(name, 0), now.get(name, 0), seconds)

        found.append(
            {
                "port": port["port"],
                "interface": port["interface"],
                "state": "shut" if not port["enabled"] else "up" if port["running"] else "down",
                "in": {
                    "packets_per_second": rate("received"),
                    "bits_per_second": round(8 * rate("received_bytes")),
                    "drops_per_second": rate("receive_drops"),
                    "errors_per_second": rate("receive_errors"),
                },
                "out": {
                    "packets_per_second": rate("sent"),
                    "bits_per_second": round(8 * rate("sent_bytes")),
                    "drops_per_second": rate("send_drops"),
                    "errors_per_second": rate("send_errors"),
                },
            }
        )
    return found


def _tables(before: Snapshot, after: Snapshot, seconds: float) -> list[dict[str, Any]]:
    old = {table["table"]: table for table in before["tables"]}
    counted = before["counting"] and after["counting"]
    found = []
    for table in after["tables"]:
        then = old.get(table["table"], {})
        hits, misses = (_gained(then.get(name, 0), table[name]) for name in ("hits", "misses"))
        found.append(
            {
                "table": table["table"],
                "entries": table["entries"],
                "size": table["size"],
                "lookups_per_second": round((hits + misses) / seconds, 1) if counted else None,
                "hit_ratio": round(hits / (hits + misses), 4) if counted and hits + misses else None,
            }
        )
    return found


def _drops(before: Snapshot, after: Snapshot, seconds: float) -> list[dict[str, Any]]:
    """By reason; those by the program also by the action that marked the packets, where it was counted."""
    found = []
    for key, kind in (("drops", "reason"), ("drops_by_action", "action")):
        for name, count in after[key].items():
            found.append({kind: name, "total": count, "per_second": _rate(before[key].get(name, 0), count, seconds)})
    return found


def _workers(before: Sequence[Any], after: Sequence[Any], seconds: float) -> list[dict[str, Any]]:
    old = {worker["worker"]: worker["idle_ns"] for worker in before}
    found = []
    for worker in after:
        idle = _gained(old.get(worker["worker"], 0), worker["idle_ns"]) / 1e9
        found.append({"worker": worker["worker"], "load": round(min(1.0, max(0.0, 1 - idle / seconds)), 3)})
    return found
