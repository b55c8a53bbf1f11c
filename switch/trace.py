"""What happened to one packet: parser states, look-ups, actions, changed fields, clones as a tree, why it was dropped.

The traced object of a program (codegen with trace=True) writes lines of text (runtime/trace.h); Tracer runs it and
reads them into a Trace; render makes text of that, Trace.to_json a tree of plain values.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from switch import native as n
from switch.bmv2_json.program import Action as ActionDecl
from switch.bmv2_json.program import Program, Table
from switch.codegen.layout import unpack_params
from switch.from_workers import Drained, RingReader
from switch.loaded_table import LoadedTable
from switch.values import Digest, Entry, Exact, Group, Lpm, Member, Range

NO_ACTION = -1
# note of the driver -> what became of the packet
DROPPED_INGRESS, DROPPED_EGRESS, RESUBMITTED = 0, 1, 3


@dataclass(frozen=True, slots=True)
class State:
    """A parser state: its name, where the cursor stood, and what it extracted (header, bytes)."""

    name: str
    offset: int
    extracted: list[tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Condition:
    text: str
    result: bool


@dataclass(frozen=True, slots=True)
class Change:
    """A field before and after; of a header's validity the field is `NAME.$valid$`."""

    field: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Lookup:
    """A table applied: its key, the entry that matched (None: a miss), the action that ran and what it changed."""

    table: str
    source: str
    key: tuple[tuple[str, int], ...]
    hit: bool
    entry: Entry | None
    action: str | None
    params: tuple[tuple[str, int], ...]
    changes: list[Change] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Register:
    """A register write that the packet asked for; a trace does not carry it out."""

    index: int
    value: int


Step: TypeAlias = State | Condition | Lookup | Register


@dataclass(slots=True)
class Passage:
    """One packet from arrival to end: the received one, or a clone, replica, resubmitted or recirculated one."""

    id: int
    parent: int | None
    cause: str  # received, ingress clone, egress clone, replica, resubmitted, recirculated
    port: int  # ingress port
    length: int
    parser: list[Step] = field(default_factory=list)
    parser_error: str = ""
    checksum_error: bool = False
    header_bytes: int = 0
    ingress: list[Step] = field(default_factory=list)
    egress: list[Step] = field(default_factory=list)
    egress_port: int | None = None
    fate: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Trace:
    port: int
    data: bytes
    passages: tuple[Passage, ...]
    sent: tuple[tuple[int, bytes], ...]
    to_cpu: tuple[bytes, ...]
    digests: tuple[Digest, ...]
    logs: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """Plain dictionaries, lists, strings and numbers; bytes as hex. `text`: as render shows it."""
        return {
            "text": render(self),
            "port": self.port,
            "data": self.data.hex(),
            "packets": [_passage_json(p) for p in self.passages],
            "sent": [{"port": port, "data": data.hex()} for port, data in self.sent],
            "to_cpu": [data.hex() for data in self.to_cpu],
            "digests": [{"name": d.name, "values": list(d.values)} for d in self.digests],
            "log": list(self.logs),
        }


class Tracer:
    """Runs packets through the traced object of a program, on the live tables. Callers hold the engine's locks."""

    def __init__(
        self,
        pipeline: int,
        code: int,
        index: int,
        program: Program,
        messages: Sequence[str],
        tables: Mapping[str, LoadedTable],
    ) -> None:
        self._n = n.native()
        self._worker = n.made(self._n.memory_worker_create(pipeline, index), "trace")
        n.check(self._n.memory_worker_trace(self._worker, code), "trace")
        self._program = program
        self._tables = tables
        self._reader = RingReader(program, messages)

    def destroy(self) -> None:
        self._n.memory_worker_destroy(self._worker)

    def trace(self, port: int, data: bytes) -> Trace:
        trace = self._n.memory_worker_trace_of(self._worker)
        self._n.trace_clear(trace)
        out = ctypes.c_void_p()
        size = self._n.memory_worker_process(self._worker, port, data, len(data), ctypes.byref(out))
        sent = n.packets_of(ctypes.string_at(out.value, size) if size and out.value else b"")
        drained = Drained()
        self._reader.read(self._n.worker_ring(self._n.memory_worker_of(self._worker)), drained)
        text: bytes = self._n.trace_text(trace)
        passages = _Reader(self._program, self._tables).read(text.decode())
        return Trace(
            port,
            data,
            tuple(passages),
            tuple(sent),
            tuple(p.data for p in drained.packets),
            tuple(drained.digests),
            tuple(drained.logs),
        )


class _Reader:
    """Lines of runtime/trace.h -> passages."""

    def __init__(self, program: Program, tables: Mapping[str, LoadedTable]) -> None:
        self.program = program
        self.tables = tables
        self.errors = {number: name for name, number in program.errors.items()}
        self.passages: dict[int, Passage] = {}
        self.now: Passage | None = None
        self.steps: list[Step] = []

    def read(self, text: str) -> list[Passage]:
        for line in text.splitlines():
            name, *fields = line.split("\t")
            getattr(self, "_" + name)(*fields)
        for passage in self.passages.values():
            _explain(passage, self.program)
        return list(self.passages.values())

    def _arrive(self, number: str, parent: str, cause: str, port: str, length: str) -> None:
        above = int(parent) if int(parent) >= 0 else None
        passage = Passage(int(number), above, cause, int(port), int(length))
        self.passages[passage.id] = passage
        self.now, self.steps = passage, passage.parser

    def _enter(self, number: str) -> Passage:
        self.now = self.passages[int(number)]
        return self.now

    def _ingress(self, number: str, error: str, checksum: str, header_bytes: str) -> None:
        passage = self._enter(number)
        passage.parser_error = self.errors.get(int(error), error)
        passage.checksum_error = checksum != "0"
        passage.header_bytes = int(header_bytes)
        self.steps = passage.ingress

    def _egress(self, number: str, port: str) -> None:
        passage = self._enter(number)
        passage.egress_port = int(port)
        self.steps = passage.egress

    def _state(self, name: str, offset: str) -> None:
        self.steps.append(State(name, int(offset)))

    def _extract(self, header: str, size: str) -> None:
        state = next((s for s in reversed(self.steps) if isinstance(s, State)), None)
        if state is not None:
            state.extracted.append((header, int(size)))

    def _condition(self, truth: str, text: str) -> None:
        self.steps.append(Condition(text, truth == "1"))

    def _apply(self, table: str, hit: str, action: str, number: str, key: str, params: str) -> None:
        t = self.program.tables[int(table)]
        loaded = self.tables[t.name]
        declared = self.program.actions[int(action)] if int(action) != NO_ACTION else None
        found = hit == "1"
        self.steps.append(
            Lookup(
                t.name if t.key or not _is_made_by_compiler(t) else "",
                _source(t, declared),
                _key(loaded, key),
                found,
                loaded.entry_at(int(number)) if found else None,
                declared.name if declared else None,
                _params(declared, params),
            )
        )

    def _changes(self) -> list[Change]:
        last = next((s for s in reversed(self.steps) if isinstance(s, Lookup)), None)
        return last.changes if last is not None else []

    def _valid(self, header: str, after: str) -> None:
        self._changes().append(Change(f"{header}.$valid$", 1 - int(after), int(after)))

    def _set(self, name: str, before: str, after: str) -> None:
        self._changes().append(Change(name, int(before or "0", 16), int(after or "0", 16)))

    def _register(self, index: str, value: str) -> None:
        self.steps.append(Register(int(index), int(value, 16)))

    def _note(self, number: str, what: str, value: str) -> None:
        passage = self.passages[int(number)]
        match what:
            case "dropped" if int(value) == RESUBMITTED:
                passage.fate.append("resubmitted")
            case "dropped" if int(value) == DROPPED_INGRESS:
                passage.fate.append("dropped at the end of ingress")
            case "dropped" if int(value) == DROPPED_EGRESS:
                passage.fate.append("dropped at the end of egress")
            case "dropped":
                passage.fate.append(f"dropped: {n.DROP_REASONS[int(value)]}")
            case "digest":
                name = self.program.learn_lists[int(value)].name
                passage.fate.append(f"digest {name}")
            case "multicast":
                passage.fate.append(f"replicated to multicast group {value}")
            case "to the CPU":
                passage.fate.append("sent to the controller")
            case _:
                passage.fate.append(f"{what} to port {value}")


def _is_made_by_compiler(t: Table) -> bool:
    """A direct action call or a statement, which compilers write as a table without key."""
    return not t.key and t.default_const


def _source(t: Table, action: ActionDecl | None) -> str:
    """Where a statement stands, for tables that the compiler made."""
    if action is not None and _is_made_by_compiler(t):
        first = next((p.source for p in action.primitives if p.source is not None), None)
        if first is not None:
            return f"{first}: {first.fragment}"
    return str(t.source) if t.source else ""


def _key(loaded: LoadedTable, text: str) -> tuple[tuple[str, int], ...]:
    packed = int(text or "0", 16)
    places = sorted(loaded.layout.key, key=lambda p: p.index)
    return tuple((p.field.name, packed >> p.shift & (1 << p.field.width) - 1) for p in places)


def _params(action: ActionDecl | None, text: str) -> tuple[tuple[str, int], ...]:
    if action is None or not action.params:
        return ()
    words = [int(text[i : i + 16], 16) for i in range(0, len(text), 16)]
    return tuple(zip((p.name for p in action.params), unpack_params(action, words), strict=True))


def _explain(passage: Passage, program: Program) -> None:
    """Say which action had set the drop port where the packet was dropped by the program."""
    spec = program.standard("standard_metadata.egress_spec")
    if spec is None:
        return
    for i, fate in enumerate(passage.fate):
        steps = {"dropped at the end of ingress": passage.ingress, "dropped at the end of egress": passage.egress}.get(
            fate
        )
        if steps is None:
            continue
        for step in reversed(steps):
            if isinstance(step, Lookup) and any(_sets_drop(c, spec.field.name) for c in step.changes):
                by = f"by action {step.action} of table {step.table}" if step.table else f"at {step.source}"
                passage.fate[i] = f"{fate}: marked {by}"
                break


def _sets_drop(change: Change, name: str) -> bool:
    return change.field.endswith("." + name) and change.after != change.before


# ---- text


def render(trace: Trace) -> str:
    """The trace as text for people."""
    lines: list[str] = []
    children: dict[int | None, list[Passage]] = {}
    for p in trace.passages:
        children.setdefault(p.parent, []).append(p)

    def show(p: Passage, depth: int) -> None:
        lines.extend("    " * depth + line for line in _render_passage(p))
        for child in children.get(p.id, []):
            show(child, depth + 1)

    for p in children.get(None, []):
        show(p, 0)
    for line in trace.logs:
        lines.append(f"log: {line}")
    for digest in trace.digests:
        lines.append(f"digest {digest.name}: {', '.join(map(_number, digest.values))}")
    for port, data in trace.sent:
        lines.append(f"sent to port {port}: {len(data)} bytes {data.hex()}")
    for data in trace.to_cpu:
        lines.append(f"sent to the controller: {len(data)} bytes {data.hex()}")
    if not trace.sent and not trace.to_cpu:
        lines.append("nothing was sent")
    return "\n".join(lines)


def _render_passage(p: Passage) -> list[str]:
    size = f", {p.length} bytes" if p.length else ""
    lines = [f"packet {p.id}: {p.cause}" + (f" on port {p.port}{size}" if p.parent is None else size)]
    if p.parser:
        lines.append("  parser")
        lines += ["    " + line for step in p.parser for line in _render_step(step)]
        if p.parser_error not in ("", "NoError", "0"):
            lines.append(f"    error {p.parser_error} after {p.header_bytes} bytes of headers")
        if p.checksum_error:
            lines.append("    a checksum is wrong")
    if p.ingress:
        lines.append("  ingress")
        lines += ["    " + line for step in p.ingress for line in _render_step(step)]
    if p.egress_port is not None:
        lines.append(f"  egress, port {p.egress_port}")
        lines += ["    " + line for step in p.egress for line in _render_step(step)]
    return [*lines, *("  => " + fate for fate in p.fate)]


def _render_step(step: Step) -> list[str]:
    match step:
        case State(name, _, extracted):
            return [
                f"{name}" + (": " + ", ".join(f"{header} ({size})" for header, size in extracted) if extracted else "")
            ]
        case Condition(text, result):
            return [f"if {text}: {'true' if result else 'false'}"]
        case Register(index, value):
            return [f"register[{index}] = {_number(value)}"]
        case Lookup():
            return _render_lookup(step)


def _render_lookup(step: Lookup) -> list[str]:
    changes = ["    " + _render_change(c) for c in step.changes]
    if not step.table:
        return [step.source, *changes]
    key = ", ".join(f"{name} = {_number(value)}" for name, value in step.key)
    result = "hit " + _render_entry(step.entry) if step.entry is not None else "hit" if step.hit else "miss"
    lines = [f"table {step.table} {{ {key} }}: {result}" if step.key else f"table {step.table}"]
    if step.action is not None:
        lines.append(f"  {step.action}({', '.join(f'{name} = {_number(value)}' for name, value in step.params)})")
    else:
        lines.append("  no action")
    return [*lines, *changes]


def _render_entry(entry: Entry) -> str:
    parts = []
    for m in entry.match:
        match m:
            case Exact(value):
                parts.append(_number(value))
            case Lpm(value, prefix):
                parts.append(f"{_number(value)}/{prefix}")
            case Range(low, high):
                parts.append(f"{_number(low)}..{_number(high)}")
            case _:
                parts.append(f"{_number(m.value)} &&& {_number(m.mask)}" if m.mask else "_")
    text = ", ".join(parts)
    if entry.priority:
        text += f" priority {entry.priority}"
    if isinstance(entry.action, Member):
        text += f" member {entry.action.id}"
    if isinstance(entry.action, Group):
        text += f" group {entry.action.id}"
    return text


def _render_change(c: Change) -> str:
    if c.field.endswith(".$valid$"):
        return f"{c.field.removesuffix('.$valid$')} {'added' if c.after else 'removed'}"
    return f"{c.field}: {_number(c.before)} -> {_number(c.after)}"


def _number(value: int) -> str:
    return str(value) if value < 10 else hex(value)


# ---- JSON


def _passage_json(p: Passage) -> dict[str, object]:
    return {
        "id": p.id,
        "parent": p.parent,
        "cause": p.cause,
        "ingress_port": p.port,
        "length": p.length,
        "parser": [_step_json(s) for s in p.parser],
        "parser_error": p.parser_error,
        "checksum_error": p.checksum_error,
        "ingress": [_step_json(s) for s in p.ingress],
        "egress_port": p.egress_port,
        "egress": [_step_json(s) for s in p.egress],
        "fate": list(p.fate),
    }


def _step_json(step: Step) -> dict[str, object]:
    match step:
        case State(name, offset, extracted):
            headers = [{"header": header, "bytes": size} for header, size in extracted]
            return {"state": name, "offset": offset, "extracted": headers}
        case Condition(text, result):
            return {"condition": text, "result": result}
        case Register(index, value):
            return {"register_write": index, "value": value}
        case Lookup():
            return {
                "table": step.table or None,
                "source": step.source,
                "key": dict(step.key),
                "hit": step.hit,
                "entry": _render_entry(step.entry) if step.entry else None,
                "action": step.action,
                "params": dict(step.params),
                "changes": [{"field": c.field, "before": c.before, "after": c.after} for c in step.changes],
            }


__all__ = ["Change", "Condition", "Lookup", "Passage", "State", "Trace", "Tracer", "render"]
