"""A trace as text for people: a packet's parser path, controls and fate, its copies indented below it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, TypeAlias

from switch.bmv2_json.program import SourceInfo
from switch.trace.events import (
    ActionRun,
    Call,
    Change,
    Condition,
    Counted,
    Effect,
    Extract,
    Fate,
    FieldValue,
    Hashed,
    Lookup,
    Metered,
    Nearest,
    Passage,
    State,
    Statement,
    Step,
    Trace,
    made_by_compiler,
)
from switch.trace.nearest import match_text, number
from switch.values import Entry, Group, Member

Kind: TypeAlias = Literal["head", "part", "name", "good", "bad", "change", "dim"]
Paint: TypeAlias = Callable[[str, Kind], str]
INDENT = "  "
QUIET = ("no_op", "update_checksum")


def plain(text: str, kind: Kind) -> str:
    return text


def render(trace: Trace, paint: Paint = plain) -> str:
    """The whole trace; `paint` colours pieces of it."""
    return "\n".join(_Text(paint).trace(trace))


class _Text:
    def __init__(self, paint: Paint) -> None:
        self.paint = paint

    def trace(self, trace: Trace) -> Iterator[str]:
        yield from self.packet(trace.packet, 0)
        for line in trace.logs:
            yield f"log: {line}"
        for digest, names in trace.digests:
            values = ", ".join(f"{name} = {number(v)}" for name, v in zip(names, digest.values, strict=True))
            yield f"digest {digest.name}: {values}"
        for port, data in trace.sent:
            yield self.paint(f"sent to port {port}", "good") + f": {len(data)} bytes {data.hex()}"
        for data in trace.to_cpu:
            yield self.paint("sent to the controller", "good") + f": {len(data)} bytes {data.hex()}"
        if not trace.sent and not trace.to_cpu:
            yield self.paint("nothing was sent", "bad")
        if trace.cut:
            yield "the trace is cut off: the packet did more than a trace holds"

    def packet(self, p: Passage, depth: int) -> Iterator[str]:
        for line in self._passage(p):
            yield INDENT * 2 * depth + line
        for copy in p.copies:
            yield from self.packet(copy, depth + 1)

    def _passage(self, p: Passage) -> Iterator[str]:
        size = f", {p.length} bytes" if p.length else ""
        where = f" on port {p.port}" if p.parent is None else f" of packet {p.parent}"
        cause = p.cause if p.parent is None or p.cause not in ("resubmitted", "recirculated") else f"{p.cause} copy"
        yield self.paint(f"packet {p.id}: {cause}{where}{size}", "head")
        if p.states or p.failure:
            yield INDENT + self.paint("parser", "part")
            yield from self._indent(self._parser(p), 2)
        if p.ingress:
            yield INDENT + self.paint("ingress", "part")
            for step in p.ingress:
                yield from self._indent(self._step(step), 2)
        if p.egress_port is not None:
            rid = f", replica {p.replica}" if p.replica else ""
            yield INDENT + self.paint(f"egress, port {p.egress_port}{rid}", "part")
            for step in p.egress:
                yield from self._indent(self._step(step), 2)
        if any(s.changes for s in p.deparser):
            yield INDENT + self.paint("deparser", "part")
            for statement in p.deparser:
                yield from self._indent(self._statement(statement), 2)
        for fate in p.fates:
            yield INDENT + self.paint("=> " + _fate(fate), "bad" if fate.what in _UNHAPPY else "good")

    def _indent(self, lines: Iterator[str], depth: int) -> Iterator[str]:
        for line in lines:
            yield INDENT * depth + line

    # ---- parser

    def _parser(self, p: Passage) -> Iterator[str]:
        for state in p.states:
            yield f"{self.paint(state.name, 'name')} at byte {state.offset}"
            yield from self._indent(self._state(state), 1)
        if p.failure is not None:
            yield self.paint(f"error {p.parser_error} after {p.header_bytes} bytes of headers", "bad")
            f = p.failure
            yield f"  in state {f.state}, {f.operation}, at byte {f.offset} with {f.left} bytes left"
        elif p.states:
            yield f"accept after {p.header_bytes} bytes of headers"
        for c in p.checksums:
            if c.right:
                yield self.paint(f"checksum {c.field} = {number(c.found)} is right", "good")
            else:
                text = f"checksum {c.field} = {number(c.found)} is wrong, computed {number(c.computed)}"
                yield self.paint(text, "bad") + self._at(c.source)

    def _state(self, s: State) -> Iterator[str]:
        for extract in s.extracts:
            yield f"extract {extract.header}, {extract.bytes} bytes at byte {extract.offset}{_fields(extract)}"
        yield from self._changes(s.changes)
        yield from self._effects(s.effects)
        if s.select is not None:
            key = _values(s.select.key)
            case = f"case {s.select.case}" if s.select.case is not None else "default"
            yield f"select {key}: {case} -> {s.select.next or 'accept'}"

    # ---- controls

    def _step(self, step: Step) -> Iterator[str]:
        match step:
            case Condition(node, source, result, effects):
                text = f"if ({source.fragment})" if source and source.fragment else f"if {node}"
                verdict = self.paint("true", "good") if result else self.paint("false", "bad")
                yield f"{text}: {verdict}{self._at(source)}"
                yield from self._indent(self._effects(list(effects)), 1)
            case Call(run):
                if made_by_compiler(run.name, run.source):
                    for statement in run.statements:
                        yield from self._statement(statement)
                else:
                    yield from self._run(run, "call ")
            case Lookup():
                yield from self._lookup(step)

    def _lookup(self, step: Lookup) -> Iterator[str]:
        if not step.key:
            verdict = ""
        elif step.hit:
            verdict = ": " + self.paint("hit", "good")
        else:
            verdict = ": " + self.paint("miss", "bad")
            verdict += "" if step.entries else ", the table is empty"
        yield f"table {self.paint(step.table, 'name')}{verdict}{self._at(step.source)}"
        if step.key:
            yield f"  key {_values(step.key)}"
        if step.entry is not None:
            yield f"  entry {entry_text(step.entry, step.key)}"
        if step.group is not None or step.member is not None:
            group = f"group {step.group} chose " if step.group is not None else ""
            yield f"  {group}member {step.member}" if step.member is not None else f"  {group}no member: it is empty"
        if step.nearest is not None:
            yield from self._indent(self._nearest(step.nearest, step.key), 1)
        yield from self._indent(self._effects(step.effects), 1)
        yield from self._indent(self._changes(step.changes), 1)
        if step.run is not None:
            yield from self._indent(self._run(step.run, "action "), 1)
        else:
            yield "  no action"

    def _nearest(self, near: Nearest, key: tuple[FieldValue, ...]) -> Iterator[str]:
        yield f"nearest entry {entry_text(near.entry, key)}"
        for m in near.mismatches:
            common = ""
            if m.common is not None:
                common = f" (the first {m.common} bits agree)"
            yield f"  {m.field} = {number(m.value)} is not {m.wanted}{common}"

    def _run(self, run: ActionRun, word: str) -> Iterator[str]:
        yield f"{word}{self.paint(run.name, 'name')}({_values(run.params)}){self._at(run.source)}"
        for statement in run.statements:
            yield from self._indent(self._statement(statement), 1)

    def _statement(self, s: Statement) -> Iterator[str]:
        """Nothing for what did nothing, where the source does not say it: copies into the compiler's own variables."""
        text = s.source.fragment if s.source and s.source.fragment else s.op
        if not s.changes and not s.effects and (s.op in QUIET or (s.op == "assign" and "=" not in text)):
            return
        yield f"{text}{self._at(s.source)}"
        yield from self._indent(self._effects(s.effects), 1)
        yield from self._indent(self._changes(s.changes), 1)

    # ---- details

    def _changes(self, changes: list[Change]) -> Iterator[str]:
        for c in changes:
            if c.is_validity:
                yield self.paint(f"{c.header} {'becomes valid' if c.after else 'becomes invalid'}", "change")
            else:
                yield self.paint(f"{c.field}: {number(c.before)} -> {number(c.after)}", "change")

    def _effects(self, effects: list[Effect]) -> Iterator[str]:
        for e in effects:
            match e:
                case Counted():
                    whose = " of this entry" if e.table else f"[{e.index}]"
                    yield f"counter {e.counter}{whose}: + 1 packet, {e.bytes} bytes"
                case Metered():
                    whose = " of this entry" if e.table else f"[{e.index}]"
                    why = "" if e.configured else " (it has no rates)"
                    yield f"meter {e.meter}{whose}: {e.color}{why}"
                case Hashed():
                    what = f" {e.calculation}" if e.calculation else ""
                    yield f"hash{what} ({e.algorithm}): {number(e.value)}"
                case _:
                    verb = "written" if e.write else "read"
                    yield f"register {e.register}[{e.index}] {verb}: {number(e.value)}"

    def _at(self, source: SourceInfo | None) -> str:
        return self.paint(f"  [{source}]", "dim") if source is not None else ""


_UNHAPPY = {"dropped", "no_clone", "no_copy"}


def _fate(fate: Fate) -> str:
    text = fate.text
    if fate.entry is not None:
        text += f" (entry {entry_text(fate.entry, ())})"
    return text


def _fields(extract: Extract) -> str:
    if not extract.fields:
        return ""
    return ": " + ", ".join(f"{name} = {number(value)}" for name, value in extract.fields.items())


def _values(values: tuple[FieldValue, ...]) -> str:
    return ", ".join(f"{v.name} = {number(v.value)}" for v in values)


def entry_text(entry: Entry, key: tuple[FieldValue, ...]) -> str:
    widths = [f.width for f in key] if key else [0] * len(entry.match)
    text = ", ".join(match_text(m, w) if w else _unsized(m) for m, w in zip(entry.match, widths, strict=True))
    if entry.priority:
        text += f" priority {entry.priority}"
    match entry.action:
        case Member(number_):
            return f"{text} -> member {number_}"
        case Group(number_):
            return f"{text} -> group {number_}"
        case action:
            return f"{text} -> {action.name}({', '.join(map(number, action.params))})"


def _unsized(match: object) -> str:
    return match_text(match, 1 << 16)  # type: ignore[arg-type]  # no field is as wide: masks are shown in full
