"""Running simple_switch_grpc: its command line, when it is ready, what it said when it is not."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import grpc

from switch.errors import EngineError
from switch.ports import in_namespace

NAME = "simple_switch_grpc"
READY_TIMEOUT = 120.0  # seconds; a switch that takes as long is broken
END_TIMEOUT = 10.0
LOG_END = 1000  # characters of its output that an error quotes


class NotInstalled(EngineError):
    """There is no simple_switch_grpc on the PATH."""


def installed() -> bool:
    return shutil.which(NAME) is not None


class Process:
    """simple_switch_grpc without a program, its P4Runtime server on a Unix socket. `with Process(...)` stops it.

    `interfaces` are PORT@NAME, in the network namespace `namespace` (a path, "" for this one); without any, packets
    come and go over the nn socket `packets`.
    """

    def __init__(
        self,
        *,
        device_id: int = 1,
        cpu_port: int = 510,
        drop_port: int = 511,
        interfaces: Sequence[str] = (),
        namespace: str = "",
    ) -> None:
        program = shutil.which(NAME)
        if program is None:
            raise NotInstalled(f"{NAME} is not on the PATH: BMv2 cannot be measured or tested here")
        self._directory = tempfile.TemporaryDirectory(prefix="p4gate-bmv2-")
        directory = Path(self._directory.name)
        self.packets = f"ipc://{directory / 'packets.ipc'}"
        self.address = f"unix:{directory / 'grpc.sock'}"
        self._log = directory / "log"
        # A Thrift port of 0 lets it pick one; the notifications' default path would be another switch's, too.
        command = [program, "--no-p4", "--device-id", str(device_id), "--thrift-port", "0"]
        command += ["--notifications-addr", f"ipc://{directory / 'notifications.ipc'}"]
        for interface in interfaces:
            command += ["-i", interface]
        if not interfaces:
            command += ["--packet-in", self.packets]
        command += ["--", "--grpc-server-addr", self.address]
        command += ["--cpu-port", str(cpu_port), "--drop-port", str(drop_port)]
        with self._log.open("w") as log, in_namespace(namespace):
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        self._wait()

    def _wait(self) -> None:
        with grpc.insecure_channel(self.address) as channel:
            ready = grpc.channel_ready_future(channel)
            waited = 0.0
            while waited < READY_TIMEOUT:
                try:
                    ready.result(timeout=0.2)
                    return
                except grpc.FutureTimeoutError:
                    waited += 0.2
                if self._process.poll() is not None:
                    break
            ready.cancel()
        said, status = self.output(), self._process.poll()
        self.close()
        last = said.strip().splitlines()[-1:] or ["it said nothing"]
        raise EngineError(f"{NAME} is not ready (exit status {status}): {last[0]}")

    def output(self) -> str:
        """The end of what it printed."""
        return self._log.read_text(errors="replace")[-LOG_END:]

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(END_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._directory.cleanup()

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
