"""Lines of runtime/trace.h -> a tree of passages.

One method for each kind of event, called with the line's fields. Changes and effects belong to what is under way: a
parser state, a statement, or the look-up before its action begins.
"""

from __future__ import annotations

from collections.abc import Mapping

from switch import native as n
from switch.bmv2_json.program import Action, Conditional, Primitive, Program, Table
from switch.codegen.layout import unpack_params
from switch.codegen.trace_hooks import name_of
from switch.loaded_profile import LoadedProfile
from switch.loaded_table import LoadedTable
from switch.trace import transitions
from switch.trace.events import (
    VALID,
    ActionRun,
    Call,
    Change,
    ChecksumResult,
    Condition,
    Counted,
    Effect,
    Extract,
    Failure,
    Fate,
    FieldValue,
    Hashed,
    Lookup,
    Metered,
    Passage,
    RegisterAccess,
    State,
    Statement,
    Step,
)
from switch.trace.fate import Fates
from switch.trace.nearest import nearest
from switch.trace.parser_text import operation_text

COLORS = ("green", "yellow", "red")
NO_SLOT = 0xFFFFFFFF


class Reader:
    """Reads the text of one trace."""

    def __init__(
        self,
        program: Program,
        tables: Mapping[str, LoadedTable],
        profiles: Mapping[str, LoadedProfile],
        value_sets: transitions.Members,
        drop_port: int,
    ) -> None:
        self.program = program
        self.tables = tables
        self.profiles = profiles
        self.value_sets = value_sets
        self.fates = Fates(program, drop_port)
        self.errors = {number: name for name, number in program.errors.items()}
        self.nodes = program.ingress.nodes  # of the control that is running
        self.widths = {f"{h.name}.{f.name}": f.width for h in program.headers.values() for f in h.type.fields}
        self.passages: dict[int, Passage] = {}
        self.values: dict[str, int] = {}  # fields of the packet that is being parsed
        self.steps: list[Step] = []
        self.deparsing = False
        self.state: State | None = None
        self.statement: Statement | None = None
        self.lookup: Lookup | None = None  # applied; its action has not begun
        self.last: Lookup | None = None
        self.run: ActionRun | None = None
        self.running: Action | None = None
        self.waiting: list[Effect] = []  # of the next look-up or condition

    def read(self, text: str) -> Passage:
        for line in text.splitlines():
            name, *fields = line.split("\t")
            getattr(self, "_" + name)(*fields)
        self._leave_state()
        for passage in self.passages.values():
            if passage.parent is not None:
                parent = self.passages[passage.parent]
                parent.copies.append(passage)
                if passage.cause == "recirculated":
                    parent.fates.append(Fate("recirculated", "recirculated: goes through the parser and ingress again"))
            self.fates.explain(passage)
        return self.passages[0]

    @property
    def now(self) -> Passage:
        assert self._now is not None
        return self._now

    # ---- packets

    def _arrive(self, number: str, parent: str, cause: str, port: str, length: str) -> None:
        self._leave_state()
        above = int(parent) if int(parent) >= 0 else None
        self._now = passage = Passage(int(number), above, cause, int(port), int(length))
        self.passages[passage.id] = passage
        self._begin([], deparsing=False)

    def _enter(self, number: str) -> None:
        self.values = self._fresh(self._take_up(number))
        self._begin([], deparsing=False)

    def _fresh(self, passage: Passage) -> dict[str, int]:
        """Metadata as the driver leaves them for the parser; all that a filter may ask for."""
        values = {f"{h.name}.{f.name}": 0 for h in self.program.headers.values() if h.metadata for f in h.type.fields}
        for name, value in (("ingress_port", passage.port), ("packet_length", passage.length)):
            ref = self.program.standard(f"standard_metadata.{name}")
            if ref is not None:
                values[f"{getattr(ref.header, 'name', '')}.{ref.field.name}"] = value
        return values

    def _begin(self, steps: list[Step], *, deparsing: bool) -> None:
        self.steps, self.deparsing = steps, deparsing
        self.state = self.statement = self.lookup = self.last = self.run = None
        self.running = None
        self.waiting = []

    def _take_up(self, number: str) -> Passage:
        self._leave_state()
        self._now = self.passages[int(number)]
        return self._now

    def _parsed(self, number: str, error: str, header_bytes: str) -> None:
        passage = self._take_up(number)
        passage.parser_error = self.errors.get(int(error), error)
        passage.header_bytes = int(header_bytes)
        passage.parsed = dict(self.values)

    def _ingress(self, number: str, checksum: str) -> None:
        passage = self._take_up(number)
        passage.checksum_error = checksum != "0"
        self._begin(passage.ingress, deparsing=False)
        self.nodes = self.program.ingress.nodes

    def _egress(self, number: str, port: str, rid: str, instance_type: str) -> None:
        passage = self._take_up(number)
        passage.egress_port, passage.replica = int(port), int(rid)
        self._begin(passage.egress, deparsing=False)
        self.nodes = self.program.egress.nodes

    def _deparse(self, number: str) -> None:
        self._take_up(number)
        self._begin([], deparsing=True)

    def _note(self, number: str, what: str, value: str) -> None:
        fate = self.fates.of(what, int(value))
        if fate is not None:
            self.passages[int(number)].fates.append(fate)

    def _sent(self, number: str, port: str, data: str = "") -> None:
        passage = self.passages[int(number)]
        passage.sent = bytes.fromhex(data)
        if not any(f.what == "to_cpu" for f in passage.fates):
            passage.fates.append(Fate("sent", f"sent to port {port}", int(port)))

    # ---- parser

    def _state(self, name: str, offset: str) -> None:
        self._leave_state()
        self.state = State(name_of(name), int(offset))
        self.now.states.append(self.state)

    def _leave_state(self) -> None:
        """The state's extracts get the values of their fields."""
        if self.state is None:
            return
        for extract in self.state.extracts:
            fields = self.program.headers[extract.header].type.fields
            names = [(f.name, f"{extract.header}.{f.name}") for f in fields]
            extract.fields = {short: self.values.get(full, 0) for short, full in names if self.widths[full]}
        self.state = None

    def _extract(self, header: str, element: str, member: str, size: str) -> None:
        assert self.state is not None
        header = name_of(header)
        if int(element) >= 0:
            if header in self.program.stacks:
                header = self.program.stacks[header].headers[int(element)].name
            else:
                header = self.program.union_stacks[header].unions[int(element)].headers[int(member)].name
        before = self.state.extracts[-1] if self.state.extracts else None
        offset = before.offset + before.bytes if before is not None else self.state.offset
        self.state.extracts.append(Extract(header, offset, int(size)))

    def _select(self, *values: str) -> None:
        assert self.state is not None
        declared = self.program.parser.states[self.state.name]
        key = transitions.key_of(declared, [int(v, 16) for v in values])
        self.state.select = transitions.taken(declared, key, self.value_sets)

    def _failure(self, operation: str, offset: str, left: str) -> None:
        assert self.state is not None
        text = operation_text(self.program.parser.states[self.state.name], operation)
        self.now.failure = Failure(self.state.name, text, int(offset), int(left))

    def _checksum(self, place: str, computed: str, found: str) -> None:
        c = self.program.checksums[int(place)]
        field = f"{getattr(c.target.header, 'name', '')}.{c.target.field.name}"
        mask = (1 << c.target.field.width) - 1
        self._leave_state()
        self.now.checksums.append(ChecksumResult(c.name, field, int(computed, 16), int(found, 16) & mask, c.source))

    # ---- controls

    def _condition(self, truth: str, name: str) -> None:
        name = name_of(name)
        node = self.nodes[name]
        assert isinstance(node, Conditional)
        self.steps.append(Condition(name, node.source, truth == "1", tuple(self.waiting)))
        self.waiting = []

    def _apply(self, number: str, hit: str, action: str, entry: str, key: str, params: str) -> None:
        t = self.program.tables[int(number)]
        loaded = self.tables[t.name]
        packed = int(key or "0", 16)
        fields = _key(loaded, packed)
        found = hit == "1"
        near = nearest(loaded, packed, fields) if not found else None
        matched = loaded.entry_at(int(entry)) if found else None
        self.lookup = lookup = Lookup(t.name, loaded.layout.kind, t.source, fields, found, matched, near, len(loaded))
        self.last, self.run, self.statement = lookup, None, None
        lookup.effects, self.waiting = self.waiting, []
        if found and t.direct_counter:
            counter = next((c.name for c in self.program.counters if c.direct_table == t.name), t.name)
            lookup.effects.append(Counted(counter, int(entry), self.now.length, t.name))
        self.params = params
        if not (_is_made_by_compiler(t) and action != "-1"):
            self.steps.append(lookup)

    def _member(self, slot: str, group_slot: str) -> None:
        assert self.lookup is not None
        profile = self.program.tables[self._table_index(self.lookup.table)].profile
        assert profile is not None
        loaded = self.profiles[profile.name]
        self.lookup.member = loaded.member_id(int(slot)) if int(slot) != NO_SLOT else None
        self.lookup.group = loaded.group_id(int(group_slot)) if int(group_slot) >= 0 else None

    def _table_index(self, name: str) -> int:
        return self.tables[name].table.index

    def _action(self, number: str) -> None:
        declared = self.program.actions[int(number)]
        self.running = declared
        self.statement = None
        params = _params(declared, self.params) if self.lookup is not None else ()
        self.run = run = ActionRun(declared.name, params, declared.source)
        lookup, self.lookup = self.lookup, None
        if lookup is None or (self.steps[-1:] != [lookup]):
            self.steps.append(Call(run))
        else:
            lookup.run = run

    def _do(self, place: str) -> None:
        """A primitive begins."""
        primitive: Primitive
        if self.deparsing:
            primitive = self.program.deparser.primitives[int(place)]
            self.statement = Statement(primitive.op, primitive.source)
            self.now.deparser.append(self.statement)
            return
        assert self.run is not None and self.running is not None
        primitive = self.running.primitives[int(place)]
        self.statement = Statement(primitive.op, primitive.source)
        self.run.statements.append(self.statement)

    def _end(self) -> None:
        self.run = self.running = self.statement = None
        self.last = None

    def _update(self, place: str) -> None:
        self.statement = Statement("update_checksum", self.program.checksums[int(place)].source)
        self.now.deparser.append(self.statement)

    # ---- changes and effects

    def _valid(self, header: str, after: str) -> None:
        header, valid = name_of(header), int(after)
        if valid:
            self.values[f"{header}.{VALID}"] = 1
        else:
            self.values.pop(f"{header}.{VALID}", None)
        for f in self.program.headers[header].type.fields:
            name = f"{header}.{f.name}"
            if valid:
                self.values[name] = 0
            else:
                self.values.pop(name, None)
        self._changed(Change(f"{header}.{VALID}", 1 - valid, valid, 1))

    def _set(self, name: str, before: str, after: str) -> None:
        name, value = name_of(name), int(after or "0", 16)
        self.values[name] = value
        self._changed(Change(name, int(before or "0", 16), value, self.widths[name]))

    def _changed(self, change: Change) -> None:
        if self.state is not None:
            if not any(e.header == change.header for e in self.state.extracts):
                self.state.changes.append(change)
        elif self.statement is not None:
            self.statement.changes.append(change)
        elif self.last is not None:
            self.last.changes.append(change)

    def _effect(self, effect: Effect) -> None:
        if self.state is not None:
            self.state.effects.append(effect)
        elif self.statement is not None:
            self.statement.effects.append(effect)
        else:
            self.waiting.append(effect)

    def _count(self, array: str, index: str) -> None:
        self._effect(Counted(self.program.counters[int(array)].name, int(index), self.now.length))

    def _meter(self, array: str, table: str, index: str, color: str, kind: str) -> None:
        direct = self.program.tables[int(table)].name if int(table) >= 0 else None
        configured = int(kind) != n.METER_OFF
        name = self.program.meters[int(array)].name
        effect = Metered(name, int(index), COLORS[int(color)], configured, direct)
        if direct is None:
            self._effect(effect)
        else:
            self.waiting.append(effect)

    def _read(self, array: str, index: str, value: str) -> None:
        self._register(array, index, value, write=False)

    def _write(self, array: str, index: str, value: str) -> None:
        self._register(array, index, value, write=True)

    def _register(self, array: str, index: str, value: str, *, write: bool) -> None:
        register = self.program.registers[int(array)]
        self._effect(RegisterAccess(register.name, int(index), int(value, 16), register.width, write))

    def _hash(self, calculation: str, value: str) -> None:
        if int(calculation) < 0:
            self.waiting.append(Hashed("", "selector", int(value, 16)))
            return
        c = self.program.calculations[int(calculation)]
        self._effect(Hashed(c.name, c.algorithm, int(value, 16)))


def _is_made_by_compiler(t: Table) -> bool:
    """A direct action call or a statement, which compilers write as a table without key."""
    return not t.key and t.default_const and t.profile is None and not t.const


def _key(loaded: LoadedTable, packed: int) -> tuple[FieldValue, ...]:
    places = sorted(loaded.layout.key, key=lambda p: p.index)
    return tuple(FieldValue(p.field.name, packed >> p.shift & (1 << p.field.width) - 1, p.field.width) for p in places)


def _params(action: Action, text: str) -> tuple[FieldValue, ...]:
    if not action.params:
        return ()
    words = [int(text[i : i + 16], 16) for i in range(0, len(text), 16)]
    values = unpack_params(action, words)
    return tuple(FieldValue(p.name, v, p.width) for p, v in zip(action.params, values, strict=True))
