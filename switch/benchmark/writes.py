"""P4Runtime per second: a switch in a process of its own, one Python client over gRPC on loopback.

All requests are made and serialised before the clock starts; the entries are of the program's largest table with exact
match fields only, with dense values in the widest. What is measured is the server: taking requests in, checking,
writing to the tables, answering. Any switch that takes simple_switch_grpc's options can be measured, that one too.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import grpc
from finsy.proto import U128, p4i, p4r, p4r_grpc
from google.protobuf import text_format

from switch.p4runtime import canonical, schema

IN_FLIGHT = 4  # requests that wait for their answer at a time
START_SECONDS = 60
OURS = (sys.executable, "-m", "switch.simple_switch_cli")
THEIRS = ("simple_switch_grpc",)
WRITE = "/p4.v1.P4Runtime/Write"
READ = "/p4.v1.P4Runtime/Read"


@dataclass(frozen=True)
class Speed:
    """Entries per second, and MiB of memory that the switch takes with all of them there."""

    entries: int
    inserts: float
    modifies: float
    deletes: float
    reads: float
    resident_mib: float


def measure(
    program: Path, p4info: Path, count: int, batch: int = 1000, command: Sequence[str] = OURS, rounds: int = 1
) -> Speed:
    """`count` entries (or as many as the table holds) inserted, modified, read and deleted; of each the best round."""
    info = text_format.Parse(p4info.read_text(), p4i.P4Info())
    table, size = _table(info)
    count = min(count, size)
    requests = {kind: make_requests(table, kind, count, batch) for kind in (p4r.Update.INSERT, p4r.Update.MODIFY)}
    requests[p4r.Update.DELETE] = make_requests(table, p4r.Update.DELETE, count, batch)
    with _running(command) as (address, process):
        config = p4r.ForwardingPipelineConfig(p4info=info, p4_device_config=program.read_bytes())
        speeds = asyncio.run(_drive(address, process, config, table, requests, count, rounds))
    best = {f: max(getattr(s, f) for s in speeds) for f in ("inserts", "modifies", "deletes", "reads")}
    return Speed(count, **best, resident_mib=max(s.resident_mib for s in speeds))


def installed(command: Sequence[str]) -> bool:
    return shutil.which(command[0]) is not None


@contextmanager
def _running(command: Sequence[str]) -> Iterator[tuple[str, int]]:
    """A switch without a program: its address and process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    full = [*command, "--no-p4", "--device-id", "1", "--", "--grpc-server-addr", address]
    with subprocess.Popen(full, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            with grpc.insecure_channel(address) as channel:
                grpc.channel_ready_future(channel).result(START_SECONDS)
            yield address, process.pid
        finally:
            process.kill()


async def _drive(
    address: str,
    process: int,
    config: p4r.ForwardingPipelineConfig,
    table: schema.Table,
    requests: dict[p4r.Update.Type.ValueType, list[bytes]],
    count: int,
    rounds: int,
) -> list[Speed]:
    async with grpc.aio.insecure_channel(address, [("grpc.max_metadata_size", 16 << 20)]) as channel:
        stub: Any = p4r_grpc.P4RuntimeStub(channel)
        stream = stub.StreamChannel()
        await stream.write(
            p4r.StreamMessageRequest(arbitration=p4r.MasterArbitrationUpdate(device_id=1, election_id=U128.encode(1)))
        )
        await stream.read()
        set_config = p4r.SetForwardingPipelineConfigRequest
        await stub.SetForwardingPipelineConfig(
            set_config(device_id=1, election_id=U128.encode(1), action=set_config.VERIFY_AND_COMMIT, config=config)
        )
        write: Any = channel.unary_unary(WRITE)
        read: Any = channel.unary_stream(READ)
        everything = p4r.ReadRequest(
            device_id=1, entities=[p4r.Entity(table_entry=p4r.TableEntry(table_id=table.id))]
        ).SerializeToString()
        found = []
        for _ in range(rounds):
            inserts = await _write_all(write, requests[p4r.Update.INSERT])
            resident = _resident_mib(process)
            modifies = await _write_all(write, requests[p4r.Update.MODIFY])
            begin = time.perf_counter()
            async for _piece in read(everything):
                pass
            reads = time.perf_counter() - begin
            deletes = await _write_all(write, requests[p4r.Update.DELETE])
            found.append(Speed(count, count / inserts, count / modifies, count / deletes, count / reads, resident))
        return found


async def _write_all(write: Any, requests: Sequence[bytes]) -> float:
    """Seconds for all requests, IN_FLIGHT at a time; an error ends it."""
    waiting = iter(requests)

    async def send() -> None:
        for request in waiting:
            await write(request)

    begin = time.perf_counter()
    await asyncio.gather(*(send() for _ in range(IN_FLIGHT)))
    return time.perf_counter() - begin


def make_requests(table: schema.Table, kind: p4r.Update.Type.ValueType, count: int, batch: int) -> list[bytes]:
    """Updates of entries that differ in the widest field; action parameters are 1, of a MODIFY 0."""
    action = max(table.actions.values(), key=lambda a: len(a.params))
    wide = max(table.fields, key=lambda f: f.width)
    value = b"\0" if kind == p4r.Update.MODIFY else b"\1"
    requests = []
    for first in range(0, count, batch):
        request = p4r.WriteRequest(device_id=1, election_id=U128.encode(1))
        for number in range(first, min(first + batch, count)):
            entry = request.updates.add(type=kind).entity.table_entry
            entry.table_id = table.id
            for field in table.fields:
                entry.match.add(field_id=field.id).exact.value = canonical.encode(number if field is wide else 1)
            if kind != p4r.Update.DELETE:
                entry.action.action.action_id = action.id
                for param in action.params:
                    entry.action.action.params.add(param_id=param.id, value=value)
        requests.append(request.SerializeToString())
    return requests


def _resident_mib(process: int) -> float:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {process} has ended")


def _table(info: p4i.P4Info) -> tuple[schema.Table, int]:
    """The largest table with exact fields only and plain actions, and its size."""
    found = [
        t
        for t in schema.build(info).tables.values()
        if t.fields and not t.profile and not t.const and all(f.kind is schema.Kind.EXACT and f.width for f in t.fields)
    ]
    if not found:
        raise ValueError("the program has no table with exact match fields only")
    table = max(found, key=lambda t: min(t.size, 1 << max(f.width for f in t.fields)))
    return table, min(table.size, 1 << max(f.width for f in table.fields))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=Path, help="BMv2 JSON")
    parser.add_argument("--p4info", type=Path, required=True)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--bmv2", action="store_true", help="measure simple_switch_grpc instead")
    options = parser.parse_args()
    command = THEIRS if options.bmv2 else OURS
    if not installed(command):
        sys.exit(f"{command[0]} is not on the PATH")
    speed = measure(options.program, options.p4info, options.count, options.batch, command, options.rounds)
    json.dump(asdict(speed), sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
