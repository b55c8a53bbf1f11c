"""The shape of an intent file. Names and addresses are checked against one another in check.py, not here.

Grows by new optional keys; the meaning of a key that is there never changes.
"""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from .scalars import Cidr, DeviceId, Endpoint, Ipv4, Mac, Name, Ports, Protocol, SwitchPort, Vni


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=False)


class Host(_Model):
    """A machine that carries VMs: the far end of the tunnels, by its underlay address."""

    ip: Ipv4
    mac: Mac


class Vtep(_Model):
    """The gateway's own end of the tunnels."""

    ip: Ipv4
    mac: Mac


class Port(_Model):
    """A port of the switch and the hosts that are reached through it."""

    hosts: list[Name] = Field(default_factory=list)


class Gateway(_Model):
    """One switch: where its P4Runtime server listens, and how it is joined to the underlay."""

    p4runtime: Endpoint
    device_id: DeviceId = 1
    pipeline: str | None = None
    vtep: Vtep
    ports: dict[SwitchPort, Port]


class Subnet(_Model):
    cidr: Cidr
    gateway: Ipv4 | None = None
    """The address that VMs route through; by default the first of the subnet. The switch answers ARP for it."""


class Vm(_Model):
    ip: Ipv4
    host: Name
    mac: Mac | None = None


class AclRule(_Model):
    """One rule. The first rule of the tenant that matches a packet decides.

    `from` and `to`: `any`, the name of a subnet or a VM of the tenant, an address, or a prefix.
    `ports`: destination ports of TCP or UDP.
    """

    action: Literal["allow", "deny"]
    proto: Protocol | None = None
    source: str = Field("any", alias="from")
    to: str = "any"
    ports: Ports | None = None


class Tenant(_Model):
    """One VPC. Addresses mean something only within it: tenants may use the same ones."""

    vni: Vni | None = None
    gateway_mac: Mac | None = None
    """The MAC of the gateway addresses of its subnets, on every gateway."""
    subnets: dict[Name, Subnet] = Field(default_factory=dict)
    vms: dict[Name, Vm] = Field(default_factory=dict)
    acl: list[AclRule] = Field(default_factory=list)
    acl_default: Literal["allow", "deny"] = "allow"

    def networks(self) -> list[IPv4Network]:
        return [subnet.cidr for subnet in self.subnets.values()]


class Intent(_Model):
    """Everything the operator asks for."""

    hosts: dict[Name, Host] = Field(default_factory=dict)
    gateways: dict[Name, Gateway]
    tenants: dict[Name, Tenant] = Field(default_factory=dict)
