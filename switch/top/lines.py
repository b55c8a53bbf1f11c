"""Rates as plain lines, for pipes and logs; and how numbers are written there and on terminals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def lines(rates: dict[str, Any]) -> Iterator[str]:
    """One line for each port, table, drop reason with drops, and one for the workers."""
    for p in rates["ports"]:
        name = f" {p['interface']}" if p["interface"] else ""
        yield f"port {p['port']}{name} ({p['state']}): in {_side(p['in'])}, out {_side(p['out'])}"
    for t in rates["tables"]:
        if t["lookups_per_second"] is None:
            rate = "not counted yet"
        else:
            rate = f"{short(t['lookups_per_second'])} look-ups/s, {ratio(t['hit_ratio'])} hits"
        yield f"table {t['table']}: {t['entries']}/{t['size']} entries, {rate}"
    for d in rates["drops"]:
        if d["total"]:
            yield f"drops {drop_name(d)}: {short(d['per_second'])}/s, {d['total']} in all"
    load = ", ".join(f"{w['worker']}: {100 * w['load']:.0f} %" for w in rates["workers"])
    updates = rates["p4runtime"].get("updates_per_second", 0)
    yield f"workers {load}; P4Runtime {short(updates)}updates/s"


def _side(side: dict[str, float]) -> str:
    lost = side["drops_per_second"] + side["errors_per_second"]
    return f"{short(side['packets_per_second'])}pps {short(side['bits_per_second'])}bit/s" + (
        f" {short(lost)} lost/s" if lost else ""
    )


def drop_name(drop: dict[str, Any]) -> str:
    return f"by action {drop['action']}" if "action" in drop else str(drop["reason"])


def ratio(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"


def short(value: float) -> str:
    """Three digits and a prefix: 1.23 M"""
    for limit, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.3g} {prefix}"
    return f"{value:.3g} " if value else "0 "
