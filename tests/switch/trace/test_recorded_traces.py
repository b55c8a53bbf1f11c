"""A trace foretells what BMv2 recorded, and holds together. Oracle: the recorded packets (tests/golden)."""

from __future__ import annotations

import json

import pytest

from switch.trace import render, to_json
from switch.trace.events import Passage, Trace

from .recorded import CASES, Recorded

# What a trace leaves out, so that the record says something else: random numbers.
RANDOM = {"random_bounds"}
NAMES = sorted(path.name for path in CASES.iterdir() if (path / "steps.yaml").exists() and path.name not in RANDOM)


@pytest.mark.parametrize("name", NAMES)
def test_a_trace_foretells_the_recorded_packets(name: str) -> None:
    with Recorded(name) as recorded:
        for number, (step, trace) in enumerate(recorded.traces()):
            where = f"{name}, packet {number}"
            if "undefined" not in step.get("note", "") and "expect" in step:
                expected = sorted((p["port"], p["hex"]) for p in step["expect"])
                assert sorted((port, data.hex()) for port, data in trace.sent) == expected, where
                assert len(trace.to_cpu) == len(step.get("packet_in", [])), where
                assert trace.digests or not step.get("digest"), where
            holds_together(trace)


def holds_together(trace: Trace) -> None:
    """The tree names everything that left, each packet ends in some way, and both forms can be written."""
    passages = list(trace.passages())
    assert [p.id for p in passages if p.parent is None] == [0]
    sent = sorted((p.egress_port or 0, p.sent) for p in passages if p.sent is not None)
    to_cpu = [p for p in passages if any(f.what == "to_cpu" for f in p.fates)]
    assert len(sent) == len(trace.sent) + len(trace.to_cpu)
    assert sorted(trace.sent) == [s for s in sent if s[0] != 510 or not to_cpu]
    for passage in passages:
        assert passage.fates or passage.copies, f"packet {passage.id} came to nothing"
        parsed_bytes(passage)
    shown = json.loads(json.dumps(to_json(trace)))
    assert count(shown["packet"]) == len(passages)
    text = render(trace)
    assert all(f"packet {p.id}: " in text for p in passages)


def parsed_bytes(passage: Passage) -> None:
    """Each extract begins where the one before it in its state ended, inside of what the parser took."""
    for state in passage.states:
        at = state.offset
        for extract in state.extracts:
            assert extract.offset == at
            at += extract.bytes
        if passage.states[-1] is state and passage.failure is None and state.extracts:
            assert at <= passage.header_bytes


def count(packet: dict[str, list[dict[str, list[object]]]]) -> int:
    return 1 + sum(count(copy) for copy in packet["copies"])  # type: ignore[arg-type]
