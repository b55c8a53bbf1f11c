"""What an Engine tells of packets: traces, captures, and counts while somebody watches. A base class of it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from threading import RLock
from typing import Any

from switch.bmv2_json.program import Action, Program
from switch.code_objects import CodeObjects
from switch.codegen.trace_hooks import filter_fields
from switch.codegen.unit import Unit
from switch.errors import EngineError
from switch.loaded_profile import LoadedProfile
from switch.loaded_table import LoadedTable
from switch.loaded_value_set import LoadedValueSet
from switch.trace.capture import Capture, Search, Tapped
from switch.trace.events import Trace, made_by_compiler
from switch.trace.filter import Test
from switch.trace.tracer import State, Tracer


class Explained:
    """`_lock` and `_packet_lock` are the engine's; a trace takes both, so that what it names is still there."""

    program: Program
    drop_port: int
    _code: CodeObjects
    _tracer: Tracer | None
    _pipeline: int
    _worker_limit: int
    _closed: bool
    _lock: RLock
    _packet_lock: RLock
    _tables: Mapping[str, LoadedTable]
    _profiles: Mapping[str, LoadedProfile]
    _value_sets: Mapping[str, LoadedValueSet]
    _n: Any

    @abstractmethod
    def _everyone(self) -> list[int]:
        """The workers whose counts are summed."""

    @abstractmethod
    def _check_length(self, data: bytes) -> None:
        """Raises OutOfRange for packets that are too long."""

    def trace(self, port: int, data: bytes) -> Trace:
        """What would happen to this packet now. Changes no counter, meter, register or table, and sends nothing."""
        self._check_length(data)
        traced = self._code.traced()  # compiled outside of the locks
        with self._packet_lock, self._lock:
            return self._traced_by(*traced).trace(port, data)

    def _traced_by(self, unit: Unit, code: int, match: int) -> Tracer:
        """Both locks held."""
        if self._closed:
            raise EngineError("the pipeline was replaced or closed")
        if self._tracer is None:
            index = self._worker_limit + 2
            state = State(self.program, self._tables, self._profiles, self._value_sets, self.drop_port)
            self._tracer = Tracer(self._pipeline, code, match, index, state, unit.messages)
        return self._tracer

    def look(self, search: Search) -> bool:
        """Let a capture look into its tap: True if it found a packet that may pass."""
        traced = self._code.traced()
        with self._packet_lock, self._lock:
            return search.run(self._traced_by(*traced))

    def prepare_trace(self) -> None:
        """Compile what traces need, which takes some seconds the first time. Raises CompileError."""
        self._code.traced()

    def capture(self, plane: Tapped, test: Test) -> Capture:
        """The next packets of a data plane's traffic that pass a filter. The caller closes it."""
        return Capture(self, plane, test, filter_fields(self.program))

    # ---- counting, while somebody watches

    def watch(self) -> None:
        """Count tables' hits and misses and drops by action from soon on (code_objects.py). Raises CompileError."""
        self._code.watch()

    def unwatch(self) -> None:
        self._code.unwatch()

    def wait_counting(self) -> None:
        self._code.wait_counting()

    @property
    def counting(self) -> bool:
        return self._code.counting

    def lookups(self) -> dict[str, tuple[int, int]]:
        """Hits and misses of each table, as far as they were counted."""
        sums = self._counted(self._n.worker_lookups, 2 * len(self.program.tables))
        return {t.name: (sums[2 * t.index + 1], sums[2 * t.index]) for t in self.program.tables}

    def drops_by_action(self) -> dict[str, int]:
        """Packets that an action had marked to be dropped, and that were, as far as they were counted.

        Statements outside of actions are called by their place in the source.
        """
        sums = self._counted(self._n.worker_drops_by_action, len(self.program.actions) + 1)
        counted: dict[str, int] = {}
        for a in self.program.actions:
            if sums[a.index + 1]:
                name = _called(a)
                counted[name] = counted.get(name, 0) + sums[a.index + 1]
        return counted

    def _counted(self, array_of: Callable[[int], Any], size: int) -> list[int]:
        with self._lock:
            arrays = [array_of(worker) for worker in self._everyone()]
            return [sum(array[i] for array in arrays) for i in range(size)]


def _called(action: Action) -> str:
    """Its name; of one that the compiler made, the statement."""
    first = next((p.source for p in action.primitives if p.source is not None), None)
    if first is None or not made_by_compiler(action.name, action.source):
        return action.name
    return f"{first}: {first.fragment}"
