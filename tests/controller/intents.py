"""Random intents for hypothesis: small, valid by construction, and alike enough that two of them overlap."""

from __future__ import annotations

from itertools import product
from typing import Any

from hypothesis import strategies as st
from packets import Packet

from controller.intent import Intent

HOSTS = {f"h{i}": {"ip": f"10.255.1.{i}", "mac": f"02:00:00:00:01:0{i}"} for i in (1, 2, 3)}
VNIS = {"red": 1001, "blue": 1002, "green": 1003}
SUBNETS = {"web": "10.1.0.0/29", "db": "10.2.0.0/30", "wide": "10.3.0.0/16"}
ADDRESSES = {"web": ["10.1.0.2", "10.1.0.3"], "db": ["10.2.0.2"], "wide": ["10.3.0.9"]}
NETWORKS = ["any", "10.0.0.0/8", "10.1.0.0/29", "10.1.0.2/31", "10.1.0.3", "10.2.0.0/16"]


@st.composite
def acl_rules(draw: st.DrawFn) -> dict[str, Any]:
    proto = draw(st.sampled_from([None, "icmp", "tcp", "udp"]))
    rule: dict[str, Any] = {
        "action": draw(st.sampled_from(["allow", "deny"])),
        "from": draw(st.sampled_from(NETWORKS)),
        "to": draw(st.sampled_from(NETWORKS)),
    }
    if proto:
        rule["proto"] = proto
    if proto in ("tcp", "udp") and draw(st.booleans()):
        low, high = sorted(draw(st.tuples(st.integers(20, 26), st.integers(20, 26))))
        rule["ports"] = f"{low}-{high}"
    return rule


@st.composite
def tenants(draw: st.DrawFn, name: str) -> dict[str, Any]:
    subnets = draw(st.sets(st.sampled_from(sorted(SUBNETS)), min_size=1))
    vms = {}
    for address in draw(st.sets(st.sampled_from(sorted(a for s in subnets for a in ADDRESSES[s])))):
        low = address.rsplit(".", 1)[-1]
        mac = f"02:{draw(st.sampled_from(['0a', '0b']))}:00:00:{address.split('.')[1]:>02}:0{low}"
        vms[f"vm-{address.replace('.', '-')}"] = {
            "ip": address,
            "host": draw(st.sampled_from(sorted(HOSTS))),
            "mac": mac,
        }
    return {
        "vni": VNIS[name],
        "subnets": {subnet: {"cidr": SUBNETS[subnet]} for subnet in sorted(subnets)},
        "vms": vms,
        "acl": draw(st.lists(acl_rules(), max_size=5)),
        "acl_default": draw(st.sampled_from(["allow", "deny"])),
    }


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """An intent as plain data, with one gateway `gw1`."""
    names = draw(st.sets(st.sampled_from(sorted(VNIS))))
    chosen = {name: draw(tenants(name)) for name in sorted(names)}
    used = {vm["host"] for tenant in chosen.values() for vm in tenant["vms"].values()}
    ports: dict[str, dict[str, list[str]]] = {}
    for host in sorted(used | draw(st.sets(st.sampled_from(sorted(HOSTS))))):
        ports.setdefault(draw(st.sampled_from(["1", "2"])), {"hosts": []})["hosts"].append(host)
    vtep = draw(st.sampled_from(["10.255.0.1", "10.255.0.2"]))
    gateway = {"p4runtime": "127.0.0.1:9559", "vtep": {"ip": vtep, "mac": "02:00:00:00:00:01"}, "ports": ports}
    return {"hosts": HOSTS, "gateways": {"gw1": gateway}, "tenants": chosen}


def intents() -> st.SearchStrategy[Intent]:
    return documents().map(Intent.model_validate)


def packets(*of: Intent) -> list[Packet]:
    """Packets that VMs of the intents send to addresses of note, and some that nobody should send."""
    senders = {
        (tenant.vni or 0, int(intent.hosts[vm.host].ip), vm.mac or 0, int(vm.ip))
        for intent in of
        for tenant in intent.tenants.values()
        for vm in tenant.vms.values()
    }
    targets = [0x0A010001, 0x0A010002, 0x0A010003, 0x0A010004, 0x0A020002, 0x0A030009, 0x08080808]
    kinds = [(1, None), (6, 22), (6, 80), (17, 25), (6, None)]
    return [
        Packet(vni, host, mac, src, dst, proto, port)
        for (vni, host, mac, src), dst, (proto, port) in product(sorted(senders), targets, kinds)
    ]
