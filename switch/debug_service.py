"""What a running switch tells of itself over gRPC, beside P4Runtime: /p4gate.v1.Debug, JSON in and out.

    Trace    {"port": 1, "data": "ffff..."}                  -> {"text": ..., "trace": ...}   as docs/trace.md says
    Capture  {"filter": "ipv4.dst==10.0.0.1", "count": 3}    -> a stream: {"started": true}, then for each packet
             ("seconds": 60)                                    {"time_ns": ..., "text": ..., "trace": ...}, at the end
                                                                {"ended": "count", "looked": ..., "missed": ...}
    Stats    {"watch": true}                                 -> counters, as docs/top.md says

"color": true asks for text with colours. None of them changes how packets are forwarded, so clients whose certificate
is for reading only may call them.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any, NoReturn, Protocol

import grpc

from switch.engine import Engine
from switch.errors import EngineError
from switch.ports import DataPlane
from switch.stats import Watch, snapshot
from switch.trace import colors, render, to_json
from switch.trace.capture import Capture
from switch.trace.events import Trace
from switch.trace.filter import FilterError, parse, resolve

SERVICE = "p4gate.v1.Debug"
SLICE_S = 0.1  # how long a capture may look before it notices that its client is gone
COUNT_MAX, SECONDS_MAX = 100_000, 24 * 3600.0

Context = grpc.aio.ServicerContext[Any, Any]


class Source(Protocol):
    """The switch whose state is told."""

    plane: DataPlane

    @property
    def engine(self) -> Engine | None:
        """What packets go through now."""
        ...

    def p4runtime_counts(self) -> dict[str, int]: ...


class DebugService:
    """On the switch's asyncio loop. What may take long is done in threads."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._watch = Watch()
        self._capture: Capture | None = None
        self._tracing = asyncio.Lock()  # a trace holds writers off for some milliseconds: one after the other

    def handler(self) -> grpc.GenericRpcHandler:
        methods: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
            "Trace": grpc.unary_unary_rpc_method_handler(self.trace),
            "Capture": grpc.unary_stream_rpc_method_handler(self.capture),
            "Stats": grpc.unary_unary_rpc_method_handler(self.stats),
        }
        return grpc.method_handlers_generic_handler(SERVICE, methods)

    async def trace(self, request: bytes, context: Context) -> bytes:
        asked = await _asked(request, context, "port", "data")
        engine = await self._engine(context)
        try:
            port, data = int(asked["port"]), bytes.fromhex(asked["data"])
        except (ValueError, TypeError, OverflowError):
            await _refuse(context, 'expected {"port": NUMBER, "data": "HEX"}')
        if not 0 <= port < 1 << 16:
            await _refuse(context, f"port {port}: 0 to 65535")
        try:
            async with self._tracing:
                found = await asyncio.to_thread(engine.trace, port, data)
        except EngineError as error:
            await _refuse(context, str(error))
        return json.dumps(_shown(found, asked)).encode()

    async def capture(self, request: bytes, context: Context) -> AsyncIterator[bytes]:
        asked = await _asked(request, context)
        engine = await self._engine(context)
        try:
            count, seconds = int(asked.get("count", 1)), float(asked.get("seconds", SECONDS_MAX))
            wanted = resolve(parse(str(asked.get("filter", "length>=0"))), engine.program)
        except FilterError as error:
            await _refuse(context, str(error))
        except (ValueError, TypeError, OverflowError):
            await _refuse(context, 'expected {"filter": "...", "count": NUMBER, "seconds": NUMBER}')
        if not 0 < count <= COUNT_MAX or not 0 < seconds <= SECONDS_MAX:
            await _refuse(context, f"count: 1 to {COUNT_MAX}; seconds: up to {SECONDS_MAX:.0f}")
        if self._capture is not None:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "another capture is under way: one at a time")
        try:
            await asyncio.to_thread(engine.prepare_trace)
        except EngineError as error:
            await _refuse(context, str(error))
        if self._capture is not None:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "another capture is under way: one at a time")
        self._capture = capture = engine.capture(self._source.plane, wanted)
        try:
            yield json.dumps({"started": True}).encode()
            async for message in self._captured(capture, engine, count, seconds, asked):
                yield json.dumps(message).encode()
        finally:
            self._capture = None
            capture.close()

    async def _captured(
        self, capture: Capture, engine: Engine, count: int, seconds: float, asked: dict[str, Any]
    ) -> AsyncIterator[dict[str, Any]]:
        end = time.monotonic() + seconds
        ended = "seconds"
        while (left := end - time.monotonic()) > 0:
            try:
                found = await asyncio.to_thread(capture.next, min(left, SLICE_S))
            except EngineError:
                ended = "pipeline"
                break
            if self._source.engine is not engine:
                ended = "pipeline"
                break
            if found is not None:
                yield {"time_ns": found.time_ns, **_shown(found.trace, asked)}
                count -= 1
                if count == 0:
                    ended = "count"
                    break
        yield {"ended": ended, **asdict(capture.progress())}

    async def stats(self, request: bytes, context: Context) -> bytes:
        asked = await _asked(request, context)
        engine = self._source.engine
        error = None
        if asked.get("watch") and engine is not None:
            try:
                self._watch.renew(engine)
            except EngineError as e:
                error = str(e)
        found = snapshot(self._source.plane, engine, self._source.p4runtime_counts())
        return json.dumps({**found, "counting_error": error}).encode()

    async def _engine(self, context: Context) -> Engine:
        engine = self._source.engine
        if engine is None:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "no forwarding pipeline is set")
        assert engine is not None
        return engine


def _shown(trace: Trace, asked: dict[str, Any]) -> dict[str, Any]:
    return {"text": render(trace, colors.paint if asked.get("color") else colors.plain), "trace": to_json(trace)}


async def _asked(request: bytes, context: Context, *needed: str) -> dict[str, Any]:
    try:
        asked = json.loads(request or b"{}")
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict) or any(name not in asked for name in needed):
        await _refuse(context, f"expected a JSON object{' with ' + ' and '.join(needed) if needed else ''}")
    found: dict[str, Any] = asked
    return found


async def _refuse(context: Context, message: str) -> NoReturn:
    await context.abort(grpc.StatusCode.INVALID_ARGUMENT, message)
    raise AssertionError("abort does not return")
