"""What is wanted against what a switch holds -> writes, in an order that harms no packet. Pure.

Rule 1. An entry that others refer to is inserted before them and deleted after them (the order of `layout.TABLES`):
        at no moment does one point to what is not there.
Rule 2. New entries come before old ones go: what works before and after works throughout.
Rule 3. Where entries overlap (priorities, prefixes), insert and modify from the most specific down, then delete from
        the least specific up. Whatever is the best match of the new entries so far has everything above it in place, so
        each packet gets the old verdict or the new one, never a third.
Rule 4. A switch may reorder the writes of one batch (P4Runtime 1.4, 12.2), so what needs an order is never in one: a
        `Step` holds writes that may go in any order, and ends before the next begins.
Rule 5. Where old and new entries do not fit into a table together, its deletes come first. That is safe only in an
        exact table that nothing refers to: elsewhere packets would meet an access list with holes, or no next hop.
        There it is an error, before anything is written.
Rule 6. Entries of tenant numbers that no VNI of the switch leads to go before all else: no packet can meet them, and
        their numbers may be given to new tenants.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from .planner.layout import TABLES, Key, Rows, State, Table, Value
from .planner.tenant_ids import KEYED_BY_TENANT, reachable_ids

INSERT, MODIFY, DELETE = 1, 2, 3  # as in p4.v1.Update.Type
Write = tuple[int, Key, Value]


@dataclass(frozen=True, slots=True)
class Change:
    """The difference in one table. `modify` has the values to come; `delete` the values that go."""

    table: Table
    insert: Rows
    modify: Rows
    delete: Rows

    def __len__(self) -> int:
        return len(self.insert) + len(self.modify) + len(self.delete)


class Step(NamedTuple):
    """Writes to one table that may be done in any order."""

    table: Table
    writes: list[Write]


@dataclass(frozen=True, slots=True)
class Full:
    """A table that cannot hold what is wanted, or (`during`) cannot hold old and new together on the way."""

    table: str
    size: int
    needed: int
    during: bool


def diff(wanted: State, held: State) -> list[Change]:
    """One Change a table, in the order of TABLES; tables without a difference are left out."""
    changes = []
    for table in TABLES:
        new, old = wanted.get(table.name, {}), held.get(table.name, {})
        if new == old:
            continue
        insert = {key: value for key, value in new.items() if key not in old}
        delete = {key: value for key, value in old.items() if key not in new}
        modify = {key: value for key, value in new.items() if key in old and old[key] != value}
        changes.append(Change(table, insert, modify, delete))
    return changes


def capacity(wanted: State, held: State, changes: list[Change], sizes: Mapping[str, int]) -> list[Full]:
    """The tables that are too small; empty if all of `steps` can be written."""
    full = [
        Full(name, sizes[name], len(rows), during=False) for name, rows in wanted.items() if len(rows) > sizes[name]
    ]
    too_small = {one.table for one in full}
    reachable = set(reachable_ids(held).values())
    for change in changes:
        name = change.table.name
        needed = _needed(change, held, _unreachable(change, reachable))
        if name not in too_small and needed > sizes[name] and not _may_delete_first(change.table):
            full.append(Full(name, sizes[name], needed, during=True))
    return full


def steps(changes: list[Change], held: State, sizes: Mapping[str, int]) -> list[Step]:
    """The writes, in order. `capacity` must have found nothing."""
    reachable = set(reachable_ids(held).values())
    result: list[Step] = []
    late: list[Step] = []
    for change in reversed(changes):
        unreachable = _unreachable(change, reachable)
        result += _deletes(change, unreachable)
        if _needed(change, held, unreachable) <= sizes[change.table.name]:
            late += _deletes(change, {key: value for key, value in change.delete.items() if key not in unreachable})
    for change in changes:
        unreachable = _unreachable(change, reachable)
        if _needed(change, held, unreachable) > sizes[change.table.name]:
            result += _deletes(change, {key: value for key, value in change.delete.items() if key not in unreachable})
        upserts: list[Write] = [(INSERT, key, value) for key, value in change.insert.items()]
        upserts += [(MODIFY, key, value) for key, value in change.modify.items()]
        result += reversed(_grouped(change.table, upserts))
    return result + late


def _unreachable(change: Change, reachable: set[int]) -> Rows:
    """Deletions of entries that no packet can meet, because no VNI leads to their tenant's number."""
    if change.table.name not in KEYED_BY_TENANT:
        return {}
    return {key: value for key, value in change.delete.items() if key[0] not in reachable}


def _needed(change: Change, held: State, unreachable: Rows) -> int:
    """Entries in the table when all that is new is there and nothing reachable has been deleted."""
    return len(held.get(change.table.name, ())) - len(unreachable) + len(change.insert)


def _deletes(change: Change, rows: Rows) -> list[Step]:
    return _grouped(change.table, [(DELETE, key, value) for key, value in rows.items()])


def _may_delete_first(table: Table) -> bool:
    referred_to = any(target == table.name for other in TABLES for _, _, target in other.refers)
    return not referred_to and all(field.kind == "exact" for field in table.fields)


def _grouped(table: Table, writes: list[Write]) -> list[Step]:
    """Writes of one table by how specific their entries are, the least specific first."""
    lpm = next((i for i, field in enumerate(table.fields) if field.kind == "lpm"), None)
    if lpm is None and not table.has_priority:
        return [Step(table, writes)] if writes else []
    groups: dict[int, list[Write]] = {}
    for write in writes:
        level = write[1][-1] if lpm is None else write[1][lpm][1]
        groups.setdefault(level, []).append(write)
    return [Step(table, groups[level]) for level in sorted(groups)]
