"""A loaded pipeline as a Python object: BMv2 JSON in; tables, counters, replication and packets as plain calls.

Everything is addressed by the names in the BMv2 JSON (`MyIngress.vm`), which P4Info shares. Integers are plain ints; a
value that does not fit its declared width is refused with OutOfRange (switch.errors has all errors, switch.values all
values). Methods that change state take the pipeline's writer lock; any thread may call them. They never stop a worker.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from switch.errors import EngineError
from switch.values import (
    Action,
    Benchmark,
    CloneSession,
    Count,
    Digest,
    Entry,
    IdleEntry,
    Match,
    MeterConfig,
    PacketIn,
    Replica,
    TableInfo,
    WriteKind,
)


class Engine:
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
        optimise: Literal["quick", "full", "background"] = "background",
        cache: Path | None = None,
    ) -> Engine:
        """Load BMv2 JSON (a path, its text, or the parsed object), generate and compile its C, and make its state.

        `background` returns as soon as the quickly compiled object runs and swaps in the optimised one later.
        `workers`: how many packet workers will be created at most (one more is kept for process/trace/packet_out).
        Raises BadProgram, or switch.build.CompileError if there is no C compiler.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Free everything. No worker may be running."""
        raise NotImplementedError

    def wait_optimised(self) -> None:
        """Return when the optimised code is in use."""
        raise NotImplementedError

    # ---- for the port threads in C

    @property
    def pipeline_address(self) -> int:
        """The `struct pipeline *`, to be handed to C (see runtime/pipeline.h)."""
        raise NotImplementedError

    @property
    def runtime_path(self) -> Path:
        """The shared object made of switch/runtime/*.c, already loaded with RTLD_GLOBAL."""
        raise NotImplementedError

    def create_worker(self, index: int, deliver: int, context: int) -> int:
        """The address of a new `struct worker`; `deliver` and `context` are C addresses."""
        raise NotImplementedError

    def destroy_worker(self, worker: int) -> None:
        """Its thread has stopped."""
        raise NotImplementedError

    def event_fds(self) -> list[int]:
        """eventfds, readable when a worker has pushed packet-ins or digests: poll them, then call drain()."""
        raise NotImplementedError

    def drain(self) -> tuple[list[PacketIn], list[Digest], list[str]]:
        """What the workers have pushed: packets for the CPU port, digest samples, log lines; each worker's in order."""
        raise NotImplementedError

    # ---- packets in memory

    def process(self, port: int, data: bytes) -> list[tuple[int, bytes]]:
        """One packet through the pipeline: the (port, bytes) that leave, in the order in which they left.

        Packets to the CPU port are not among them: drain() has them. Clones, resubmits and recirculations are followed
        to their end.
        """
        raise NotImplementedError

    def packet_out(self, data: bytes) -> list[tuple[int, bytes]]:
        """process(cpu_port, data): the caller sends what comes out."""
        raise NotImplementedError

    def trace(self, port: int, data: bytes) -> object:
        """What would happen to this packet now: a switch.trace.Trace. Changes no counter or register, sends nothing."""
        raise NotImplementedError

    def benchmark(self, packets: Sequence[tuple[int, bytes]], seconds: float = 1.0) -> Benchmark:
        """Cycle through `packets` in bursts of 64 in a C loop, each copied into a fresh buffer, for about `seconds`."""
        raise NotImplementedError

    # ---- tables

    def tables(self) -> list[TableInfo]:
        raise NotImplementedError

    def insert(self, table: str, entry: Entry) -> None:
        """Add an entry. Raises NotFound, AlreadyExists, Full, Immutable, OutOfRange, InvalidArgument."""
        raise NotImplementedError

    def modify(self, table: str, entry: Entry) -> None:
        """Give the entry with this match and priority another action and idle timeout; its counter goes on."""
        raise NotImplementedError

    def delete(self, table: str, match: tuple[Match, ...], priority: int = 0) -> None:
        raise NotImplementedError

    def write_many(self, table: str, writes: Iterable[tuple[WriteKind, Entry]]) -> list[EngineError | None]:
        """Many writes in one call, in order; one result for each (None: done). Much quicker than one by one."""
        raise NotImplementedError

    def entry(self, table: str, match: tuple[Match, ...], priority: int = 0) -> Entry:
        """The entry with this match and priority, or NotFound."""
        raise NotImplementedError

    def entries(self, table: str) -> Iterator[Entry]:
        """All entries, const ones included, in no particular order."""
        raise NotImplementedError

    def entry_count(self, table: str) -> int:
        raise NotImplementedError

    def set_default(self, table: str, action: Action | None) -> None:
        """Set the default action; None: back to the program's own."""
        raise NotImplementedError

    def default(self, table: str) -> Action | None:
        raise NotImplementedError

    # ---- action profiles and selectors

    def insert_member(self, profile: str, member: int, action: Action) -> None:
        raise NotImplementedError

    def modify_member(self, profile: str, member: int, action: Action) -> None:
        raise NotImplementedError

    def delete_member(self, profile: str, member: int) -> None:
        """Raises InUse while an entry or group refers to it."""
        raise NotImplementedError

    def members(self, profile: str) -> dict[int, Action]:
        raise NotImplementedError

    def insert_group(self, profile: str, group: int, members: Sequence[tuple[int, int]]) -> None:
        """`members`: (member id, weight)."""
        raise NotImplementedError

    def modify_group(self, profile: str, group: int, members: Sequence[tuple[int, int]]) -> None:
        raise NotImplementedError

    def delete_group(self, profile: str, group: int) -> None:
        raise NotImplementedError

    def groups(self, profile: str) -> dict[int, tuple[tuple[int, int], ...]]:
        raise NotImplementedError

    # ---- counters, meters, registers

    def counter_size(self, counter: str) -> int:
        raise NotImplementedError

    def read_counter(self, counter: str, index: int) -> Count:
        raise NotImplementedError

    def read_counters(self, counter: str) -> list[Count]:
        """All cells, by index."""
        raise NotImplementedError

    def write_counter(self, counter: str, index: int, value: Count) -> None:
        raise NotImplementedError

    def read_direct_counter(self, table: str, match: tuple[Match, ...], priority: int = 0) -> Count:
        raise NotImplementedError

    def write_direct_counter(self, table: str, match: tuple[Match, ...], priority: int, value: Count) -> None:
        raise NotImplementedError

    def meter_size(self, meter: str) -> int:
        raise NotImplementedError

    def read_meter(self, meter: str, index: int) -> MeterConfig | None:
        raise NotImplementedError

    def write_meter(self, meter: str, index: int, config: MeterConfig | None) -> None:
        raise NotImplementedError

    def read_direct_meter(self, table: str, match: tuple[Match, ...], priority: int = 0) -> MeterConfig | None:
        raise NotImplementedError

    def write_direct_meter(
        self, table: str, match: tuple[Match, ...], priority: int, config: MeterConfig | None
    ) -> None:
        raise NotImplementedError

    def register_size(self, register: str) -> int:
        raise NotImplementedError

    def read_register(self, register: str, index: int) -> int:
        raise NotImplementedError

    def write_register(self, register: str, index: int, value: int) -> None:
        raise NotImplementedError

    # ---- replication, cloning, value sets, ageing

    def set_multicast_group(self, group: int, replicas: Sequence[Replica]) -> None:
        """Create or replace group 1..65535; an empty list deletes it."""
        raise NotImplementedError

    def multicast_groups(self) -> dict[int, tuple[Replica, ...]]:
        raise NotImplementedError

    def set_clone_session(self, session: int, config: CloneSession | None) -> None:
        """Create or replace session 0..32767; None deletes it."""
        raise NotImplementedError

    def clone_sessions(self) -> dict[int, CloneSession]:
        raise NotImplementedError

    def set_value_set(self, name: str, members: Sequence[tuple[Match, ...]]) -> None:
        """Replace the members of a parser value set: one Match for each select field."""
        raise NotImplementedError

    def value_set(self, name: str) -> tuple[tuple[Match, ...], ...]:
        raise NotImplementedError

    def expired(self) -> list[IdleEntry]:
        """Entries that no packet has hit for their idle timeout, told once a timeout. Call it about once a second."""
        raise NotImplementedError

    def time_since_last_hit_ns(self, table: str, match: tuple[Match, ...], priority: int = 0) -> int:
        raise NotImplementedError

    # ---- what the switch itself counted

    def drops(self) -> dict[str, int]:
        """Packets that went nowhere, by reason, summed over the workers."""
        raise NotImplementedError
