"""Build a lab's namespaces and links from its graph: underlay, hosts with kernel VXLAN devices, VMs."""

from __future__ import annotations

from pyroute2 import NetlinkError

from topo.graph import HOST_UNDERLAY, VM_INTERFACE, Graph
from topo.link import add_bridge, connect, index_of, join_bridge
from topo.model import Host, Lab, LabError, Network, Vm
from topo.namespace import Namespace

_BRIDGE = "br0"
VXLAN_PORT = 4789


def build_network(lab: Lab, graph: Graph) -> dict[str, Namespace]:
    """Node name -> its namespace, everything up. On failure nothing is left.

    Raises:
        LabError: saying which node or link could not be made.
    """
    namespaces: dict[str, Namespace] = {}
    step = ""
    try:
        for node in graph:
            step = node
            namespaces[node] = Namespace.create()
        for node in lab.bridges:
            step = node
            add_bridge(namespaces[node], _BRIDGE, lab.underlay_mtu)
        for near, far, attributes in graph.edges(data=True):
            step = f"{near} - {far}"
            _add_link(lab, namespaces, near, far, attributes["ends"])
        for name, host in lab.hosts.items():
            step = name
            _configure_host(lab, name, host, namespaces[name], graph)
        for name, vm in lab.vms.items():
            step = name
            _configure_vm(vm, namespaces[name])
    except (NetlinkError, OSError, LookupError) as error:
        _close(namespaces)
        raise LabError(f"{step}: {error}") from error
    except BaseException:
        _close(namespaces)
        raise
    for namespace in namespaces.values():
        namespace.release_netlink()
    return namespaces


def _close(namespaces: dict[str, Namespace]) -> None:
    for namespace in namespaces.values():
        namespace.close()


def _add_link(lab: Lab, namespaces: dict[str, Namespace], near: str, far: str, ends: dict[str, str]) -> None:
    rank = {**dict.fromkeys(lab.hosts, 1), **dict.fromkeys(lab.vms, 2)}
    near, far = sorted((near, far), key=lambda node: rank.get(node, 0), reverse=True)
    owner = lab.vms.get(near) or lab.hosts.get(near)
    mac = owner.mac if owner else None
    mtu = lab.vm_mtu if near in lab.vms else lab.underlay_mtu
    connect(namespaces[near], ends[near], namespaces[far], ends[far], mtu, mac)
    for node in (near, far):
        if node in lab.bridges:
            join_bridge(namespaces[node], _BRIDGE, ends[node])


def _configure_host(lab: Lab, name: str, host: Host, namespace: Namespace, graph: Graph) -> None:
    """The underlay address, and for each network a bridge that joins its VMs' links and a VXLAN device."""
    netlink = namespace.netlink
    underlay = index_of(netlink, HOST_UNDERLAY)
    netlink.addr("add", index=underlay, address=str(host.address.ip), prefixlen=host.address.network.prefixlen)
    for remote in sorted({network.remote for network in lab.networks.values()}):
        # The gateway answers ARP for its address on every port, so it is on the link wherever the host is.
        netlink.route("add", dst=f"{remote}/32", oif=underlay, scope="link")
    for network_name, network in lab.networks.items():
        vms = [vm for vm, node in lab.vms.items() if node.host == name and node.network == network_name]
        if vms:
            links = [graph.edges[vm, name]["ends"][name] for vm in vms]
            _add_overlay(namespace, network, str(host.address.ip), links, lab.vm_mtu)


def _add_overlay(namespace: Namespace, network: Network, local: str, links: list[str], mtu: int) -> None:
    """VMs' links are isolated ports of a bridge that floods, so every packet of a VM goes to the gateway,

    also when it is for a VM of the same host: the gateway alone decides who may talk to whom.
    """
    vxlan, bridge = f"vxlan{network.vni}", f"br{network.vni}"
    netlink = namespace.netlink
    netlink.link(
        "add",
        ifname=vxlan,
        kind="vxlan",
        mtu=mtu,
        vxlan_id=network.vni,
        vxlan_local=local,
        vxlan_group=str(network.remote),
        vxlan_port=VXLAN_PORT,
        vxlan_learning=False,
        vxlan_udp_csum=False,
        vxlan_link=index_of(netlink, HOST_UNDERLAY),
    )
    netlink.link("set", index=index_of(netlink, vxlan), state="up")
    add_bridge(namespace, bridge, mtu, learning=False)
    join_bridge(namespace, bridge, vxlan)
    for link in links:
        join_bridge(namespace, bridge, link, isolated=True)


def _configure_vm(vm: Vm, namespace: Namespace) -> None:
    netlink = namespace.netlink
    index = index_of(netlink, VM_INTERFACE)
    netlink.addr("add", index=index, address=str(vm.address.ip), prefixlen=vm.address.network.prefixlen)
    netlink.route("add", dst="default", gateway=str(vm.gateway))
