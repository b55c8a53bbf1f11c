"""The next packets of a running switch that pass a filter, traced.

Workers copy what they are about to process into a tap (runtime/tap.h), bounded, and go on. Here the copies are parsed
by the traced object and compared; those that pass are traced, on the tables as they are then: some milliseconds
after the packet itself went through, so a table written or a register changed in between may tell another story.
"""

from __future__ import annotations

import ctypes
import time
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

from switch import native as n
from switch.trace import filter as packet_filter
from switch.trace.events import Trace
from switch.trace.filter import native
from switch.trace.tracer import Tracer

RING_BYTES = 1 << 20  # of each worker
LOOK = 256  # copies that are compared before others get at the tracer
HEADROOM, TAILROOM = 512, 64
IDLE_S = 0.001  # between two looks into empty rings
BETWEEN_TRACES_S = 0.001  # so that writers of tables get a turn


class Traced(Protocol):
    """An Engine, as far as it is needed here."""

    def trace(self, port: int, data: bytes) -> Trace: ...

    def look(self, search: Search) -> bool: ...


class Tapped(Protocol):
    """A DataPlane, as far as it is needed here."""

    workers: int

    def set_tap(self, tap: int | None) -> None: ...


@dataclass(frozen=True, slots=True)
class Captured:
    """A packet that passed: when its worker had it (UNIX time, ns), and what happens to it."""

    time_ns: int
    trace: Trace


@dataclass(frozen=True, slots=True)
class Progress:
    """Copies that were compared, those among them that were traced, and packets that found no room in the tap."""

    looked: int
    traced: int
    missed: int


class Search:
    """The native half of a capture: which copies may pass."""

    def __init__(self, tap: int, tests: bytes, count: int) -> None:
        self._tap, self._tests, self._count = tap, tests, count
        self._buffer = ctypes.create_string_buffer(HEADROOM + n.PACKET_LENGTH_MAX + TAILROOM)
        self._record = n.RingRecord()
        self.looked = ctypes.c_uint64()

    def run(self, tracer: Tracer) -> bool:
        """Compare up to LOOK copies. True: one may pass."""
        return tracer.search(self._tap, self._tests, self._count, LOOK, self._record, self._buffer, self.looked)

    def found(self) -> tuple[int, int, bytes]:
        """Time (CLOCK_MONOTONIC, ns), port and bytes."""
        at = ctypes.addressof(self._buffer) + HEADROOM
        return self._record.id, self._record.port, ctypes.string_at(at, self._record.length)


class Capture:
    """One capture; a data plane has at most one at a time. `set_tap` is called by whoever makes and closes it."""

    def __init__(self, engine: Traced, plane: Tapped, test: packet_filter.Test, fields: dict[str, int]) -> None:
        self._engine, self._plane, self._test = engine, plane, test
        self._n = n.native()
        self._tap = n.made(self._n.tap_create(plane.workers, RING_BYTES, native.ports(test)), "capture")
        tests, count = native.program(test, fields)
        self._search = Search(self._tap, tests, count)
        self._traced = 0
        self._lock = Lock()  # held while the tap is looked into
        self._closed = False
        plane.set_tap(self._tap)

    def next(self, seconds: float) -> Captured | None:
        """The next packet that passes, or None after about `seconds`, or when the capture is closed.

        For a thread of its own. Raises EngineError when the engine is gone.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with self._lock:
                if self._closed:
                    return None
                before = self._search.looked.value
                found = self._search.found() if self._engine.look(self._search) else None
                idle = self._search.looked.value == before
            if found is not None:
                at, port, data = found
                trace = self._engine.trace(port, data)
                self._traced += 1
                if packet_filter.passes(self._test, trace):
                    return Captured(time.time_ns() - time.monotonic_ns() + at, trace)
                time.sleep(BETWEEN_TRACES_S)
            elif idle:
                time.sleep(IDLE_S)
        return None

    def progress(self) -> Progress:
        with self._lock:
            missed = 0 if self._closed else self._n.tap_missed(self._tap)
        return Progress(self._search.looked.value, self._traced, missed)

    def close(self) -> None:
        """The workers stop copying, and a `next` under way ends."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._plane.set_tap(None)
            self._n.tap_destroy(self._tap)
