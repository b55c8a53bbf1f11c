"""Two tenants with the same addresses, two subnets each, on four hosts; and a third tenant for the tests' markers.

              host1 (port 1)     host2 (port 2)    host3 (port 3)   host4 (port 4)
    blue      web1  db2          web2              db1              only
    red       db1                web1              db2              web2  only
    markers   m1                 m2                m3               m4

    10.1.1.0/24: web1 .11, web2 .12, blue's only .13        10.1.2.0/24: db1 .21, db2 .22, red's only .23
VMs of one name have the same IP and MAC address in both tenants; nothing but the VNI and the host tells them apart.
"""

from __future__ import annotations

from dataclasses import dataclass

from finsy.proto import p4r
from p4rt import Client
from packets import IP, UDP, VXLAN, Ether, Host, Vm, entropy_port, ip_number, mac_number
from scapy.packet import Packet

VTEP_IP, VTEP_MAC = "172.16.0.100", "02:67:00:00:00:64"
VTEP2_IP, VTEP2_MAC = "172.16.0.101", "82:83:ac:10:00:65"

HOST1 = Host(1, "172.16.0.1", "02:aa:00:00:00:01")
HOST2 = Host(2, "172.16.0.2", "02:aa:00:00:00:02")
HOST3 = Host(3, "172.16.0.3", "02:aa:00:00:00:03")
HOST4 = Host(4, "172.16.0.4", "02:aa:00:00:00:04")
HOSTS = (HOST1, HOST2, HOST3, HOST4)


@dataclass(frozen=True)
class Tenant:
    id: int
    vni: int
    gateway_mac: str
    vms: dict[str, Vm]
    gateways: tuple[str, ...] = ("10.1.1.1", "10.1.2.1")
    subnets: tuple[tuple[str, int], ...] = (("10.1.1.0", 24), ("10.1.2.0", 24))


BLUE = Tenant(
    id=1,
    vni=5001,
    gateway_mac="02:00:5e:00:01:01",
    vms={
        "web1": Vm("10.1.1.11", "02:00:00:00:01:11", HOST1),
        "web2": Vm("10.1.1.12", "02:00:00:00:01:12", HOST2),
        "db1": Vm("10.1.2.21", "02:00:00:00:02:21", HOST3),
        "db2": Vm("10.1.2.22", "02:00:00:00:02:22", HOST1),
        "only": Vm("10.1.1.13", "02:00:00:00:01:13", HOST4),
    },
)
RED = Tenant(
    id=2,
    vni=5002,
    gateway_mac="02:00:5e:00:01:02",
    vms={
        "web1": Vm("10.1.1.11", "02:00:00:00:01:11", HOST2),
        "web2": Vm("10.1.1.12", "02:00:00:00:01:12", HOST4),
        "db1": Vm("10.1.2.21", "02:00:00:00:02:21", HOST1),
        "db2": Vm("10.1.2.22", "02:00:00:00:02:22", HOST3),
        "only": Vm("10.1.2.23", "02:00:00:00:02:23", HOST4),
    },
)
# The largest VNI and the largest tenant id: they must work like any other.
MARKERS = Tenant(
    id=4095,
    vni=0xFFFFFF,
    gateway_mac="02:00:5e:00:0f:ff",
    vms={f"m{h.port}": Vm(f"192.0.2.{h.port}", f"02:00:00:00:0f:0{h.port}", h) for h in HOSTS},
    gateways=(),
    subnets=(),
)


def program(switch: Client) -> None:
    """Write the whole fixture into an empty pipeline, in the order of docs/gateway.md."""
    tenants = (BLUE, RED, MARKERS)
    switch.insert(*(next_hop(switch, host) for host in HOSTS))
    for tenant in tenants:
        for vm in tenant.vms.values():
            switch.insert(endpoint(switch, tenant, vm))
            switch.insert(vm_source(switch, tenant, vm))
        for address in tenant.gateways:
            key = {"tenant": tenant.id, "address": ip_number(address)}
            switch.insert(switch.entry("endpoint", key, "gateway"))
        for address, length in tenant.subnets:
            switch.insert(route(switch, tenant, address, length, "connected"))
    for tenant in tenants:
        params = {"tenant": tenant.id, "gateway_mac": mac_number(tenant.gateway_mac)}
        switch.insert(switch.entry("vni", {"vni": tenant.vni}, "set_tenant", params))
    for ip, mac in ((VTEP_IP, VTEP_MAC), (VTEP2_IP, VTEP2_MAC)):
        switch.insert(switch.entry("local_vtep", {"address": ip_number(ip)}, "local", {"mac": mac_number(mac)}))


def next_hop(switch: Client, host: Host) -> p4r.Entity:
    params = {"port": host.port, "src_mac": mac_number(VTEP_MAC), "dst_mac": mac_number(host.mac)}
    return switch.entry("next_hop", {"host": ip_number(host.ip)}, "to_port", params)


def endpoint(switch: Client, tenant: Tenant, vm: Vm) -> p4r.Entity:
    key = {"tenant": tenant.id, "address": ip_number(vm.ip)}
    return switch.entry("endpoint", key, "vm", {"host": ip_number(vm.host.ip), "mac": mac_number(vm.mac)})


def vm_source(switch: Client, tenant: Tenant, vm: Vm) -> p4r.Entity:
    key = {
        "tenant": tenant.id,
        "address": ip_number(vm.ip),
        "mac": mac_number(vm.mac),
        "host": ip_number(vm.host.ip),
    }
    return switch.entry("vm_source", key, "genuine")


def route(switch: Client, tenant: Tenant, address: str, length: int, action: str) -> p4r.Entity:
    return switch.entry("route", {"tenant": tenant.id, "dst": (ip_number(address), length)}, action)


def from_host(host: Host, tenant: Tenant, inner: Packet) -> Packet:
    """The frame in which a host sends an inner frame to the gateway, as the Linux kernel would."""
    return (
        Ether(dst=VTEP_MAC, src=host.mac)
        / IP(src=host.ip, dst=VTEP_IP, ttl=64, id=0, flags="DF")
        / UDP(sport=0xBEEF, dport=4789, chksum=0)
        / VXLAN(flags=0x08, vni=tenant.vni)
        / inner
    )


def to_host(host: Host, tenant: Tenant, inner: Packet) -> Packet:
    """The frame in which the gateway sends an inner frame to a host."""
    return (
        Ether(dst=host.mac, src=VTEP_MAC)
        / IP(src=VTEP_IP, dst=host.ip, ttl=64, id=0, flags="DF")
        / UDP(sport=entropy_port(inner), dport=4789, chksum=0)
        / VXLAN(flags=0x08, vni=tenant.vni)
        / inner
    )
