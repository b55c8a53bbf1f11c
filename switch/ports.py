"""The ports and worker threads of a running switch, as Python sees them: runtime/dataplane.h by ctypes.

Control only: packets pass through the C threads and come here on request alone (packet-outs, and ports in memory for
tests without root). Methods are for one thread at a time, but for inject, take and settle, which any thread may call.
"""

from __future__ import annotations

import ctypes
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

log = logging.getLogger(__name__)

ERROR_ROOM = 300
PACKET_OUT_MAX = 512 + 10240  # bytes of a packet that leaves (runtime/pipeline.h)
PORTS_MAX = 1024
CLONE_NEWNET = 0x40000000


class PortError(Exception):
    """A port cannot be opened: one line that says which and why."""


_COUNTERS = (
    *("received", "received_bytes", "receive_drops", "receive_errors"),
    *("sent", "sent_bytes", "send_drops", "send_errors"),
)


class _Counters(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in _COUNTERS]

    def value(self) -> PortCounters:
        return PortCounters(*(getattr(self, name) for name in _COUNTERS))


class _PortState(ctypes.Structure):
    _fields_ = [
        ("port", ctypes.c_uint32),
        ("enabled", ctypes.c_uint32),
        ("running", ctypes.c_uint32),
        ("kind", ctypes.c_char * 28),
        ("counters", _Counters),
    ]


class Workers(Protocol):
    """What gives each thread its `struct worker`: an Engine."""

    def create_worker(self, index: int, deliver: int, context: int) -> int: ...

    def destroy_worker(self, worker: int) -> None: ...


@dataclass(frozen=True)
class PortCounters:
    """Packets of one port; each is counted once in its direction. Bytes are of frames without FCS.

    received: given to the pipeline; sent: taken by the link. drops: good packets for which there was no room, or no
    pipeline, or the port was shut. errors: longer than the limit or the interface's MTU, or broken.
    """

    received: int
    received_bytes: int
    receive_drops: int
    receive_errors: int
    sent: int
    sent_bytes: int
    send_drops: int
    send_errors: int


@dataclass(frozen=True)
class Port:
    """A port as it is now: `enabled` as the user wants it, `running` as its other side is (carrier, nn client)."""

    number: int
    kind: str  # "packet", "nn" ...
    interface: str  # as parse_interface takes it behind the @, or ""
    enabled: bool
    running: bool
    counters: PortCounters


@dataclass(frozen=True)
class Interface:
    """A Linux interface as a port; `namespace` is the path of a namespace file, "" for the switch's own."""

    port: int
    name: str
    namespace: str = ""
    xdp: bool = False  # by AF_XDP, if that is possible


def parse_interface(text: str, xdp: bool = False) -> Interface:
    """`PORT@[xdp:]NAME` or `PORT@[xdp:]NAMESPACE/NAME`: the namespace is a path, or a name under /run/netns.

    `xdp`: as if `xdp:` were there. Raises PortError.
    """
    digits, _, where = text.partition("@")
    number = port_number(digits)
    if where.startswith("xdp:"):
        xdp, where = True, where.removeprefix("xdp:")
    namespace, slash, name = where.rpartition("/")
    if number is None or not name:
        raise PortError(f"{text}: a port is PORT@INTERFACE, as in 1@veth0, or PORT@NAMESPACE/INTERFACE")
    if slash and "/" not in namespace:
        namespace = f"/run/netns/{namespace}"
    return Interface(number, name, namespace, xdp)


def port_number(text: str) -> int | None:
    """A port's number as users write it: up to nine digits. None: it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


class DataPlane:
    """Worker threads and their links. `with DataPlane(library) as plane:` stops them at the end."""

    def __init__(self, library: ctypes.CDLL, *, workers: int = 1, flow_affinity: bool = False) -> None:
        self._lib = _declare(library)
        self.workers = workers
        self._engine: Workers | None = None
        self._engine_workers: list[int] = []
        self._interfaces: dict[int, Interface] = {}
        self.keeps_unconnected = False
        self._plane = self._lib.dataplane_create(workers, int(flow_affinity))
        if not self._plane:
            raise PortError(f"{workers} workers: not possible; there can be 1 to 32, and each takes a file descriptor")

    def __enter__(self) -> DataPlane:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the threads."""
        failed = self._lib.dataplane_start(self._plane)
        if failed:
            raise PortError(f"the worker threads cannot be started: {os.strerror(failed)}")

    def close(self) -> None:
        """Stop the threads and close every port."""
        if self._plane:
            self._lib.dataplane_stop(self._plane)
            self._detach()
            self._lib.dataplane_destroy(self._plane)
            self._plane = None

    # ---- pipelines

    def attach(self, engine: Workers | None) -> None:
        """Let the workers run this engine, between two bursts. The one before is not theirs any more, nor closed."""
        deliver = ctypes.cast(self._lib.dataplane_deliver, ctypes.c_void_p).value or 0
        with self.stopped():
            self._detach()
            self._engine = engine
            if engine is None:
                return
            for index in range(self.workers):
                context = self._lib.dataplane_context(self._plane, index)
                worker = engine.create_worker(index, deliver, context)
                self._engine_workers.append(worker)
                self._lib.dataplane_set_worker(self._plane, index, worker)

    def _detach(self) -> None:
        for index, worker in enumerate(self._engine_workers):
            self._lib.dataplane_set_worker(self._plane, index, None)
            if self._engine is not None:
                self._engine.destroy_worker(worker)
        self._engine_workers = []
        self._engine = None

    def idle_ns(self) -> list[int]:
        """For how long each worker has had nothing to do, in ns since the start."""
        return [self._lib.dataplane_idle_ns(self._plane, i) for i in range(self.workers)]

    def set_tap(self, tap: int | None) -> None:
        """Let the workers copy what they receive into a `struct tap *`; None: no more."""
        self._lib.dataplane_set_tap(self._plane, tap)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """No packet is processed in this context; arriving ones wait at their ports."""
        self._lib.dataplane_pause(self._plane)
        try:
            yield
        finally:
            self._lib.dataplane_resume(self._plane)

    # ---- ports

    def add_interface(self, interface: Interface) -> None:
        """Open a Linux interface as a port. Raises PortError.

        Where AF_XDP is asked for and not to be had, AF_PACKET takes its place; a warning in the log says why.
        """
        name = interface.name.encode()
        error = ctypes.create_string_buffer(ERROR_ROOM)
        with in_namespace(interface.namespace):
            if interface.xdp:
                if not self._lib.dataplane_add_xdp(self._plane, interface.port, name, error, ERROR_ROOM):
                    self._interfaces[interface.port] = interface
                    return
                log.warning("port %d: %s; AF_PACKET takes its place", interface.port, error.value.decode())
            if self._lib.dataplane_add_interface(self._plane, interface.port, name, error, ERROR_ROOM):
                raise PortError(f"port {interface.port}: {error.value.decode()}")
        self._interfaces[interface.port] = interface

    def add_nn(self, address: str) -> None:
        """Listen for PTF's `nn` platform at ipc://PATH or tcp://HOST:PORT; it adds ports itself. Raises PortError."""
        error = ctypes.create_string_buffer(ERROR_ROOM)
        if self._lib.dataplane_add_nn(self._plane, address.encode(), error, ERROR_ROOM):
            raise PortError(error.value.decode())

    def add_files(self, port: int, incoming: Path, outgoing: Path) -> None:
        """A port whose packets come from one pcap file and go to another, once start_files is called.

        Raises PortError if the first cannot be read as a whole, or the second not be written.
        """
        error = ctypes.create_string_buffer(ERROR_ROOM)
        paths = os.fsencode(incoming), os.fsencode(outgoing)
        if self._lib.dataplane_add_files(self._plane, port, *paths, error, ERROR_ROOM):
            raise PortError(f"port {port}: {error.value.decode()}")

    def start_files(self, wait: float) -> None:
        """Let the files' packets in at the pace of their time stamps, `wait` seconds after there is a pipeline."""
        self._lib.dataplane_start_files(self._plane, int(wait * 1e9))

    def capture(self, port: int, incoming: Path | None, outgoing: Path | None) -> None:
        """Write the packets that arrive at a port, and those that leave, to pcap files; None: not (any longer)."""
        error = ctypes.create_string_buffer(ERROR_ROOM)
        paths = (os.fsencode(path) if path is not None else None for path in (incoming, outgoing))
        if self._lib.dataplane_capture(self._plane, port, *paths, error, ERROR_ROOM):
            raise PortError(f"port {port}: {error.value.decode()}")

    def remove(self, port: int) -> None:
        """Close an interface's port."""
        if self._lib.dataplane_remove(self._plane, port):
            raise PortError(f"port {port}: there is no such interface's port")
        del self._interfaces[port]

    def enable(self, port: int, enabled: bool) -> None:
        """Shut a port, or open it again. A shut one stays where it is, and drops and counts what it gets."""
        if self._lib.dataplane_enable(self._plane, port, int(enabled)):
            raise PortError(f"port {port} does not exist")

    def ports(self) -> list[Port]:
        """The ports that have an interface or a client, by number."""
        states = (_PortState * PORTS_MAX)()
        count = self._lib.dataplane_ports(self._plane, states, PORTS_MAX)
        return [self._port(state) for state in states[:count]]

    def _port(self, state: _PortState) -> Port:
        interface = self._interfaces.get(state.port)
        name = "/".join(filter(None, (interface.namespace, interface.name))) if interface else ""
        kind = state.kind.decode()
        return Port(state.port, kind, name, bool(state.enabled), bool(state.running), state.counters.value())

    def keep_unconnected(self) -> None:
        """From now on what is sent to a port without a link is kept for `take`."""
        self._lib.dataplane_keep_unconnected(self._plane)
        self.keeps_unconnected = True

    def counters(self, port: int) -> PortCounters:
        counters = _Counters()
        self._lib.dataplane_counters(self._plane, port, ctypes.byref(counters))
        return counters.value()

    def unconnected(self) -> int:
        """Packets that were sent to a port that does not exist, since the start."""
        sent: int = self._lib.dataplane_unconnected(self._plane)
        return sent

    # ---- packets from and to memory

    def inject(self, port: int, data: bytes) -> None:
        """A packet into a port, as if it had arrived there. Raises PortError if it is too long or the queue is full."""
        failed = self._lib.dataplane_inject(self._plane, port, data, len(data))
        if failed:
            raise PortError(f"port {port}: a packet of {len(data)} bytes: {os.strerror(failed)}")

    def take(self) -> list[tuple[int, bytes]]:
        """The packets that were sent to ports without a link, in the order in which they left."""
        found: list[tuple[int, bytes]] = []
        port = ctypes.c_uint32()
        buffer, room = ctypes.create_string_buffer(PACKET_OUT_MAX), PACKET_OUT_MAX
        while (length := self._lib.dataplane_take(self._plane, ctypes.byref(port), buffer, room)) >= 0:
            found.append((port.value, buffer.raw[:length]))
        return found

    def settle(self) -> None:
        """Return when everything that arrived before has been processed and sent."""
        self._lib.dataplane_settle(self._plane)


@contextmanager
def in_namespace(path: str) -> Iterator[None]:
    """Run in a network namespace; the calling thread comes back afterwards."""
    if not path:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)

    def enter(fd: int) -> None:
        if libc.setns(fd, CLONE_NEWNET):
            number = ctypes.get_errno()
            raise PortError(f"namespace {path}: {os.strerror(number)}; entering a namespace needs root (CAP_SYS_ADMIN)")

    try:
        target = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as e:
        raise PortError(f"namespace {path}: {e.strerror}") from None
    try:
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            enter(target)
            try:
                yield
            finally:
                enter(home)
        finally:
            os.close(home)
    finally:
        os.close(target)


def _declare(lib: ctypes.CDLL) -> ctypes.CDLL:
    """The signatures of runtime/dataplane.h."""
    pointer, u32, string = ctypes.c_void_p, ctypes.c_uint32, ctypes.c_char_p
    for name, result, arguments in (
        ("dataplane_create", pointer, [ctypes.c_uint, ctypes.c_int]),
        ("dataplane_destroy", None, [pointer]),
        ("dataplane_start", ctypes.c_int, [pointer]),
        ("dataplane_stop", None, [pointer]),
        ("dataplane_pause", None, [pointer]),
        ("dataplane_resume", None, [pointer]),
        ("dataplane_settle", None, [pointer]),
        ("dataplane_set_worker", None, [pointer, ctypes.c_uint, pointer]),
        ("dataplane_set_tap", None, [pointer, pointer]),
        ("dataplane_idle_ns", ctypes.c_uint64, [pointer, ctypes.c_uint]),
        ("dataplane_context", pointer, [pointer, ctypes.c_uint]),
        ("dataplane_add_interface", ctypes.c_int, [pointer, u32, string, string, ctypes.c_uint]),
        ("dataplane_add_xdp", ctypes.c_int, [pointer, u32, string, string, ctypes.c_uint]),
        ("dataplane_add_nn", ctypes.c_int, [pointer, string, string, ctypes.c_uint]),
        ("dataplane_remove", ctypes.c_int, [pointer, u32]),
        ("dataplane_add_files", ctypes.c_int, [pointer, u32, string, string, string, ctypes.c_uint]),
        ("dataplane_start_files", None, [pointer, ctypes.c_uint64]),
        ("dataplane_capture", ctypes.c_int, [pointer, u32, string, string, string, ctypes.c_uint]),
        ("dataplane_enable", ctypes.c_int, [pointer, u32, ctypes.c_int]),
        ("dataplane_ports", ctypes.c_uint, [pointer, ctypes.POINTER(_PortState), ctypes.c_uint]),
        ("dataplane_keep_unconnected", None, [pointer]),
        ("dataplane_inject", ctypes.c_int, [pointer, u32, string, u32]),
        ("dataplane_take", ctypes.c_int, [pointer, ctypes.POINTER(u32), string, u32]),
        ("dataplane_counters", None, [pointer, u32, ctypes.POINTER(_Counters)]),
        ("dataplane_unconnected", ctypes.c_uint64, [pointer]),
    ):
        function = getattr(lib, name)
        function.restype = result
        function.argtypes = arguments
    return lib
