"""One table of a loaded pipeline: entries as values in, packed keys and action data to the runtime, and back.

The runtime's table holds the entries; here is only what it cannot tell quickly: the entry number of each key.
Callers hold the engine's lock.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Iterable, Iterator
from dataclasses import replace

from switch import native as n
from switch.bmv2_json.program import Action as ActionDecl
from switch.bmv2_json.program import ConstEntry, Table
from switch.codegen.layout import GROUP, MEMBER, Packer, TableLayout, pack_params, unpack_params
from switch.entry_keys import Key, Keys
from switch.errors import AlreadyExists, EngineError, Immutable, InvalidArgument, NotFound, OutOfRange
from switch.loaded_arrays import read_meter, write_meter
from switch.loaded_profile import LoadedProfile
from switch.values import (
    Action,
    Count,
    Entry,
    Exact,
    Group,
    IdleEntry,
    Lpm,
    Match,
    Member,
    MeterConfig,
    Range,
    TableInfo,
    Ternary,
    WriteKind,
)


class LoadedTable:
    def __init__(self, pipeline: int, layout: TableLayout, profile: LoadedProfile | None, workers: int) -> None:
        self.layout = layout
        self.table: Table = layout.table
        self.profile = profile
        self._pipeline = pipeline
        self._n = n.native()
        t = self.table
        self._actions = {a.name: a for a in t.actions}
        # an indirect table's entries hold a slot, its actions are the members'
        self._packers = {} if profile else {a.name: Packer(a, layout.param_words) for a in t.actions}
        self._by_index = {a.index: a for a in t.actions}
        self.keys = Keys(layout)
        self._params = struct.Struct(f"={layout.param_words}Q")
        self._workers = workers
        self._allocate(max(1, t.size, len(t.entries)))
        self._const_numbers: set[int] = set()
        self.default: Action | None = None
        self.reset_default()
        # JSON: the lowest priority wins; here, as in P4Runtime, the highest. p4c's 1, 2, ... N become N ... 2, 1
        # (P4Runtime 1.4, "Constant Tables").
        self._priority_top = 1 + max((entry.priority for entry in t.entries), default=0)
        for entry in t.entries:
            self._insert(self._const_entry(entry))
        self._locked = t.const
        if t.const:
            self._const_numbers = set(self._numbers.values())

    def _allocate(self, size: int) -> None:
        """The runtime's objects, empty."""
        t, layout, pipeline, workers = self.table, self.layout, self._pipeline, self._workers
        self.size = size
        cells = self.size + n.ENTRY_SPARE
        qsbr = self._n.pipeline_qsbr(pipeline)
        self.lookup = self._create(qsbr) if layout.kind != "keyless" else None
        meter = t.direct_meter
        unit = n.METER_BYTES if meter is not None and meter.in_bytes else n.METER_PACKETS
        self.counters = n.made(self._n.counters_create(workers, cells), t.name) if t.direct_counter else None
        self.meters = n.made(self._n.meters_create(unit, cells), t.name) if meter is not None else None
        self.idle = n.made(self._n.idle_create(cells), t.name) if t.idle_timeout else None
        self._n.pipeline_set_table(pipeline, t.index, self.lookup, self.counters, self.meters, self.idle)
        self._numbers: dict[Key, int] = {}
        self._timeouts: dict[int, tuple[Key, int]] = {}  # entry number -> key, idle timeout
        self._told: dict[int, int] = {}  # entry number -> when its idleness was last told

    def destroy(self) -> None:
        if self.lookup is not None:
            getattr(self._n, f"{self.layout.kind}_destroy")(self.lookup)
        for pointer, free in (
            (self.counters, self._n.counters_destroy),
            (self.meters, self._n.meters_destroy),
            (self.idle, self._n.idle_destroy),
        ):
            if pointer is not None:
                free(pointer)

    def _create(self, qsbr: int) -> int:
        layout, size = self.layout, self.size
        match layout.kind:
            case "exact":
                pointer = self._n.exact_create(qsbr, layout.words, layout.param_words, size)
            case "lpm":
                exact_width = layout.width - layout.lpm_width
                pointer = self._n.lpm_create(qsbr, exact_width, layout.lpm_width, layout.param_words, size)
            case _:
                flat = [x for pair in layout.ranges for x in pair]
                ranges = (ctypes.c_uint32 * max(1, len(flat)))(*flat)
                count = len(layout.ranges)
                pointer = self._n.ternary_create(qsbr, layout.words, layout.param_words, size, count, ranges)
        return n.made(pointer, self.table.name)

    # ---- what it is

    def info(self) -> TableInfo:
        t = self.table
        return TableInfo(
            name=t.name,
            match_kinds=tuple(k.kind for k in t.key),
            match_widths=tuple(k.width for k in t.key),
            actions=tuple(a.name for a in t.actions),
            size=t.size,
            profile=t.profile.name if t.profile else None,
            const=self._locked,
            direct_counter=t.direct_counter,
            direct_meter=t.direct_meter.name if t.direct_meter else None,
            idle_timeout=t.idle_timeout,
            entries=len(self._numbers),
        )

    def __len__(self) -> int:
        return len(self._numbers)

    # ---- actions

    def action_data(self, action: Action | Member | Group) -> tuple[int, bytes]:
        """What an entry says: its action number and words."""
        t = self.table
        if isinstance(action, Action):
            if self.profile is not None:
                raise InvalidArgument(f"table {t.name} takes members of {self.profile.name}, not actions")
            return self.direct_action(action)
        if self.profile is None:
            raise InvalidArgument(f"table {t.name} has no action profile")
        if isinstance(action, Member):
            return MEMBER, struct.pack("=Q", self.profile.member_slot(action.id))
        return GROUP, struct.pack("=Q", self.profile.group_slot(action.id))

    def direct_action(self, action: Action) -> tuple[int, bytes]:
        packer = self._packers.get(action.name)
        if packer is None:
            raise InvalidArgument(f"table {self.table.name} has no action {action.name}")
        data = packer.pack(action.params)
        if data is None:
            check_params(packer.action, action.params)  # says what is wrong
            raise AssertionError(action)
        return packer.action.index, data

    def _action_of(self, entry: int) -> Action | Member | Group:
        index = ctypes.c_uint32.from_address(entry + 4).value
        words = list(self._params.unpack(ctypes.string_at(entry + 8, self._params.size)))
        if self.profile is not None:
            slot = words[0]
            return Group(self.profile.group_id(slot)) if index == GROUP else Member(self.profile.member_id(slot))
        declared = self._by_index[index]
        return Action(declared.name, unpack_params(declared, words))

    # ---- entries

    def write(self, kind: WriteKind, entry: Entry) -> None:
        self._check_mutable()
        match kind:
            case "insert":
                self._insert(entry)
            case "modify":
                self._modify(entry)
            case "delete":
                self.delete(entry.match, entry.priority)

    def write_many(self, writes: Iterable[tuple[WriteKind, Entry]]) -> list[EngineError | None]:
        """One answer for each write. Inserts that follow one another go to the runtime in one call."""
        results: list[EngineError | None] = []
        batch = _Batch(self)
        for kind, entry in writes:
            error: EngineError | None = None
            try:
                if kind == "insert":
                    self._check_mutable()
                    batch.add(len(results), entry)
                else:
                    batch.insert(results)
                    self.write(kind, entry)
            except EngineError as caught:
                error = caught
            results.append(error)
        batch.insert(results)
        return results

    def unlock(self, size: int) -> None:
        """The program's entries become ordinary ones, and the table takes `size`. No worker is running."""
        entries = [replace(e, const=False) for e in self.entries()]
        self.destroy()
        self._allocate(max(size, self.size))
        self._locked = False
        self._const_numbers = set()
        for entry in entries:
            self._insert(entry)

    def _check_mutable(self) -> None:
        if self._locked:
            raise Immutable(f"table {self.table.name} has the entries of the program and takes no others")

    def _insert(self, entry: Entry) -> None:
        key = self.keys.key(entry.match, entry.priority)
        if key in self._numbers:
            raise AlreadyExists(f"table {self.table.name}: an entry with this match exists already")
        action, params = self.action_data(entry.action)
        self.check_timeout(entry)
        number = ctypes.c_uint32()
        value = self.keys.pack(key.value)
        match self.layout.kind:
            case "exact":
                code = self._n.exact_insert(self.lookup, value, action, params, ctypes.byref(number))
            case "lpm":
                code = self._n.lpm_insert(self.lookup, value, key.prefix, action, params, ctypes.byref(number))
            case _:
                mask = self.keys.pack(key.mask)
                code = self._n.ternary_insert(self.lookup, value, mask, key.rank, action, params, ctypes.byref(number))
        n.check(code, f"table {self.table.name} (size {self.size})")
        self.begin(number.value, key, entry)

    def insert_many(
        self, count: int, values: bytes, keys: list[Key], actions: bytes, params: bytes
    ) -> list[tuple[int, int]]:
        """(result, entry number) of each insert."""
        numbers, codes = (ctypes.c_uint32 * count)(), (ctypes.c_int * count)()
        match self.layout.kind:
            case "exact":
                self._n.exact_insert_many(self.lookup, count, values, actions, params, numbers, codes)
            case "lpm":
                lengths = struct.pack(f"={count}I", *(k.prefix for k in keys))
                self._n.lpm_insert_many(self.lookup, count, values, lengths, actions, params, numbers, codes)
            case _:
                masks = self.keys.pack_many([k.mask for k in keys])
                ranks = struct.pack(f"={count}I", *(k.rank for k in keys))
                self._n.ternary_insert_many(self.lookup, count, values, masks, ranks, actions, params, numbers, codes)
        return list(zip(codes, numbers, strict=True))

    def begin(self, number: int, key: Key, entry: Entry) -> None:
        """A new entry is there: its counter, meter and age start afresh."""
        self._numbers[key] = number
        if self.counters is not None:
            self._n.counter_write(self.counters, number, 0, 0)
        if self.meters is not None:
            self._n.meter_configure(self.meters, number, n.METER_OFF, None, 0)
        if self.idle is not None:
            self._n.table_touch(self._pipeline, self.table.index, number)
            if entry.idle_timeout_ns:
                self._timeouts[number] = key, entry.idle_timeout_ns
        if self.profile is not None:
            self.profile.refer(entry.action, 1)

    def check_timeout(self, entry: Entry) -> None:
        if entry.idle_timeout_ns and not self.table.idle_timeout:
            raise InvalidArgument(f"table {self.table.name} does not support idle timeouts")

    def _modify(self, entry: Entry) -> None:
        key = self.keys.key(entry.match, entry.priority)
        number = self._number(key)
        before = self._entry(key, number).action
        action, params = self.action_data(entry.action)
        self.check_timeout(entry)
        value = self.keys.pack(key.value)
        match self.layout.kind:
            case "exact":
                code = self._n.exact_modify(self.lookup, value, action, params)
            case "lpm":
                code = self._n.lpm_modify(self.lookup, value, key.prefix, action, params)
            case _:
                code = self._n.ternary_modify(self.lookup, value, self.keys.pack(key.mask), key.rank, action, params)
        n.check(code, f"table {self.table.name}")
        if self.profile is not None:
            self.profile.refer(before, -1)
            self.profile.refer(entry.action, 1)
        if self.idle is not None:
            self._told.pop(number, None)
            self._timeouts.pop(number, None)
            self._n.table_touch(self._pipeline, self.table.index, number)
            if entry.idle_timeout_ns:
                self._timeouts[number] = key, entry.idle_timeout_ns

    def delete(self, match: tuple[Match, ...], priority: int) -> None:
        self._check_mutable()
        key = self.keys.key(match, priority)
        number = self._number(key)
        before = self._entry(key, number).action
        value = self.keys.pack(key.value)
        match self.layout.kind:
            case "exact":
                code = self._n.exact_delete(self.lookup, value)
            case "lpm":
                code = self._n.lpm_delete(self.lookup, value, key.prefix)
            case _:
                code = self._n.ternary_delete(self.lookup, value, self.keys.pack(key.mask), key.rank)
        n.check(code, f"table {self.table.name}")
        del self._numbers[key]
        self._timeouts.pop(number, None)
        self._told.pop(number, None)
        if self.profile is not None:
            self.profile.refer(before, -1)

    def _number(self, key: Key) -> int:
        number = self._numbers.get(key)
        if number is None:
            raise NotFound(f"table {self.table.name}: there is no entry with this match")
        return number

    def number(self, match: tuple[Match, ...], priority: int) -> int:
        """The entry's number, for its counter and meter."""
        return self._number(self.keys.key(match, priority))

    def _entry(self, key: Key, number: int) -> Entry:
        match self.layout.kind:
            case "exact":
                pointer = self._n.exact_at(self.lookup, number, None)
            case "lpm":
                pointer = self._n.lpm_at(self.lookup, number, None, None)
            case _:
                pointer = self._n.ternary_at(self.lookup, number, None, None, None)
        timeout = self._timeouts.get(number)
        return Entry(
            self.keys.match_of(key),
            self._action_of(pointer),
            key.rank,
            timeout[1] if timeout else 0,
            number in self._const_numbers,
        )

    def entry(self, match: tuple[Match, ...], priority: int) -> Entry:
        key = self.keys.key(match, priority)
        return self._entry(key, self._number(key))

    def entry_at(self, number: int) -> Entry | None:
        """The entry with a number that a trace told."""
        key = next((k for k, v in self._numbers.items() if v == number), None)
        return self._entry(key, number) if key is not None else None

    def entries(self) -> Iterator[Entry]:
        for key, number in list(self._numbers.items()):
            yield self._entry(key, number)

    def _const_entry(self, e: ConstEntry) -> Entry:
        """As the JSON has it; the values are cut to the fields' widths."""
        match: list[Match] = []
        for m, k in zip(e.match, self.table.key, strict=True):
            full = (1 << k.width) - 1
            value, extra = m.value & full, m.extra & full
            match k.kind:
                case "exact":
                    match.append(Exact(value))
                case "lpm":
                    prefix = m.extra if m.kind == "lpm" else k.width
                    match.append(Lpm(value & full & ~((1 << k.width - prefix) - 1), prefix))
                case "ternary":
                    mask = extra if m.kind == "ternary" else full
                    match.append(Ternary(value & mask, mask))
                case _:
                    match.append(Range(value, extra if m.kind == "range" else value))
        priority = self._priority_top - e.priority if self.layout.kind == "ternary" else 0
        return Entry(tuple(match), Action(e.action.name, e.params), priority, const=True)

    # ---- default action

    def set_default(self, action: Action | None) -> None:
        if self.table.default_const:
            raise Immutable(f"table {self.table.name} has a constant default action")
        if action is None:
            self.reset_default()
            return
        self._publish_default(action)

    def reset_default(self) -> None:
        t = self.table
        if t.default_action is None:
            self.default = None
            n.check(self._n.table_set_default(self._pipeline, t.index, 0, 0, None, 0), t.name)
            return
        self._publish_default(Action(t.default_action.name, t.default_params))

    def _publish_default(self, action: Action) -> None:
        t = self.table
        declared = self._actions.get(action.name)
        if declared is None and t.default_action is not None and t.default_action.name == action.name:
            declared = t.default_action
        if declared is None:
            raise InvalidArgument(f"table {t.name} has no action {action.name}")
        words = pack_params(declared, check_params(declared, action.params))
        data = struct.pack(f"={len(words)}Q", *words)
        code = self._n.table_set_default(self._pipeline, t.index, 1, declared.index, data, len(words))
        n.check(code, t.name)
        self.default = action

    # ---- direct counters and meters, ageing

    def read_counter(self, number: int) -> Count:
        if self.counters is None:
            raise InvalidArgument(f"table {self.table.name} has no direct counter")
        out = (ctypes.c_uint64 * 2)()
        self._n.counters_read(self.counters, number, 1, out)
        return Count(out[0], out[1])

    def write_counter(self, number: int, value: Count) -> None:
        if self.counters is None:
            raise InvalidArgument(f"table {self.table.name} has no direct counter")
        self._n.counter_write(self.counters, number, value.packets, value.bytes)

    def read_meter(self, number: int) -> MeterConfig | None:
        if self.meters is None:
            raise InvalidArgument(f"table {self.table.name} has no direct meter")
        return read_meter(self.meters, number)

    def write_meter(self, number: int, config: MeterConfig | None) -> None:
        if self.meters is None:
            raise InvalidArgument(f"table {self.table.name} has no direct meter")
        write_meter(self.meters, number, config, self.table.name)

    def idle_ns(self, number: int, now: int) -> int:
        if self.idle is None:
            raise InvalidArgument(f"table {self.table.name} does not support idle timeouts")
        seen: int = self._n.idle_seen(self.idle, number)
        return max(0, now - seen)

    def expired(self, now: int) -> Iterator[IdleEntry]:
        for number, (key, timeout) in list(self._timeouts.items()):
            seen = self._n.idle_seen(self.idle, number)
            if now - max(seen, self._told.get(number, 0)) >= timeout:
                self._told[number] = now
                yield IdleEntry(self.table.name, self._entry(key, number))


def check_params(declared: ActionDecl, values: tuple[int, ...]) -> tuple[int, ...]:
    if len(values) != len(declared.params):
        raise InvalidArgument(f"action {declared.name} takes {len(declared.params)} parameters, not {len(values)}")
    for param, value in zip(declared.params, values, strict=True):
        if not 0 <= value < 1 << param.width:
            raise OutOfRange(f"action {declared.name}, {param.name}: {value:#x} has more than {param.width} bits")
    return values


class _Batch:
    """Inserts waiting to go to the runtime together."""

    def __init__(self, table: LoadedTable) -> None:
        self.table = table
        self.waiting: list[tuple[int, Key, int, bytes, Entry]] = []  # place of the answer, key, action, data, entry

    def add(self, place: int, entry: Entry) -> None:
        t = self.table
        key = t.keys.key(entry.match, entry.priority)
        action, params = t.action_data(entry.action)
        t.check_timeout(entry)
        self.waiting.append((place, key, action, params, entry))

    def insert(self, results: list[EngineError | None]) -> None:
        """Insert them and write their answers."""
        if not self.waiting:
            return
        t = self.table
        count = len(self.waiting)
        keys = t.keys.pack_many([w[1].value for w in self.waiting])
        actions = struct.pack(f"={count}I", *(w[2] for w in self.waiting))
        params = b"".join(w[3] for w in self.waiting)
        codes = t.insert_many(count, keys, [w[1] for w in self.waiting], actions, params)
        for (place, key, _, _, entry), (code, number) in zip(self.waiting, codes, strict=True):
            if code == 0:
                t.begin(number, key, entry)
            else:
                results[place] = n.error_of(code, f"table {t.table.name} (size {t.size})")
        self.waiting.clear()
