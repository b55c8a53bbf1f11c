"""Do the parts of an intent fit together? Pure: a model in, problems out.

The model may lack parts that were already found broken (see `load.py`); `broken` says which collections they were in,
so that nothing is reported here that only follows from them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from .derive import subnet_gateway, tenant_gateway_mac, tenant_vni, vm_mac
from .models import AclRule, Intent, Tenant, Vm
from .problems import Path, Problem, did_you_mean, dotted
from .scalars import format_mac, parse_cidr, parse_ipv4


@dataclass(frozen=True, slots=True)
class Broken:
    """Paths of the parts that were taken out of the model because they were wrong."""

    paths: frozenset[Path]

    def within(self, *path: str | int) -> bool:
        return any(p[: len(path)] == path for p in self.paths)

    def names(self, *path: str) -> set[str]:
        """Names in the collection at `path` that exist in the file but not in the model."""
        n = len(path)
        return {str(p[n]) for p in self.paths if len(p) > n and p[:n] == path}


def check(intent: Intent, broken: Broken) -> Iterator[Problem]:
    yield from _hosts(intent)
    yield from _gateways(intent, broken)
    yield from _vnis(intent)
    hosts = set(intent.hosts) | broken.names("hosts")
    for name, tenant in intent.tenants.items():
        yield from _subnets(name, tenant)
        yield from _vms(name, tenant, hosts, broken)
        yield from _names(name, tenant)
        yield from _acl(name, tenant, broken)


def _hosts(intent: Intent) -> Iterator[Problem]:
    by_ip: dict[Hashable, Path] = {}
    by_mac: dict[Hashable, Path] = {}
    stations: list[tuple[Path, IPv4Address, int]]
    stations = [(("hosts", name), host.ip, host.mac) for name, host in intent.hosts.items()]
    stations += [(("gateways", name, "vtep"), gw.vtep.ip, gw.vtep.mac) for name, gw in intent.gateways.items()]
    for path, ip, mac in stations:
        yield from _unique(by_ip, ip, path, "ip", f"{ip} is the underlay address of", "Give each its own.")
        yield from _unique(by_mac, mac, path, "mac", f"{format_mac(mac)} is the MAC of", "Give each its own.")


def _unique(
    seen: dict[Hashable, Path], value: Hashable, path: Path, key: str, what: str, then: str
) -> Iterator[Problem]:
    if value in seen:
        yield Problem((*path, key), f"{what} {dotted(seen[value])} too. {then}")
    else:
        seen[value] = path


def _gateways(intent: Intent, broken: Broken) -> Iterator[Problem]:
    if not intent.gateways and not broken.within("gateways"):
        yield Problem(("gateways",), "no gateway is named. Add one with p4runtime, vtep and ports.", at_key=True)
    known = set(intent.hosts) | broken.names("hosts")
    used = {vm.host for tenant in intent.tenants.values() for vm in tenant.vms.values() if vm.host in known}
    servers: dict[tuple[str, int], str] = {}
    for name, gateway in intent.gateways.items():
        server = (gateway.p4runtime, gateway.device_id)
        if server in servers:
            why = f"{server[0]} device {server[1]} is {servers[server]} already. Give each gateway its own switch."
            yield Problem(("gateways", name, "p4runtime"), why)
        servers.setdefault(server, name)
        behind: dict[str, int] = {}
        for number, port in gateway.ports.items():
            for i, host in enumerate(port.hosts):
                path = ("gateways", name, "ports", str(number), "hosts", i)
                if host not in known:
                    yield Problem(path, f"there is no host {host!r}. {did_you_mean(host, known)}")
                elif host in behind:
                    yield Problem(path, f"{host} is behind port {behind[host]} already. Keep it behind one port.")
                behind.setdefault(host, number)
        if not broken.within("gateways", name, "ports"):
            for host in sorted(used - set(behind)):
                why = f"host {host} has VMs but is behind no port of {name}. Add it to the hosts of a port."
                yield Problem(("gateways", name, "ports"), why, at_key=True)


def _vnis(intent: Intent) -> Iterator[Problem]:
    owners: dict[int, str] = {}
    for name, tenant in intent.tenants.items():
        vni = tenant_vni(name, tenant)
        if vni in owners:
            how = "is" if tenant.vni is not None else "(derived from the name) is"
            then = "Tenants that share a VNI could read one another's packets: give each its own vni."
            path: Path = ("tenants", name, "vni") if tenant.vni is not None else ("tenants", name)
            yield Problem(path, f"VNI {vni} {how} also that of {owners[vni]}. {then}", at_key=tenant.vni is None)
        owners.setdefault(vni, name)


def _subnets(name: str, tenant: Tenant) -> Iterator[Problem]:
    sound: list[tuple[IPv4Network, int, str]] = []
    for i, (subnet_name, subnet) in enumerate(tenant.subnets.items()):
        path = ("tenants", name, "subnets", subnet_name)
        cidr = subnet.cidr
        if not 1 <= cidr.prefixlen <= 30:
            yield Problem((*path, "cidr"), f"{cidr} cannot hold a gateway and VMs. Use a length from 1 to 30.")
            continue
        sound.append((cidr, i, subnet_name))
        gateway = subnet_gateway(subnet)
        if gateway not in cidr:
            yield Problem((*path, "gateway"), f"{gateway} is outside {cidr}. Use an address of the subnet.")
        elif gateway in (cidr.network_address, cidr.broadcast_address):
            why = f"{gateway} is the network's or its broadcast address. Use one that a station may have."
            yield Problem((*path, "gateway"), why)
    # Prefixes overlap only if one holds the other; sorted, the holder is the last one that reaches so far.
    widest: tuple[IPv4Network, int, str] | None = None
    for one in sorted(sound):
        if widest is not None and one[0].overlaps(widest[0]):
            first, second = sorted((widest, one), key=lambda subnet: subnet[1])
            why = f"{second[0]} overlaps subnet {first[2]} ({first[0]}) of the same tenant. Make them disjoint."
            yield Problem(("tenants", name, "subnets", second[2], "cidr"), why)
        else:
            widest = one


def _vms(name: str, tenant: Tenant, hosts: set[str], broken: Broken) -> Iterator[Problem]:
    networks = sorted(tenant.networks())
    starts = [network.network_address for network in networks]
    gateways = {subnet_gateway(subnet): subnet_name for subnet_name, subnet in tenant.subnets.items()}
    reserved = {n.network_address for n in networks} | {n.broadcast_address for n in networks}
    whole = not broken.within("tenants", name, "subnets")
    vni = tenant_vni(name, tenant)
    gateway_mac = tenant_gateway_mac(tenant)
    by_ip: dict[IPv4Address, str] = {}
    by_mac: dict[int, str] = {}
    for vm_name, vm in tenant.vms.items():
        if vm.host not in hosts:
            hint = did_you_mean(vm.host, hosts)
            yield Problem(("tenants", name, "vms", vm_name, "host"), f"there is no host {vm.host!r}. {hint}")
        if whole and ((at := bisect_right(starts, vm.ip)) == 0 or vm.ip not in networks[at - 1]):
            held = ", ".join(map(str, networks[:8])) + (", ..." if len(networks) > 8 else "") or "it has none"
            why = f"{vm.ip} is in none of {name}'s subnets ({held}). Add a subnet that holds it, or mend the address."
            yield Problem(("tenants", name, "vms", vm_name, "ip"), why)
        elif vm.ip in gateways:
            why = f"{vm.ip} is the gateway of subnet {gateways[vm.ip]}. Choose another address."
            yield Problem(("tenants", name, "vms", vm_name, "ip"), why)
        elif vm.ip in reserved:
            why = f"{vm.ip} is a network's or its broadcast address. Choose another address."
            yield Problem(("tenants", name, "vms", vm_name, "ip"), why)
        if by_ip.setdefault(vm.ip, vm_name) is not vm_name:
            why = f"{vm.ip} is the address of VM {by_ip[vm.ip]} too. Give each VM of a tenant its own."
            yield Problem(("tenants", name, "vms", vm_name, "ip"), why)
        elif by_mac.setdefault(mac := vm.mac if vm.mac is not None else vm_mac(vni, vm.ip), vm_name) is not vm_name:
            yield _same_mac(name, vm_name, vm, mac, by_mac[mac])
        if (vm.mac if vm.mac is not None else vm_mac(vni, vm.ip)) == gateway_mac:
            why = f"{format_mac(gateway_mac)} is the MAC of {name}'s gateway addresses. Choose another."
            yield Problem(("tenants", name, "vms", vm_name, "mac"), why, at_key=vm.mac is None)


def _same_mac(name: str, vm_name: str, vm: Vm, mac: int, other: str) -> Problem:
    why = f"{format_mac(mac)} is the MAC of VM {other} too. Give each VM of a tenant its own."
    return Problem(("tenants", name, "vms", vm_name, "mac"), why, at_key=vm.mac is None)


def _names(name: str, tenant: Tenant) -> Iterator[Problem]:
    """A word of an access list must mean one thing."""
    for vm_name in tenant.vms.keys() & tenant.subnets.keys():
        why = f"{vm_name} is also a subnet of {name}, and an ACL could mean either. Rename one of them."
        yield Problem(("tenants", name, "vms", vm_name), why, at_key=True)
    for kind, names in (("vms", tenant.vms), ("subnets", tenant.subnets)):
        if "any" in names:
            why = "any means every address in an ACL. Choose another name."
            yield Problem(("tenants", name, kind, "any"), why, at_key=True)


def _acl(name: str, tenant: Tenant, broken: Broken) -> Iterator[Problem]:
    if any(
        len(p) == 3 and p[:2] == ("tenants", name) and p[2] not in ("vni", "acl", "acl_default") for p in broken.paths
    ):
        return  # a misspelt `vms:` took every name with it
    names = set(tenant.subnets) | set(tenant.vms)
    names |= broken.names("tenants", name, "subnets") | broken.names("tenants", name, "vms")
    for i, rule in enumerate(tenant.acl):
        path = ("tenants", name, "acl", i)
        for key, text in (("from", rule.source), ("to", rule.to)):
            if text != "any" and text not in names and not _is_prefix(text):
                hint = did_you_mean(text, names | {"any"})
                why = f"{text!r} is no subnet or VM of {name}, no address and no prefix. {hint}"
                yield Problem((*path, key), why)
        if not broken.within(*path):
            yield from _ports(path, rule)


def _ports(path: Path, rule: AclRule) -> Iterator[Problem]:
    if rule.ports is not None and rule.proto not in (6, 17):
        why = "ports mean something for tcp and udp only. Add proto: tcp or proto: udp, or take them out."
        yield Problem((*path, "ports"), why)


def _is_prefix(text: str) -> bool:
    try:
        _ = parse_cidr(text) if "/" in text else parse_ipv4(text)
    except ValueError:
        return False
    return True
