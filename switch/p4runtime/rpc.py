"""gRPC around the servicer: bytes in, bytes out, and nobody takes more than his share.

Requests are received as bytes and parsed here, so that what is no message is refused in one line (INVALID_ARGUMENT).
On the wire the methods are those of p4.v1.P4Runtime; here every one of them is a handler that asks for its request
itself, so that the time and the number of requests that are still arriving can be bounded.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import grpc
from finsy.proto import p4r, rpc_status
from google.protobuf import any_pb2

from switch.p4runtime.complaints import Complaints
from switch.p4runtime.limits import RECEIVE_SECONDS, RECEIVING_MAX
from switch.p4runtime.servicer import Servicer
from switch.p4runtime.status import (
    DEADLINE_EXCEEDED,
    INTERNAL,
    INVALID_ARGUMENT,
    RESOURCE_EXHAUSTED,
    BatchError,
    Misbehaved,
    StatusError,
    parse,
)
from switch.p4runtime.stream import Caller, Client

log = logging.getLogger(__name__)

SERVICE = "p4.v1.P4Runtime"
# grpc.StatusCode by the number that P4Runtime uses
STATUS = {code.value[0]: code for code in grpc.StatusCode}

Context = grpc.aio.ServicerContext[Any, Any]
Identify = Callable[[Context], Caller]


class Service:
    """The P4Runtime service as gRPC handlers. `identify` tells who calls."""

    def __init__(self, servicer: Servicer, identify: Identify) -> None:
        self._servicer = servicer
        self._identify = identify
        self._arriving = Places(RECEIVING_MAX, "too many requests are arriving at the same time")
        self._complaints = Complaints(log)

    def handler(self) -> grpc.GenericRpcHandler:
        unary = {
            "Write": self._write,
            "SetForwardingPipelineConfig": self._set_config,
            "GetForwardingPipelineConfig": self._get_config,
            "Capabilities": self._capabilities,
        }
        # Without serializers: bytes.
        methods: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
            name: grpc.stream_unary_rpc_method_handler(self._unary(name, answer)) for name, answer in unary.items()
        }
        methods["Read"] = grpc.stream_stream_rpc_method_handler(self._guarded("Read", self._read))
        methods["StreamChannel"] = grpc.stream_stream_rpc_method_handler(
            self._guarded("StreamChannel", self._stream_channel)
        )
        return grpc.method_handlers_generic_handler(SERVICE, methods)

    # ---- the methods

    async def _write(self, data: bytes, caller: Caller) -> bytes:
        await self._servicer.write(data, caller)
        return b""  # a WriteResponse has no fields

    async def _set_config(self, data: bytes, caller: Caller) -> bytes:
        await self._servicer.set_config(parse(p4r.SetForwardingPipelineConfigRequest, data), caller)
        return b""

    async def _get_config(self, data: bytes, caller: Caller) -> bytes:
        request = parse(p4r.GetForwardingPipelineConfigRequest, data)
        return self._servicer.get_config(request).SerializeToString()

    async def _capabilities(self, data: bytes, caller: Caller) -> bytes:
        return self._servicer.capabilities(parse(p4r.CapabilitiesRequest, data)).SerializeToString()

    async def _read(self, context: Context, caller: Caller) -> None:
        """Entities of the requests that succeed, then an error for those that do not."""
        request = parse(p4r.ReadRequest, await self._receive(context))
        snapshot = await self._servicer.read(request, caller)
        task = asyncio.current_task()
        assert task is not None
        try:
            await context.send_initial_metadata(())  # must not be interrupted: gRPC would send it again
            snapshot.interrupt = task.cancel
            while snapshot.error is None and (piece := snapshot.take()) is not None:
                await context.write(piece)
        except asyncio.CancelledError:
            if snapshot.error is None:
                raise
        finally:
            snapshot.interrupt = lambda: None
            snapshot.drop()
        if snapshot.error is not None:
            raise snapshot.error
        if snapshot.results:
            raise BatchError(snapshot.results, "requests")

    async def _stream_channel(self, context: Context, caller: Caller) -> None:
        client = self._servicer.connect(caller)
        listener = asyncio.create_task(self._listen(client, context))
        task = asyncio.current_task()
        assert task is not None
        try:
            await context.send_initial_metadata(())  # must not be interrupted: gRPC would send it again
            client.interrupt = task.cancel
            while True:
                while (message := client.take()) is not None:
                    await context.write(message)
                if client.ended:
                    break
                client.changed.clear()
                await client.changed.wait()
        except asyncio.CancelledError:
            if client.error is None:
                raise
        finally:
            client.interrupt = lambda: None
            listener.cancel()
            self._servicer.disconnect(client)
        if client.error is not None:
            raise client.error

    async def _listen(self, client: Client, context: Context) -> None:
        """Take a client's messages until it has no more. A message that breaks the rules of the stream ends it."""
        try:
            while (data := await context.read()) is not grpc.aio.EOF:
                await self._servicer.on_message(client, parse(p4r.StreamMessageRequest, data))
            client.end()
        except StatusError as e:
            client.end(e)
        except Exception as e:  # an error of ours must not leave the client waiting for ever
            client.end(self._internal("StreamChannel", client.caller, e))

    # ---- around them

    def _unary(
        self, name: str, answer: Callable[[bytes, Caller], Awaitable[bytes]]
    ) -> Callable[[object, Context], Awaitable[bytes | None]]:
        async def handle(context: Context, caller: Caller) -> bytes:
            return await answer(await self._receive(context), caller)

        return self._guarded(name, handle)

    def _guarded(
        self, name: str, handle: Callable[[Context, Caller], Awaitable[bytes | None]]
    ) -> Callable[[object, Context], Awaitable[bytes | None]]:
        """The handler that gRPC calls: errors become the status of the call, and at most one line in the log."""

        async def guarded(_: object, context: Context) -> bytes | None:
            caller = self._identify(context)
            try:
                return await handle(context, caller)
            except StatusError as e:
                error = e
            except grpc.aio.BaseError:
                raise  # the client is gone; gRPC says nothing of that
            except Exception as e:
                error = self._internal(name, caller, e)
            if isinstance(error, Misbehaved):
                self._complaints.say("%s from %s: %s", name, caller.peer, error.message)
            return await _abort(context, error)

        return guarded

    async def _receive(self, context: Context) -> bytes:
        """The request of a unary call. Raises Misbehaved if it does not come."""
        with self._arriving.take(RECEIVE_SECONDS, f"the request was not whole after {RECEIVE_SECONDS:.0f} s"):
            data = await context.read()
        if data is grpc.aio.EOF:
            raise Misbehaved(INVALID_ARGUMENT, "the call has no request")
        assert isinstance(data, bytes)
        return data

    def _internal(self, name: str, caller: Caller, error: Exception) -> StatusError:
        """An error of ours, on one line; with its traceback where somebody looks for it (-v)."""
        what = f"{type(error).__name__}: {error}".replace("\n", " ")
        self._complaints.say("%s from %s failed: %s", name, caller.peer, what)
        log.info("%s", name, exc_info=error)
        return StatusError(INTERNAL, what)


class Places:
    """At most so many calls at a time in one place; one more ends the oldest of them."""

    def __init__(self, most: int, message: str) -> None:
        self._most = most
        self._full = Misbehaved(RESOURCE_EXHAUSTED, message)
        self._calls: dict[asyncio.Task[Any], Misbehaved | None] = {}  # oldest first; why it was ended

    @contextmanager
    def take(self, seconds: float, too_late: str) -> Iterator[None]:
        """Raises Misbehaved in the call that had to leave."""
        task = asyncio.current_task()
        assert task is not None
        if len(self._calls) >= self._most:
            oldest = next((call for call, ended in self._calls.items() if ended is None), None)
            if oldest is not None:
                self._end(oldest, self._full)
        self._calls[task] = None
        late = Misbehaved(DEADLINE_EXCEEDED, too_late)
        timer = asyncio.get_running_loop().call_later(seconds, self._end, task, late)
        try:
            yield
        except asyncio.CancelledError:
            ended = self._calls[task]
            if ended is None:
                raise
            raise ended from None
        finally:
            timer.cancel()
            del self._calls[task]

    def _end(self, task: asyncio.Task[Any], error: Misbehaved) -> None:
        self._calls[task] = error
        task.cancel()


async def _abort(context: Context, error: StatusError) -> NoReturn:
    """End a call ("Error Reporting Messages"): parts of a batch go into google.rpc.Status.details."""
    parts: Iterable[p4r.Error] = error.parts if isinstance(error, BatchError) else ()
    trailer: tuple[tuple[str, bytes], ...] = ()
    if parts:
        status = rpc_status.Status(code=error.code, message=error.message)
        for part in parts:
            packed = any_pb2.Any()
            packed.Pack(part)
            status.details.append(packed)
        trailer = (("grpc-status-details-bin", status.SerializeToString()),)
    await context.abort(STATUS[error.code], error.message, trailer)
    raise AssertionError("abort does not return")
