"""One table of a loaded pipeline: entries as values in, packed keys and action data to the runtime, and back.

The runtime's table holds the entries; here is only, by entry number, what few of them have.
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
from switch.errors import AlreadyExists, BadProgram, EngineError, Immutable, InvalidArgument, NotFound, OutOfRange
from switch.loaded_arrays import meter_rates, read_counts, read_meter, write_counts, write_meter
from switch.loaded_profile import LoadedProfile
from switch.table_memory import TableMemory
from switch.table_store import Inserted, Store, Stored
from switch.values import (
    Action,
    ColorCounts,
    Count,
    Entry,
    Exact,
    Group,
    IdleEntry,
    Lpm,
    Match,
    Member,
    MeterRates,
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
        self._workers = workers
        self._use(TableMemory(pipeline, layout, self.keys, max(1, t.size, len(t.entries)), workers))
        self._const_numbers: set[int] = set()
        self.default: Action | None = None
        self.reset_default()
        # JSON: the lowest priority wins; here, as in P4Runtime, the highest. p4c's 1, 2, ... N become N ... 2, 1
        # (P4Runtime 1.4, "Constant Tables").
        self._priority_top = 1 + max((entry.priority for entry in t.entries), default=0)
        self._shown_priorities = all(entry.shown_priority > 0 for entry in t.entries)
        for i, entry in enumerate(t.entries):
            try:
                self._insert(self._const_entry(entry))
            except EngineError as error:
                self.destroy()
                raise BadProgram(f"tables.{t.name}.entries[{i}]: {error}") from None
        self.locked = t.const
        if t.const:
            self._const_numbers = {stored.number for stored in self._stored()}

    def _use(self, memory: TableMemory) -> None:
        """The runtime's objects, empty."""
        self._memory = memory
        self.size, self.default_number = memory.size, memory.default_number
        self.counters, self.meters, self.idle = memory.counters, memory.meters, memory.idle
        self.state, self.store = memory.state, memory.store
        lookup = self.store.pointer if self.store is not None else None
        self._n.pipeline_set_table(self._pipeline, self.table.index, lookup, self.counters, self.meters, self.idle)
        self._timeouts: dict[int, int] = {}  # entry number -> idle timeout
        self._noted: set[int] = set()  # numbers of entries about which callers keep something
        self.marks = memory.marks  # a bit for each of these, and const ones
        self._told: dict[int, int] = {}  # entry number -> when its idleness was last told

    def destroy(self) -> None:
        self._memory.destroy()

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
            const=self.locked,
            direct_counter=t.direct_counter,
            direct_meter=t.direct_meter.name if t.direct_meter else None,
            idle_timeout=t.idle_timeout,
            entries=len(self),
        )

    def __len__(self) -> int:
        return len(self.store) if self.store is not None else 0

    def _stored(self) -> Iterator[Stored]:
        return iter(self.store) if self.store is not None else iter(())

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

    def declared(self, action: str) -> ActionDecl | None:
        """The declaration of an action that entries may have; None if there is no such."""
        packer = self._packers.get(action)
        return packer.action if packer is not None else None

    def _action_of(self, stored: Stored) -> Action | Member | Group:
        if self.profile is not None:
            slot = stored.words[0]
            if stored.action == GROUP:
                return Group(self.profile.group_id(slot))
            return Member(self.profile.member_id(slot))
        declared = self._by_index[stored.action]
        return Action(declared.name, unpack_params(declared, stored.words))

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

    def insert(self, entry: Entry, count: Count, rates: MeterRates | None) -> None:
        """An entry that begins with this count and meter."""
        self._check_mutable()
        kind, config = meter_rates(rates, self.table.name)
        self._n.entry_state_prepare(self.state, count.packets, count.bytes, kind, ctypes.byref(config))
        try:
            self._insert(entry)
        finally:
            self._n.entry_state_prepare(self.state, 0, 0, n.METER_OFF, None)

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
        """The program's entries become ordinary ones, and the table takes `size`. No worker is running.

        Raises EngineError if there is no memory for so many; then all is as it was.
        """
        entries = list(self.entries())
        const = {(e.match, e.priority) for e in map(self._const_entry, self.table.entries) if e.const}
        memory = TableMemory(self._pipeline, self.layout, self.keys, max(size, self.size), self._workers)
        self.destroy()
        self._use(memory)
        self.locked = False
        self._const_numbers = set()
        for entry in entries:
            self._insert(replace(entry, const=False))
            if (entry.match, entry.priority) in const:
                number = self.number(entry.match, entry.priority)
                self._const_numbers.add(number)
                self._mark(number)

    def _check_mutable(self) -> None:
        if self.locked:
            raise Immutable(f"table {self.table.name} has the entries of the program and takes no others")

    def _check_not_const(self, stored: Stored) -> None:
        if stored.number in self._const_numbers:
            raise Immutable(f"table {self.table.name}: this entry is constant")

    def _insert(self, entry: Entry) -> None:
        key = self.keys.key(entry.match, entry.priority)
        action, params = self.action_data(entry.action)
        self.check_timeout(entry)
        self._check(self._at_hand.insert(key, action, params))
        self.begin(key, entry)

    @property
    def _at_hand(self) -> Store:
        """The store of a table that has entries: there is a key."""
        assert self.store is not None
        return self.store

    def begin(self, key: Key, entry: Entry) -> None:
        """A new entry is there; what only some entries have, begins."""
        if entry.idle_timeout_ns:
            self._set_timeout(self._number(key), entry.idle_timeout_ns)
        if self.profile is not None:
            self.profile.refer(entry.action, 1)

    def insert_many(self, keys: list[Key], actions: bytes, params: bytes) -> Inserted:
        """(result, entry number) of each insert."""
        return self._at_hand.insert_many(keys, actions, params)

    def _set_timeout(self, number: int, timeout: int) -> None:
        if timeout:
            self._timeouts[number] = timeout
        else:
            self._timeouts.pop(number, None)
        self._mark(number)

    def note(self, match: tuple[Match, ...], priority: int, noted: bool) -> None:
        """Mark an entry about which the caller keeps something, until it is deleted."""
        number = self.number(match, priority)
        (self._noted.add if noted else self._noted.discard)(number)
        self._mark(number)

    def _mark(self, number: int) -> None:
        bit = 1 << number % 64
        if number in self._noted or number in self._timeouts or number in self._const_numbers:
            self.marks[number // 64] |= bit
        else:
            self.marks[number // 64] &= ~bit

    def check_timeout(self, entry: Entry) -> None:
        if entry.idle_timeout_ns and not self.table.idle_timeout:
            raise InvalidArgument(f"table {self.table.name} does not support idle timeouts")

    def _modify(self, entry: Entry) -> None:
        key = self.keys.key(entry.match, entry.priority)
        before = self._find(key)
        self._check_not_const(before)
        action, params = self.action_data(entry.action)
        self.check_timeout(entry)
        self._check(self._at_hand.modify(key, action, params))
        if self.profile is not None:
            self.profile.refer(self._action_of(before), -1)
            self.profile.refer(entry.action, 1)
        if self.idle is not None:
            self._told.pop(before.number, None)
            self._set_timeout(before.number, entry.idle_timeout_ns)
            self._n.table_touch(self._pipeline, self.table.index, before.number)

    def delete(self, match: tuple[Match, ...], priority: int) -> None:
        self._check_mutable()
        key = self.keys.key(match, priority)
        before = self._find(key)
        self._check_not_const(before)
        self._check(self._at_hand.delete(key))
        self._noted.discard(before.number)
        self._told.pop(before.number, None)
        self._set_timeout(before.number, 0)
        if self.profile is not None:
            self.profile.refer(self._action_of(before), -1)

    def _number(self, key: Key) -> int:
        number = self._at_hand.number(key)
        if number is None:
            raise self.refusal(n.MISSING)
        return number

    def refusal(self, code: int) -> EngineError:
        """What the runtime's refusal of a write (enum table_result) means."""
        name = self.table.name
        if code == n.EXISTS:
            return AlreadyExists(f"table {name}: an entry with this match exists already")
        if code == n.MISSING:
            return NotFound(f"table {name}: there is no entry with this match")
        return n.error_of(code, f"table {name} (size {self.size})")

    def _check(self, code: int) -> None:
        if code:
            raise self.refusal(code)

    def _find(self, key: Key) -> Stored:
        found = self._at_hand.at(self._number(key))
        assert found is not None
        return found

    def number(self, match: tuple[Match, ...] | None, priority: int) -> int:
        """The entry's number, for its counter and meter; None: the default entry's."""
        if match is None:
            return self.default_number
        return self._number(self.keys.key(match, priority))

    def _entry(self, stored: Stored) -> Entry:
        return Entry(
            self.keys.match_of(stored.key),
            self._action_of(stored),
            stored.key.rank,
            self._timeouts.get(stored.number, 0),
            stored.number in self._const_numbers,
        )

    def entry(self, match: tuple[Match, ...], priority: int) -> Entry:
        return self._entry(self._find(self.keys.key(match, priority)))

    def entry_at(self, number: int) -> Entry | None:
        """The entry with a number that a trace told."""
        stored = self.store.at(number) if self.store is not None else None
        return self._entry(stored) if stored is not None else None

    def entries(self) -> Iterator[Entry]:
        return map(self._entry, self._stored())

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
        priority = 0
        if self.layout.kind == "ternary":
            priority = e.shown_priority if self._shown_priorities else self._priority_top - e.priority
        return Entry(tuple(match), Action(e.action.name, e.params), priority, const=self.table.const and e.const)

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

    def _meters(self) -> int:
        if self.meters is None:
            raise InvalidArgument(f"table {self.table.name} has no direct meter")
        return self.meters

    def read_meter(self, number: int) -> MeterRates | None:
        return read_meter(self._meters(), number)

    def write_meter(self, number: int, config: MeterRates | None) -> None:
        write_meter(self._meters(), number, config, self.table.name)

    def meter_counts(self, number: int) -> ColorCounts:
        return read_counts(self._meters(), number)

    def write_meter_counts(self, number: int, counts: ColorCounts) -> None:
        write_counts(self._meters(), number, counts)

    def idle_ns(self, number: int, now: int) -> int:
        if self.idle is None:
            raise InvalidArgument(f"table {self.table.name} does not support idle timeouts")
        seen: int = self._n.idle_seen(self.idle, number)
        return max(0, now - seen)

    def expired(self, now: int) -> Iterator[IdleEntry]:
        for number, timeout in list(self._timeouts.items()):
            seen = self._n.idle_seen(self.idle, number)
            if now - max(seen, self._told.get(number, 0)) >= timeout:
                self._told[number] = now
                stored = self._at_hand.at(number)
                assert stored is not None
                yield IdleEntry(self.table.name, self._entry(stored))


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
        actions = struct.pack(f"={len(self.waiting)}I", *(w[2] for w in self.waiting))
        params = b"".join(w[3] for w in self.waiting)
        codes = t.insert_many([w[1] for w in self.waiting], actions, params)
        for (place, key, _, _, entry), (code, _) in zip(self.waiting, codes, strict=True):
            if code == 0:
                t.begin(key, entry)
            else:
                results[place] = t.refusal(code)
        self.waiting.clear()
