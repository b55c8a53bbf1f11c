"""Rates as tables for a terminal."""

from __future__ import annotations

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from switch.top.lines import drop_name, ratio, short


def view(address: str, rates: dict[str, Any]) -> RenderableType:
    return Group(_head(address, rates), _ports(rates), _tables(rates), _drops(rates))


def _head(address: str, rates: dict[str, Any]) -> Text:
    head = Text()
    head.append(f"{rates['program'] or 'no pipeline'}", "bold")
    head.append(f" on {address}   workers ")
    for worker in rates["workers"]:
        load = worker["load"]
        head.append(f"{100 * load:.0f} % ", "green" if load < 0.7 else "yellow" if load < 0.95 else "red")
    head.append(f"  P4Runtime {short(rates['p4runtime'].get('updates_per_second', 0))}updates/s")
    failed = rates["p4runtime"].get("failed_per_second", 0)
    if failed:
        head.append(f", {short(failed)}failed/s", "red")
    head.append("   Ctrl-C ends", "dim")
    return head


def _table(*columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i == 0 else "right")
    return table


def _ports(rates: dict[str, Any]) -> Table:
    table = _table("port", "state", "in pps", "in bit/s", "lost/s", "out pps", "out bit/s", "lost/s")
    for p in rates["ports"]:
        row = [f"{p['port']} {p['interface']}".strip(), p["state"]]
        for side in (p["in"], p["out"]):
            lost = side["drops_per_second"] + side["errors_per_second"]
            row += [short(side["packets_per_second"]), short(side["bits_per_second"]), _bad(lost)]
        table.add_row(*row)
    return table


def _bad(rate: float) -> str:
    return f"[red]{short(rate)}[/red]" if rate else "0"


def _tables(rates: dict[str, Any]) -> Table:
    table = _table("table", "entries", "size", "look-ups/s", "hits")
    for t in rates["tables"]:
        lookups = "counting soon" if t["lookups_per_second"] is None else short(t["lookups_per_second"])
        table.add_row(t["table"], str(t["entries"]), str(t["size"]), lookups, ratio(t["hit_ratio"]))
    return table


def _drops(rates: dict[str, Any]) -> Table:
    table = _table("drops", "per second", "in all")
    for d in rates["drops"]:
        if d["total"]:
            indent = "  " if "action" in d else ""
            table.add_row(indent + drop_name(d), _bad(d["per_second"]), str(d["total"]))
    if not table.rows:
        table.add_row("none", "", "")
    return table
