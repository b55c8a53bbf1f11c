"""What an intent may leave out, worked out from what it says: the same file always gives the same values.

No value depends on the order of the file or on another tenant, so adding one thing never changes another.
"""

from __future__ import annotations

import hashlib
from ipaddress import IPv4Address

from .models import Subnet, Tenant

DEFAULT_GATEWAY_MAC = 0x02_70_34_67_77_01  # locally administered; 70 34 67 77 is "p4gw"


def tenant_vni(name: str, tenant: Tenant) -> int:
    """The tenant's VNI: as given, or 22 bits of its name's SHA-256 above 2^22, away from numbers people choose."""
    if tenant.vni is not None:
        return tenant.vni
    digest = hashlib.sha256(name.encode()).digest()
    return 1 << 22 | int.from_bytes(digest[:4], "big") & (1 << 22) - 1


def tenant_gateway_mac(tenant: Tenant) -> int:
    """The MAC of the tenant's gateway addresses: as given, or one for all tenants and gateways.

    Every gateway answers ARP for the same address, so they must agree: it cannot depend on the gateway.
    """
    return tenant.gateway_mac if tenant.gateway_mac is not None else DEFAULT_GATEWAY_MAC


def subnet_gateway(subnet: Subnet) -> IPv4Address:
    """The subnet's router address: as given, or the first after the network's own."""
    return subnet.gateway if subnet.gateway is not None else subnet.cidr[1]


def vm_mac(vni: int, ip: IPv4Address) -> int:
    """A locally administered MAC, unique in the tenant because the address is: 02, VNI's low byte, the address."""
    return 0x02 << 40 | (vni & 0xFF) << 32 | int(ip)
