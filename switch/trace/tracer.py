"""Runs packets through the traced object of a program, on the live tables. Nothing is sent, counted or changed."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from switch import native as n
from switch.bmv2_json.program import Expr, FieldRef, LearnList, Program
from switch.from_workers import Drained, RingReader
from switch.loaded_profile import LoadedProfile
from switch.loaded_table import LoadedTable
from switch.loaded_value_set import LoadedValueSet
from switch.trace.events import Trace
from switch.trace.reader import Reader


@dataclass(frozen=True)
class State:
    """What a trace looks things up in: the loaded parts of an engine, whose lock callers hold."""

    program: Program
    tables: Mapping[str, LoadedTable]
    profiles: Mapping[str, LoadedProfile]
    value_sets: Mapping[str, LoadedValueSet]
    drop_port: int


class Tracer:
    """A worker of its own that runs the traced object and delivers to nobody."""

    def __init__(self, pipeline: int, code: int, match: int, index: int, state: State, messages: Sequence[str]) -> None:
        """`code` and `match`: addresses of the traced object's p4gate_code and p4gate_match."""
        self._match = match
        self._n = n.native()
        self._worker = n.made(self._n.memory_worker_create(pipeline, index), "trace")
        n.check(self._n.memory_worker_trace(self._worker, code), "trace")
        self._state = state
        self._ring = RingReader(state.program, messages)

    def destroy(self) -> None:
        self._n.memory_worker_destroy(self._worker)

    def search(
        self,
        tap: int,
        tests: bytes,
        count: int,
        limit: int,
        record: n.RingRecord,
        buffer: ctypes.Array[ctypes.c_char],
        looked: ctypes.c_uint64,
    ) -> bool:
        """tap_search (runtime/tap.h): does one of the next copies pass these tests?"""
        worker = self._n.memory_worker_of(self._worker)
        results = ctypes.byref(record), buffer, ctypes.byref(looked)
        return bool(self._n.tap_search(tap, worker, self._match, tests, count, limit, *results))

    def trace(self, port: int, data: bytes) -> Trace:
        trace = self._n.memory_worker_trace_of(self._worker)
        self._n.trace_clear(trace)
        out = ctypes.c_void_p()
        size = self._n.memory_worker_process(self._worker, port, data, len(data), ctypes.byref(out))
        sent = n.packets_of(ctypes.string_at(out.value, size) if size and out.value else b"")
        drained = Drained()
        self._ring.read(self._n.worker_ring(self._n.memory_worker_of(self._worker)), drained)
        text: bytes = self._n.trace_text(trace)
        s = self._state
        members = {name: loaded.members for name, loaded in s.value_sets.items()}
        reader = Reader(s.program, s.tables, s.profiles, members, s.drop_port)
        names = {learn_list.name: _element_names(learn_list) for learn_list in s.program.learn_lists.values()}
        return Trace(
            port,
            data,
            reader.read(text.decode()),
            tuple(sent),
            tuple(p.data for p in drained.packets),
            tuple((d, names[d.name]) for d in drained.digests),
            tuple(drained.logs),
            bool(self._n.trace_is_cut(trace)),
        )


def _element_names(learn_list: LearnList) -> tuple[str, ...]:
    return tuple(_element_name(value, i) for i, (value, _) in enumerate(learn_list.elements))


def _element_name(value: Expr, place: int) -> str:
    if isinstance(value, FieldRef):
        return f"{getattr(value.header, 'name', 'stack')}.{value.field.name}"
    return str(place)
