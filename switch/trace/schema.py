"""A trace as plain dictionaries, lists, strings and numbers: the JSON that docs/trace.md describes.

Names are stable: they may be added to, not changed. Values of fields, keys and registers are hexadecimal strings
("0x1f"), as they may be wider than what other languages call a number; everything else is a number.
"""

from __future__ import annotations

from switch.bmv2_json.program import SourceInfo
from switch.trace.events import (
    ActionRun,
    Call,
    Change,
    Condition,
    Counted,
    Effect,
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
)
from switch.trace.text import entry_text
from switch.values import Action, Entry, Exact, Group, Lpm, Match, Member, Range

VERSION = 1
Json = dict[str, object]


def to_json(trace: Trace) -> Json:
    return {
        "version": VERSION,
        "port": trace.port,
        "data": trace.data.hex(),
        "packet": _passage(trace.packet),
        "sent": [{"port": port, "data": data.hex()} for port, data in trace.sent],
        "to_cpu": [data.hex() for data in trace.to_cpu],
        "digests": [
            {"name": d.name, "values": {name: hex(v) for name, v in zip(names, d.values, strict=True)}}
            for d, names in trace.digests
        ],
        "log": list(trace.logs),
        "cut": trace.cut,
    }


def _passage(p: Passage) -> Json:
    failure = p.failure
    return {
        "id": p.id,
        "parent": p.parent,
        "cause": p.cause,
        "ingress_port": p.port,
        "length": p.length,
        "parser": {
            "states": [_state(s) for s in p.states],
            "error": p.parser_error,
            "failure": None
            if failure is None
            else {
                "state": failure.state,
                "operation": failure.operation,
                "offset": failure.offset,
                "left": failure.left,
            },
            "header_bytes": p.header_bytes,
        },
        "checksums": [
            {
                "name": c.name,
                "field": c.field,
                "found": hex(c.found),
                "computed": hex(c.computed),
                "right": c.right,
                "source": _source(c.source),
            }
            for c in p.checksums
        ],
        "ingress": [_step(s) for s in p.ingress],
        "egress_port": p.egress_port,
        "replica": p.replica,
        "egress": [_step(s) for s in p.egress],
        "deparser": [_statement(s) for s in p.deparser if s.changes],
        "fates": [_fate(f) for f in p.fates],
        "sent": p.sent.hex() if p.sent is not None else None,
        "copies": [_passage(c) for c in p.copies],
    }


def _state(s: State) -> Json:
    return {
        "state": s.name,
        "offset": s.offset,
        "extracts": [
            {
                "header": e.header,
                "offset": e.offset,
                "bytes": e.bytes,
                "fields": {name: hex(value) for name, value in e.fields.items()},
            }
            for e in s.extracts
        ],
        "changes": [_change(c) for c in s.changes],
        "effects": [_effect(e) for e in s.effects],
        "select": None
        if s.select is None
        else {"key": _values(s.select.key), "case": s.select.case, "next": s.select.next},
    }


def _step(step: Step) -> Json:
    match step:
        case Condition(node, source, result, effects):
            return {
                "step": "condition",
                "node": node,
                "source": _source(source),
                "result": result,
                "effects": [_effect(e) for e in effects],
            }
        case Call(run):
            return {"step": "call", **_run(run)}
        case Lookup():
            return {
                "step": "table",
                "table": step.table,
                "match": step.kind,
                "source": _source(step.source),
                "key": _values(step.key),
                "hit": step.hit,
                "entry": _entry(step.entry, step.key),
                "entries": step.entries,
                "nearest": _nearest(step.nearest, step.key),
                "group": step.group,
                "member": step.member,
                "effects": [_effect(e) for e in step.effects],
                "changes": [_change(c) for c in step.changes],
                "action": _run(step.run) if step.run is not None else None,
            }


def _run(run: ActionRun) -> Json:
    return {
        "name": run.name,
        "params": _values(run.params),
        "source": _source(run.source),
        "statements": [_statement(s) for s in run.statements],
    }


def _statement(s: Statement) -> Json:
    return {
        "op": s.op,
        "source": _source(s.source),
        "changes": [_change(c) for c in s.changes],
        "effects": [_effect(e) for e in s.effects],
    }


def _change(c: Change) -> Json:
    return {"field": c.field, "before": hex(c.before), "after": hex(c.after), "width": c.width}


def _effect(e: Effect) -> Json:
    match e:
        case Counted():
            return {"effect": "counter", "name": e.counter, "index": e.index, "bytes": e.bytes, "table": e.table}
        case Metered():
            return {
                "effect": "meter",
                "name": e.meter,
                "index": e.index,
                "color": e.color,
                "configured": e.configured,
                "table": e.table,
            }
        case Hashed():
            return {"effect": "hash", "name": e.calculation, "algorithm": e.algorithm, "value": hex(e.value)}
        case _:
            kind = "register_write" if e.write else "register_read"
            return {"effect": kind, "name": e.register, "index": e.index, "value": hex(e.value)}


def _fate(f: Fate) -> Json:
    return {
        "what": f.what,
        "text": f.text,
        "number": f.number,
        "where": f.where,
        "table": f.table,
        "entry": _entry(f.entry, ()),
        "action": f.action,
        "source": _source(f.source),
    }


def _nearest(near: Nearest | None, key: tuple[FieldValue, ...]) -> Json | None:
    if near is None:
        return None
    return {
        "entry": _entry(near.entry, key),
        "mismatches": [
            {"field": m.field, "match": m.kind, "value": hex(m.value), "wanted": m.wanted, "common_bits": m.common}
            for m in near.mismatches
        ],
    }


def _entry(entry: Entry | None, key: tuple[FieldValue, ...]) -> Json | None:
    if entry is None:
        return None
    found: Json = {
        "text": entry_text(entry, key),
        "match": [_match(m) for m in entry.match],
        "priority": entry.priority,
        "const": entry.const,
    }
    match entry.action:
        case Action(name, params):
            found |= {"action": name, "params": [hex(v) for v in params]}
        case Member(number):
            found["member"] = number
        case Group(number):
            found["group"] = number
    return found


def _match(m: Match) -> Json:
    match m:
        case Exact(value):
            return {"value": hex(value)}
        case Lpm(value, prefix):
            return {"value": hex(value), "prefix": prefix}
        case Range(low, high):
            return {"low": hex(low), "high": hex(high)}
        case _:
            return {"value": hex(m.value), "mask": hex(m.mask)}


def _values(values: tuple[FieldValue, ...]) -> list[Json]:
    return [{"name": v.name, "value": hex(v.value), "width": v.width} for v in values]


def _source(source: SourceInfo | None) -> Json | None:
    if source is None:
        return None
    return {"file": source.file, "line": source.line, "text": source.fragment}
