"""P4Runtime writes per second: a client in a process of its own, over gRPC on loopback, against a switch in this one.

The entries are made before the clock starts: of the program's largest table with exact match fields only, with dense
values in the widest. What is measured is the server: decoding, checking, writing to the tables, answering.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import grpc
from finsy.proto import U128, p4i, p4r, p4r_grpc
from google.protobuf import text_format

from switch import build
from switch.p4runtime import canonical, schema
from switch.p4runtime.server import Options, Switch
from switch.ports import DataPlane

IN_FLIGHT = 4  # requests that wait for their answer at a time


def measure(program: Path, p4info: Path, count: int = 65536, batch: int = 1000) -> float:
    """INSERTs per second of `count` entries, or of as many as the table holds, in requests of `batch`."""
    info = text_format.Parse(p4info.read_text(), p4i.P4Info())
    table, size = _table(info)
    return asyncio.run(_serve(program, info, table, min(count, size), batch))


async def _serve(program: Path, info: p4i.P4Info, table: schema.Table, count: int, batch: int) -> float:
    with DataPlane(build.runtime_library()) as plane:
        plane.start()
        switch = Switch(plane, Options(address="127.0.0.1:0"))
        try:
            await switch.set_pipeline(program.read_bytes(), info)
            await switch.start()
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe()
            client = context.Process(
                target=_client, args=(theirs, switch.address, table.id, info.SerializeToString(), count, batch)
            )
            client.start()
            seconds: float | str = await asyncio.to_thread(ours.recv)
            await asyncio.to_thread(client.join)
        finally:
            await switch.stop()
    if isinstance(seconds, str):
        raise RuntimeError(seconds)
    return count / seconds


def _client(pipe: Connection, address: str, table_id: int, p4info: bytes, count: int, batch: int) -> None:
    """Runs in the other process: sends everything, tells how many seconds it took."""
    try:
        pipe.send(asyncio.run(_write_all(address, table_id, p4i.P4Info.FromString(p4info), count, batch)))
    except Exception as e:
        pipe.send(f"the client failed: {e}")


async def _write_all(address: str, table_id: int, info: p4i.P4Info, count: int, batch: int) -> float:
    requests = make_requests(schema.build(info).tables[table_id], count, batch)
    async with grpc.aio.insecure_channel(address) as channel:
        stub: Any = p4r_grpc.P4RuntimeStub(channel)
        stream = stub.StreamChannel()
        update = p4r.MasterArbitrationUpdate(device_id=1, election_id=U128.encode(1))
        await stream.write(p4r.StreamMessageRequest(arbitration=update))
        await stream.read()
        turns = asyncio.Semaphore(IN_FLIGHT)

        async def write(request: p4r.WriteRequest) -> None:
            async with turns:
                await stub.Write(request)

        start = time.perf_counter()
        await asyncio.gather(*map(write, requests))
        return time.perf_counter() - start


def make_requests(table: schema.Table, count: int, batch: int) -> list[p4r.WriteRequest]:
    """INSERTs of entries that differ in the first field; every action parameter is 1."""
    action = max(table.actions.values(), key=lambda a: len(a.params))
    requests = []
    for first in range(0, count, batch):
        request = p4r.WriteRequest(device_id=1, election_id=U128.encode(1))
        for number in range(first, min(first + batch, count)):
            entry = request.updates.add(type=p4r.Update.INSERT).entity.table_entry
            entry.table_id = table.id
            wide = max(table.fields, key=lambda f: f.width)
            for field in table.fields:
                value = number if field is wide else 1
                entry.match.add(field_id=field.id).exact.value = canonical.encode(value)
            entry.action.action.action_id = action.id
            for param in action.params:
                entry.action.action.params.add(param_id=param.id, value=b"\x01")
        requests.append(request)
    return requests


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
    parser.add_argument("--count", type=int, default=65536)
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rate = measure(options.program, options.p4info, options.count, options.batch)
    if options.json:
        json.dump([{"name": "P4Runtime writes", "value": rate, "unit": "1/s"}], sys.stdout)
        print()
    else:
        print(f"P4Runtime writes: {rate:,.0f} a second (batches of {options.batch})")


if __name__ == "__main__":
    main()
