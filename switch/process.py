"""The life of a switch process: what it is set up with, everything up, a signal, everything down."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from finsy.proto import p4i

from switch.errors import EngineError
from switch.p4runtime.server import Options, Switch
from switch.p4runtime.status import StatusError
from switch.ports import DataPlane, Interface, PortError


class StartError(Exception):
    """The switch cannot start: one line for the user."""


def read_file(path: Path) -> bytes:
    """Raises StartError."""
    try:
        return path.read_bytes()
    except OSError as e:
        raise StartError(f"{path}: {e.strerror}") from None


@dataclass(frozen=True)
class Program:
    """BMv2 JSON. Without P4Info packets pass, and a P4Runtime client finds no pipeline until it sets one."""

    path: Path
    config: bytes
    p4info: p4i.P4Info | None


@dataclass(frozen=True)
class FilePort:
    """A port between two pcap files, NAME_in.pcap and NAME_out.pcap."""

    port: int
    name: str

    @property
    def incoming(self) -> Path:
        return Path(f"{self.name}_in.pcap")

    @property
    def outgoing(self) -> Path:
        return Path(f"{self.name}_out.pcap")


@dataclass(frozen=True)
class Setup:
    """`capture`: a directory for NAME_in.pcap and NAME_out.pcap of each interface. `wait`: seconds before files enter.

    `may_lack_ports`: an interface that cannot be opened is told, and the others go on. `hang_up_at`: a TCP port of
    loopback at which connections are taken and closed, for those who wait until something listens there; 0: none.
    """

    options: Options
    program: Program | None = None
    interfaces: tuple[Interface, ...] = ()
    nn_address: str | None = None
    files: tuple[FilePort, ...] = ()
    wait: float = 0
    capture: Path | None = None
    may_lack_ports: bool = False
    hang_up_at: int = 0
    tell: Callable[[str], None] = field(default=print)


async def run(plane: DataPlane, setup: Setup, ready: Callable[[Switch], None]) -> signal.Signals:
    """Start, call `ready`, and wait for SIGINT or SIGTERM, which is returned. Raises StartError and PortError."""
    loop = asyncio.get_running_loop()
    stop: asyncio.Future[signal.Signals] = loop.create_future()

    def end(number: signal.Signals) -> None:
        if not stop.done():
            stop.set_result(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end, number)
    _allow_connections()
    plane.start()
    switch = Switch(plane, setup.options)
    closed: asyncio.Server | None = None
    try:
        if setup.program is not None:
            await _load(switch, setup.program)
        _add_ports(plane, setup)
        if setup.hang_up_at:
            closed = await _hang_up(setup.hang_up_at)
        await switch.start()
        plane.start_files(setup.wait)
        ready(switch)
        return await stop
    finally:
        if closed is not None:
            closed.close()
        await switch.stop()


async def _hang_up(port: int) -> asyncio.Server:
    def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    try:
        return await asyncio.start_server(close, "127.0.0.1", port)
    except OSError as e:
        raise StartError(f"127.0.0.1:{port}: cannot listen there: {os.strerror(e.errno or 0)}") from None


async def _load(switch: Switch, program: Program) -> None:
    try:
        if program.p4info is None:
            switch.run_without_p4info(program.config)
        else:
            await switch.set_pipeline(program.config, program.p4info)
    except StatusError as e:
        raise StartError(f"{program.path}: {e.message.removeprefix('p4_device_config: ')}") from None
    except EngineError as e:
        raise StartError(f"{program.path}: {e}") from None


def _add_ports(plane: DataPlane, setup: Setup) -> None:
    for interface in setup.interfaces:
        try:
            plane.add_interface(interface)
        except PortError as e:
            if not setup.may_lack_ports:
                raise
            setup.tell(f"{e}; going on without it")
            continue
        if setup.capture is not None:
            names = (setup.capture / f"{interface.name}_{side}.pcap" for side in ("in", "out"))
            plane.capture(interface.port, *names)
    for file in setup.files:
        plane.add_files(file.port, file.incoming, file.outgoing)
    if setup.nn_address is not None:
        plane.add_nn(setup.nn_address)


def _allow_connections() -> None:
    """As many open files as the system lets us have: each client is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
