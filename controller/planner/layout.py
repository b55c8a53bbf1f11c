"""The tables of the gateway program that the controller fills: names, keys, actions, and the order of writing.

This is what the controller asks of a pipeline (docs/gateway.md describes it from the program's side). The pipeline's
P4Info gives the ids and sizes; `p4runtime/bind.py` checks that it has all of this.

Entries are plain tuples, because there are hundreds of thousands of them:
    key   = (field, field, ..., priority)    fields in the order below; exact: the value; lpm: (value, prefix length);
                                             ternary: (value, mask); priority 0 where the table has none
    value = (action name, param, param, ...) params in the order below
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Key = tuple[Any, ...]
Value = tuple[Any, ...]
Rows = dict[Key, Value]
State = dict[str, Rows]
"""Entries by table name: what is wanted of a switch, or what it holds."""

Kind = Literal["exact", "lpm", "ternary"]


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    width: int
    kind: Kind = "exact"


@dataclass(frozen=True, slots=True)
class Table:
    """`refers` names, for an action parameter, the table in whose (one) key its value must exist."""

    name: str
    fields: tuple[Field, ...]
    actions: dict[str, tuple[Field, ...]]
    refers: tuple[tuple[str, str, str], ...] = ()

    @property
    def has_priority(self) -> bool:
        return any(field.kind == "ternary" for field in self.fields)


_TENANT = Field("tenant", 16)

TABLES: tuple[Table, ...] = (
    # In the order in which entries are inserted and modified; they are deleted in the reverse order. A table comes
    # after those that its entries need: a host's next hop before the VMs on it; a tenant's access list before its VMs
    # can send or be reached; a VM's new host as a source before packets go there; the VNI, which opens it all, last.
    Table(
        "next_hop",
        (Field("host", 32),),
        {"to_port": (Field("port", 9), Field("src_mac", 48), Field("dst_mac", 48))},
    ),
    Table(
        "acl",
        (
            _TENANT,
            Field("src", 32, "ternary"),
            Field("dst", 32, "ternary"),
            Field("proto", 8, "ternary"),
            Field("has_ports", 1, "ternary"),
            Field("sport", 16, "ternary"),
            Field("dport", 16, "ternary"),
        ),
        {"permit": (), "deny": ()},
    ),
    Table(
        "vm_source",
        (_TENANT, Field("address", 32), Field("mac", 48), Field("host", 32)),
        {"genuine": ()},
    ),
    Table(
        "endpoint",
        (_TENANT, Field("address", 32)),
        {"vm": (Field("host", 32), Field("mac", 48)), "gateway": ()},
        refers=(("vm", "host", "next_hop"),),
    ),
    Table("route", (_TENANT, Field("dst", 32, "lpm")), {"connected": (), "blackhole": ()}),
    Table("local_vtep", (Field("address", 32),), {"local": (Field("mac", 48),)}),
    Table("vni", (Field("vni", 24),), {"set_tenant": (_TENANT, Field("gateway_mac", 48))}),
)

TENANT_COUNTERS = ("tenant_rx", "tenant_tx")
"""Counters with a cell a tenant, indexed by tenant id."""
DROP_COUNTER = "drops"
DROP_ENUM = "DropReason"
"""The counter of drops has a cell a member of this enum, whose names P4Info carries."""
