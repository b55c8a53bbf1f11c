"""A lab as a graph: a node for every namespace, an edge for every link. Pure.

Node attributes: `kind` (bridge, switch, host, vm).
Edge attributes: `ends`, a mapping from each of the two nodes to the name of the interface there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx

from topo.model import Lab

if TYPE_CHECKING:
    Graph = nx.Graph[str]
else:
    Graph = nx.Graph

HOST_UNDERLAY = "eth0"
VM_INTERFACE = "eth0"


def port_interface(port: int) -> str:
    """The name of a switch's interface for this port number."""
    return f"port{port}"


def lab_graph(lab: Lab) -> Graph:
    """The graph of a valid lab."""
    graph: Graph = nx.Graph(name=lab.name)
    graph.add_nodes_from(lab.bridges, kind="bridge")
    graph.add_nodes_from(lab.switches, kind="switch")
    graph.add_nodes_from(lab.hosts, kind="host")
    graph.add_nodes_from(lab.vms, kind="vm")
    for name, switch in lab.switches.items():
        for port, other in switch.ports.items():
            far = HOST_UNDERLAY if other in lab.hosts else f"switch{list(lab.switches).index(name)}-{port}"
            graph.add_edge(name, other, ends={name: port_interface(port), other: far})
    for number, (name, host) in enumerate(lab.hosts.items(), start=1):
        if host.link in lab.bridges:
            graph.add_edge(name, host.link, ends={name: HOST_UNDERLAY, host.link: f"host{number}"})
    for number, (name, vm) in enumerate(lab.vms.items(), start=1):
        graph.add_edge(name, vm.host, ends={name: VM_INTERFACE, vm.host: f"vm{number}"})
    return graph
