"""The main job without root: simulated hosts on the switch's nn socket. Oracles: the intent's access lists, scapy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from topo.model import load_lab
from topo.prober import Pair
from topo.simulated import SimulatedLab

from .conftest import INTENT, LAB, ROOT, p4gate


def test_simulated_hosts_ping_and_speak_tcp(gateway_build: Path, tmp_path: Path) -> None:
    socket = f"ipc://{tmp_path}/nn"
    command = [sys.executable, "-m", "p4gate", "switch", "--packet-in", socket, "--grpc-server-addr", "127.0.0.1:0"]
    switch = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert switch.stdout is not None
        address = dict(word.split("=", 1) for word in switch.stdout.readline().split()[1:])["grpc"]
        same, routed = Pair("red-web2", "10.1.0.13"), Pair("red-web2", "10.2.0.13")
        denied, unknown = Pair("red-web2", "10.2.0.11"), Pair("red-web2", "10.1.0.99")
        with SimulatedLab(load_lab(LAB), socket) as lab:
            p4gate("apply", INTENT, "--gateway", address, "--pipeline", gateway_build)
            assert lab.ping_all([same, routed, denied, unknown], [same, routed]) == {same, routed}
            flow = lab.tcp_flow("red-web2", "red-db3", 5001, 100_000)
            assert flow.intact, flow.error
            assert not lab.tcp_flow("red-web2", "red-db3", 22, 1000, seconds=1).intact
    finally:
        switch.terminate()
        assert switch.wait(20) == 0
