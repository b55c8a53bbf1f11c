"""INSERTs, MODIFYs and DELETEs in batches while checker.c sends packets; what it saw of them."""

from __future__ import annotations

import ctypes
import json
import random
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from finsy.proto import p4r

from compiler.diagnostics import Diagnostics
from compiler.driver import Compiled, compile_source
from switch.build import RUNTIME, find_compiler
from switch.engine import Engine
from switch.p4runtime import schema
from switch.p4runtime.canonical import encode
from switch.p4runtime.device import Pipeline
from switch.p4runtime.schema import Table

HERE = Path(__file__).parent
KEYS = 1024
BATCH = 100
TABLES = ("I.exact_table", "I.prefix_table", "I.rule_table")
U32, U64, P = ctypes.c_uint32, ctypes.c_uint64, ctypes.c_void_p


@dataclass(frozen=True)
class Seen:
    """What came of a run. `wrong`: packets that showed a state which they could not have met; `first`: one of them."""

    packets: int
    received: int
    wrong: int
    first: str
    inserts: int
    modifies: int
    deletes: int
    rolled_back: int
    seconds: float


class States:
    """Which state each key of each table is in, as the packets' checker sees it."""

    def __init__(self) -> None:
        self.started = (U32 * (len(TABLES) * KEYS))()
        self.completed = (U32 * (len(TABLES) * KEYS))()


class Writer:
    """Batches of updates that bring keys to their next states."""

    def __init__(self, pipeline: Pipeline, states: States, seed: int) -> None:
        self._pipeline = pipeline
        self._states = states
        self._rng = random.Random(seed)
        self._tables = [pipeline.schema.table_by_name(name) for name in TABLES]
        self.counts = {p4r.Update.INSERT: 0, p4r.Update.MODIFY: 0, p4r.Update.DELETE: 0}
        self.rolled_back = 0

    def fill(self) -> None:
        """Keys with even numbers are there from the start."""
        for index in range(len(TABLES)):
            self._write(index, range(0, KEYS, 2), p4r.WriteRequest.CONTINUE_ON_ERROR)

    def batch(self) -> None:
        """One batch on one table; now and then one that fails at its end, and is taken back."""
        index = self._rng.randrange(len(TABLES))
        if self._rng.random() < 0.1:
            self._fail(index)
            return
        mode = self._rng.choice((p4r.WriteRequest.CONTINUE_ON_ERROR, p4r.WriteRequest.ROLLBACK_ON_ERROR))
        self._write(index, self._rng.sample(range(KEYS), BATCH), mode)

    def _write(self, index: int, numbers: list[int] | range, mode: p4r.WriteRequest.Atomicity.ValueType) -> None:
        request = p4r.WriteRequest(atomicity=mode)
        for number in numbers:
            at = index * KEYS + number
            self._states.started[at] += 1
            self._update(request.updates.add(), index, number, self._states.started[at])
        errors = self._send(request)
        assert not errors, errors
        for number in numbers:
            at = index * KEYS + number
            self._states.completed[at] = self._states.started[at]

    def _fail(self, index: int) -> None:
        """MODIFYs, and the DELETE of an entry that is not there. The states that were begun are never completed."""
        request = p4r.WriteRequest(atomicity=p4r.WriteRequest.ROLLBACK_ON_ERROR)
        for number in self._rng.sample(range(0, KEYS, 2), BATCH):
            at = index * KEYS + number
            self._states.started[at] += 1
            self._update(request.updates.add(), index, number, self._states.started[at])
            self.counts[p4r.Update.MODIFY] -= 1
        self._entry(request.updates.add(type=p4r.Update.DELETE), self._tables[index], KEYS)
        assert len(self._send(request)) == BATCH + 1
        self.rolled_back += 1

    def _send(self, request: p4r.WriteRequest) -> list[p4r.Error]:
        return self._pipeline.write_batch(self._pipeline.decode(request.SerializeToString()))

    def _update(self, update: p4r.Update, index: int, number: int, version: int) -> None:
        """What brings a key from the state before to this one."""
        if number % 2:
            update.type = (p4r.Update.DELETE, p4r.Update.INSERT, p4r.Update.MODIFY)[version % 3]
        else:
            update.type = p4r.Update.INSERT if version == 1 else p4r.Update.MODIFY
        self.counts[update.type] += 1
        table = self._tables[index]
        entry = self._entry(update, table, number)
        if update.type == p4r.Update.DELETE:
            return
        action = next(a for a in table.actions.values() if a.params)
        entry.action.action.action_id = action.id
        check = ((version + 7 * index + 1) * 0x9E3779B97F4A7C15 ^ number * 0xC2B2AE3D27D4EB4F) % (1 << 64)
        for param, value in zip(action.params, (version, check), strict=True):
            entry.action.action.params.add(param_id=param.id, value=encode(value))

    def _entry(self, update: p4r.Update, table: Table, number: int) -> p4r.TableEntry:
        entry = update.entity.table_entry
        entry.table_id = table.id
        address = encode(number * 2654435761 % (1 << 32))
        field = entry.match.add(field_id=table.fields[0].id)
        if table.name == TABLES[0]:
            field.exact.value = address
        elif table.name == TABLES[1]:
            field.lpm.value, field.lpm.prefix_len = address, 32
        else:
            field.ternary.value, field.ternary.mask, entry.priority = address, b"\xff\xff\xff\xff", 1 + number % 5
        return entry


def run(updates: int, seed: int = 1, workers: int = 1) -> Seen:
    """At least `updates` of each kind, under the traffic of `workers` threads."""
    with tempfile.TemporaryDirectory() as scratch, _pipeline(workers) as pipeline:
        library = _checker(Path(scratch))
        states = States()
        writer = Writer(pipeline, states, seed)
        writer.fill()
        writer.counts = dict.fromkeys(writer.counts, 0)
        address = pipeline.engine.pipeline_address
        checkers = [library.checker_start(address, i, KEYS, states.started, states.completed) for i in range(workers)]
        assert all(checkers)
        begin = time.monotonic()
        while min(library.checker_sent(c) for c in checkers) == 0:
            time.sleep(0.001)
        while min(writer.counts.values()) < updates:
            writer.batch()
        seconds = time.monotonic() - begin
        packets = received = wrong = 0
        first = ""
        for checker in checkers:
            sent, out, text = U64(), U64(), ctypes.create_string_buffer(200)
            wrong += library.checker_stop(checker, ctypes.byref(sent), ctypes.byref(out), text)
            packets, received, first = packets + sent.value, received + out.value, first or text.value.decode()
        inserts, modifies, deletes = writer.counts.values()
        return Seen(packets, received, wrong, first, inserts, modifies, deletes, writer.rolled_back, seconds)


def compiled() -> Compiled:
    """states.p4"""
    program = compile_source((HERE / "states.p4").read_text(), Diagnostics())
    assert program is not None
    return program


@contextmanager
def _pipeline(workers: int) -> Iterator[Pipeline]:
    program = compiled()
    engine = Engine.load(json.dumps(program.json), workers=workers, optimise="full")
    made = Pipeline(p4r.ForwardingPipelineConfig(), schema.build(program.p4info), engine, nullcontext)
    try:
        yield made
    finally:
        made.close()


def _checker(directory: Path) -> ctypes.CDLL:
    target = directory / "checker.so"
    compiler = find_compiler()
    command = [*compiler.command, *compiler.flags("-O2"), "-I", str(RUNTIME), "-shared", str(HERE / "checker.c")]
    done = subprocess.run([*command, "-pthread", "-o", str(target)], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr
    library = ctypes.CDLL(str(target))
    library.checker_start.restype, library.checker_start.argtypes = P, (P, U32, U32, P, P)
    library.checker_sent.restype, library.checker_sent.argtypes = U64, (P,)
    library.checker_stop.restype, library.checker_stop.argtypes = U32, (P, P, P, P)
    return library


def campaign(updates: int, seed: int, workers: int) -> int:
    """`scripts/fuzz traffic`: the exit status."""
    seen = run(updates, seed, workers)
    rate, lost = seen.packets / seen.seconds, seen.packets - seen.received
    print(
        f"{seen.inserts} inserts, {seen.modifies} modifies, {seen.deletes} deletes, {seen.rolled_back} batches undone"
        f" in {seen.seconds:.1f} s under {rate:,.0f} packets/s: {lost} of {seen.packets} packets"
        f" lost, {seen.wrong} wrong {seen.first}"
    )
    return int(seen.packets != seen.received or seen.wrong > 0)
