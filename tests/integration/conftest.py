"""A real lab for the tests of this folder: namespaces, kernel VXLAN devices, `p4gate switch`, the compiled gateway."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
INTENT = ROOT / "examples" / "two_vpcs.yaml"
LAB = ROOT / "examples" / "two_vpcs.lab.yaml"


def p4gate(*words: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a p4gate command as a user does."""
    command = [sys.executable, "-m", "p4gate", *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180)
    assert not check or done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done


@dataclass
class RunningLab:
    """A lab that is up, with the gateway's pipeline not yet loaded."""

    name: str
    pipeline: Path
    intent: Path = INTENT

    def state(self) -> dict[str, Any]:
        labs = json.loads(p4gate("lab", "status", "--name", self.name, "--json", check=False).stdout)
        assert len(labs) == 1
        return dict(labs[0])

    @property
    def grpc(self) -> str:
        return str(self.state()["switches"]["gw1"]["grpc"])

    @property
    def switch_pid(self) -> int:
        return int(self.state()["switches"]["gw1"]["pid"])

    def namespace(self, node: str) -> str:
        return str(self.state()["namespaces"][node])

    def vms(self) -> dict[str, str]:
        """VM -> path of its namespace."""
        return {node: path for node, path in self.state()["namespaces"].items() if "-" in node}

    def apply(self) -> None:
        p4gate("apply", self.intent, "--gateway", self.grpc, "--pipeline", self.pipeline)


@pytest.fixture(scope="session")
def gateway_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with gateway.json and gateway.p4info.txtpb."""
    directory = tmp_path_factory.mktemp("build")
    p4gate("compile", ROOT / "p4src" / "v1model" / "gateway.p4", "-o", f"{directory}/")
    return directory


def start_lab(name: str, pipeline: Path) -> RunningLab:
    p4gate("lab", "up", LAB, "--name", name, "--grpc", "gw1=127.0.0.1:0")
    return RunningLab(name, pipeline)


@pytest.fixture(scope="module")
def lab(gateway_build: Path, request: pytest.FixtureRequest) -> Iterator[RunningLab]:
    """The example lab with the example intent applied."""
    if os.geteuid() != 0:
        pytest.skip("labs need root (network namespaces)")
    name = f"test-{os.getpid()}-{request.module.__name__.rpartition('_')[2]}"
    try:
        running = start_lab(name, gateway_build)
        running.apply()
        yield running
    finally:
        p4gate("lab", "down", LAB, "--name", name)
