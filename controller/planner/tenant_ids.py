"""Which number a tenant has inside a switch.

The pipeline knows tenants by small numbers, which index its counters. They mean nothing outside of one switch, so the
switch itself is where they are remembered: its `vni` table.

Rule 1. A tenant keeps its number for as long as its VNI is in that table.
Rule 2. A number that the table gives to any VNI, also to one that is about to go, is given to no other: a new tenant
        never meets the entries of one that packets still reach.
Rule 3. Entries whose number no VNI leads to are what a killed run left (VNIs are written last). A new tenant takes over
        the number under which most of its VMs are there already, so that the next run goes on and does not start again.
        What else is under that number is deleted before the VNI is written (diff.py, rule 6).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator

from .layout import TABLES, State

KEYED_BY_TENANT = frozenset(table.name for table in TABLES if table.fields[0].name == "tenant")

Sources = Callable[[int], Collection[tuple[int, int, int]]]
"""VNI -> (address, MAC, host) of each of its VMs: the rest of a key of `vm_source`."""


class NoTenantId(Exception):
    """More tenants than numbers, counting those that are about to go."""

    def __init__(self, needed: int, ids: int) -> None:
        self.needed, self.ids = needed, ids
        super().__init__(f"{needed} tenant ids are needed and the pipeline has {ids}")


def reachable_ids(held: State) -> dict[int, int]:
    """VNI -> tenant id, as a switch has it."""
    return {key[0]: value[1] for key, value in held.get("vni", {}).items() if value[0] == "set_tenant"}


def assign_tenant_ids(vnis: Iterable[int], held: State, ids: int, sources: Sources) -> dict[int, int]:
    """VNI -> tenant id in [0, ids). `held` is what the switch holds now. Raises NoTenantId."""
    known = reachable_ids(held)
    taken = set(known.values())
    result: dict[int, int] = {}
    fresh: list[int] = []
    kept: set[int] = set()
    for vni in sorted(vnis):
        number = known.get(vni, ids)
        if number < ids and number not in kept:
            result[vni] = number
            kept.add(number)
        else:
            fresh.append(vni)
    usual = dict(zip(fresh, _free(taken, ids)))  # noqa: B905 (numbers may run out)
    for vni, number in _left_over(fresh, held, taken, usual, sources):
        if vni not in result and number not in taken and number < ids:
            result[vni] = number
            taken.add(number)
    free = _free(taken, ids)
    for vni in fresh:
        if vni not in result:
            number = next(free, -1)
            if number < 0:
                raise NoTenantId(len(fresh) + len(set(known.values())), ids)
            result[vni] = number
    return result


def _free(taken: set[int], ids: int) -> Iterator[int]:
    """Numbers to give out, 0 last: it is what an untouched metadata field says."""
    return iter([number for number in (*range(1, ids), 0) if number not in taken])


def _left_over(
    fresh: list[int], held: State, taken: set[int], usual: dict[int, int], sources: Sources
) -> Iterator[tuple[int, int]]:
    """(VNI, number) of new tenants that are partly there, the greatest part first.

    Where tenants with the same VMs tie, the number that a tenant is `usual`ly given tells who left it.
    """
    rests: dict[tuple[int, int, int], list[int]] = {}
    for number, *rest, _ in held.get("vm_source", ()):
        if number not in taken:
            rests.setdefault((rest[0], rest[1], rest[2]), []).append(number)
    if not rests:
        return
    found: Counter[tuple[int, int]] = Counter()
    for vni in fresh:
        for source in sources(vni):
            for number in rests.get(source, ()):
                found[vni, number] += 1
    for (vni, number), _ in sorted(
        found.items(), key=lambda item: (-item[1], usual.get(item[0][0]) != item[0][1], item[0])
    ):
        yield vni, number
