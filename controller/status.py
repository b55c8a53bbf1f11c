"""What a gateway is doing: pipeline, table fill, tenants' counters, drops by reason, hosts by port."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from ipaddress import IPv4Address
from typing import Any

from finsy.proto import p4r

from .gateway import read_state
from .p4runtime.bind import Bound, bind
from .p4runtime.connection import Connection
from .p4runtime.errors import NoPipeline
from .planner.layout import DROP_COUNTER, TENANT_COUNTERS


@dataclass(frozen=True, slots=True)
class Count:
    packets: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class TenantStatus:
    """One tenant: `counters` by counter name."""

    name: str
    vni: int
    tenant_id: int
    counters: dict[str, Count]


@dataclass(slots=True)
class Status:
    """`pipeline` is None when the switch runs none, and all else is empty then."""

    address: str
    device_id: int
    pipeline: str | None = None
    cookie: int = 0
    tables: dict[str, dict[str, int]] = field(default_factory=dict)
    tenants: list[TenantStatus] = field(default_factory=list)
    drops: dict[str, Count] = field(default_factory=dict)
    ports: dict[int, list[str]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def status(connection: Connection, tenants: Mapping[int, str], hosts: Mapping[int, str]) -> Status:
    """`tenants`: VNI -> name, `hosts`: underlay address -> name, for what the switch knows only by number."""
    result = Status(connection.address, connection.device_id)
    config = connection.pipeline(whole=False)
    if config is None:
        return result
    about = config.p4info.pkg_info
    result.pipeline = " ".join(filter(None, (about.name, about.arch))) or "unnamed"
    result.cookie = config.cookie.cookie
    try:
        bound = bind(config.p4info)
    except NoPipeline as error:
        raise NoPipeline(f"{connection.address}: {error}. Push the gateway with p4gate apply --pipeline.") from None
    state = read_state(connection, bound)
    result.tables = {name: {"entries": len(rows), "size": bound.sizes[name]} for name, rows in state.items()}
    cells = {name: _cells(connection, bound, name) for name in (*TENANT_COUNTERS, DROP_COUNTER)}
    for (vni, _), value in sorted(state["vni"].items()):
        number = value[1] if value[0] == "set_tenant" else 0
        counters = {name: cells[name].get(number, Count()) for name in TENANT_COUNTERS}
        result.tenants.append(TenantStatus(tenants.get(vni, "?"), vni, number, counters))
    for cell, count in sorted(cells[DROP_COUNTER].items()):
        if count.packets:
            result.drops[bound.drop_reasons.get(cell, f"reason {cell}")] = count
    for (address, _), value in sorted(state["next_hop"].items()):
        if value[0] == "to_port":
            result.ports.setdefault(value[1], []).append(hosts.get(address, str(IPv4Address(address))))
    return result


def status_lines(name: str, found: Status) -> Iterator[str]:
    yield f"{name} ({found.address}, device {found.device_id})"
    if found.pipeline is None:
        yield "  no pipeline. Push the gateway with p4gate apply --pipeline."
        return
    yield f"  pipeline {found.pipeline}, cookie {found.cookie:#x}"
    for port, hosts in sorted(found.ports.items()):
        yield f"  port {port}: {', '.join(hosts)}"
    yield ""
    yield f"  {'table':<12}{'entries':>10}{'size':>10}{'full':>7}"
    for table, fill in found.tables.items():
        share = 100 * fill["entries"] / fill["size"] if fill["size"] else 0
        yield f"  {table:<12}{fill['entries']:>10}{fill['size']:>10}{share:>6.1f}%"
    yield ""
    yield f"  {'tenant':<16}{'VNI':>10}" + "".join(f"{c + ' packets':>20}{'bytes':>14}" for c in TENANT_COUNTERS)
    for tenant in found.tenants:
        counts = "".join(f"{count.packets:>20}{count.bytes:>14}" for count in tenant.counters.values())
        yield f"  {tenant.name:<16}{tenant.vni:>10}" + counts
    yield ""
    if not found.drops:
        yield "  nothing was dropped"
        return
    yield f"  {'dropped because':<22}{'packets':>12}{'bytes':>14}"
    for reason, count in sorted(found.drops.items(), key=lambda item: -item[1].packets):
        yield f"  {reason:<22}{count.packets:>12}{count.bytes:>14}"


def _cells(connection: Connection, bound: Bound, name: str) -> dict[int, Count]:
    """Every cell of a counter that is not zero."""
    wildcard = p4r.Entity(counter_entry=p4r.CounterEntry(counter_id=bound.counters[name].counter_id))
    cells = {}
    for entity in connection.read([wildcard]):
        cell = entity.counter_entry
        if cell.data.packet_count or cell.data.byte_count:
            cells[cell.index.index] = Count(cell.data.packet_count, cell.data.byte_count)
    return cells
