"""Namespaces, links and kernel VXLAN devices. Oracle: the Linux kernel, which must carry the packets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from topo.graph import lab_graph
from topo.model import LabError, parse_lab
from topo.network import build_network
from topo.prober import Pair, identify_all, ping_all, tcp_flow

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")

# Two hosts that are each other's tunnel ends, with no gateway between them.
PEERS = """\
name: peers
bridges: [leaf]
switches: {}
hosts:
  h1: {link: leaf, address: 10.0.1.1/24, mac: "02:00:00:00:00:01"}
  h2: {link: leaf, address: 10.0.1.2/24, mac: "02:00:00:00:00:02"}
networks:
  to-h2: {vni: 1001, remote: 10.0.1.2}
  to-h1: {vni: 1001, remote: 10.0.1.1}
vms:
  a: {network: to-h2, host: h1, address: 10.1.0.11/24, mac: "02:00:00:00:01:01", gateway: 10.1.0.1}
  b: {network: to-h1, host: h2, address: 10.1.0.12/24, mac: "02:00:00:00:01:02", gateway: 10.1.0.1}
"""


@needs_root
def test_vms_reach_each_other_through_kernel_vxlan() -> None:
    lab = parse_lab(PEERS, "peers")
    namespaces = build_network(lab, lab_graph(lab))
    try:
        vms = {vm: namespaces[vm].path for vm in lab.vms}
        there, back = Pair("a", "10.1.0.12"), Pair("b", "10.1.0.11")
        nowhere = Pair("a", "10.1.0.99")
        assert ping_all(vms, [there, back, nowhere], [there, back]) == {there, back}
        assert identify_all(vms, [there, back]) == {there: "b", back: "a"}
        assert tcp_flow(vms["a"], vms["b"], "10.1.0.12", 8080, 1 << 20).intact
    finally:
        for namespace in namespaces.values():
            namespace.close()


@needs_root
def test_vms_of_one_host_do_not_reach_each_other_without_the_gateway() -> None:
    text = PEERS.replace("network: to-h1, host: h2", "network: to-h2, host: h1")
    lab = parse_lab(text, "peers")
    namespaces = build_network(lab, lab_graph(lab))
    try:
        vms = {vm: namespaces[vm].path for vm in lab.vms}
        assert ping_all(vms, [Pair("a", "10.1.0.12")], []) == set()
    finally:
        for namespace in namespaces.values():
            namespace.close()


@needs_root
def test_a_link_that_cannot_be_made_is_named_and_nothing_is_left() -> None:
    lab = parse_lab(PEERS, "peers")
    # Both networks have VMs on h1, and the same VNI and port: the kernel refuses the second VXLAN device.
    lab = lab.model_copy(
        update={
            "networks": {name: network.model_copy(update={"vni": 7}) for name, network in lab.networks.items()},
            "vms": {name: vm.model_copy(update={"host": "h1"}) for name, vm in lab.vms.items()},
        }
    )
    before = set(os.listdir("/proc/self/fd"))
    with pytest.raises(LabError, match="h1: "):
        build_network(lab, lab_graph(lab))
    assert set(os.listdir("/proc/self/fd")) == before


def test_without_root_the_error_says_so() -> None:
    script = (
        "import os\nfrom topo.model import LabError\nfrom topo.namespace import Namespace\n"
        "if os.geteuid() == 0:\n    os.setgid(65534), os.setuid(65534)\n"
        "try:\n    Namespace.create()\nexcept LabError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=Path(__file__).parents[2], timeout=60
    )
    assert "need root" in done.stdout, done.stderr
