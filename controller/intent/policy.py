"""What a tenant's access list means: regions of packets, and the verdict on one packet."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import NamedTuple

from .models import AclRule, Tenant
from .scalars import PortRange, parse_cidr

ANYWHERE = IPv4Network("0.0.0.0/0")


class Region(NamedTuple):
    """The packets that a rule is about; None stands for any protocol or port."""

    source: IPv4Network
    to: IPv4Network
    proto: int | None
    ports: PortRange | None


def region(tenant: Tenant, rule: AclRule) -> Region:
    """A rule with its names replaced by prefixes."""
    return Region(_network(tenant, rule.source), _network(tenant, rule.to), rule.proto, rule.ports)


def permits(tenant: Tenant, source: IPv4Address, to: IPv4Address, proto: int, port: int | None = None) -> bool:
    """Does the access list let a packet pass? `port` is the destination port; None: the packet has none."""
    for rule in tenant.acl:
        what = region(tenant, rule)
        if source not in what.source or to not in what.to or what.proto not in (None, proto):
            continue
        if what.ports is None or (port is not None and what.ports.low <= port <= what.ports.high):
            return rule.action == "allow"
    return tenant.acl_default == "allow"


def _network(tenant: Tenant, text: str) -> IPv4Network:
    if text == "any":
        return ANYWHERE
    if text in tenant.subnets:
        return tenant.subnets[text].cidr
    if text in tenant.vms:
        return IPv4Network(tenant.vms[text].ip)
    return parse_cidr(text if "/" in text else f"{text}/32")
