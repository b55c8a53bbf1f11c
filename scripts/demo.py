"""What `scripts/demo` runs: see there. Exit code 0 when every pair of VMs behaved as the intent says."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.table import Table

from controller.intent import Intent, load_intent
from controller.intent.derive import tenant_gateway_mac
from controller.intent.models import Tenant
from controller.intent.policy import permits
from controller.intent.scalars import format_mac
from topo.model import Lab, load_lab
from topo.prober import Flow, Pair, identify_all, ping_all, tcp_flow
from topo.simulated import SimulatedLab
from topo.state import read_state

ROOT = Path(__file__).parents[1]
PROGRAM = ROOT / "p4src" / "v1model" / "gateway.p4"
INTENT = ROOT / "examples" / "two_vpcs.yaml"
LAB = ROOT / "examples" / "two_vpcs.lab.yaml"
BUILD = ROOT / "build"
P4GATE = [sys.executable, "-m", "p4gate"]
ICMP = 1
TCP_PORT = 5001
REAL_FLOW_BYTES = 8 << 20
SIMULATED_FLOW_BYTES = 1 << 18

console = Console(width=None if sys.stdout.isatty() else 120)


class Traffic(Protocol):
    """Something that sends packets between VMs: a real lab or a simulated one."""

    def ping(self, pairs: Collection[Pair], expected: Collection[Pair]) -> set[Pair]: ...
    def flow(self, source: str, destination: str, address: str) -> Flow: ...


def say(text: str) -> None:
    console.print(f"\n[bold]== {text}[/bold]")


def run(*words: str | Path) -> None:
    """Run a p4gate command, shown to the reader; the demo ends if it fails."""
    relative = [str(word).replace(f"{ROOT}/", "") for word in words]
    console.print(f"$ p4gate {' '.join(relative)}", highlight=False, soft_wrap=True)
    sys.stdout.flush()
    done = subprocess.run([*P4GATE, *relative], cwd=ROOT)
    if done.returncode != 0:
        sys.exit(f"demo: p4gate {words[0]} failed with exit code {done.returncode}")


@dataclass
class RealTraffic:
    """Kernel sockets in the VMs' namespaces. `namespaces`: VM -> path."""

    namespaces: Mapping[str, str]

    def ping(self, pairs: Collection[Pair], expected: Collection[Pair]) -> set[Pair]:
        answered = ping_all(self.namespaces, pairs, expected)
        names = identify_all(self.namespaces, expected)
        wrong = {pair for pair, name in names.items() if name.split("-")[0] != pair.source.split("-")[0]}
        for pair in sorted(wrong):
            console.print(f"{pair.source} asked {pair.destination} and {names[pair]} of another tenant answered")
        return answered - wrong

    def flow(self, source: str, destination: str, address: str) -> Flow:
        path = self.namespaces
        return tcp_flow(path[source], path[destination], address, TCP_PORT, REAL_FLOW_BYTES)


@dataclass
class SimulatedTraffic:
    """Python hosts on the switch's nn socket."""

    lab: SimulatedLab

    def ping(self, pairs: Collection[Pair], expected: Collection[Pair]) -> set[Pair]:
        return self.lab.ping_all(pairs, expected)

    def flow(self, source: str, destination: str, address: str) -> Flow:
        return self.lab.tcp_flow(source, destination, TCP_PORT, SIMULATED_FLOW_BYTES)


def expected_pairs(intent: Intent) -> tuple[list[Pair], set[Pair]]:
    """All ordered pairs of VMs within a tenant, and those that the access lists let ping each other, both ways."""
    pairs, allowed = [], set()
    for name, tenant in intent.tenants.items():
        for source, vm in tenant.vms.items():
            for other, peer in tenant.vms.items():
                if source != other:
                    pair = Pair(f"{name}-{source}", str(peer.ip))
                    pairs.append(pair)
                    if permits(tenant, vm.ip, peer.ip, ICMP) and permits(tenant, peer.ip, vm.ip, ICMP):
                        allowed.add(pair)
    return pairs, allowed


def show_pairs(name: str, tenant: Tenant, allowed: set[Pair], seen: set[Pair]) -> int:
    """Print one tenant's matrix of expected against seen; return how many pairs are wrong."""
    table = Table("from \\ to", *(f"{vm}\n{item.ip}" for vm, item in tenant.vms.items()), title=f"tenant {name}")
    wrong = 0
    for source in tenant.vms:
        cells = []
        for other, peer in tenant.vms.items():
            pair = Pair(f"{name}-{source}", str(peer.ip))
            right = (pair in allowed) == (pair in seen)
            wrong += source != other and not right
            text = "reply" if pair in seen else "-"
            cells.append("" if source == other else text if right else f"[red]{text} WRONG[/red]")
        table.add_row(source, *cells)
    console.print(table)
    return wrong


@contextmanager
def real_lab(lab: Lab) -> Iterator[tuple[str, Traffic]]:
    """The lab up; gives the switch's P4Runtime address and the traffic."""
    name = f"demo-{os.getpid()}"
    switch = next(iter(lab.switches))
    try:
        run("lab", "up", LAB, "--name", name, "--grpc", f"{switch}=127.0.0.1:0")
        state = read_state(name)
        assert state is not None
        yield state.switches[switch].grpc, RealTraffic({vm: state.namespaces[vm] for vm in lab.vms})
    finally:
        run("lab", "down", LAB, "--name", name)


@contextmanager
def simulated_lab(lab: Lab) -> Iterator[tuple[str, Traffic]]:
    """A switch with in-memory ports, and simulated hosts on them."""
    with tempfile.TemporaryDirectory(prefix="p4gate-demo-") as directory:
        socket = f"ipc://{directory}/nn"
        command = [*P4GATE, "switch", "--packet-in", socket, "--grpc-server-addr", "127.0.0.1:0"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        try:
            assert process.stdout is not None
            ready = process.stdout.readline().split()
            if not ready or ready[0] != "ready":
                sys.exit("demo: the switch did not start")
            address = dict(word.split("=", 1) for word in ready[1:])["grpc"]
            with SimulatedLab(lab, socket) as simulated:
                yield address, SimulatedTraffic(simulated)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)


def prove(intent: Intent, address: str, traffic: Traffic) -> int:
    """Program the gateway, send the traffic, show what came of it; return how much was wrong."""
    say("Apply the intent")
    run("apply", INTENT, "--gateway", address, "--pipeline", BUILD)

    say("Ping every pair of VMs")
    pairs, allowed = expected_pairs(intent)
    begin = time.monotonic()
    seen = traffic.ping(pairs, allowed)
    console.print(
        f"{len(pairs)} pairs in {time.monotonic() - begin:.1f} s; expected {len(allowed)} replies, saw {len(seen)}"
    )
    wrong = sum(show_pairs(name, tenant, allowed, seen) for name, tenant in intent.tenants.items())
    console.print(f"{len(pairs) - wrong} pairs as expected, {wrong} wrong")

    say("Send a TCP flow from red's web2 to red's db3")
    peer = intent.tenants["red"].vms["db3"].ip
    flow = traffic.flow("red-web2", "red-db3", str(peer))
    console.print(f"{'every byte arrived' if flow.intact else 'FAILED: ' + flow.error} ({flow.seconds:.2f} s)")
    wrong += not flow.intact

    say("What the gateway counted")
    run("status", INTENT, "--gateway", address)

    say("What happened to one packet")
    run("trace", "--grpc", address, "--port", "1", example_packet(intent))
    say("Verify what the gateway holds")
    run("verify", INTENT, "--gateway", address)
    return wrong


def example_packet(intent: Intent) -> str:
    """In hex: a ping of red's web1 to red's db2, as its host sends it to the gateway."""
    from scapy.layers.inet import ICMP as Icmp
    from scapy.layers.inet import IP, UDP
    from scapy.layers.l2 import Ether
    from scapy.layers.vxlan import VXLAN

    red, vtep = intent.tenants["red"], next(iter(intent.gateways.values())).vtep
    source, peer = red.vms["web1"], red.vms["db2"]
    host = intent.hosts[source.host]
    assert source.mac is not None
    inner = (
        Ether(src=format_mac(source.mac), dst=format_mac(tenant_gateway_mac(red)))
        / IP(src=str(source.ip), dst=str(peer.ip))
        / Icmp()
    )
    outer = Ether(src=format_mac(host.mac), dst=format_mac(vtep.mac)) / IP(
        src=str(host.ip), dst=str(vtep.ip), flags="DF"
    )
    vxlan = UDP(sport=50000, dport=4789, chksum=0) / VXLAN(vni=red.vni, flags="Instance")
    return bytes(outer / vxlan / inner).hex()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulated", action="store_true", help="simulate the hosts even as root")
    arguments = parser.parse_args()
    intent, lab = load_intent(INTENT), load_lab(LAB)

    say("Compile the gateway")
    run("compile", PROGRAM, "-o", f"{BUILD}/")

    if os.geteuid() == 0 and not arguments.simulated:
        say("Start the lab: namespaces, kernel VXLAN devices, one switch")
        place = real_lab(lab)
    else:
        reason = "not root, so no namespaces" if os.geteuid() != 0 else "as asked"
        say(f"Start the switch with in-memory ports and simulated hosts ({reason})")
        place = simulated_lab(lab)
    with place as (address, traffic):
        wrong = prove(intent, address, traffic)
    say("All as the intent says" if not wrong else f"{wrong} WRONG")
    return 1 if wrong else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the lab is taken down on the way out
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("demo: interrupted; the lab is removed")
