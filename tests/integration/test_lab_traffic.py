"""The main job: kernel hosts and VMs talk through the gateway as the intent says. Oracles: Linux as peer, scapy."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pytest
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet
from scapy.utils import PcapReader

from controller.intent import load_intent
from controller.intent.policy import permits
from controller.intent.scalars import format_mac
from topo.model import load_lab
from topo.prober import Pair, identify_all, ping_all, tcp_flow

from .conftest import INTENT, LAB, RunningLab, p4gate

# What h3 gets of these from the gateway: three requests for its VMs, and a reply to one of them.
PING_PAIRS = {
    Pair("red-web2", "10.1.0.13"),
    Pair("red-web2", "10.2.0.13"),
    Pair("red-web4", "10.1.0.13"),
    Pair("red-web3", "10.1.0.12"),
}


def test_lab_and_intent_of_the_example_agree() -> None:
    intent, lab = load_intent(INTENT), load_lab(LAB)
    vms = {
        f"{name}-{vm}": (tenant.vni, item.host, str(item.ip), format_mac(item.mac or 0))
        for name, tenant in intent.tenants.items()
        for vm, item in tenant.vms.items()
    }
    ours = {name: (lab.networks[vm.network].vni, vm.host, str(vm.address.ip), vm.mac) for name, vm in lab.vms.items()}
    assert ours == vms
    assert {n: (str(h.address.ip), h.mac) for n, h in lab.hosts.items()} == {
        n: (str(h.ip), format_mac(h.mac)) for n, h in intent.hosts.items()
    }


def test_every_pair_of_vms_behaves_as_the_intent_says(lab: RunningLab) -> None:
    intent = load_intent(INTENT)
    pairs, allowed = [], set()
    for name, tenant in intent.tenants.items():
        for source, vm in tenant.vms.items():
            for peer in tenant.vms.values():
                if peer is not vm:
                    pair = Pair(f"{name}-{source}", str(peer.ip))
                    pairs.append(pair)
                    if permits(tenant, vm.ip, peer.ip, 1) and permits(tenant, peer.ip, vm.ip, 1):
                        allowed.add(pair)
    assert 0 < len(allowed) < len(pairs) == 112
    assert ping_all(lab.vms(), pairs, allowed) == allowed


def test_the_vm_that_answers_is_of_the_same_tenant(lab: RunningLab) -> None:
    pairs = [Pair(f"{tenant}-web1", "10.2.0.13") for tenant in ("red", "blue")]
    assert identify_all(lab.vms(), pairs) == {pair: pair.source.split("-")[0] + "-db3" for pair in pairs}


def test_tcp_flows_through_the_gateway(lab: RunningLab) -> None:
    vms = lab.vms()
    flow = tcp_flow(vms["red-web2"], vms["red-db3"], "10.2.0.13", 5001, 4 << 20)
    assert flow.intact, flow.error


def test_a_denied_port_does_not_connect(lab: RunningLab) -> None:
    vms = lab.vms()
    flow = tcp_flow(vms["red-web2"], vms["red-db3"], "10.2.0.13", 22, 1000, timeout=1.5)
    assert not flow.intact
    assert "timed out" in flow.error


def test_an_unchanged_intent_writes_nothing_and_verifies(lab: RunningLab) -> None:
    plan = p4gate("plan", INTENT, "--gateway", lab.grpc, "--detailed-exitcode")
    assert plan.returncode == 0
    p4gate("verify", INTENT, "--gateway", lab.grpc)


def headers_checksummed(packet: Packet) -> bool:
    """Whether scapy computes the same IPv4 header checksum as the packet carries."""
    fresh = packet.copy()
    del fresh.chksum
    return IP(bytes(fresh)[: packet.ihl * 4]).chksum == packet.chksum


def test_tcpdump_sees_vxlan_with_right_checksums_ttl_and_entropy(lab: RunningLab, tmp_path: Path) -> None:
    """RFC 7348: UDP 4789, I flag, source port 49152-65535 by flow, UDP checksum 0; outer TTL 64 with DF."""
    if shutil.which("tcpdump") is None:
        pytest.skip("tcpdump is not installed")
    file = tmp_path / "h3.pcap"
    command = [
        "nsenter",
        f"--net={lab.namespace('h3')}",
        "tcpdump",
        "-i",
        "eth0",
        "-U",
        "-w",
        str(file),
        "udp port 4789",
    ]
    capture = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert capture.stderr is not None
        while "listening on" not in (line := capture.stderr.readline()):
            assert line, "tcpdump ended"
        for _ in range(2):
            assert ping_all(lab.vms(), PING_PAIRS, PING_PAIRS) == PING_PAIRS
        from_gateway = wait_for_packets(file, 2 * len(PING_PAIRS))
    finally:
        capture.terminate()
        capture.wait(10)
    assert all(packet[UDP].dport == 4789 and packet[UDP].chksum == 0 for packet in from_gateway)
    assert all(packet[VXLAN].flags.Instance and packet[VXLAN].vni == 1001 for packet in from_gateway)
    assert all(
        packet[IP].ttl == 64 and packet[IP].flags.DF and headers_checksummed(packet[IP]) for packet in from_gateway
    )
    inner = [packet[VXLAN].payload[IP] for packet in from_gateway]
    assert all(headers_checksummed(packet) for packet in inner)
    # web2 -> web3 is bridged within a subnet, web2 -> db3 routed between subnets: one hop taken off.
    ttls = {(packet.src, packet.dst): packet.ttl for packet in inner if packet[ICMP].type == 8}
    assert ttls[("10.1.0.12", "10.1.0.13")] == 64
    assert ttls[("10.1.0.12", "10.2.0.13")] == 63
    ports = {(packet[VXLAN].payload[IP].src, packet[VXLAN].payload[IP].dst): set() for packet in from_gateway}
    for packet in from_gateway:
        ports[(packet[VXLAN].payload[IP].src, packet[VXLAN].payload[IP].dst)].add(packet[UDP].sport)
    assert all(len(of_flow) == 1 for of_flow in ports.values()), "a flow keeps its source port"
    every = set().union(*ports.values())
    assert all(49152 <= port <= 65535 for port in every)
    assert len(every) > 1, "different flows differ"


def wait_for_packets(file: Path, count: int) -> list[Packet]:
    """The packets from the gateway in a capture that is still being written, once there are `count`."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            with PcapReader(str(file)) as reader:
                packets = [p for p in reader if IP in p and p[IP].src == "10.255.0.1" and ICMP in p[VXLAN].payload]
        except EOFError:
            packets = []
        if len(packets) >= count:
            return packets
        time.sleep(0.05)
    raise AssertionError(f"{len(packets)} packets captured, {count} expected")
