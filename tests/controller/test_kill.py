"""kill -9 of `p4gate apply` while it writes, then apply again. Oracle: the entries of a run that nobody killed.

The fake switch kills the command's process in the middle of a batch: what came before is taken, the rest is not, as
when a machine dies. One kill for each kind of place: the first write, within a batch, between tables, the last.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from fake_switch import FakeSwitch, Stop, fake_gateway

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "two_vpcs.yaml"


def start(switch: FakeSwitch, verb: str = "apply", intent: Path = EXAMPLE) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "p4gate", verb, str(intent), "--gateway", switch.address]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def entries(switch: FakeSwitch) -> set[bytes]:
    return {entry.SerializeToString(deterministic=True) for entry in switch.entries.values()}


def finished(switch: FakeSwitch, verb: str = "apply", intent: Path = EXAMPLE) -> str:
    process = start(switch, verb, intent)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


@pytest.fixture(scope="module")
def right() -> set[bytes]:
    with fake_gateway() as switch:
        finished(switch)
        return entries(switch)


@pytest.mark.parametrize("at", [0, 2, 4, 17, 38, 58])
def test_kill_9_then_apply_converges(at: int, right: set[bytes]) -> None:
    with fake_gateway() as switch:
        process = start(switch)

        def kill(count: int) -> None:
            if count == at:
                os.kill(process.pid, signal.SIGKILL)
                raise Stop

        switch.before_update = kill
        process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL
        assert len(switch.log) == at
        switch.before_update = lambda count: None
        assert f"{len(right) - at} writes" in finished(switch)
        assert entries(switch) == right


def test_kill_9_of_a_change_then_another_change_leaves_nothing_over(tmp_path: Path) -> None:
    """The file was changed again after the kill: what the killed run wrote for the old one must go."""
    text = EXAMPLE.read_text()
    second, third = tmp_path / "second.yaml", tmp_path / "third.yaml"
    second.write_text(text.replace("host: h2", "host: h1").replace("vni: 1002", "vni: 2002"))
    third.write_text(text.replace("host: h3", "host: h4").replace("vni: 1002", "vni: 3002"))
    with fake_gateway() as switch:
        finished(switch)
        process = start(switch, intent=second)
        written = len(switch.log)

        def kill(count: int) -> None:
            if count == written + 30:
                os.kill(process.pid, signal.SIGKILL)
                raise Stop

        switch.before_update = kill
        process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL
        switch.before_update = lambda count: None
        finished(switch, intent=third)
        assert "verified" in finished(switch, "verify", third)
        assert len(switch.entries) == 59


def test_a_switch_that_lost_everything_is_filled_again() -> None:
    with fake_gateway() as switch:
        finished(switch)
        right = entries(switch)
        switch.entries.clear()
        finished(switch)
        assert entries(switch) == right
