"""Steps done to an Engine: what comes of each, as text that on_model.py gives too.

The clock is ours (clock.c): `prepare` puts it in the runtime's place, so it must be called before anything of the
runtime is loaded, once in a process.
"""

from __future__ import annotations

import ctypes
import struct
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from switch import build
from switch import native as n
from switch.engine import Engine
from switch.errors import EngineError
from switch.values import (
    Action,
    CloneSession,
    Count,
    Entry,
    Exact,
    Group,
    GroupMember,
    Lpm,
    Match,
    Member,
    MeterConfig,
    Range,
    Replica,
    SingleRate,
    Ternary,
)
from tests.fuzz.native.case import Case, Step
from tests.fuzz.native.on_model import Result, _method
from tests.fuzz.native.updates import CPU_PORT

HERE = Path(__file__).parent
START = 10**15
"""What the clock shows when a switch begins, in nanoseconds."""


class Native:
    """The two C files of ours, and the clock."""

    def __init__(self) -> None:
        assert build.runtime_library.cache_info().currsize == 0, "the runtime is loaded already, with its own clock"
        with tempfile.TemporaryDirectory() as scratch:
            self.clock = ctypes.CDLL(str(_compile("clock", scratch)), mode=ctypes.RTLD_GLOBAL)
            self.set(START)
            build.runtime_library()
            self.burst = ctypes.CDLL(str(_compile("burst", scratch)))
        self.burst.sink_create.restype = ctypes.c_void_p
        self.burst.burst_process.restype = ctypes.c_size_t
        pointers: list[Any] = [
            ctypes.c_void_p,
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_uint,
            ctypes.POINTER(ctypes.c_void_p),
        ]
        self.burst.burst_process.argtypes = pointers
        self.burst.worker_random.restype = ctypes.c_uint64
        self.burst.worker_random.argtypes = [ctypes.c_void_p]
        self.burst.sink_destroy.argtypes = [ctypes.c_void_p]
        self.deliver = ctypes.cast(self.burst.sink_deliver, ctypes.c_void_p).value
        native: Any = n.native()
        native.monotonic_ns = lambda: self.now

    def set(self, now: int) -> None:
        self.now = now
        self.clock.clock_set(ctypes.c_uint64(now))


_native: list[Native] = []


def prepare() -> Native:
    if not _native:
        _native.append(Native())
    return _native[0]


def _compile(name: str, scratch: str) -> Path:
    target = Path(scratch) / f"{name}.so"
    compiler = build.find_compiler()
    command = [*compiler.command, *compiler.flags("-O1"), "-I", str(build.RUNTIME), "-shared", str(HERE / f"{name}.c")]
    subprocess.run([*command, "-o", str(target)], check=True)
    return target


class OnSwitch:
    def __init__(self, case: Case, program: Any) -> None:
        self.program = case.program
        self.n = prepare()
        self.n.set(START)
        self.engine = Engine.load(program, cpu_port=CPU_PORT, workers=1, optimise=case.optimise)  # type: ignore[arg-type]
        for table in case.unlocked:
            self.engine.unlock_entries(table)
        self.sink = self.n.burst.sink_create()
        assert self.n.deliver is not None
        self.worker = self.engine.create_worker(0, self.n.deliver, self.sink)
        self.random = self.n.burst.worker_random(self.worker)

    def close(self) -> None:
        self.engine.close()
        self.n.burst.sink_destroy(self.sink)

    def do(self, step: Step) -> Any:
        self.n.set(START + step["at"])
        try:
            return getattr(self, _method(step["do"]))(step) or "ok"
        except EngineError as error:
            return type(error).__name__

    def packets(self, at: int, packets: list[Any]) -> Result:
        """One burst."""
        self.n.set(START + at)
        data = [(port, bytes.fromhex(text)) for port, text in packets]
        records = b"".join(struct.pack("=II", port, len(d)) + d for port, d in data)
        out = ctypes.c_void_p()
        size = self.n.burst.burst_process(self.worker, self.sink, records, len(data), ctypes.byref(out))
        collected = ctypes.string_at(out.value, size) if size and out.value else b""
        packet_ins, digests, _ = self.engine.drain()
        sent = [(port, d.hex()) for port, d in n.packets_of(collected)]
        sent += [(CPU_PORT, p.data.hex()) for p in packet_ins]
        return Result(sent, [(d.name, d.values) for d in digests])

    def copies_missing(self) -> int:
        """How many copies were not made for want of room."""
        return self.engine.drops()["no copy"]

    # ---- tables

    def _entry(self, step: Step) -> Entry:
        timeout = step.get("timeout", 0)
        return Entry(_match(step["match"]), _action(step["action"]), step["priority"], timeout)

    def _insert(self, step: Step) -> None:
        self.engine.insert(step["table"], self._entry(step))

    def _modify(self, step: Step) -> None:
        self.engine.modify(step["table"], self._entry(step))

    def _delete(self, step: Step) -> None:
        self.engine.delete(step["table"], _match(step["match"]), step["priority"])

    def _default(self, step: Step) -> None:
        action = step["action"]
        self.engine.set_default(step["table"], Action(action[1], tuple(action[2])) if action else None)

    def _expired(self, step: Step) -> Any:
        found = self.engine.expired()
        return sorted((e.table, tuple(_plain_match(m) for m in e.entry.match), e.entry.priority) for e in found)

    # ---- profiles

    def _member_add(self, step: Step) -> None:
        self.engine.insert_member(step["profile"], step["id"], Action(step["action"][0], tuple(step["action"][1])))

    def _member_set(self, step: Step) -> None:
        self.engine.modify_member(step["profile"], step["id"], Action(step["action"][0], tuple(step["action"][1])))

    def _member_delete(self, step: Step) -> None:
        self.engine.delete_member(step["profile"], step["id"])

    def _group_add(self, step: Step) -> None:
        self.engine.insert_group(step["profile"], step["id"], [GroupMember(*m) for m in step["members"]])

    def _group_set(self, step: Step) -> None:
        self.engine.modify_group(step["profile"], step["id"], [GroupMember(*m) for m in step["members"]])

    def _group_delete(self, step: Step) -> None:
        self.engine.delete_group(step["profile"], step["id"])

    # ---- replication, arrays

    def _multicast(self, step: Step) -> None:
        self.engine.set_multicast_group(step["group"], _replicas(step))

    def _port(self, step: Step) -> None:
        self.engine.set_port_up(step["port"], step["up"])

    def _clone(self, step: Step) -> None:
        session = None
        if step["replicas"] is not None:
            session = CloneSession(tuple(_replicas(step)), step["truncate"])
        self.engine.set_clone_session(step["session"], session)

    def _meter(self, step: Step) -> None:
        self.engine.write_meter(step["meter"], step["index"], _config(step))

    def _direct_meter(self, step: Step) -> None:
        self.engine.write_direct_meter(step["table"], _match_or_default(step["match"]), step["priority"], _config(step))

    def _counter(self, step: Step) -> None:
        self.engine.write_counter(step["counter"], step["index"], Count(*step["value"]))

    def _direct_counter(self, step: Step) -> None:
        match = _match_or_default(step["match"])
        self.engine.write_direct_counter(step["table"], match, step["priority"], Count(*step["value"]))

    def _register(self, step: Step) -> None:
        self.engine.write_register(step["register"], step["index"], step["value"])

    def _value_set(self, step: Step) -> None:
        self.engine.set_value_set(step["set"], [_match(member) for member in step["members"]])

    # ---- all that is left at the end

    def state(self) -> dict[str, Any]:
        e = self.engine
        found: dict[str, Any] = {}
        for c in e.program.counters:
            if c.direct_table is None:
                found[f"counter {c.name}"] = [(x.packets, x.bytes) for x in e.read_counters(c.name)]
        for r in e.program.registers:
            found[f"register {r.name}"] = [e.read_register(r.name, i) for i in range(r.size)]
        for info in e.tables():
            if not info.match_kinds:
                continue
            entries = list(e.entries(info.name))
            plain = [(tuple(map(_plain_match, x.match)), _plain_action(x.action), x.priority) for x in entries]
            found[f"entries of {info.name}"] = sorted(plain)
            if info.direct_counter:
                default = e.read_direct_counter(info.name, None)
                found[f"count of {info.name}'s default"] = (default.packets, default.bytes)
                counts = [(x, e.read_direct_counter(info.name, x.match, x.priority)) for x in entries]
                found[f"counts of {info.name}"] = sorted(
                    (tuple(map(_plain_match, x.match)), x.priority, (c.packets, c.bytes)) for x, c in counts
                )
        return found


def _match_or_default(match: list[Any] | None) -> tuple[Match, ...] | None:
    return _match(match) if match is not None else None


def _match(match: list[Any]) -> tuple[Match, ...]:
    kinds = {"exact": Exact, "lpm": Lpm, "ternary": Ternary, "range": Range}
    return tuple(kinds[m[0]](*m[1:]) for m in match)


def _plain_match(match: Match) -> tuple[Any, ...]:
    match match:
        case Exact(value):
            return ("exact", value)
        case Lpm(value, prefix):
            return ("lpm", value, prefix)
        case Ternary(value, mask):
            return ("ternary", value, mask)
        case Range(low, high):
            return ("range", low, high)


def _action(action: list[Any]) -> Action | Member | Group:
    kind, what = action[:2]
    return Action(what, tuple(action[2])) if kind == "action" else Member(what) if kind == "member" else Group(what)


def _plain_action(action: Action | Member | Group) -> tuple[Any, ...]:
    match action:
        case Action(name, params):
            return ("action", name, params)
        case Member(number):
            return ("member", number)
        case Group(number):
            return ("group", number)


def _config(step: Step) -> MeterConfig | SingleRate | None:
    config = step["config"]
    return None if config is None else SingleRate(*config) if len(config) == 3 else MeterConfig(*config)


def _replicas(step: Step) -> list[Replica]:
    made = []
    for (port, rid), *backups in step["replicas"]:
        made.append(Replica(port, rid, tuple(Replica(p, r) for p, r in backups)))
    return made
