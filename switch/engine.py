"""A loaded pipeline as a Python object: BMv2 JSON in; tables, counters, replication and packets as plain calls.

Everything is addressed by the names in the BMv2 JSON (`MyIngress.vm`), which P4Info shares. Integers are plain ints; a
value that does not fit its declared width is refused with OutOfRange (switch.errors has all errors, switch.values all
values). Methods that change state take the pipeline's writer lock; any thread may call them. They never stop a worker.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import RLock
from typing import Literal

from switch import build
from switch import native as n
from switch.array_calls import ArrayCalls
from switch.bmv2_json import load_program
from switch.bmv2_json.program import Program
from switch.code_objects import CodeObjects
from switch.codegen import generate
from switch.codegen.layout import profile_actions
from switch.errors import InvalidArgument, NotFound, OutOfRange
from switch.explained import Explained
from switch.from_workers import Drained, RingReader
from switch.loaded_arrays import LoadedCounter, LoadedMeter, LoadedRegister
from switch.loaded_profile import LoadedProfile
from switch.loaded_replication import LoadedReplication
from switch.loaded_table import LoadedTable
from switch.loaded_value_set import LoadedValueSet
from switch.memory_bench import MemoryBench, merged
from switch.profile_calls import ProfileCalls
from switch.replication_calls import ReplicationCalls
from switch.table_calls import TableCalls
from switch.values import (
    Benchmark,
    Digest,
    Match,
    PacketIn,
)

# Workers beside those of the caller: process(), benchmark(), trace().
EXTRA_WORKERS = 3


class Engine(TableCalls, ProfileCalls, ArrayCalls, ReplicationCalls, Explained):
    """One program, loaded. `with Engine.load(path) as e:` or call close()."""

    # ---- life cycle

    @classmethod
    def load(
        cls,
        program: Path | str | bytes | Mapping[str, object],
        *,
        cpu_port: int | None = None,
        drop_port: int = 511,
        workers: int = 1,
        optimise: Literal["none", "quick", "full", "background"] = "background",
        cache: Path | None = None,
    ) -> Engine:
        """Load BMv2 JSON (a path, its text, or the parsed object), generate and compile its C, and make its state.

        `background` returns as soon as the quickly compiled object runs and swaps in the optimised one later; `none`
        takes a third of the time of `quick`, for a handful of packets.
        `workers`: how many packet workers will be created at most (others are kept for process, benchmark and trace).
        Raises BadProgram, or switch.build.CompileError if there is no C compiler.
        """
        return cls(load_program(program), cpu_port or 0, drop_port, workers, optimise, cache)

    def __init__(
        self, program: Program, cpu_port: int, drop_port: int, workers: int, optimise: str, cache: Path | None
    ) -> None:
        self.program = program
        self.cpu_port, self.drop_port = cpu_port, drop_port
        self._cache = cache
        self._lock = RLock()  # writers of state
        self._packet_lock = RLock()  # the memory worker, the tracer and the readers of rings
        self._n = n.native()
        self._unit = generate(program)
        self._worker_limit = workers
        self._all_workers = workers + EXTRA_WORKERS
        self._closed = False
        counts = (program.tables, program.counters, program.meters, program.registers, program.profiles)
        self._pipeline = n.made(
            self._n.pipeline_create(
                self._all_workers, cpu_port, drop_port, *(len(c) for c in counts), len(program.value_sets)
            ),
            "pipeline",
        )
        self._n.pipeline_set_actions(self._pipeline, len(program.actions))
        self._down: set[int] = set()  # ports
        self._replication = LoadedReplication(self._pipeline, self._down)
        self._profiles: dict[str, LoadedProfile] = {}
        self._tables: dict[str, LoadedTable] = {}
        self._counters: dict[str, LoadedCounter] = {}
        self._meters: dict[str, LoadedMeter] = {}
        self._registers: dict[str, LoadedRegister] = {}
        try:
            self._make_state()
            self._code = CodeObjects(self._pipeline, program, self._unit, optimise, cache)
        except BaseException:
            self._free_state()
            raise
        self._memory = n.made(self._n.memory_worker_create(self._pipeline, workers), "worker")
        self._tracer = None
        self._workers: list[int] = []
        self._reader = RingReader(program, self._unit.messages)
        self._past_drops = [0] * len(n.DROP_REASONS)

    def _make_state(self) -> None:
        program, pipeline, workers = self.program, self._pipeline, self._all_workers
        for p in program.profiles:
            self._profiles[p.name] = LoadedProfile(pipeline, p, profile_actions(program, p.name), self._down)
        for t in program.tables:
            profile = self._profiles[t.profile.name] if t.profile else None
            self._tables[t.name] = LoadedTable(pipeline, self._unit.layout.tables[t.index], profile, workers)
        for c in program.counters:
            if c.direct_table is None:
                self._counters[c.name] = LoadedCounter(pipeline, c, workers)
        for m in program.meters:
            if m.direct_table is None:
                self._meters[m.name] = LoadedMeter(pipeline, m, workers)
        for r in program.registers:
            self._registers[r.name] = LoadedRegister(pipeline, r)
        self._value_sets = {v.name: LoadedValueSet(pipeline, v, program) for v in program.value_sets}

    def _free_state(self) -> None:
        for part in (self._tables, self._profiles, self._counters, self._meters, self._registers):
            for loaded in part.values():
                loaded.destroy()
        self._n.pipeline_destroy(self._pipeline)

    def close(self) -> None:
        """Free everything. No worker may be running."""
        if self._closed:
            return
        self._closed = True
        self._code.close()
        with self._packet_lock, self._lock:
            for worker in list(self._workers):
                self.destroy_worker(worker)
            if self._tracer is not None:
                self._tracer.destroy()
            self._n.memory_worker_destroy(self._memory)
            self._free_state()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def wait_optimised(self) -> None:
        """Return when the optimised code is in use. Raises what its compilation raised."""
        self._code.wait_optimised()

    @property
    def source(self) -> str:
        """The generated C."""
        return self._unit.source

    # ---- for the port threads in C

    @property
    def pipeline_address(self) -> int:
        """The `struct pipeline *`, to be handed to C (see runtime/pipeline.h)."""
        return self._pipeline

    @property
    def runtime_path(self) -> Path:
        """The shared object made of switch/runtime/*.c, already loaded with RTLD_GLOBAL."""
        return build.build_runtime(self._cache)

    def create_worker(self, index: int, deliver: int, context: int) -> int:
        """The address of a new `struct worker`; `deliver` and `context` are C addresses."""
        if not 0 <= index < self._worker_limit:
            raise OutOfRange(f"worker {index}: the pipeline was loaded for {self._worker_limit}")
        with self._lock:
            worker = n.made(self._n.worker_create(self._pipeline, index, deliver, context), f"worker {index}")
            self._workers.append(worker)
            return worker

    def destroy_worker(self, worker: int) -> None:
        """Its thread has stopped. What it pushed and nobody drained is lost."""
        with self._packet_lock, self._lock:
            self._workers.remove(worker)
            drops = self._n.worker_drops(worker)
            for i in range(len(self._past_drops)):
                self._past_drops[i] += drops[i]
            self._n.worker_destroy(worker)

    def event_fds(self) -> list[int]:
        """eventfds, readable when a worker has pushed packet-ins or digests: poll them, then call drain()."""
        with self._lock:
            return [self._n.worker_event(w) for w in self._everyone()]

    def _everyone(self) -> list[int]:
        return [*self._workers, self._n.memory_worker_of(self._memory)]

    def drain(self) -> tuple[list[PacketIn], list[Digest], list[str]]:
        """What the workers have pushed: packets for the CPU port, digests, log lines; each worker's in order."""
        drained = Drained()
        with self._packet_lock:
            for worker in self._everyone():
                self._reader.read(self._n.worker_ring(worker), drained)
        return drained.packets, drained.digests, drained.logs

    # ---- packets in memory

    def process(self, port: int, data: bytes) -> list[tuple[int, bytes]]:
        """One packet through the pipeline: the (port, bytes) that leave, in the order in which they left.

        Packets to the CPU port are not among them: drain() has them. Clones, resubmits and recirculations are followed
        to their end. Raises OutOfRange for a packet longer than PACKET_LENGTH_MAX.
        """
        self._check_length(data)
        out = ctypes.c_void_p()
        with self._packet_lock:
            size = self._n.memory_worker_process(self._memory, port, data, len(data), ctypes.byref(out))
            collected = ctypes.string_at(out.value, size) if size and out.value else b""
        return n.packets_of(collected)

    def _check_length(self, data: bytes) -> None:
        if len(data) > n.PACKET_LENGTH_MAX:
            raise OutOfRange(f"a packet of {len(data)} bytes; the limit is {n.PACKET_LENGTH_MAX}")

    def packet_out(self, data: bytes) -> list[tuple[int, bytes]]:
        """process(cpu_port, data): the caller sends what comes out."""
        return self.process(self.cpu_port, data)

    def benchmark(self, packets: Sequence[tuple[int, bytes]], seconds: float = 1.0, workers: int = 1) -> Benchmark:
        """Cycle through `packets` in bursts of 64 in a C loop, each copied into a fresh buffer, for about `seconds`.

        More than one worker: each in a thread of its own, with the indices of workers that create_worker has not made.
        """
        if not packets:
            raise InvalidArgument("a benchmark needs packets")
        if workers > 1 and workers > self._worker_limit:
            raise InvalidArgument(f"{workers} workers: the engine was loaded for {self._worker_limit}")
        indices = [self._worker_limit + 1] if workers == 1 else list(range(workers))
        bench = MemoryBench(self._n, self._pipeline, packets, seconds)
        with ThreadPoolExecutor(workers) as pool:
            return merged(list(pool.map(bench.run, indices)))

    # ---- value sets

    def _value_set(self, name: str) -> LoadedValueSet:
        found = self._value_sets.get(name)
        if found is None:
            raise NotFound(f"there is no value set {name}")
        return found

    def value_set_widths(self) -> dict[str, tuple[int, ...]]:
        """The widths of the fields of each value set."""
        return {name: found.widths for name, found in self._value_sets.items()}

    def set_value_set(self, name: str, members: Sequence[tuple[Match, ...]]) -> None:
        """Replace the members of a parser value set: one Match for each select field."""
        with self._lock:
            self._value_set(name).set(members)

    def value_set(self, name: str) -> tuple[tuple[Match, ...], ...]:
        return self._value_set(name).members

    # ---- what the switch itself counted

    def drops(self) -> dict[str, int]:
        """Packets that went nowhere, by reason, summed over the workers."""
        with self._lock:
            totals = list(self._past_drops)
            for worker in self._everyone():
                drops = self._n.worker_drops(worker)
                for i in range(len(totals)):
                    totals[i] += drops[i]
        pairs = zip(n.DROP_REASONS, totals, strict=True)
        return {name: count for name, count in pairs if name not in n.DROPS_THAT_ARE_NOT}
