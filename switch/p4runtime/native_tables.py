"""The native path for table entries: WriteRequests decoded and carried out in C, reads encoded there.

What the C takes, it does as tables.py would; what it does not take, it leaves to that. So it has no errors of its own:
it knows tables, fields and actions by a schema made here, of those tables only in which P4Info and the program agree on
every width and kind (runtime/p4rt_schema.h).
"""

from __future__ import annotations

import ctypes
from collections.abc import Collection, Iterator
from enum import Enum

from finsy.proto import p4r

from switch import native as n
from switch.codegen.layout import param_places
from switch.engine import Engine
from switch.loaded_table import LoadedTable
from switch.p4runtime.answers import answers
from switch.p4runtime.schema import Kind, Schema, Scope, Table, Value
from switch.p4runtime.status import parse

PLACES_MAX = 64  # P4RT_PLACES_MAX
DONE, MORE = -1, -2  # P4RT_DONE, P4RT_MORE
END = (1 << 32) - 1  # "no more entries"
_STORES = {"exact": 0, "lpm": 1, "ternary": 2}
# kind -> field number in FieldMatch, and how the program's JSON calls it
_KINDS = {
    Kind.EXACT: (2, "exact"),
    Kind.TERNARY: (3, "ternary"),
    Kind.LPM: (4, "lpm"),
    Kind.RANGE: (6, "range"),
    Kind.OPTIONAL: (7, "ternary"),
}


class Shown(Enum):
    """What a read shows of an entry (enum p4rt_shown)."""

    ENTRIES = 0
    COUNTED_ENTRIES = 1
    COUNTERS = 2


class Batch:
    """A WriteRequest: all of it but the updates in `head`, the updates as the runtime decoded them or as messages."""

    def __init__(self, data: bytes, head: p4r.WriteRequest | None = None, count: int = 0) -> None:
        """Without a head the request is parsed as a whole. Raises StatusError if it is malformed."""
        self._data = data
        self._whole = parse(p4r.WriteRequest, data) if head is None else None
        self.head = self.whole if head is None else head
        self.decoded = head is not None
        self.count = count if self.decoded else len(self.whole.updates)
        self.failed: dict[int, Exception] = {}  # by the number of the update

    @property
    def whole(self) -> p4r.WriteRequest:
        """The request with its updates. Raises StatusError if it is malformed."""
        if self._whole is None:
            self._whole = parse(p4r.WriteRequest, self._data)
        return self._whole

    def answers(self) -> list[p4r.Error]:
        """An error (or OK) for each update, or [] if all succeeded."""
        return answers(self.count, self.failed)


class NativeTables:
    """The native path of one pipeline. Calls must not overlap; those that touch tables take the engine's lock."""

    def __init__(self, schema: Schema, engine: Engine) -> None:
        self._engine = engine
        self._n = n.native()
        self._index: dict[int, int] = {}
        self._loaded: dict[int, LoadedTable] = {}
        known = known_tables(schema, engine)
        words = describe(known)
        array = (ctypes.c_uint32 * len(words))(*words)
        self._schema = n.made(self._n.p4rt_schema_create(array, len(words)), "P4Runtime schema")
        for index, (table, loaded) in enumerate(known):
            assert loaded.store is not None
            self._n.p4rt_schema_bind(self._schema, index, loaded.store.pointer, loaded.state, loaded.marks)
            self._index[table.id] = index
            self._loaded[table.id] = loaded
        self._batch = n.made(self._n.p4rt_batch_create(), "P4Runtime batch")
        self._undo = n.made(self._n.p4rt_undo_create(), "P4Runtime undo")
        self._summary = n.BatchSummary()
        self._out = ctypes.create_string_buffer(0)

    def close(self) -> None:
        self._n.p4rt_batch_destroy(self._batch)
        self._n.p4rt_undo_destroy(self._undo)
        self._n.p4rt_schema_destroy(self._schema)

    # ---- writes

    def decode(self, data: bytes) -> Batch:
        """Take a request apart. Raises StatusError if it is malformed."""
        if not self._n.p4rt_decode(self._schema, data, len(data), self._batch):
            return Batch(data)
        summary = self._look()
        head = parse(p4r.WriteRequest, ctypes.string_at(summary.head, summary.head_length))
        batch = Batch(data, head, summary.updates)
        if summary.python:
            _ = batch.whole  # nothing is written of a request that is malformed
        return batch

    def confined(self, table_ids: Collection[int]) -> bool:
        """Is the decoded batch all in operations of the runtime, on these tables only?"""
        ids = [i for i in table_ids if i in self._index]
        return bool(self._n.p4rt_confined(self._batch, (ctypes.c_uint32 * len(ids))(*ids), len(ids)))

    def _look(self) -> n.BatchSummary:
        self._n.p4rt_summarise(self._batch, ctypes.byref(self._summary))
        return self._summary

    def write(self, most: int, *, undo: bool) -> int:
        """Go on with the decoded batch, `most` updates at most: the number of one that is Python's, MORE, or DONE."""
        with self._engine.writing():
            found: int = self._n.p4rt_write(self._batch, self._undo if undo else None, most)
            return found

    def refused(self) -> Iterator[tuple[int, int]]:
        """Updates that their tables refused, and how (enum table_result)."""
        summary = self._look()
        if summary.refused:
            results = ctypes.cast(summary.results, ctypes.POINTER(ctypes.c_int8 * summary.updates)).contents
            yield from ((i, code) for i, code in enumerate(results) if code)

    def undo_mark(self) -> int:
        found: int = self._n.p4rt_undo_mark(self._undo)
        return found

    def undo_to(self, mark: int) -> None:
        """Take back what was written since the mark."""
        with self._engine.writing():
            n.check(self._n.p4rt_undo_to(self._undo, mark), "rolling back")

    def forget(self, mark: int) -> None:
        """What was written since the mark stays, or was taken back."""
        self._n.p4rt_undo_forget(self._undo, mark)

    def tidy(self) -> None:
        """Give back memory that the batch made superfluous."""
        with self._engine.writing():
            self._engine.reclaim()

    # ---- reads

    def knows(self, table_id: int) -> bool:
        return table_id in self._index

    def read(self, table_id: int, shown: Shown, action_id: int, priority: int, size: int) -> Iterator[bytes | int]:
        """A table's entries in ReadResponses of up to `size` bytes; a number is that of an entry for Python."""
        index = self._index[table_id]
        table = self._n.p4rt_schema_table(self._schema, index)
        wanted = max(size, self._n.p4rt_read_capacity(table))
        if len(self._out) < wanted:
            self._out = ctypes.create_string_buffer(wanted)
        chunk = n.ReadChunk()
        while chunk.number != END:
            with self._engine.writing():
                self._n.p4rt_read(table, shown.value, action_id, priority, self._out, wanted, ctypes.byref(chunk))
            if chunk.length:
                yield ctypes.string_at(self._out, chunk.length)
            if chunk.marked:
                yield chunk.number
                chunk.number += 1


def known_tables(schema: Schema, engine: Engine) -> list[tuple[Table, LoadedTable]]:
    """Those that the C can write and read, by id."""
    tables = [(t, engine.table(t.name)) for _, t in sorted(schema.tables.items())]
    return [(t, loaded) for t, loaded in tables if _agree(t, loaded)]


def _agree(table: Table, loaded: LoadedTable) -> bool:
    """Is this a table that the C can write and read?"""
    declared = loaded.table
    if loaded.store is None or table.profile or loaded.profile or table.const or loaded.locked:
        return False
    direct = (loaded.counters, loaded.meters, loaded.idle)
    if [bool(x) for x in (table.direct_counter, table.direct_meter, table.idle_timeout)] != [bool(x) for x in direct]:
        return False
    if len(table.fields) > PLACES_MAX or (table.has_priority and loaded.store.kind != "ternary"):
        return False
    for field, key in zip(table.fields, declared.key, strict=True):
        if _KINDS[field.kind][1] != key.kind or not _stands_for_itself(field, key.width):
            return False
        if field.kind not in (Kind.EXACT, Kind.OPTIONAL) and field.width != key.width:
            return False
    for action in table.actions.values():
        found = loaded.declared(action.name)
        if found is None or len(action.params) > PLACES_MAX or len(action.params) != len(found.params):
            return False
        if not all(_stands_for_itself(p, f.width) for p, f in zip(action.params, found.params, strict=True)):
            return False
    return True


def _stands_for_itself(value: Value, width: int) -> bool:
    """Is a number that fits the data plane's `width` the same number for the control plane?"""
    return value.strings is None and value.width >= width == value.data_width and width > 0


def describe(tables: list[tuple[Table, LoadedTable]]) -> list[int]:
    """The schema as p4rt_schema_create takes it."""
    words: list[int] = []
    action_count = place_count = 0
    for table, loaded in tables:
        layout = loaded.layout
        assert loaded.store is not None
        words += [table.id, _STORES[loaded.store.kind], layout.words, layout.param_words, table.has_priority]
        words.append(len(table.fields))
        shifts = {place.index: place.shift for place in layout.key}
        for i, field in enumerate(table.fields):
            word = layout.words - 1 - shifts[i] // 64
            words += [field.id, field.data_width, word, shifts[i] % 64, _KINDS[field.kind][0]]
        words.append(len(table.actions))
        for action_id, action in table.actions.items():
            found = loaded.declared(action.name)
            assert found is not None
            default_only = table.scopes[action_id] is Scope.DEFAULT_ONLY
            words += [action.id, found.index, default_only, len(action.params)]
            for param, place in zip(action.params, param_places(found)[0], strict=True):
                words += [param.id, place.width, place.word + place.words - 1, place.shift]
            place_count += len(action.params)
        action_count += len(table.actions)
        place_count += len(table.fields)
    return [len(tables), action_count, place_count, *words]
