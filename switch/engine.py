"""A loaded pipeline as a Python object: BMv2 JSON in; tables, counters, replication and packets as plain calls.

Everything is addressed by the names in the BMv2 JSON (`MyIngress.vm`), which P4Info shares. Integers are plain ints; a
value that does not fit its declared width is refused with OutOfRange (switch.errors has all errors, switch.values all
values). Methods that change state take the pipeline's writer lock; any thread may call them. They never stop a worker.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from threading import RLock
from typing import Literal

from switch import build
from switch import native as n
from switch.bmv2_json import load_program
from switch.bmv2_json.program import Program
from switch.code_objects import CodeObjects
from switch.codegen import generate
from switch.codegen.layout import profile_actions
from switch.errors import EngineError, InvalidArgument, NotFound, OutOfRange
from switch.explained import Explained
from switch.from_workers import Drained, RingReader
from switch.loaded_arrays import LoadedCounter, LoadedMeter, LoadedRegister
from switch.loaded_profile import LoadedProfile
from switch.loaded_replication import LoadedReplication
from switch.loaded_table import LoadedTable
from switch.loaded_value_set import LoadedValueSet
from switch.memory_bench import MemoryBench, merged
from switch.values import (
    Action,
    Benchmark,
    CloneSession,
    ColorCounts,
    Count,
    Digest,
    Entry,
    GroupMember,
    IdleEntry,
    Match,
    MeterRates,
    PacketIn,
    Replica,
    TableInfo,
    WriteKind,
)

# Workers beside those of the caller: process(), benchmark(), trace().
EXTRA_WORKERS = 3


class Engine(Explained):
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
        self._make_state()
        self._code = CodeObjects(self._pipeline, program, self._unit, optimise, cache)
        self._memory = n.made(self._n.memory_worker_create(self._pipeline, workers), "worker")
        self._tracer = None
        self._workers: list[int] = []
        self._reader = RingReader(program, self._unit.messages)
        self._past_drops = [0] * len(n.DROP_REASONS)

    def _make_state(self) -> None:
        program, pipeline, workers = self.program, self._pipeline, self._all_workers
        self._down: set[int] = set()  # ports
        self._replication = LoadedReplication(pipeline, self._down)
        self._profiles = {
            p.name: LoadedProfile(pipeline, p, profile_actions(program, p.name), self._down) for p in program.profiles
        }
        layouts = self._unit.layout.tables
        self._tables = {
            t.name: LoadedTable(
                pipeline, layouts[t.index], self._profiles[t.profile.name] if t.profile else None, workers
            )
            for t in program.tables
        }
        self._counters = {
            c.name: LoadedCounter(pipeline, c, workers) for c in program.counters if c.direct_table is None
        }
        self._meters = {m.name: LoadedMeter(pipeline, m) for m in program.meters if m.direct_table is None}
        self._registers = {r.name: LoadedRegister(pipeline, r) for r in program.registers}
        self._value_sets = {v.name: LoadedValueSet(pipeline, v, program) for v in program.value_sets}

    def close(self) -> None:
        """Free everything. No worker may be running."""
        if self._closed:
            return
        self._closed = True
        self._code.join()
        with self._packet_lock, self._lock:
            for worker in list(self._workers):
                self.destroy_worker(worker)
            if self._tracer is not None:
                self._tracer.destroy()
            self._n.memory_worker_destroy(self._memory)
            for part in (self._tables, self._profiles, self._counters, self._meters, self._registers):
                for loaded in part.values():
                    loaded.destroy()
            self._n.pipeline_destroy(self._pipeline)

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

    # ---- tables

    def tables(self) -> list[TableInfo]:
        with self._lock:
            return [t.info() for t in self._tables.values()]

    def table(self, name: str) -> LoadedTable:
        found = self._tables.get(name)
        if found is None:
            raise NotFound(f"there is no table {name}")
        return found

    def writing(self) -> AbstractContextManager[object]:
        """The writer lock, for callers that work on the runtime's tables themselves (p4runtime/native_tables.py)."""
        return self._lock

    def reclaim(self) -> None:
        """Free what no worker can be looking at any more."""
        with self._lock:
            self._n.qsbr_reclaim(self._n.pipeline_qsbr(self._pipeline))

    def remark(self, table: str, match: tuple[Match, ...], priority: int, noted: bool) -> None:
        """The caller keeps something about this entry (no longer): bulk writes and reads leave it to Python."""
        with self._lock:
            self.table(table).note(match, priority, noted)

    def insert(self, table: str, entry: Entry, count: Count | None = None, rates: MeterRates | None = None) -> None:
        """Add an entry. Raises NotFound, AlreadyExists, Full, Immutable, OutOfRange, InvalidArgument.

        `count`, `rates`: what its direct counter and meter are from the first packet on.
        """
        with self._lock:
            self.table(table).insert(entry, count or Count(), rates)

    def modify(self, table: str, entry: Entry) -> None:
        """Give the entry with this match and priority another action and idle timeout; its counter goes on."""
        with self._lock:
            self.table(table).write("modify", entry)

    def delete(self, table: str, match: tuple[Match, ...], priority: int = 0) -> None:
        with self._lock:
            self.table(table).delete(match, priority)

    def write_many(self, table: str, writes: Iterable[tuple[WriteKind, Entry]]) -> list[EngineError | None]:
        """Many writes in one call, in order; one result for each (None: done)."""
        with self._lock:
            return self.table(table).write_many(writes)

    def entry(self, table: str, match: tuple[Match, ...], priority: int = 0) -> Entry:
        """The entry with this match and priority, or NotFound."""
        with self._lock:
            return self.table(table).entry(match, priority)

    def entry_at(self, table: str, number: int) -> Entry | None:
        """The entry with this number in the runtime's table, or None."""
        with self._lock:
            return self.table(table).entry_at(number)

    def each_entry(self, table: str) -> Iterator[Entry]:
        """One after the other, for tables too large to be held as values. Of what is written meanwhile some is seen."""
        with self._lock:
            entries = self.table(table).entries()
        while True:
            with self._lock:
                entry = next(entries, None)
            if entry is None:
                return
            yield entry

    def entries(self, table: str) -> Iterator[Entry]:
        """All entries as they are now, const ones included, in no particular order."""
        with self._lock:
            return iter(list(self.table(table).entries()))

    def entry_count(self, table: str) -> int:
        return len(self.table(table))

    def unlock_entries(self, table: str, size: int = 0) -> None:
        """The program's entries of this table may be changed: `entries` that P4Info does not call const.

        `size`: of the table, where the JSON's (the number of its entries) is too small. Before any worker is made.
        """
        with self._lock:
            self.table(table).unlock(size)

    def set_default(self, table: str, action: Action | None) -> None:
        """Set the default action; None: back to the program's own. Raises Immutable if it is constant."""
        with self._lock:
            self.table(table).set_default(action)

    def default(self, table: str) -> Action | None:
        return self.table(table).default

    # ---- action profiles and selectors

    def _profile(self, name: str) -> LoadedProfile:
        found = self._profiles.get(name)
        if found is None:
            raise NotFound(f"there is no action profile {name}")
        return found

    def insert_member(self, profile: str, member: int, action: Action) -> None:
        with self._lock:
            self._profile(profile).insert_member(member, action)

    def modify_member(self, profile: str, member: int, action: Action) -> None:
        with self._lock:
            self._profile(profile).modify_member(member, action)

    def delete_member(self, profile: str, member: int) -> None:
        """Raises InUse while an entry or group refers to it."""
        with self._lock:
            self._profile(profile).delete_member(member)

    def member(self, profile: str, member: int) -> Action | None:
        return self._profile(profile).members.get(member)

    def member_count(self, profile: str) -> int:
        return len(self._profile(profile).members)

    def members(self, profile: str) -> dict[int, Action]:
        return dict(self._profile(profile).members)

    def insert_group(self, profile: str, group: int, members: Sequence[GroupMember], *, random: bool = False) -> None:
        """`random`: packets take a random member; else the selector's hash decides."""
        with self._lock:
            self._profile(profile).insert_group(group, members, random)

    def modify_group(self, profile: str, group: int, members: Sequence[GroupMember], *, random: bool = False) -> None:
        with self._lock:
            self._profile(profile).modify_group(group, members, random)

    def delete_group(self, profile: str, group: int) -> None:
        """Raises InUse while an entry refers to it."""
        with self._lock:
            self._profile(profile).delete_group(group)

    def group(self, profile: str, group: int) -> tuple[GroupMember, ...]:
        """The members of a group; NotFound if there is none of this number."""
        found = self._profile(profile).groups.get(group)
        if found is None:
            raise NotFound(f"profile {profile} has no group {group}")
        return found

    def groups(self, profile: str) -> dict[int, tuple[GroupMember, ...]]:
        return dict(self._profile(profile).groups)

    # ---- counters, meters, registers

    def _counter(self, name: str) -> LoadedCounter:
        found = self._counters.get(name)
        if found is None:
            raise NotFound(f"there is no indirect counter {name}")
        return found

    def counter_size(self, counter: str) -> int:
        return self._counter(counter).size

    def read_counter(self, counter: str, index: int) -> Count:
        return self._counter(counter).read(index)

    def read_counters(self, counter: str) -> list[Count]:
        """All cells, by index."""
        return self._counter(counter).read_all()

    def write_counter(self, counter: str, index: int, value: Count) -> None:
        with self._lock:
            self._counter(counter).write(index, value)

    def read_direct_counter(self, table: str, match: tuple[Match, ...] | None, priority: int = 0) -> Count:
        """Of the entry with this match and priority; None: of the default entry."""
        with self._lock:
            t = self.table(table)
            return t.read_counter(t.number(match, priority))

    def write_direct_counter(self, table: str, match: tuple[Match, ...] | None, priority: int, value: Count) -> None:
        with self._lock:
            t = self.table(table)
            t.write_counter(t.number(match, priority), value)

    def _meter(self, name: str) -> LoadedMeter:
        found = self._meters.get(name)
        if found is None:
            raise NotFound(f"there is no indirect meter {name}")
        return found

    def meter_size(self, meter: str) -> int:
        return self._meter(meter).size

    def read_meter(self, meter: str, index: int) -> MeterRates | None:
        return self._meter(meter).read(index)

    def write_meter(self, meter: str, index: int, config: MeterRates | None) -> None:
        with self._lock:
            self._meter(meter).write(index, config)

    def read_meter_counts(self, meter: str, index: int) -> ColorCounts:
        """What a cell marked, by colour."""
        return self._meter(meter).counts(index)

    def write_meter_counts(self, meter: str, index: int, counts: ColorCounts) -> None:
        with self._lock:
            self._meter(meter).write_counts(index, counts)

    def read_direct_meter(self, table: str, match: tuple[Match, ...] | None, priority: int = 0) -> MeterRates | None:
        """Of the entry with this match and priority; None: of the default entry, whose meter is off until it is set."""
        with self._lock:
            t = self.table(table)
            return t.read_meter(t.number(match, priority))

    def write_direct_meter(
        self, table: str, match: tuple[Match, ...] | None, priority: int, config: MeterRates | None
    ) -> None:
        with self._lock:
            t = self.table(table)
            t.write_meter(t.number(match, priority), config)

    def read_direct_meter_counts(self, table: str, match: tuple[Match, ...] | None, priority: int = 0) -> ColorCounts:
        with self._lock:
            t = self.table(table)
            return t.meter_counts(t.number(match, priority))

    def write_direct_meter_counts(
        self, table: str, match: tuple[Match, ...] | None, priority: int, counts: ColorCounts
    ) -> None:
        with self._lock:
            t = self.table(table)
            t.write_meter_counts(t.number(match, priority), counts)

    def _register(self, name: str) -> LoadedRegister:
        found = self._registers.get(name)
        if found is None:
            raise NotFound(f"there is no register {name}")
        return found

    def register_size(self, register: str) -> int:
        return self._register(register).size

    def register_width(self, register: str) -> int:
        return self._register(register).width

    def read_register(self, register: str, index: int) -> int:
        return self._register(register).read(index)

    def write_register(self, register: str, index: int, value: int) -> None:
        with self._lock:
            self._register(register).write(index, value)

    # ---- replication, cloning, value sets, ageing

    def set_multicast_group(self, group: int, replicas: Sequence[Replica]) -> None:
        """Create or replace group 1..65535; an empty list deletes it."""
        with self._lock:
            self._replication.set_group(group, replicas)

    def multicast_groups(self) -> dict[int, tuple[Replica, ...]]:
        return dict(self._replication.groups)

    def set_clone_session(self, session: int, config: CloneSession | None) -> None:
        """Create or replace session 0..32767; None deletes it."""
        with self._lock:
            self._replication.set_session(session, config)

    def clone_sessions(self) -> dict[int, CloneSession]:
        return dict(self._replication.sessions)

    def watched_ports(self) -> set[int]:
        """The ports whose state matters to a group's member or to a replica."""
        with self._lock:
            return set(self._replication.watched).union(*(p.watchers for p in self._profiles.values()))

    def set_port_up(self, port: int, up: bool) -> None:
        """A port's link went up or down: group members that watch it and replicas with backups follow. All start up."""
        with self._lock:
            if up == (port not in self._down):
                return
            (self._down.discard if up else self._down.add)(port)
            self._replication.port_changed(port)
            for profile in self._profiles.values():
                profile.port_changed(port)

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

    def expired(self) -> list[IdleEntry]:
        """Entries that no packet has hit for their idle timeout, told once a timeout. Call it about once a second."""
        now = self._n.monotonic_ns()
        with self._lock:
            return [e for t in self._tables.values() if t.idle is not None for e in t.expired(now)]

    def time_since_last_hit_ns(self, table: str, match: tuple[Match, ...], priority: int = 0) -> int:
        with self._lock:
            t = self.table(table)
            return t.idle_ns(t.number(match, priority), self._n.monotonic_ns())

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
