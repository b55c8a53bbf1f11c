"""What must survive kill -9, and what must not be left behind. Oracle: the kernel's lists of links and processes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from topo.prober import Pair, ping_all
from topo.state import marked_processes, read_state, start_time

from .conftest import INTENT, LAB, RunningLab, p4gate, start_lab

REPLY = Pair("red-web2", "10.2.0.13")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="labs need root (network namespaces)")


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def test_traffic_flows_again_after_the_switch_was_killed(lab: RunningLab) -> None:
    assert ping_all(lab.vms(), [REPLY], [REPLY]) == {REPLY}
    pid = lab.switch_pid
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: start_time(pid) is None, "the switch is still there")
    assert ping_all(lab.vms(), [REPLY], [], rounds=2) == set()
    p4gate("lab", "start", LAB, "gw1", "--name", lab.name)
    lab.apply()
    assert ping_all(lab.vms(), [REPLY], [REPLY]) == {REPLY}
    p4gate("verify", INTENT, "--gateway", lab.grpc)


@needs_root
def test_kill_9_of_a_lab_leaves_no_process_and_no_link(gateway_build: Path) -> None:
    name = f"crash-{os.getpid()}"
    running = start_lab(name, gateway_build)
    state = read_state(name)
    assert state is not None
    switch = running.switch_pid
    os.kill(state.pid, signal.SIGKILL)
    wait_until(lambda: start_time(switch) is None, "the switch outlived its lab")
    wait_until(lambda: not any(os.path.exists(path) for path in state.namespaces.values()), "a namespace is held")
    assert marked_processes(state) == []
    assert "dead" in p4gate("lab", "status", "--name", name, check=False).stdout
    assert "what it left is removed" in p4gate("lab", "down", LAB, "--name", name).stdout
    assert read_state(name) is None


@needs_root
def test_down_ends_what_runs_inside(gateway_build: Path) -> None:
    name = f"inside-{os.getpid()}"
    start_lab(name, gateway_build)
    state = read_state(name)
    assert state is not None
    inside = subprocess.Popen(
        [sys.executable, "-m", "p4gate", "lab", "exec", str(LAB), "red-web1", "--name", name, "--", "sleep", "1000"],
        cwd=LAB.parents[1],
    )
    wait_until(lambda: marked_processes(state) == [inside.pid], "the command did not start")
    p4gate("lab", "down", LAB, "--name", name)
    inside.wait(10)
    assert start_time(state.pid) is None


@needs_root
def test_two_labs_run_side_by_side(lab: RunningLab, gateway_build: Path) -> None:
    name = f"second-{os.getpid()}"
    try:
        second = start_lab(name, gateway_build)
        second.apply()
        for one in (lab, second):
            assert ping_all(one.vms(), [REPLY], [REPLY]) == {REPLY}
        assert second.grpc != lab.grpc
    finally:
        p4gate("lab", "down", LAB, "--name", name)
    assert ping_all(lab.vms(), [REPLY], [REPLY]) == {REPLY}


@needs_root
def test_a_lab_that_cannot_start_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "broken.lab.yaml"
    broken.write_text(re.sub(r"device_id: 1", 'device_id: 1, options: ["--no-such-option"]', LAB.read_text()))
    done = p4gate("lab", "up", broken, "--name", "broken", check=False)
    assert done.returncode == 1
    assert "gw1 did not start" in done.stderr
    assert read_state("broken") is None
