"""The controller against `p4gate switch` itself, both killed with -9. Oracle: read-back and the intent's counts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.gateway import read_state
from controller.p4runtime.bind import bind
from controller.p4runtime.connection import Connection
from controller.p4runtime.pipeline import Pipeline, load_pipeline

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "two_vpcs.yaml"
MANY = 1000


def p4gate(*words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "p4gate", *words]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def done(*words: str) -> str:
    process = p4gate(*words)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, out + err
    return out


class Switch:
    """A `p4gate switch` without a program; `address` once it is ready."""

    def __init__(self) -> None:
        self.process = p4gate("switch", "--no-p4", "--grpc-server-addr", "127.0.0.1:0")
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("ready grpc="), self.process.communicate()
        self.address = line.split()[1].removeprefix("grpc=")

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.communicate()


@pytest.fixture
def switch() -> Iterator[Switch]:
    one = Switch()
    yield one
    if one.process.poll() is None:
        one.kill()


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("build")
    done("compile", "p4src/v1model/gateway.p4", "-o", str(out))
    return out


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example with a tenant of many VMs, which takes long enough to write to be killed midway."""
    path = tmp_path_factory.mktemp("intent") / "many.yaml"
    vms = "".join(f"      v{n}: {{ip: 10.9.{n >> 8}.{n & 255}, host: h{n % 4 + 1}}}\n" for n in range(10, 10 + MANY))
    path.write_text(f"{EXAMPLE.read_text()}\n  big:\n    subnets: {{all: {{cidr: 10.9.0.0/16}}}}\n    vms:\n{vms}")
    return path


def held(switch: Switch, pipeline: Pipeline) -> int:
    with Connection(switch.address, 1) as connection:
        return sum(map(len, read_state(connection, bind(pipeline.info)).values()))


def test_killed_while_writing_then_applied_again(switch: Switch, build: Path, many: Path) -> None:
    """Killed as soon as read-back shows so many entries; wherever that was, the next run ends in the same state."""
    pipeline = load_pipeline(build)
    at = ("--gateway", switch.address)
    assert "pipeline pushed, 59 writes" in done("apply", str(EXAMPLE), *at, "--pipeline", str(build))
    for enough in (60, 1500):
        process = p4gate("apply", str(many), *at)
        while process.poll() is None and held(switch, pipeline) < enough:
            time.sleep(0.02)
        process.kill()
        process.communicate()
        assert process.returncode in (-signal.SIGKILL, 0)
        assert held(switch, pipeline) >= enough
    done("apply", str(many), *at)
    assert held(switch, pipeline) == 59 + 2 * MANY + 3  # and a route, a gateway address and a VNI
    assert "verified" in done("verify", str(many), *at)
    done("apply", str(EXAMPLE), *at)
    assert held(switch, pipeline) == 59


def test_a_killed_switch_is_filled_again(switch: Switch, build: Path) -> None:
    with_pipeline = ("--pipeline", str(build))
    done("apply", str(EXAMPLE), "--gateway", switch.address, *with_pipeline)
    switch.kill()
    lost = p4gate("verify", str(EXAMPLE), "--gateway", switch.address)
    assert "Start the switch" in lost.communicate(timeout=60)[1]
    assert lost.returncode == 4
    again = Switch()
    try:
        at = ("--gateway", again.address)
        assert "59 writes" in done("apply", str(EXAMPLE), *at, *with_pipeline)
        assert "verified" in done("verify", str(EXAMPLE), *at, *with_pipeline)
    finally:
        again.kill()
