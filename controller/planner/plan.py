"""An intent -> the entries that one gateway must hold. Pure."""

from __future__ import annotations

from ..bulk import no_collection
from ..intent.derive import subnet_gateway, tenant_gateway_mac, tenant_vni, vm_mac
from ..intent.models import Gateway, Intent, Tenant
from .acl import acl_rows
from .layout import TABLES, Rows, State

_GENUINE = ("genuine",)
_GATEWAY = ("gateway",)
_CONNECTED = ("connected",)


def vnis(intent: Intent) -> dict[str, int]:
    """Tenant name -> VNI."""
    return {name: tenant_vni(name, tenant) for name, tenant in intent.tenants.items()}


def plan(intent: Intent, gateway: Gateway, tenant_ids: dict[int, int]) -> State:
    """The entries of every table in TABLES. `tenant_ids`: VNI -> the number of that tenant in this switch."""
    with no_collection():
        state: State = {table.name: {} for table in TABLES}
        state["local_vtep"][(int(gateway.vtep.ip), 0)] = ("local", gateway.vtep.mac)
        for number, port in gateway.ports.items():
            for name in port.hosts:
                host = intent.hosts[name]
                state["next_hop"][(int(host.ip), 0)] = ("to_port", number, gateway.vtep.mac, host.mac)
        hosts = {name: int(host.ip) for name, host in intent.hosts.items()}
        for name, tenant in intent.tenants.items():
            vni = tenant_vni(name, tenant)
            tenant_id = tenant_ids[vni]
            state["vni"][(vni, 0)] = ("set_tenant", tenant_id, tenant_gateway_mac(tenant))
            state["acl"].update(acl_rows(tenant_id, tenant))
            _subnets(state["route"], state["endpoint"], tenant_id, tenant)
            _vms(state["endpoint"], state["vm_source"], tenant_id, vni, tenant, hosts)
        return state


def _subnets(route: Rows, endpoint: Rows, tenant_id: int, tenant: Tenant) -> None:
    for subnet in tenant.subnets.values():
        route[(tenant_id, (int(subnet.cidr.network_address), subnet.cidr.prefixlen), 0)] = _CONNECTED
        endpoint[(tenant_id, int(subnet_gateway(subnet)), 0)] = _GATEWAY


def _vms(endpoint: Rows, source: Rows, tenant_id: int, vni: int, tenant: Tenant, hosts: dict[str, int]) -> None:
    for vm in tenant.vms.values():
        address, host = int(vm.ip), hosts[vm.host]
        mac = vm.mac if vm.mac is not None else vm_mac(vni, vm.ip)
        endpoint[(tenant_id, address, 0)] = ("vm", host, mac)
        source[(tenant_id, address, mac, host, 0)] = _GENUINE
