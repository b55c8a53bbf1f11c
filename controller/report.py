"""What plan and verify found, for people and for machines. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .gateway import Job, Survey
from .planner.layout import TABLES, Table
from .render import entry_json, entry_text, value_text

SHOWN = 20
"""Entries shown of each kind in each table, unless all are asked for."""


def plan_lines(job: Job, found: Survey, everything: bool) -> Iterator[str]:
    """A line an entry: + to insert, ~ to modify, - to delete; then table by table."""
    if found.same:
        total = sum(map(len, found.held.values()))
        yield f"{job.name} ({job.address}): nothing to do, {total} entries are as wanted"
        return
    yield f"{job.name} ({job.address}): {found.writes} writes"
    if found.push:
        assert job.pipeline is not None
        yield f"  ~ pipeline: {job.pipeline.source} is to be pushed"
    names = {number: name for name, number in tenant_names(job, found).items()}
    for change in found.changes:
        table, held = change.table, found.held[change.table.name]
        for sign, rows in (("+", change.insert), ("~", change.modify), ("-", change.delete)):
            for i, (key, value) in enumerate(rows.items()):
                if i == SHOWN and not everything:
                    yield f"  {sign} {table.name}: {len(rows) - SHOWN} more (--all shows them)"
                    break
                was = f"   was {value_text(table, held[key], names)}" if sign == "~" else ""
                yield f"  {sign} {entry_text(table, key, value, names)}{was}"
    yield ""
    yield f"  {'table':<12}{'held':>8}{'wanted':>8}{'size':>8}{'+':>8}{'~':>8}{'-':>8}"
    by_name = {change.table.name: change for change in found.changes}
    for table in TABLES:
        counts = [len(found.held[table.name]), len(found.wanted[table.name]), found.bound.sizes[table.name]]
        one = by_name.get(table.name)
        counts += [len(one.insert), len(one.modify), len(one.delete)] if one else [0, 0, 0]
        yield f"  {table.name:<12}" + "".join(f"{count:>8}" for count in counts)


def verify_lines(job: Job, found: Survey, everything: bool) -> Iterator[str]:
    """The differences in the words of somebody who compares, not of one who is going to write."""
    if found.same:
        yield f"{job.name} ({job.address}): verified, {sum(map(len, found.held.values()))} entries are as wanted"
        return
    yield f"{job.name} ({job.address}): {found.writes} differences"
    if found.push:
        assert job.pipeline is not None
        yield f"  the switch does not run {job.pipeline.source}"
    names = {number: name for name, number in tenant_names(job, found).items()}
    for change in found.changes:
        table, held = change.table, found.held[change.table.name]
        lines = [f"missing    {entry_text(table, k, v, names)}" for k, v in change.insert.items()]
        lines += [
            f"different  {entry_text(table, k, held[k], names)}   should be {value_text(table, v, names)}"
            for k, v in change.modify.items()
        ]
        lines += [f"unwanted   {entry_text(table, k, v, names)}" for k, v in change.delete.items()]
        shown = lines if everything else lines[:SHOWN]
        yield from ("  " + line for line in shown)
        if len(shown) < len(lines):
            yield f"  {table.name}: {len(lines) - len(shown)} more (--all shows them)"
    yield f"  Apply the intent to mend this, or find out who else writes to {job.address}."


def survey_json(job: Job, found: Survey) -> dict[str, Any]:
    return {
        "address": job.address,
        "pipeline": "push" if found.push else "same",
        "writes": found.writes,
        "tenants": tenant_names(job, found),
        "tables": {table.name: _table_json(table, found) for table in TABLES},
    }


def _table_json(table: Table, found: Survey) -> dict[str, Any]:
    held = found.held[table.name]
    result: dict[str, Any] = {
        "held": len(held),
        "wanted": len(found.wanted[table.name]),
        "size": found.bound.sizes[table.name],
    }
    change = next((change for change in found.changes if change.table is table), None)
    for kind in ("insert", "modify", "delete"):
        rows = getattr(change, kind) if change else {}
        result[kind] = [entry_json(table, key, value) for key, value in rows.items()]
    for entry, key in zip(result["modify"], change.modify if change else (), strict=True):
        entry["was"] = entry_json(table, key, held[key])
    return result


def tenant_names(job: Job, found: Survey) -> dict[str, int]:
    """Tenant name -> its number in this switch."""
    return {name: found.tenant_ids[vni] for name, vni in job.vnis().items()}
