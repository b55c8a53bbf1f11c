"""One case on both: compiled and run on the switch, and evaluated from its syntax tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from compiler.diagnostics import Diagnostics, Severity
from compiler.driver import compile_source
from switch import values
from switch.engine import Engine
from tests.fuzz.cases import Case
from tests.fuzz.evaluator import Emitted, Pipeline, Undefined
from tests.fuzz.evaluator.scopes import ValueSet, WrittenRule
from tests.fuzz.evaluator.tables import match_of
from tests.fuzz.reading import read_syntax

Packets = list[tuple[int, bytes]]


class Refused(Exception):
    """The compiler does not take the program."""


@dataclass
class Outcome:
    """What a case gave: `differences` says each in a line. Bits are those of the packets that left."""

    differences: list[str] = field(default_factory=list)
    compared: int = 0
    undefined: int = 0
    bits: int = 0
    unknown_bits: int = 0


def compile_case(case: Case) -> Mapping[str, Any]:
    """The BMv2 JSON. Raises Refused with the first error."""
    diagnostics = Diagnostics()
    compiled = compile_source(case.program, diagnostics)
    if compiled is None:
        errors = [d for d in diagnostics.sorted() if d.severity is Severity.ERROR]
        raise Refused("; ".join(f"line {d.span.line}: {d.message}" for d in errors))
    return compiled.json


def run_on_switch(case: Case, json: Mapping[str, Any]) -> list[Packets]:
    """What leaves for each packet, in order."""
    with Engine.load(json, optimise="none") as engine:
        there = {table.name for table in engine.tables()}
        for entry in case.entries:
            if entry.table not in there:
                continue  # never applied, says the compiler; the evaluator may find otherwise
            matches = tuple(switch_match(m) for m in entry.matches)
            engine.insert(entry.table, values.Entry(matches, values.Action(entry.action, entry.data), entry.priority))
        for name, members in case.value_sets.items():
            engine.set_value_set(name, [tuple(switch_match(m) for m in member) for member in members])
        return [engine.process(port, data) for port, data in case.packets]


def switch_match(match: tuple[Any, ...]) -> values.Match:
    kinds = {"exact": values.Exact, "lpm": values.Lpm, "ternary": values.Ternary, "range": values.Range}
    return kinds[match[0]](*match[1:])  # type: ignore[no-any-return]


def evaluate(case: Case) -> list[list[Emitted] | None]:
    """What the syntax tree says leaves for each packet; None where it leaves that open.

    After such a packet the registers may hold anything, so that nothing can be said of those that follow either."""
    pipeline = Pipeline(read_syntax(case.program))
    for name, members in case.value_sets.items():
        pipeline.value_sets[name] = ValueSet(name, [tuple(match_of(m, 0) for m in member) for member in members])
    for entry in case.entries:
        written = WrittenRule(entry.matches, entry.action.rsplit(".", 1)[-1], entry.data, entry.priority)
        pipeline.written_rules.setdefault(entry.table, []).append(written)
    results: list[list[Emitted] | None] = []
    for port, data in case.packets:
        if results and results[-1] is None and pipeline.registers:
            results.append(None)
            continue
        try:
            results.append(pipeline.process(port, data))
        except Undefined:
            results.append(None)
    return results


def compare(case: Case, json: Mapping[str, Any] | None = None) -> Outcome:
    """Run both. Raises Refused; anything else that is raised is a fault."""
    json = compile_case(case) if json is None else json
    outcome = Outcome()
    wanted = evaluate(case)
    for index, (got, want) in enumerate(zip(run_on_switch(case, json), wanted, strict=True)):
        if want is None:
            outcome.undefined += 1
            continue
        outcome.compared += 1
        outcome.bits += sum(8 * len(w.data) for w in want)
        outcome.unknown_bits += sum(bin(int.from_bytes(w.unknown, "big")).count("1") for w in want)
        if len(got) != len(want) or not all(w.agrees(*g) for w, g in zip(want, got, strict=True)):
            port, data = case.packets[index]
            outcome.differences.append(
                f"packet {index} (port {port}, {data.hex()}): switch {shown(got)}, evaluator {expected(want)}"
            )
    return outcome


def shown(packets: Packets) -> str:
    return ", ".join(f"port {port} {data.hex()}" for port, data in packets) or "nothing"


def expected(packets: list[Emitted]) -> str:
    return ", ".join(f"port {p.port} {masked(p)}" for p in packets) or "nothing"


def masked(packet: Emitted) -> str:
    """Hex digits, `*` for those with unknown bits."""
    return "".join("*" if u != "0" else d for d, u in zip(packet.data.hex(), packet.unknown.hex(), strict=True))
