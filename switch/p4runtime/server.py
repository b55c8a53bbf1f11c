"""The gRPC server around the servicer, and the switch around its device.

Switch is what `p4gate switch` and the tests run: data plane, P4Runtime service and the debug service (tracing a packet
on the running switch: JSON in, JSON out, /p4gate.v1.Debug/Trace), on one asyncio loop.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import grpc
from finsy.proto import p4i, p4r

from switch.debug_service import DebugService
from switch.engine import Engine
from switch.p4runtime.complaints import OneLine
from switch.p4runtime.limits import (
    CALLS_PER_CONNECTION,
    HANDSHAKE_MS,
    IDLE_CONNECTION_MS,
    KEEPALIVE_ANSWER_MS,
    KEEPALIVE_MS,
    MESSAGE_MAX,
)
from switch.p4runtime.port_numbers import ports_up
from switch.p4runtime.rpc import Service
from switch.p4runtime.servicer import Servicer
from switch.p4runtime.status import FAILED_PRECONDITION, StatusError
from switch.p4runtime.stream import Caller
from switch.port_service import port_handler
from switch.ports import DataPlane, PortError
from switch.tls import may_write

# The library tells of clients that break off in the middle of a call with a traceback.
logging.getLogger("grpc._cython.cygrpc").addFilter(OneLine())

PORT_SCAN_SECONDS = 0.05  # how soon a port that goes down is seen by those who watch it


@dataclass(frozen=True)
class Options:
    """How a switch is to be."""

    device_id: int = 1
    address: str = "127.0.0.1:9559"
    cpu_port: int = 510  # 0: none, no packet-ins and packet-outs
    drop_port: int = 511
    optimise: str = "background"
    tls: grpc.ServerCredentials | None = None
    writers: frozenset[str] | None = None  # names in certificates; None: every client may change the switch


class Switch:
    """A device, its data plane and its server."""

    def __init__(self, plane: DataPlane, options: Options) -> None:
        self.plane = plane
        self.options = options
        self.servicer = Servicer(options.device_id, self, self._inject)
        self._port_task: asyncio.Task[None] | None = None
        self.address = ""  # where the server listens, with the port that was really bound
        self._server: grpc.aio.Server | None = None
        self._unknown: Engine | None = None  # runs, and P4Runtime knows nothing of it

    async def start(self) -> None:
        """Start the server. Raises PortError if the address cannot be had."""
        server = grpc.aio.server(
            options=[
                ("grpc.max_receive_message_length", MESSAGE_MAX),
                ("grpc.max_send_message_length", -1),
                ("grpc.max_concurrent_streams", CALLS_PER_CONNECTION),
                ("grpc.server_handshake_timeout_ms", HANDSHAKE_MS),
                ("grpc.max_connection_idle_ms", IDLE_CONNECTION_MS),
                ("grpc.keepalive_time_ms", KEEPALIVE_MS),
                ("grpc.keepalive_timeout_ms", KEEPALIVE_ANSWER_MS),
                ("grpc.so_reuseport", 0),
            ]
        )
        allowed = may_write(self.options.writers)
        service = Service(self.servicer, lambda context: Caller(context.peer(), allowed(context)))
        handlers = (service.handler(), DebugService(self).handler(), port_handler(self.plane, allowed))
        server.add_generic_rpc_handlers(handlers)
        address = self.options.address
        _check_address(address)
        try:
            if self.options.tls is not None:
                port = server.add_secure_port(address, self.options.tls)
            else:
                port = server.add_insecure_port(address)
        except RuntimeError:
            port = 0
        if port == 0:
            raise PortError(f"{address}: cannot listen there: it is in use, or no address of this machine")
        host = address.rpartition(":")[0]
        self.address = address if address.startswith("unix:") else f"{host}:{port}"
        await server.start()
        self._server = server
        self._port_task = asyncio.create_task(self._watch_ports())

    async def stop(self) -> None:
        """End streams, then the server; packets stop too."""
        if self._port_task is not None:
            self._port_task.cancel()
        await self.servicer.close()
        if self._server is not None:
            await self._server.stop(grace=0.2)

    async def set_pipeline(self, device_config: bytes, p4info: p4i.P4Info) -> None:
        """Load a pipeline as the command line gives it. Raises StatusError."""
        config = p4r.ForwardingPipelineConfig(p4info=p4info, p4_device_config=device_config)
        action = p4r.SetForwardingPipelineConfigRequest.VERIFY_AND_COMMIT
        await self.servicer.set_pipeline(p4r.SetForwardingPipelineConfigRequest(action=action, config=config))

    def run_without_p4info(self, device_config: bytes) -> None:
        """Let packets through a program that has no P4Info, until a client sets a pipeline. Raises EngineError."""
        engine = self.load(device_config)
        self.attach(engine)
        self._unknown = engine

    def refresh_ports(self) -> None:
        """Tell the pipelines which of the ports that they watch are up, as the data plane has them now."""
        for engine in self.servicer.engines():
            self._tell_ports(engine)

    def _tell_ports(self, engine: Engine) -> None:
        watched = engine.watched_ports()
        if watched:
            up = ports_up(self.plane.ports(), watched, self.options.cpu_port, self.plane.keeps_unconnected)
            for port in watched:
                engine.set_port_up(port, port in up)

    async def _watch_ports(self) -> None:
        while True:
            await asyncio.sleep(PORT_SCAN_SECONDS)
            self.refresh_ports()

    # ---- Source, for the debug service

    @property
    def engine(self) -> Engine | None:
        """What packets go through now."""
        if self._unknown is not None:
            return self._unknown
        return self.servicer.pipeline.engine if self.servicer.pipeline is not None else None

    def p4runtime_counts(self) -> dict[str, int]:
        """Updates that were written, and those among them that failed, since the pipeline was set."""
        pipeline = self.servicer.pipeline
        return {"updates": pipeline.updates, "failed": pipeline.failed} if pipeline is not None else {}

    # ---- Loader, for the servicer

    def load(self, device_config: bytes) -> Engine:
        return Engine.load(
            device_config,
            cpu_port=self.options.cpu_port,
            drop_port=self.options.drop_port,
            workers=self.plane.workers,
            optimise=self.options.optimise,  # type: ignore[arg-type]
        )

    def attach(self, engine: Engine | None) -> None:
        if engine is not None:
            self._tell_ports(engine)
        self.plane.attach(engine)
        if self._unknown is not None:
            self._unknown.close()
            self._unknown = None

    def stopped(self) -> AbstractContextManager[None]:
        return self.plane.stopped()

    def _inject(self, data: bytes) -> None:
        if not self.options.cpu_port:
            raise StatusError(FAILED_PRECONDITION, "there is no CPU port: packet-outs have no way in")
        self.plane.inject(self.options.cpu_port, data)


def _check_address(address: str) -> None:
    """Say why an address cannot be had; gRPC would only log it. Raises PortError."""
    if address.startswith("unix:"):
        if not Path(address.removeprefix("unix:")).parent.is_dir():
            raise PortError(f"{address}: cannot listen there: there is no such directory")
        return
    host, _, port = address.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()) or len(port) > 5 or int(port) > 65535:
        raise PortError(f"{address}: an address is HOST:PORT, as in 127.0.0.1:9559, or unix:PATH")
    try:
        found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
        with socket.socket(*found[0][:3]) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(found[0][4])
            probe.listen(1)
    except OSError as e:
        raise PortError(f"{address}: cannot listen there: {e.strerror}") from None
    except UnicodeError:
        raise PortError(f"{address}: cannot listen there: that is no name of a host") from None
