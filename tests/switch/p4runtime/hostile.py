"""Clients that mean harm, each an attack on a switch's P4Runtime server: `python hostile.py ADDRESS NAME [SEED]`.

An attack prints `ready` when it is in full swing and goes on until its standard input is closed. What it expects of the
server (a code, an answer in time) it asserts itself. The switch runs packet_in_out, a program whose packet-outs to the
CPU port come back as packet-ins.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import grpc
from finsy.proto import U128, p4r, p4r_grpc, rpc_code

METHODS = ("Write", "Read", "SetForwardingPipelineConfig", "GetForwardingPipelineConfig", "Capabilities")
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
CPU_PORT = 510
SECONDS = 60  # an answer that takes longer does not come

Attack = Callable[[str, random.Random, "Swing"], Awaitable[None]]


class Swing:
    """Tells when the attack is in full swing, and when to stop."""

    def __init__(self) -> None:
        self._stop = asyncio.Event()

    @property
    def stopped(self) -> bool:
        return self._stop.is_set()

    async def hold(self) -> None:
        """Say `ready`, and wait for the end."""
        self.ready()
        await self._stop.wait()

    def ready(self) -> None:
        print("ready", flush=True)
        asyncio.get_running_loop().run_in_executor(None, self._wait, asyncio.get_running_loop())

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(self._stop.set)


def channel(address: str, number: int = 0) -> grpc.aio.Channel:
    """A connection of its own."""
    return grpc.aio.insecure_channel(
        address,
        [("grpc.use_local_subchannel_pool", 1), ("p4gate.number", str(number)), ("grpc.max_metadata_size", 1 << 24)],
    )


def arbitration(role: str, election_id: int) -> p4r.StreamMessageRequest:
    update = p4r.MasterArbitrationUpdate(device_id=1, election_id=U128.encode(election_id))
    update.role.name = role
    return p4r.StreamMessageRequest(arbitration=update)


def packet_out(port: int, payload: bytes) -> p4r.StreamMessageRequest:
    message = p4r.PacketOut(payload=payload)
    message.metadata.add(metadata_id=1, value=port.to_bytes(2, "big"))
    message.metadata.add(metadata_id=2, value=b"\0")
    return p4r.StreamMessageRequest(packet=message)


async def refused(call: Awaitable[object], *codes: grpc.StatusCode) -> None:
    try:
        await call
    except grpc.aio.AioRpcError as e:
        assert e.code() in codes, f"{e.code()}: {e.details()}"
    else:
        raise AssertionError("not refused")


# ---- the attacks


async def noise(address: str, rng: random.Random, swing: Swing) -> None:
    """What is no gRPC at all: random bytes, another protocol, HTTP/2 that goes wrong."""
    openings = [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        bytes.fromhex("1603010200010001fc0303"),
        PREFACE,
        PREFACE + bytes.fromhex("000000040000000000"),
        PREFACE + bytes.fromhex("ffffff000100000001"),
        b"\0" * 10_000,
    ]
    writers = []
    for i in range(200):
        writers.append(await connect(address))
        writers[-1].write(openings[i % len(openings)] + rng.randbytes(rng.choice((0, 1, 9, 100, 5000))))
        try:
            await asyncio.wait_for(writers[-1].drain(), SECONDS)
        except ConnectionError:
            continue
    await swing.hold()


async def connect(address: str) -> asyncio.StreamWriter:
    host, _, port = address.rpartition(":")
    return (await asyncio.open_connection(host, int(port)))[1]


async def no_protobuf(address: str, rng: random.Random, swing: Swing) -> None:
    """Bytes that are no message, and messages that are cut off or damaged, to every method."""
    whole = p4r.WriteRequest(
        device_id=1, updates=[p4r.Update(entity=p4r.Entity(table_entry=p4r.TableEntry(table_id=i))) for i in range(9)]
    ).SerializeToString()
    async with channel(address) as connection:
        for method in METHODS:
            call = connection.unary_unary(f"/p4.v1.P4Runtime/{method}")
            await refused(call(b"\xff\xff garbage", timeout=SECONDS), grpc.StatusCode.INVALID_ARGUMENT)
        stream = connection.stream_stream("/p4.v1.P4Runtime/StreamChannel")(timeout=SECONDS)
        await stream.write(b"\xff\xff garbage")
        assert await stream.code() == grpc.StatusCode.INVALID_ARGUMENT
        swing.ready()
        while not swing.stopped:
            data = bytearray(whole)
            for _ in range(rng.randint(0, 5)):
                data[rng.randrange(len(data))] = rng.randrange(256)
            call = connection.unary_unary(f"/p4.v1.P4Runtime/{rng.choice(METHODS)}")
            try:
                await call(bytes(data[: rng.randint(0, len(data))]), timeout=SECONDS)
            except grpc.aio.AioRpcError as e:
                assert e.code() not in (grpc.StatusCode.INTERNAL, grpc.StatusCode.DEADLINE_EXCEEDED), e.details()


async def huge_requests(address: str, rng: random.Random, swing: Swing) -> None:
    """Requests beyond the bound, and just below it from somebody who may not write."""
    one = p4r.Update(
        type=p4r.Update.INSERT, entity=p4r.Entity(table_entry=p4r.TableEntry(table_id=1, metadata=b"x" * 90))
    )
    request = p4r.WriteRequest(device_id=1, election_id=U128.encode(99), updates=[one] * (30_000_000 // one.ByteSize()))
    async with channel(address) as connection:
        write = connection.unary_unary("/p4.v1.P4Runtime/Write")
        swing.ready()
        while not swing.stopped:
            await refused(write(b"\x0a" * (40 << 20), timeout=SECONDS), grpc.StatusCode.RESOURCE_EXHAUSTED)
            await refused(write(request.SerializeToString(), timeout=SECONDS), grpc.StatusCode.PERMISSION_DENIED)


async def thousand_connections(address: str, rng: random.Random, swing: Swing) -> None:
    """1,000 connections, half of them silent, half of them with HTTP/2's first frames."""
    writers = []
    for i in range(1000):
        writers.append(await connect(address))
        if i % 2:
            writers[-1].write(PREFACE + bytes.fromhex("000000040000000000"))
    await swing.hold()


async def half_requests(address: str, rng: random.Random, swing: Swing) -> None:
    """500 calls that never send their request, and 20 that send a tenth of 30 MB and stop there."""
    async with AsyncExitStack() as stack:
        calls = []
        for i in range(10):
            connection = await stack.enter_async_context(channel(address, i))
            for k in range(50):
                calls.append(connection.stream_unary(f"/p4.v1.P4Runtime/{METHODS[k % len(METHODS)]}")())
                await calls[-1].wait_for_connection()
        writers = []
        for _ in range(20):
            writers.append(await connect(address))
            writers[-1].write(PREFACE + bytes.fromhex("000000040000000000") + begun_write(30 << 20))
            for _ in range(180):  # frames of 16 KiB; the server's window may stop us before
                writers[-1].write(bytes.fromhex("004000000000000001") + bytes(16384))
        await swing.hold()
        for call in calls:
            call.cancel()


def begun_write(size: int) -> bytes:
    """HTTP/2: HEADERS of a Write, and the first five bytes of a message that is said to have `size` bytes."""

    def literal(name: bytes, value: bytes) -> bytes:
        return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value

    block = b"".join(
        literal(name, value)
        for name, value in (
            (b":method", b"POST"),
            (b":scheme", b"http"),
            (b":path", b"/p4.v1.P4Runtime/Write"),
            (b":authority", b"x"),
            (b"te", b"trailers"),
            (b"content-type", b"application/grpc"),
        )
    )
    headers = len(block).to_bytes(3, "big") + bytes.fromhex("010400000001") + block
    return headers + bytes.fromhex("000005000000000001") + b"\0" + size.to_bytes(4, "big")


async def silent_streams(address: str, rng: random.Random, swing: Swing) -> None:
    """1,000 streams that never arbitrate."""
    async with AsyncExitStack() as stack:
        streams = []
        for i in range(20):
            stub = p4r_grpc.P4RuntimeStub(await stack.enter_async_context(channel(address, i)))  # type: ignore[no-untyped-call]
            for _ in range(50):
                streams.append(stub.StreamChannel())
                await streams[-1].wait_for_connection()
        await swing.hold()
        for stream in streams:
            stream.cancel()


async def abandoned_streams(address: str, rng: random.Random, swing: Swing) -> None:
    """Streams that become primary and are cut off, politely or by killing their process."""
    swing.ready()
    number = time.time_ns()  # above those of earlier runs
    while not swing.stopped:
        async with channel(address, number) as connection:
            for _ in range(20):
                number += 1
                stream = p4r_grpc.P4RuntimeStub(connection).StreamChannel()  # type: ignore[no-untyped-call]
                await stream.write(arbitration("abandoned", number))
                assert (await stream.read()).arbitration.status.code == rpc_code.OK
                if number % 3 == 0:
                    stream.cancel()
        child = subprocess.Popen(
            [sys.executable, __file__, address, "one_stream"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        assert await asyncio.to_thread(child.stdout.readline) == b"ready\n"
        child.kill()
        child.wait()
        child.communicate()


async def one_stream(address: str, rng: random.Random, swing: Swing) -> None:
    """A stream that is primary of a role, for `abandoned_streams` to kill."""
    async with channel(address) as connection:
        stream = p4r_grpc.P4RuntimeStub(connection).StreamChannel()  # type: ignore[no-untyped-call]
        await stream.write(arbitration("killed", int.from_bytes(os.urandom(8), "big")))
        await stream.read()
        await swing.hold()


async def deaf_stream(address: str, rng: random.Random, swing: Swing) -> None:
    """A primary that has packet-ins sent to itself and takes none of them."""
    async with channel(address) as connection:
        stream = p4r_grpc.P4RuntimeStub(connection).StreamChannel()  # type: ignore[no-untyped-call]
        await stream.write(arbitration("deaf", 1))
        payload = bytes(1400)
        for _ in range(2000):
            await stream.write(packet_out(CPU_PORT, payload))
        swing.ready()
        while not swing.stopped:
            await asyncio.wait({asyncio.ensure_future(stream.write(packet_out(CPU_PORT, payload)))}, timeout=1)
        stream.cancel()


async def deaf_arbitration(address: str, rng: random.Random, swing: Swing) -> None:
    """Clients that change their election ids all the time and take no answer: in the end the server cuts them off."""
    async with AsyncExitStack() as stack:
        stubs = [
            p4r_grpc.P4RuntimeStub(await stack.enter_async_context(channel(address, i)))  # type: ignore[no-untyped-call]
            for i in range(2)
        ]
        number = 0

        async def flood(stub: object) -> None:
            nonlocal number
            while not swing.stopped:
                stream = stub.StreamChannel()  # type: ignore[attr-defined]
                try:
                    while not swing.stopped:
                        number += 1
                        await stream.write(arbitration("deaf arbitration", number))
                except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
                    continue
                finally:
                    stream.cancel()

        swing.ready()
        await asyncio.gather(*(flood(stub) for stub in stubs))


async def deaf_reads(address: str, rng: random.Random, swing: Swing) -> None:
    """Ten Reads of 6 MB each, of which no answer is taken."""
    async with AsyncExitStack() as stack:
        channels = [await stack.enter_async_context(channel(address, i)) for i in range(4)]
        group = p4r.MulticastGroupEntry()
        wildcard = p4r.Entity(
            packet_replication_engine_entry=p4r.PacketReplicationEngineEntry(multicast_group_entry=group)
        )
        streams = []
        for i in range(10):
            stub = p4r_grpc.P4RuntimeStub(channels[i % 4])  # type: ignore[no-untyped-call]
            streams.append(stub.Read(p4r.ReadRequest(device_id=1, entities=[wildcard] * 10)))
            await streams[-1].read()
        await swing.hold()
        for stream in streams:
            stream.cancel()


async def packet_out_flood(address: str, rng: random.Random, swing: Swing) -> None:
    """Packet-outs as fast as they go, good ones, bad ones, and some that are too long."""
    async with channel(address) as connection:
        stream = p4r_grpc.P4RuntimeStub(connection).StreamChannel()  # type: ignore[no-untyped-call]
        await stream.write(arbitration("flood", 1))
        reader = asyncio.ensure_future(count(stream))
        messages = [
            packet_out(3, bytes(100)),
            packet_out(511, b""),
            packet_out(3, bytes(60_000)),
            p4r.StreamMessageRequest(packet=p4r.PacketOut(payload=b"no metadata")),
            p4r.StreamMessageRequest(digest_ack=p4r.DigestListAck(digest_id=7)),
            p4r.StreamMessageRequest(),
        ]
        swing.ready()
        while not swing.stopped:
            await stream.write(messages[0] if rng.random() < 0.9 else rng.choice(messages))
        stream.cancel()
        assert await reader > 1


async def count(stream: AsyncIterator[object]) -> int:
    number = 0
    try:
        async for _ in stream:
            number += 1
    except (grpc.aio.AioRpcError, asyncio.CancelledError):
        pass
    return number


async def cancelled_calls(address: str, rng: random.Random, swing: Swing) -> None:
    """Calls that are cancelled as soon as they are made."""
    async with channel(address) as connection:
        stub = p4r_grpc.P4RuntimeStub(connection)  # type: ignore[no-untyped-call]
        swing.ready()
        while not swing.stopped:
            calls = [
                stub.Capabilities(p4r.CapabilitiesRequest()),
                stub.Read(p4r.ReadRequest(device_id=1, entities=[p4r.Entity(table_entry=p4r.TableEntry())] * 500)),
                stub.Write(p4r.WriteRequest(device_id=1, election_id=U128.encode(9))),
                stub.StreamChannel(),
            ]
            await asyncio.sleep(rng.choice((0, 0, 0.001)))
            for call in calls:
                call.cancel()


async def other_services(address: str, rng: random.Random, swing: Swing) -> None:
    """What is no JSON, or too deep, to the services beside P4Runtime; and packets to be traced."""
    methods = ["Debug/Trace", "Debug/Stats", "Debug/Capture", "Ports/List", "Ports/Add", "Ports/Remove", "Ports/Enable"]
    requests = [b"\xff", b"[" * 50_000, b"[]", b"{}", b'{"port": {}, "data": 7}', b'{"port": 1, "data": "zz"}', b"7"]
    async with channel(address) as connection:
        swing.ready()
        while not swing.stopped:
            name = f"/p4gate.v1.{rng.choice(methods)}"
            try:
                if name.endswith("Capture"):
                    async for _ in connection.unary_stream(name)(rng.choice(requests), timeout=1):
                        break
                else:
                    await connection.unary_unary(name)(rng.choice(requests), timeout=SECONDS)
            except grpc.aio.AioRpcError as e:
                assert e.details() != "", e


ATTACKS: dict[str, Attack] = {
    attack.__name__: attack
    for attack in (
        noise,
        no_protobuf,
        huge_requests,
        thousand_connections,
        half_requests,
        silent_streams,
        abandoned_streams,
        deaf_stream,
        deaf_arbitration,
        deaf_reads,
        packet_out_flood,
        cancelled_calls,
        other_services,
    )
}


async def main(address: str, name: str, seed: int) -> None:
    attack = one_stream if name == "one_stream" else ATTACKS[name]
    await attack(address, random.Random(seed), Swing())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 0))
