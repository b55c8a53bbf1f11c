"""What is known of running labs: one small file each, written by its supervisor, read by `p4gate lab`."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class SwitchState:
    """A running switch: process, P4Runtime address, device id."""

    pid: int
    grpc: str
    device_id: int


@dataclass(frozen=True)
class LabState:
    """A running lab. `pid`, `started`: its supervisor. `namespaces`: node -> path for setns(2)."""

    name: str
    pid: int
    started: int
    file: str
    namespaces: dict[str, str]
    switches: dict[str, SwitchState] = field(default_factory=dict)
    attempts: int = 0  # how often dead switches were started again, with success or without


def state_directory() -> Path:
    """Where labs' state files are: P4GATE_RUN, else /run/p4gate."""
    return Path(os.environ.get("P4GATE_RUN", "/run/p4gate"))


def state_file(name: str) -> Path:
    return state_directory() / f"{name}.json"


def log_file(name: str) -> Path:
    return state_directory() / f"{name}.log"


def last_line(name: str) -> str:
    """The last line of the lab's log: why a switch did not start."""
    try:
        lines = log_file(name).read_text(errors="replace").split("\n")
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def lock_file(name: str) -> Path:
    """Held (flock) by the supervisor of the lab for as long as it lives."""
    return state_directory() / f"{name}.lock"


def write_state(state: LabState) -> None:
    """Atomically, so that a reader sees the old or the new state."""
    directory = state_directory()
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=directory, suffix=".tmp", delete=False) as file:
        json.dump(asdict(state), file, indent=1)
    os.chmod(file.name, 0o644)  # everybody may ask for the status
    os.replace(file.name, state_file(state.name))


def read_state(name: str) -> LabState | None:
    """The lab's state, or None where there is none or where it cannot be read."""
    try:
        value = json.loads(state_file(name).read_text())
        switches = {key: SwitchState(**item) for key, item in value.pop("switches").items()}
        return LabState(**value, switches=switches)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def known_labs() -> list[str]:
    """Names of the labs that have a state file, running or not."""
    return sorted(path.stem for path in state_directory().glob("*.json"))


def forget(name: str) -> None:
    for path in (state_file(name), log_file(name)):
        path.unlink(missing_ok=True)


def start_time(pid: int) -> int | None:
    """When the process began, in clock ticks after boot (proc(5), /proc/PID/stat field 22); None when it is gone.

    With the pid it identifies a process, which the pid alone does not.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


def is_running(state: LabState) -> bool:
    """Whether the lab's supervisor, and with it the lab, is alive."""
    return start_time(state.pid) == state.started


def lab_mark(state: LabState) -> tuple[str, str]:
    """The environment variable that marks what `p4gate lab exec` runs, and everything started by it."""
    return "P4GATE_LAB", f"{state.name}:{state.pid}:{state.started}"


def marked_processes(state: LabState) -> list[int]:
    """Processes that carry the lab's mark. (A namespace's inode would not do: the kernel gives it out again.)"""
    mark = "=".join(lab_mark(state)).encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue  # gone meanwhile, or not ours to read
    return found
