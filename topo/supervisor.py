"""The process that is a lab: it holds the namespaces, starts the switches, and takes all with it when it ends.

SIGTERM or SIGINT ends it. SIGHUP starts again any switch that has died.
On standard output: one line `ready`, or one line `error: …` and exit code 1. Standard error is the lab's log.
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

from topo.graph import lab_graph, port_interface
from topo.model import Lab, LabError, Switch, load_lab
from topo.namespace import Namespace
from topo.network import build_network
from topo.state import (
    LabState,
    SwitchState,
    last_line,
    lock_file,
    log_file,
    start_time,
    state_directory,
    state_file,
    write_state,
)

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)
_STOP_SECONDS = 5
_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


def _prepare_child() -> None:
    """In the child: die with the supervisor, and take the signals that the supervisor waits for."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


def switch_command(switch: Switch, namespace: str) -> list[str]:
    """How a switch of the lab is started: gRPC where the supervisor is, ports in `namespace`."""
    ports = [f"-i{port}@{namespace}/{port_interface(port)}" for port in sorted(switch.ports)]
    address = ["--grpc-server-addr", switch.grpc, "--device-id", str(switch.device_id)]
    return [sys.executable, "-m", "p4gate", "switch", *ports, *address, *switch.options]


class Supervisor:
    """A lab being held. Not thread-safe: one thread calls it."""

    def __init__(self, lab: Lab, file: str) -> None:
        self._lab = lab
        self._file = file
        self._switches: dict[str, subprocess.Popen[bytes]] = {}
        self._grpc: dict[str, str] = {}
        self._namespaces: dict[str, Namespace] = {}
        self._attempts = 0

    def start(self) -> None:
        """Build everything and wait until every switch says that it is ready.

        Raises:
            LabError: what could not be built or started; nothing is left then.
        """
        self._namespaces = build_network(self._lab, lab_graph(self._lab))
        try:
            for name in self._lab.switches:
                self._start_switch(name)
            self._publish()
        except BaseException:
            self.stop()
            raise

    def start_dead_switches(self) -> None:
        """Start again the switches whose process has ended; those that do not start are told in the log."""
        for name, process in list(self._switches.items()):
            if process.poll() is not None:
                try:
                    self._start_switch(name)
                except LabError as error:
                    print(error, file=sys.stderr, flush=True)
        self._attempts += 1
        self._publish()

    def stop(self) -> None:
        """End the switches and let go of the namespaces."""
        for process in self._switches.values():
            process.terminate()
        for process in self._switches.values():
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for namespace in self._namespaces.values():
            namespace.close()
        state_file(self._lab.name).unlink(missing_ok=True)

    def _start_switch(self, name: str) -> None:
        switch = self._lab.switches[name]
        command = switch_command(switch, self._namespaces[name].path)
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, preexec_fn=_prepare_child)
        self._switches[name] = process
        assert process.stdout is not None
        line = process.stdout.readline().decode(errors="replace").strip()
        if not line.startswith("ready"):
            process.kill()
            process.wait()
            reason = line or last_line(self._lab.name) or f"see {log_file(self._lab.name)}"
            raise LabError(f"switch {name} did not start: {reason}")
        words = dict(word.split("=", 1) for word in line.split() if "=" in word)
        self._grpc[name] = words.get("grpc", switch.grpc)

    def _publish(self) -> None:
        pid = os.getpid()
        switches = {
            name: SwitchState(process.pid, self._grpc[name], self._lab.switches[name].device_id)
            for name, process in self._switches.items()
        }
        paths = {node: namespace.path for node, namespace in self._namespaces.items()}
        write_state(LabState(self._lab.name, pid, start_time(pid) or 0, self._file, paths, switches, self._attempts))


def main() -> int:
    parser = argparse.ArgumentParser(description="Hold a lab until SIGTERM.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--name", required=True)
    parser.add_argument("--grpc", action="append", default=[], metavar="SWITCH=ADDRESS")
    arguments = parser.parse_args()
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        lab = rename(load_lab(arguments.file), arguments.name, dict(pair.split("=", 1) for pair in arguments.grpc))
        lock = _lock(lab.name)
    except (LabError, OSError) as error:
        return _refuse(error)
    try:
        return _hold(Supervisor(lab, str(arguments.file.resolve())), lab.name)
    finally:
        lock_file(lab.name).unlink(missing_ok=True)
        os.close(lock)


def _hold(supervisor: Supervisor, name: str) -> int:
    """Start the lab and keep it until a signal ends it; the exit code."""
    try:
        supervisor.start()
    except (LabError, OSError) as error:
        log_file(name).unlink(missing_ok=True)  # what it says is in the error
        return _refuse(error)
    try:
        print("ready", flush=True)
        while signal.sigwait(_SIGNALS) == signal.SIGHUP:
            supervisor.start_dead_switches()
    finally:
        supervisor.stop()
    return 0


def _refuse(error: Exception) -> int:
    print("error:", str(error).replace("\n", "\nerror: "), flush=True)
    return 1


def _lock(name: str) -> int:
    """Be the only supervisor of a lab of this name for as long as the descriptor is open."""
    state_directory().mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock_file(name), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise LabError(f"lab {name} is running already, or being started") from None
    return descriptor


def rename(lab: Lab, name: str, grpc: dict[str, str]) -> Lab:
    """The same lab under another name and with other P4Runtime addresses, so that two can run side by side."""
    unknown = sorted(set(grpc) - set(lab.switches))
    if unknown:
        raise LabError(f"--grpc: there is no switch called {unknown[0]}; the lab has {', '.join(lab.switches)}")
    switches = {
        key: switch.model_copy(update={"grpc": grpc.get(key, switch.grpc)}) for key, switch in lab.switches.items()
    }
    return lab.model_copy(update={"name": name, "switches": switches})


if __name__ == "__main__":
    sys.exit(main())
