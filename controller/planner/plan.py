"""An intent -> the entries that one gateway must hold. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..bulk import no_collection
from ..intent.derive import subnet_gateway, tenant_gateway_mac, tenant_vni, vm_mac
from ..intent.models import Gateway, Intent, Tenant
from .acl import acl_rows
from .layout import TABLES, Rows, State
from .tenant_ids import assign_tenant_ids

_GENUINE = ("genuine",)
_GATEWAY = ("gateway",)
_CONNECTED = ("connected",)


@dataclass(frozen=True, slots=True)
class Plan:
    """`tenant_ids`: VNI -> the number of that tenant in this switch."""

    wanted: State
    tenant_ids: dict[int, int]


def vnis(intent: Intent) -> dict[str, int]:
    """Tenant name -> VNI."""
    return {name: tenant_vni(name, tenant) for name, tenant in intent.tenants.items()}


def plan(intent: Intent, gateway: Gateway, held: State, tenant_ids: int) -> Plan:
    """What a gateway must hold, in every table of TABLES.

    `held`: what it holds now; only the tenants' numbers are taken from it. `tenant_ids`: how many numbers the pipeline
    has. Raises NoTenantId.
    """
    with no_collection():
        hosts = {name: int(host.ip) for name, host in intent.hosts.items()}
        by_vni = {tenant_vni(name, tenant): tenant for name, tenant in intent.tenants.items()}

        def sources(vni: int) -> list[tuple[int, int, int]]:
            return list(vm_sources(vni, by_vni[vni], hosts))

        ids = assign_tenant_ids(by_vni, held, tenant_ids, sources)
        return Plan(_entries(intent, gateway, hosts, ids), ids)


def vm_sources(vni: int, tenant: Tenant, hosts: dict[str, int]) -> Iterator[tuple[int, int, int]]:
    """(address, MAC, host) of each VM."""
    for vm in tenant.vms.values():
        yield int(vm.ip), vm.mac if vm.mac is not None else vm_mac(vni, vm.ip), hosts[vm.host]


def _entries(intent: Intent, gateway: Gateway, hosts: dict[str, int], tenant_ids: dict[int, int]) -> State:
    state: State = {table.name: {} for table in TABLES}
    state["local_vtep"][(int(gateway.vtep.ip), 0)] = ("local", gateway.vtep.mac)
    for number, port in gateway.ports.items():
        for name in port.hosts:
            host = intent.hosts[name]
            state["next_hop"][(int(host.ip), 0)] = ("to_port", number, gateway.vtep.mac, host.mac)
    for name, tenant in intent.tenants.items():
        vni = tenant_vni(name, tenant)
        tenant_id = tenant_ids[vni]
        state["vni"][(vni, 0)] = ("set_tenant", tenant_id, tenant_gateway_mac(tenant))
        state["acl"].update(acl_rows(tenant_id, tenant))
        _subnets(state["route"], state["endpoint"], tenant_id, tenant)
        endpoint, vm_source = state["endpoint"], state["vm_source"]
        for address, mac, host_ip in vm_sources(vni, tenant, hosts):
            endpoint[(tenant_id, address, 0)] = ("vm", host_ip, mac)
            vm_source[(tenant_id, address, mac, host_ip, 0)] = _GENUINE
    return state


def _subnets(route: Rows, endpoint: Rows, tenant_id: int, tenant: Tenant) -> None:
    for subnet in tenant.subnets.values():
        route[(tenant_id, (int(subnet.cidr.network_address), subnet.cidr.prefixlen), 0)] = _CONNECTED
        endpoint[(tenant_id, int(subnet_gateway(subnet)), 0)] = _GATEWAY
