"""Does a traced packet pass?"""

from __future__ import annotations

from switch.trace.events import VALID, Call, Lookup, Trace
from switch.trace.filter.tests import (
    ActionTest,
    Both,
    Either,
    ErrorTest,
    FateTest,
    FieldTest,
    Inverse,
    NumberTest,
    TableTest,
    Test,
    ValidTest,
)


def passes(test: Test, trace: Trace) -> bool:
    """Fields are those that were parsed; tables, actions and fates those of the packet and all its copies."""
    match test:
        case Both(left, right):
            return passes(left, trace) and passes(right, trace)
        case Either(left, right):
            return passes(left, trace) or passes(right, trace)
        case Inverse(inner):
            return not passes(inner, trace)
        case FieldTest(field, between):
            value = trace.packet.parsed.get(field)
            return value is not None and between.holds(value)
        case ValidTest(header):
            return f"{header}.{VALID}" in trace.packet.parsed
        case NumberTest("port", between):
            return between.holds(trace.port)
        case NumberTest("length", between):
            return between.holds(len(trace.data))
        case NumberTest(_, between):
            return any(between.holds(port) for port, _ in trace.sent)
        case ErrorTest(error, negate):
            return (trace.packet.parser_error == error) != negate
        case TableTest():
            return any(_applied(test, lookup) for lookup in _lookups(trace))
        case ActionTest(action):
            steps = [s for p in trace.passages() for s in p.steps()]
            return any(isinstance(s, (Lookup, Call)) and s.run is not None and s.run.name == action for s in steps)
        case FateTest("cloned"):
            return any(p.cause in ("ingress clone", "egress clone") for p in trace.passages())
        case FateTest(what):
            return any(fate.what == what for p in trace.passages() for fate in p.fates)


def _lookups(trace: Trace) -> list[Lookup]:
    return [s for p in trace.passages() for s in p.steps() if isinstance(s, Lookup)]


def _applied(test: TableTest, lookup: Lookup) -> bool:
    if lookup.table != test.table:
        return False
    return test.what == "table" or lookup.hit == (test.what == "hit")
