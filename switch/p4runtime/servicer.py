"""The P4Runtime service without its transport: requests to the device, streams to its clients (P4Runtime 1.5).

Everything runs on one asyncio loop. Reads and writes work in slices, between which others get their turn, under a lock
for many readers or one writer: a Read sees the state before or after a Write, never the middle ("Parallelism of Read
and Write Requests"). Only the loading of a pipeline (a C compiler runs) is done in a thread, under the same lock.
A Write that has begun is finished, also if its client goes away or loses its office.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from itertools import count
from typing import Any, TypeVar

from finsy.proto import U128, p4r

from switch import errors
from switch.engine import Engine
from switch.p4runtime import arbitration, packetio, roles
from switch.p4runtime.answers import aborted, error_of
from switch.p4runtime.arbitration import ClientId, Reply
from switch.p4runtime.config import Loader, PipelineConfig
from switch.p4runtime.device import Pipeline
from switch.p4runtime.limits import NATIVE_SLICE, READ_CHUNK, READERS_MAX, SLICE, UNARBITRATED_MAX
from switch.p4runtime.lock import ReadWriteLock
from switch.p4runtime.native_tables import Batch
from switch.p4runtime.roles import RoleConfig
from switch.p4runtime.snapshot import Room, Snapshot
from switch.p4runtime.status import (
    FAILED_PRECONDITION,
    INVALID_ARGUMENT,
    OK,
    PERMISSION_DENIED,
    RESOURCE_EXHAUSTED,
    UNAVAILABLE,
    UNIMPLEMENTED,
    BatchError,
    StatusError,
    code_of,
)
from switch.p4runtime.stream import Caller, Client
from switch.ports import PortError

log = logging.getLogger(__name__)

API_VERSION = "1.5.0"
IDLE_SCAN_SECONDS = 0.25
T = TypeVar("T")


class Servicer:
    """One device behind the P4Runtime service. What it raises for clients is a StatusError."""

    def __init__(self, device_id: int, loader: Loader, inject: Callable[[bytes], None]) -> None:
        """`inject` puts a packet into the CPU port."""
        self._state = arbitration.Arbitration(device_id)
        self._config = PipelineConfig(loader)
        self._inject = inject
        self._clients: dict[ClientId, Client] = {}
        self._unarbitrated: dict[ClientId, Client] = {}  # oldest first
        self._numbers = count(1)
        self._lock = ReadWriteLock(READERS_MAX)
        self._loading = asyncio.Lock()
        self._closed = False
        self._write_runs = False
        self._room = Room()
        self._started: set[asyncio.Task[Any]] = set()
        self._watched: list[int] = []
        self._digest_timer: asyncio.TimerHandle | None = None
        self._idle_task: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """End every stream and forget the pipeline."""
        for client in list(self._clients.values()):
            client.end(StatusError(UNAVAILABLE, "the switch is shutting down"))
        if self._idle_task is not None:
            self._idle_task.cancel()
        self._unwatch()
        async with self._lock.writing():
            self._closed = True
            self._config.close()

    @property
    def pipeline(self) -> Pipeline | None:
        """The pipeline that packets see."""
        return self._config.running

    def engines(self) -> list[Engine]:
        """Those of the running and of the saved pipeline."""
        return [p.engine for p in (self._config.running, self._config.saved) if p is not None]

    # ---- unary calls

    def capabilities(self, request: p4r.CapabilitiesRequest) -> p4r.CapabilitiesResponse:
        if request.device_id:
            arbitration.check_device(self._state, request.device_id)
        return p4r.CapabilitiesResponse(p4runtime_api_version=API_VERSION)

    async def set_config(self, request: p4r.SetForwardingPipelineConfigRequest, caller: Caller) -> None:
        """What a client asks for ("SetForwardingPipelineConfig RPC")."""

        def check() -> None:
            config = self._check_writer(request, caller)
            if config is not None and not config.can_push_pipeline:
                raise StatusError(PERMISSION_DENIED, "the role may not set the forwarding pipeline")

        check()
        await self._finish(self._set(request, check))

    async def set_pipeline(self, request: p4r.SetForwardingPipelineConfigRequest) -> None:
        """The same for the switch itself, whoever is primary."""
        await self._set(request, lambda: None)

    async def _set(self, request: p4r.SetForwardingPipelineConfigRequest, check: Callable[[], None]) -> None:
        """Others read and write while a config is loaded; whether it may be set is checked again when it is."""
        async with self._loading:
            prepared = await self._config.prepare(request)
            async with self._lock.writing():
                try:
                    check()
                    if self._closed:
                        raise StatusError(UNAVAILABLE, "the switch is shutting down")
                except StatusError:
                    if prepared is not None:
                        prepared.close()
                    raise
                before = self._config.running
                await self._config.carry_out(request, prepared)
                if self._config.running is not before:
                    self._unwatch()
                    self._watch()

    def get_config(self, request: p4r.GetForwardingPipelineConfigRequest) -> p4r.GetForwardingPipelineConfigResponse:
        arbitration.check_device(self._state, request.device_id)
        return self._config.get(request.response_type)

    async def write(self, data: bytes, caller: Caller) -> None:
        """A WriteRequest ("Write RPC"). Raises BatchError where updates fail."""

        async def do() -> None:
            async with self._lock.writing():
                pipeline = self._config.saved or self._config.running
                batch = Batch(data) if pipeline is None else pipeline.decode(data)
                config = self._check_writer(batch.head, caller)
                self._write_runs = True
                try:
                    results = await _write(self._addressed(), batch, config)
                finally:
                    self._write_runs = False
            self._send_digests()  # their configuration may be another: what waits may be due
            if results:
                raise BatchError(results, "updates")

        await self._finish(do())

    async def read(self, request: p4r.ReadRequest, caller: Caller) -> Snapshot:
        """What the requests that succeed select, and how each of them went ("Read RPC")."""
        async with self._lock.reading():
            arbitration.check_device(self._state, request.device_id)
            pipeline = self._addressed()
            config = self._state.config_of(roles.key_of(request.role, 0))
            snapshot = Snapshot(self._room, caller.peer)
            try:
                await _read(pipeline, request.entities, config, snapshot)
            except BaseException:
                snapshot.drop()
                raise
        return snapshot

    def _addressed(self) -> Pipeline:
        """The pipeline that reads and writes are about: one that is saved comes before the one that runs."""
        pipeline = self._config.saved or self._config.running
        if pipeline is None:
            raise StatusError(FAILED_PRECONDITION, "no forwarding pipeline is set")
        return pipeline

    def _check_writer(
        self, request: p4r.WriteRequest | p4r.SetForwardingPipelineConfigRequest, caller: Caller
    ) -> RoleConfig | None:
        key = roles.key_of(request.role, request.role_id)
        election_id = U128.decode(request.election_id) if request.HasField("election_id") else None
        config = arbitration.check_writer(self._state, request.device_id, key, election_id)
        if not caller.may_write:
            raise StatusError(PERMISSION_DENIED, "this client's certificate is for reading only")
        return config

    async def _finish(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it to the end, also if the client goes away meanwhile."""
        task = asyncio.get_running_loop().create_task(work)
        self._started.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._started.discard(task)
        if not task.cancelled():
            task.exception()  # its client may not be there any more to hear of it

    # ---- streams

    def connect(self, caller: Caller) -> Client:
        """A stream has been opened."""
        client = Client(next(self._numbers), caller)
        if len(self._unarbitrated) >= UNARBITRATED_MAX:
            oldest = self._unarbitrated.pop(next(iter(self._unarbitrated)))
            oldest.end(StatusError(RESOURCE_EXHAUSTED, "too many streams without a MasterArbitrationUpdate"))
        self._clients[client.id] = self._unarbitrated[client.id] = client
        return client

    def disconnect(self, client: Client) -> None:
        """Its stream is broken, or has been ended."""
        self._clients.pop(client.id, None)
        self._unarbitrated.pop(client.id, None)
        self._state, replies = arbitration.on_disconnect(self._state, client.id)
        self._reply(replies)
        if client.lost:
            log.warning("%s: %d messages were lost, as it took them too slowly", client.caller.peer, client.lost)

    async def on_message(self, client: Client, request: p4r.StreamMessageRequest) -> None:
        """A message of a stream. Raises StatusError where the stream must be terminated."""
        which = request.WhichOneof("update")
        if which == "arbitration":
            await self._arbitrate(client, request.arbitration)
            return
        try:
            if which == "packet":
                self._packet_out(client, request.packet)
            elif which == "digest_ack":
                self._acknowledge(client, request.digest_ack)
            elif which == "other":
                kind = request.other.type_url[:100]
                raise StatusError(UNIMPLEMENTED, f"stream messages of the type {kind!r} are not supported")
            else:
                raise StatusError(INVALID_ARGUMENT, "the stream message is empty, or of a kind that is not known here")
        except StatusError as e:
            error = p4r.StreamError(canonical_code=e.code, message=e.message)
            if which == "packet":
                error.packet_out.packet_out.CopyFrom(request.packet)
            elif which == "digest_ack":
                error.digest_list_ack.digest_list_ack.CopyFrom(request.digest_ack)
            else:
                error.other.other.CopyFrom(request.other)
            client.send(p4r.StreamMessageResponse(error=error))

    async def _arbitrate(self, client: Client, update: p4r.MasterArbitrationUpdate) -> None:
        if update.HasField("election_id") and not client.caller.may_write:
            raise StatusError(
                PERMISSION_DENIED, "this client's certificate is for reading only: it may not send an election id"
            )
        self._state, replies = arbitration.on_arbitration(self._state, client.id, update)
        self._unarbitrated.pop(client.id, None)
        if self._write_runs and self._state.is_primary(client.id):
            # Everybody else hears of the new primary at once, the primary itself when older writes are through.
            self._reply(reply for reply in replies if reply.client != client.id)
            async with self._lock.reading():
                pass
            if not self._state.is_primary(client.id):
                return  # it has been told so meanwhile
            replies = [reply for reply in replies if reply.client == client.id]
        self._reply(replies)

    def _packet_out(self, client: Client, message: p4r.PacketOut) -> None:
        config = self._check_primary(client)
        if config is not None and not config.packet_io:
            raise StatusError(PERMISSION_DENIED, "the role may not send packets")
        if self.pipeline is None:
            raise StatusError(FAILED_PRECONDITION, "no forwarding pipeline is set")
        try:
            self._inject(packetio.packet_out(self.pipeline.schema.packet_out, message))
        except errors.EngineError as e:
            raise StatusError(code_of(e), str(e)) from None
        except PortError as e:
            raise StatusError(INVALID_ARGUMENT, f"packet-out: {e}") from None

    def _acknowledge(self, client: Client, message: p4r.DigestListAck) -> None:
        config = self._check_primary(client)
        if config is not None and message.digest_id not in config.ids:
            raise StatusError(PERMISSION_DENIED, "the digest is not of this role")
        if self.pipeline is not None:
            self.pipeline.digests.acknowledge(message)

    def _check_primary(self, client: Client) -> RoleConfig | None:
        if not self._state.is_primary(client.id):
            raise StatusError(PERMISSION_DENIED, "only the primary client may do this")
        key = self._state.role_of(client.id)
        return None if key is None else self._state.config_of(key)

    def _reply(self, replies: Iterable[Reply]) -> None:
        for reply in replies:
            if reply.client in self._clients:
                self._clients[reply.client].send(p4r.StreamMessageResponse(arbitration=reply.update))

    def _tell_primaries(
        self, message: p4r.StreamMessageResponse, concerns: Callable[[RoleConfig | None], bool]
    ) -> None:
        for client, config in self._state.primaries():
            if concerns(config) and client in self._clients:
                self._clients[client].send(message)

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
            self._tell_primaries(
                p4r.StreamMessageResponse(packet=message), partial(roles.takes_packet_in, message=message)
            )
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
            self._tell_owners(p4r.StreamMessageResponse(digest=digest_list), digest_list.digest_id)
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
                table_id = message.table_entry[0].table_id
                self._tell_owners(p4r.StreamMessageResponse(idle_timeout_notification=message), table_id)

    def _tell_owners(self, message: p4r.StreamMessageResponse, number: int) -> None:
        """Digests and idle entries go to the primaries whose role covers the object ("Role Config")."""
        self._tell_primaries(message, lambda config: config is None or number in config.ids)


async def _write(pipeline: Pipeline, batch: Batch, config: RoleConfig | None) -> list[p4r.Error]:
    """An error (or OK) for each update, or [] if all succeeded. Batches that may be done in part are done in slices."""
    mode = batch.head.atomicity
    if batch.decoded if config is None else pipeline.confined(batch, config.ids):
        if mode != p4r.WriteRequest.CONTINUE_ON_ERROR:
            _check_atomicity(mode)
            return pipeline.write_batch(batch)
        for _ in pipeline.write_pieces(batch, NATIVE_SLICE, SLICE):
            await asyncio.sleep(0)
        return batch.answers()
    updates = batch.whole.updates
    refused: dict[int, StatusError] = {}
    if config is not None:
        for i, update in enumerate(updates):
            try:
                roles.check_update(config, update)
            except StatusError as e:
                refused[i] = e
    if mode != p4r.WriteRequest.CONTINUE_ON_ERROR:
        _check_atomicity(mode)
        if refused:
            return aborted(len(updates), refused)
        return pipeline.write(updates, mode)
    allowed = [u for i, u in enumerate(updates) if i not in refused] if refused else updates
    results: list[p4r.Error] = []
    failed = False
    for start in range(0, len(allowed), SLICE):
        if start:
            await asyncio.sleep(0)
        piece = allowed[start : start + SLICE]
        errors_of_piece = pipeline.write(piece, mode)
        failed = failed or bool(errors_of_piece)
        results += errors_of_piece or [error_of(None)] * len(piece)
    if refused:
        rest = iter(results)
        return [error_of(refused[i]) if i in refused else next(rest) for i in range(len(updates))]
    return results if failed else []


def _check_atomicity(mode: p4r.WriteRequest.Atomicity.ValueType) -> None:
    """Of a batch that is done whole or not at all."""
    if mode not in (p4r.WriteRequest.ROLLBACK_ON_ERROR, p4r.WriteRequest.DATAPLANE_ATOMIC):
        raise StatusError(INVALID_ARGUMENT, f"the atomicity {mode} is not known")


async def _read(
    pipeline: Pipeline, requests: Iterable[p4r.Entity], config: RoleConfig | None, snapshot: Snapshot
) -> None:
    """Put what the requests select into the snapshot."""
    number = 0
    for request in requests:
        try:
            # of one of the role's own objects everything belongs to the role
            whole = config is None or (roles.p4_id(request) or -1) in config.ids
            for part in pipeline.read_parts(request, READ_CHUNK) if whole else pipeline.read(request):
                if isinstance(part, bytes):
                    snapshot.add_responses(part)
                    await asyncio.sleep(0)
                    continue
                if roles.belongs(config, part):
                    snapshot.add(part)
                number += 1
                if number % SLICE == 0:
                    await asyncio.sleep(0)
            snapshot.results.append(error_of(None))
        except (StatusError, errors.EngineError) as e:
            if snapshot.error is not None:
                raise
            snapshot.results.append(error_of(e))
        number += 1
        if number % SLICE == 0:
            await asyncio.sleep(0)
    snapshot.flush()
    if all(error.canonical_code == OK for error in snapshot.results):
        snapshot.results = []
