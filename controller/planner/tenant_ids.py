"""Which number a tenant has inside a switch.

The pipeline knows tenants by small numbers, which index its counters. They mean nothing outside of one switch, so the
switch itself is where they are remembered: its `vni` table. A tenant keeps its number for as long as it is there, and
a number is given out only if no entry holds it, so that a new tenant never finds entries of an old one.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from .layout import TABLES, State

_KEYED_BY_TENANT = tuple(table.name for table in TABLES if table.fields[0].name == "tenant")


class NoTenantId(Exception):
    """More tenants than numbers, counting those whose entries are still to be deleted."""

    def __init__(self, needed: int, ids: int) -> None:
        self.needed, self.ids = needed, ids
        super().__init__(f"{needed} tenant ids are needed and the pipeline has {ids}")


def assign_tenant_ids(vnis: Iterable[int], held: State, ids: int) -> dict[int, int]:
    """VNI -> tenant id in [0, ids). `held` is what the switch holds now. Raises NoTenantId."""
    wanted = sorted(vnis)
    known = {key[0]: value[1] for key, value in held.get("vni", {}).items() if value[0] == "set_tenant"}
    used = set(known.values())
    for table in _KEYED_BY_TENANT:
        used.update({key[0] for key in held.get(table, ())})
    result: dict[int, int] = {}
    taken: set[int] = set()
    fresh: list[int] = []
    for vni in wanted:
        if vni in known and known[vni] not in taken and known[vni] < ids:
            result[vni] = known[vni]
            taken.add(known[vni])
        else:
            fresh.append(vni)
    # 0 is what an untouched metadata field says; it is used only when nothing else is left.
    free = (n for n in chain(range(1, ids), (0,)) if n not in used)
    for vni in fresh:
        number = next(free, None)
        if number is None:
            raise NoTenantId(len(used) + len(fresh), ids)
        result[vni] = number
    return result
