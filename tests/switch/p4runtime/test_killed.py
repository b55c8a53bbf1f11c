"""A switch killed in the middle of writes, started again and filled again. Oracle: what was written, read back."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from finsy.proto import U128, p4i, p4r
from golden.client import Client, Refused

from compiler.diagnostics import Diagnostics
from compiler.driver import compile_source

PROGRAM = Path(__file__).parents[3] / "scripts" / "bench_writes.p4"
ENTRIES, BATCH = 20_000, 500
PATIENCE = 120.0


@pytest.fixture(scope="module")
def program() -> tuple[p4i.P4Info, bytes]:
    compiled = compile_source(PROGRAM.read_text(), Diagnostics())
    assert compiled is not None
    return compiled.p4info, json.dumps(compiled.json).encode()


@contextmanager
def running(address: str, packets: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A switch that answers there; killed at the end."""
    command = [
        sys.executable,
        "-m",
        "switch.simple_switch_cli",
        "--no-p4",
        "--device-id",
        "1",
        "--packet-in",
        f"ipc://{packets}",
    ]
    with subprocess.Popen([*command, "--", "--grpc-server-addr", address], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None and process.stdout.readline().startswith(b"ready")
            yield process
        finally:
            process.kill()


def requests(info: p4i.P4Info) -> list[p4r.WriteRequest]:
    [table] = info.tables
    forward = next(a for a in info.actions if a.params)
    made = []
    for first in range(0, ENTRIES, BATCH):
        request = p4r.WriteRequest(device_id=1, election_id=U128.encode(1))
        for number in range(first, first + BATCH):
            entry = request.updates.add(type=p4r.Update.INSERT).entity.table_entry
            entry.table_id = table.preamble.id
            entry.match.add(field_id=1).exact.value = b"\1"
            entry.match.add(field_id=2).exact.value = number.to_bytes(4, "big").lstrip(b"\0") or b"\0"
            entry.action.action.action_id = forward.preamble.id
            entry.action.action.params.add(param_id=1, value=b"\2")
            entry.action.action.params.add(param_id=2, value=bytes([1 + number % 255]))
        made.append(request)
    return made


def test_a_killed_switch_starts_again_and_takes_everything_anew(
    program: tuple[p4i.P4Info, bytes], tmp_path: Path
) -> None:
    info, config = program
    everything = requests(info)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    written = threading.Semaphore(0)

    def write(client: Client) -> None:
        """Until the switch is gone, the same batches again and again."""
        try:
            while True:
                for kind in (p4r.Update.INSERT, p4r.Update.MODIFY, p4r.Update.DELETE):
                    for request in everything:
                        for update in request.updates:
                            update.type = kind
                        client.write(request)
                        written.release()
        except Refused as refused:
            assert refused.code in ("UNAVAILABLE", "CANCELLED"), refused

    for batches in (3, len(everything) + 5):  # while it inserts, while it modifies
        with running(address, tmp_path / "packets") as process, Client(address) as client:
            client.arbitrate()
            client.set_pipeline(info, config)
            writer = threading.Thread(target=write, args=(client,))
            writer.start()
            for _ in range(batches):
                assert written.acquire(timeout=PATIENCE)
            process.send_signal(signal.SIGKILL)
            writer.join(PATIENCE)
            assert not writer.is_alive() and process.wait(PATIENCE) == -signal.SIGKILL

    with running(address, tmp_path / "packets"), Client(address) as client:
        assert not client.stub.GetForwardingPipelineConfig(
            p4r.GetForwardingPipelineConfigRequest(device_id=1)
        ).HasField("config")
        client.arbitrate()
        client.set_pipeline(info, config)
        for request in everything:
            for update in request.updates:
                update.type = p4r.Update.INSERT
            client.write(request)
        found = client.read(p4r.Entity(table_entry=p4r.TableEntry(table_id=info.tables[0].preamble.id)))
        wanted = [update.entity for request in everything for update in request.updates]
        assert sorted(e.SerializeToString() for e in found) == sorted(e.SerializeToString() for e in wanted)
