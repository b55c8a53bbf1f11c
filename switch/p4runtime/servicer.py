"""The P4Runtime service: requests to the device, streams to its clients (P4Runtime 1.5, a superset of 1.4).

Everything runs on one asyncio loop, so that arbitration, pipeline changes and writes are ordered without locks; only
the loading of a pipeline (a C compiler runs) is done in a thread, under a lock that holds other writers back.
Reads and writes are plain function calls on the loop: they never wait for packets.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from itertools import count
from typing import Any, NoReturn, TypeVar

import grpc
from finsy.proto import U128, p4r, rpc_status
from google.protobuf import any_pb2

from switch import errors
from switch.p4runtime import arbitration, packetio
from switch.p4runtime.arbitration import ClientId, Reply
from switch.p4runtime.config import Loader, PipelineConfig
from switch.p4runtime.device import Pipeline, error_of
from switch.p4runtime.status import (
    FAILED_PRECONDITION,
    INTERNAL,
    OK,
    PERMISSION_DENIED,
    UNIMPLEMENTED,
    UNKNOWN,
    StatusError,
    code_of,
)

log = logging.getLogger(__name__)

API_VERSION = "1.5.0"
READ_CHUNK = 1000  # entities in one ReadResponse
WAITING_MAX = 20000  # packet-ins, digests and notifications that wait for a slow client; more are lost
IDLE_SCAN_SECONDS = 0.25
# grpc.StatusCode by the number that P4Runtime uses
STATUS = {code.value[0]: code for code in grpc.StatusCode}

Context = grpc.aio.ServicerContext[Any, Any]
T = TypeVar("T")


class Client:
    """One StreamChannel: what waits to be sent on it, and why it must end."""

    def __init__(self, number: int) -> None:
        self.id = ClientId(number)
        self.waiting: deque[p4r.StreamMessageResponse] = deque()
        self.changed = asyncio.Event()
        self.ended = False
        self.error: StatusError | None = None

    def send(self, message: p4r.StreamMessageResponse, *, may_be_lost: bool = False) -> None:
        if may_be_lost and len(self.waiting) >= WAITING_MAX:
            return
        self.waiting.append(message)
        self.changed.set()

    def end(self, error: StatusError | None = None) -> None:
        self.ended, self.error = True, error
        self.changed.set()


class Servicer:
    """One device behind the P4Runtime service."""

    def __init__(self, device_id: int, loader: Loader, inject: Callable[[bytes], None]) -> None:
        """`inject` puts a packet into the CPU port."""
        self._state = arbitration.Arbitration(device_id)
        self._config = PipelineConfig(loader)
        self._inject = inject
        self._clients: dict[ClientId, Client] = {}
        self._numbers = count(1)
        self._lock = asyncio.Lock()
        self._watched: list[int] = []
        self._digest_timer: asyncio.TimerHandle | None = None
        self._idle_task: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """End every stream and forget the pipeline."""
        for client in self._clients.values():
            client.end(StatusError(grpc.StatusCode.UNAVAILABLE.value[0], "the switch is shutting down"))
        if self._idle_task is not None:
            self._idle_task.cancel()
        self._unwatch()
        self._config.close()

    @property
    def pipeline(self) -> Pipeline | None:
        """The pipeline that packets see."""
        return self._config.running

    # ---- unary calls

    async def Capabilities(self, request: p4r.CapabilitiesRequest, context: Context) -> p4r.CapabilitiesResponse:
        return p4r.CapabilitiesResponse(p4runtime_api_version=API_VERSION)

    async def SetForwardingPipelineConfig(
        self, request: p4r.SetForwardingPipelineConfigRequest, context: Context
    ) -> p4r.SetForwardingPipelineConfigResponse:
        async with self._lock:
            try:
                self._check_writer(request)
                await self.set_pipeline(request)
            except StatusError as e:
                await _abort(context, e)
        return p4r.SetForwardingPipelineConfigResponse()

    async def set_pipeline(self, request: p4r.SetForwardingPipelineConfigRequest) -> None:
        """Do what a SetForwardingPipelineConfig asks for, whoever asks. Raises StatusError."""
        before = self._config.running
        await self._config.set(request)
        if self._config.running is not before:
            self._unwatch()
            self._watch()

    async def GetForwardingPipelineConfig(
        self, request: p4r.GetForwardingPipelineConfigRequest, context: Context
    ) -> p4r.GetForwardingPipelineConfigResponse:
        try:
            arbitration.check_device(self._state, request.device_id)
        except StatusError as e:
            await _abort(context, e)
        return self._config.get(request.response_type)

    async def Write(self, request: p4r.WriteRequest, context: Context) -> p4r.WriteResponse:
        async with self._lock:
            try:
                self._check_writer(request)
                results = self._addressed().write(request.updates, request.atomicity)
            except StatusError as e:
                await _abort(context, e)
            if results:
                failed = sum(error.canonical_code != OK for error in results)
                await _abort_with(context, f"{failed} of {len(results)} updates failed", results)
        return p4r.WriteResponse()

    async def Read(self, request: p4r.ReadRequest, context: Context) -> AsyncIterator[p4r.ReadResponse]:
        """Entities of the requests that succeed, then an error for those that do not."""
        async with self._lock:
            try:
                arbitration.check_device(self._state, request.device_id)
                found, results = _read(self._addressed(), request.entities)
            except StatusError as e:
                await _abort(context, e)
        # Outside of the lock: a client that does not take its answer holds up nobody.
        for start in range(0, len(found), READ_CHUNK):
            yield p4r.ReadResponse(entities=found[start : start + READ_CHUNK])
        failed = sum(error.canonical_code != OK for error in results)
        if failed:
            await _abort_with(context, f"{failed} of {len(results)} requests failed", results)

    def _addressed(self) -> Pipeline:
        """The pipeline that reads and writes are about: one that is saved comes before the one that runs."""
        pipeline = self._config.saved or self._config.running
        if pipeline is None:
            raise StatusError(FAILED_PRECONDITION, "no forwarding pipeline is set")
        return pipeline

    def _check_writer(self, request: p4r.WriteRequest | p4r.SetForwardingPipelineConfigRequest) -> None:
        election_id = U128.decode(request.election_id) if request.HasField("election_id") else None
        arbitration.check_writer(self._state, request.device_id, request.role, election_id)

    # ---- streams

    async def StreamChannel(
        self, requests: AsyncIterator[p4r.StreamMessageRequest], context: Context
    ) -> AsyncIterator[p4r.StreamMessageResponse]:
        client = Client(next(self._numbers))
        self._clients[client.id] = client
        reader = asyncio.create_task(self._listen(client, requests))
        try:
            while True:
                while client.waiting:
                    yield client.waiting.popleft()
                if client.ended:
                    break
                client.changed.clear()
                await client.changed.wait()
        finally:
            reader.cancel()
            del self._clients[client.id]
            self._state, replies = arbitration.on_disconnect(self._state, client.id)
            self._reply(replies)
        if client.error is not None:
            await _abort(context, client.error)

    async def _listen(self, client: Client, requests: AsyncIterator[p4r.StreamMessageRequest]) -> None:
        """Take a client's messages until it has no more. A message that breaks the rules of the stream ends it."""
        try:
            async for request in requests:
                self._on_message(client, request)
            client.end()
        except StatusError as e:
            client.end(e)
        except Exception as e:  # an error of ours must not leave the client waiting for ever
            log.exception("stream of client %d", client.id)
            client.end(StatusError(INTERNAL, f"{type(e).__name__}: {e}"))

    def _on_message(self, client: Client, request: p4r.StreamMessageRequest) -> None:
        which = request.WhichOneof("update")
        if which == "arbitration":
            self._state, replies = arbitration.on_arbitration(self._state, client.id, request.arbitration)
            self._reply(replies)
            return
        if which is None:
            return
        try:
            if which == "packet":
                self._packet_out(client, request.packet)
            elif which == "digest_ack":
                self._acknowledge(client, request.digest_ack)
            else:
                raise StatusError(UNIMPLEMENTED, f"stream messages of the kind {which} are not supported")
        except StatusError as e:
            error = p4r.StreamError(canonical_code=e.code, message=e.message)
            if which == "packet":
                error.packet_out.packet_out.CopyFrom(request.packet)
            elif which == "digest_ack":
                error.digest_list_ack.digest_list_ack.CopyFrom(request.digest_ack)
            else:
                error.other.SetInParent()
            client.send(p4r.StreamMessageResponse(error=error), may_be_lost=True)

    def _packet_out(self, client: Client, message: p4r.PacketOut) -> None:
        self._check_primary(client)
        if self.pipeline is None:
            raise StatusError(FAILED_PRECONDITION, "no forwarding pipeline is set")
        try:
            self._inject(packetio.packet_out(self.pipeline.schema.packet_out, message))
        except errors.EngineError as e:
            raise StatusError(code_of(e), str(e)) from None

    def _acknowledge(self, client: Client, message: p4r.DigestListAck) -> None:
        self._check_primary(client)
        if self.pipeline is not None:
            self.pipeline.digests.acknowledge(message)

    def _check_primary(self, client: Client) -> None:
        if not self._state.is_primary(client.id):
            raise StatusError(PERMISSION_DENIED, "only the primary client may do this")

    def _reply(self, replies: Iterable[Reply]) -> None:
        for reply in replies:
            if reply.client in self._clients:
                self._clients[reply.client].send(p4r.StreamMessageResponse(arbitration=reply.update))

    def _tell_primaries(self, message: p4r.StreamMessageResponse) -> None:
        for client in self._state.primaries():
            self._clients[client].send(message, may_be_lost=True)

    # ---- what the data plane says

    def _watch(self) -> None:
        """Listen to the running pipeline's workers, and look for idle entries if a table has them."""
        pipeline = self.pipeline
        if pipeline is None:
            return
        loop = asyncio.get_running_loop()
        self._watched = pipeline.engine.event_fds()
        for fd in self._watched:
            loop.add_reader(fd, self.drain)
        if any(table.idle_timeout for table in pipeline.schema.tables.values()):
            self._idle_task = loop.create_task(self._scan_idle())

    def _unwatch(self) -> None:
        for fd in self._watched:
            asyncio.get_running_loop().remove_reader(fd)
        self._watched = []
        for pending in (self._digest_timer, self._idle_task):
            if pending is not None:
                pending.cancel()
        self._digest_timer = self._idle_task = None

    def drain(self) -> None:
        """Pass on what the workers have for the CPU: packet-ins and digests."""
        pipeline = self.pipeline
        if pipeline is None:
            return
        packets, samples, lines = pipeline.engine.drain()
        for packet in packets:
            message = packetio.packet_in(pipeline.schema.packet_in, packet.data)
            self._tell_primaries(p4r.StreamMessageResponse(packet=message))
        now = time.monotonic_ns()
        for sample in samples:
            pipeline.digests.sample(sample.name, sample.values, now)
        if samples:
            self._send_digests()
        for line in lines:
            log.info("%s", line)

    def _send_digests(self) -> None:
        pipeline = self.pipeline
        if pipeline is None:
            return
        now = time.monotonic_ns()
        for digest_list in pipeline.digests.due(now):
            digest_list.timestamp = time.time_ns()
            self._tell_primaries(p4r.StreamMessageResponse(digest=digest_list))
        if self._digest_timer is not None:
            self._digest_timer.cancel()
            self._digest_timer = None
        deadline = pipeline.digests.deadline()
        if deadline is not None:
            delay = max(0, deadline - now) / 1e9
            self._digest_timer = asyncio.get_running_loop().call_later(delay, self._send_digests)

    async def _scan_idle(self) -> None:
        while self.pipeline is not None:
            await asyncio.sleep(IDLE_SCAN_SECONDS)
            for message in self.pipeline.idle_notifications():
                message.timestamp = time.time_ns()
                self._tell_primaries(p4r.StreamMessageResponse(idle_timeout_notification=message))


def _read(pipeline: Pipeline, requests: Iterable[p4r.Entity]) -> tuple[list[p4r.Entity], list[p4r.Error]]:
    """All that the requests select, and how each of them went."""
    found: list[p4r.Entity] = []
    results: list[p4r.Error] = []
    for request in requests:
        try:
            found.extend(pipeline.read(request))
            results.append(error_of(None))
        except (StatusError, errors.EngineError) as e:
            results.append(error_of(e))
    return found, results


async def _abort(context: Context, error: StatusError) -> NoReturn:
    await context.abort(STATUS[error.code], error.message)
    raise AssertionError("abort does not return")


async def _abort_with(context: Context, message: str, results: Iterable[p4r.Error]) -> NoReturn:
    """End a call with UNKNOWN and one p4.v1.Error for each of its parts ("Error Reporting Messages")."""
    status = rpc_status.Status(code=UNKNOWN, message=message)
    for result in results:
        packed = any_pb2.Any()
        packed.Pack(result)
        status.details.append(packed)
    trailer = (("grpc-status-details-bin", status.SerializeToString()),)
    await context.abort(grpc.StatusCode.UNKNOWN, message, trailer)
    raise AssertionError("abort does not return")
