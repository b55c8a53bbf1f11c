"""Traces name the states, keys, entries, actions, changes and fates. Oracle: the programs' P4 source, read by hand."""

from __future__ import annotations

import json

import pytest
import yaml
from click.testing import CliRunner

from switch.engine import Engine
from switch.trace import render, to_json
from switch.trace.events import FieldValue, Lookup
from switch.trace_command.cli import trace_command
from switch.values import Action, CloneSession, Entry, Exact, Replica

from .golden import ROOT, json_path, packets

T = "MyIngress.t"


def test_a_hit_shows_key_entry_action_and_changes_and_counts_nothing() -> None:
    with Engine.load(json_path("table_exact"), optimise="quick") as engine:
        entry = Entry((Exact(1),), Action("MyIngress.set", (2, 0xBEEF)))
        engine.insert(T, entry)
        before = engine.drops()
        trace = engine.trace(1, bytes.fromhex("00010000aa"))
        assert engine.drops() == before
        [passage] = trace.passages()
        [step] = [s for s in passage.ingress if isinstance(s, Lookup)]
        assert (step.table, step.key, step.hit, step.entry) == (T, (FieldValue("hdr.h.k", 1, 16),), True, entry)
        assert step.run is not None and step.run.name == "MyIngress.set"
        assert [(p.name, p.value) for p in step.params] == [("port", 2), ("v", 0xBEEF)]
        assert {(c.field, c.before, c.after) for c in step.run.changes} == {
            ("standard_metadata.egress_spec", 0, 2),
            ("h.v", 0, 0xBEEF),
        }
        assert [f.text for f in passage.fates] == ["sent to port 2"]
        assert trace.sent == ((2, bytes.fromhex("0001beefaa")),)
        json.dumps(to_json(trace))


def test_a_drop_says_who_marked_the_packet() -> None:
    with Engine.load(json_path("table_exact"), optimise="quick") as engine:
        trace = engine.trace(1, bytes.fromhex("00010000"))
        [fate] = trace.packet.fates
        assert (fate.what, fate.where, fate.table, fate.action) == ("dropped", "ingress", T, "MyIngress.drop")
        assert fate.source is not None and "mark_to_drop" in fate.source.fragment
        assert "nothing was sent" in render(trace)


def test_a_short_packet_shows_where_the_parser_ended() -> None:
    with Engine.load(json_path("table_exact"), optimise="quick") as engine:
        text = render(engine.trace(1, b"\x00\x01"))
        assert "error PacketTooShort after 0 bytes of headers" in text


def test_registers_keep_their_values_and_the_packet_sees_its_own_writes() -> None:
    with Engine.load(json_path("register_per_flow"), optimise="quick") as engine:
        port, data = packets("register_per_flow")[0]
        traced = engine.trace(port, data)
        assert engine.trace(port, data).sent == traced.sent
        assert all(engine.read_register(r.name, i) == 0 for r in engine.program.registers for i in range(r.size))
        assert tuple(engine.process(port, data)) == traced.sent


def test_clones_stand_below_the_packet_that_made_them() -> None:
    with Engine.load(json_path("clone_i2e"), optimise="quick") as engine:
        for session in (100, 101):
            engine.set_clone_session(session, CloneSession((Replica(77),)))
        traces = [engine.trace(port, data) for port, data in packets("clone_i2e")]
        clones = [c for t in traces for c in t.packet.copies if c.cause == "ingress clone"]
        assert clones
        for clone in clones:
            [replica] = clone.copies
            assert (replica.cause, replica.egress_port) == ("replica", 77)


NAMES = ["parser_loop_tlv", "recirculate", "clone_resubmit_recirculate", "stack_push_pop", "table_keyless", "truncate"]


@pytest.mark.parametrize("name", NAMES)
def test_a_trace_predicts_what_the_packet_does(name: str) -> None:
    """Without entries: the traced object and the quick one send the same."""
    steps = yaml.load((ROOT / name / "steps.yaml").read_text(), Loader=yaml.CSafeLoader)
    assert steps
    with Engine.load(json_path(name), optimise="quick") as engine:
        for port, data in packets(name):
            assert list(engine.trace(port, data).sent) == engine.process(port, data)


def test_the_command_traces_a_program_offline() -> None:
    arguments = [str(json_path("table_exact")), "--port", "1", "0001 0000"]
    shown = CliRunner().invoke(trace_command, arguments)
    assert shown.exit_code == 0 and "table MyIngress.t: miss" in shown.output
    as_json = json.loads(CliRunner().invoke(trace_command, [*arguments, "--json"]).output)
    assert as_json["packet"]["fates"][0]["where"] == "ingress"
    assert CliRunner().invoke(trace_command, [*arguments[:3], "xx"]).exit_code == 2
