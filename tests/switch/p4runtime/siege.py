"""A switch in a process of its own, an attack of hostile.py on it, a healthy client beside: for tests and scripts."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from finsy.proto import p4r
from golden.client import Client
from golden.replay import CASES

HOSTILE = Path(__file__).with_name("hostile.py")
CASE = CASES / "packet_in_out"
GROUPS = 49  # multicast groups that are there all the time


@dataclass
class Running:
    """A switch in a process of its own."""

    process: subprocess.Popen[str]
    address: str
    log: list[str] = field(default_factory=list)

    def memory(self) -> int:
        """Bytes resident."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * 4096


@contextmanager
def running_switch(folder: Path) -> Iterator[Running]:
    command = [sys.executable, "-m", "p4gate", "switch", str(CASE / "packet_in_out.json")]
    command += ["--grpc-server-addr", "127.0.0.1:0", "--packet-in", f"ipc://{folder}/nn.ipc"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        ready = process.stdout.readline()
        running = Running(process, ready.split("grpc=")[1].split()[0])
        reader = threading.Thread(target=lambda: running.log.extend(process.stderr or ()), daemon=True)
        reader.start()
        try:
            yield running
            process.terminate()
            assert process.wait(60) == 0
        finally:
            process.kill()
            reader.join(60)


@contextmanager
def attacking(address: str, name: str, seed: int = 0) -> Iterator[None]:
    """The attack is in full swing within the context; what it asserts must have held."""
    command = [sys.executable, str(HOSTILE), address, name, str(seed)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n", name
            yield
            process.stdin.close()
            assert process.wait(120) == 0, name
        finally:
            process.kill()


def group(number: int, replicas: int) -> p4r.Entity:
    entry = p4r.MulticastGroupEntry(multicast_group_id=number)
    for i in range(1, replicas + 1):
        entry.replicas.add(port=bytes([1 + i % 200]), instance=i)
    return p4r.Entity(packet_replication_engine_entry=p4r.PacketReplicationEngineEntry(multicast_group_entry=entry))


def healthy_round(client: Client, number: int) -> None:
    """Write, read back, delete; every call must succeed."""
    mine = group(1000 + number, 20)
    client.write(p4r.WriteRequest(updates=[p4r.Update(type=p4r.Update.INSERT, entity=mine)]))
    assert client.read(mine) == [mine]
    client.write(p4r.WriteRequest(updates=[p4r.Update(type=p4r.Update.DELETE, entity=mine)]))
    assert client.stub.Capabilities(p4r.CapabilitiesRequest(), timeout=60).p4runtime_api_version


def prepare(client: Client) -> None:
    """Become primary, and give readers something to read: 49 groups, 800 KB."""
    assert client.arbitrate().status.code == 0
    groups = [group(number, 1000) for number in range(1, GROUPS + 1)]
    client.write(p4r.WriteRequest(updates=[p4r.Update(type=p4r.Update.INSERT, entity=g) for g in groups]))
