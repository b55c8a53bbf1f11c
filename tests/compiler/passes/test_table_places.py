"""Tables applied at several places after which different things follow, and in loops (P4_16 §12.8, §14.2). Oracle:
results by hand from the specification, on the model and on our switch. (p4c refuses or miscompiles these; real
simple_switch runs them with the same results.)
"""

from __future__ import annotations

import pytest

from switch.engine import Engine
from tests.bmv2_model import Model
from tests.compiler.programs import compile_text, program, refusal

ONE, TWO, MISS = "01 02 03 04 00 05 06 00", "02 02 03 04 00 05 06 00", "01 09 03 04 00 05 06 00"
TABLES = """
action a() { hdr.h.d = hdr.h.d + 1; }
action b() { hdr.h.c = hdr.h.c + 1; }
table t { key = { hdr.h.a : exact; } actions = { a; b; NoAction; } const entries = { 1 : a(); 2 : b(); } }
table u { key = { hdr.h.b : exact; } actions = { a; b; NoAction; } const entries = { 2 : b(); 3 : a(); } }
"""
LOOPED = """
action add(bit<8> x) { hdr.h.d = hdr.h.d + x; }
action stop() { hdr.h.r = 0x55; exit; }
table t { key = { hdr.h.c : exact; } actions = { add; stop; NoAction; }
          const entries = { 0 : add(1); 1 : add(16); 3 : stop(); } }
"""


def results(text: str, packets: list[str]) -> list[str]:
    """What leaves port 2 for each packet; the same on the model and on our switch."""
    json = compile_text(text)
    model = Model(json)
    data = [bytes.fromhex(packet) for packet in packets]
    expected = [model.send(1, packet) for packet in data]
    with Engine.load(json, optimise="quick") as engine:
        assert [engine.process(1, packet) for packet in data] == expected
    assert all(port == 2 for out in expected for port, _ in out)
    return [" ".join(packet.hex(" ") for _, packet in out) for out in expected]


@pytest.mark.parametrize(
    ("apply", "out"),
    [
        (
            "if (hdr.h.a == 1) { u.apply(); hdr.h.r = 1; } else { u.apply(); hdr.h.r = 2; }",
            ["01 02 04 04 00 05 06 01", "02 02 04 04 00 05 06 02", "01 09 03 04 00 05 06 01"],
        ),
        (
            "if (hdr.h.a == 1) { if (u.apply().hit) { hdr.h.r = 1; } } else { if (u.apply().miss) { } hdr.h.r = 3; }",
            ["01 02 04 04 00 05 06 01", "02 02 04 04 00 05 06 03", "01 09 03 04 00 05 06 00"],
        ),
        (
            "if (hdr.h.a == 1) { if (u.apply().hit) { hdr.h.r = 1; } } else { u.apply(); hdr.h.r = 3; }",
            ["01 02 04 04 00 05 06 01", "02 02 04 04 00 05 06 03", "01 09 03 04 00 05 06 00"],
        ),
        (
            "switch (t.apply().action_run) { a: { u.apply(); hdr.h.r = 1; } "
            "b: { switch (u.apply().action_run) { b: { hdr.h.r = 7; return; } } } } hdr.h.d = hdr.h.d + 0x10;",
            ["01 02 04 15 00 05 06 01", "02 02 05 04 00 05 06 07", "01 09 03 15 00 05 06 01"],
        ),
    ],
)
def test_different_things_follow_a_table(apply: str, out: list[str]) -> None:
    assert results(program(apply, locals=TABLES), [ONE, TWO, MISS]) == out


def test_a_hit_here_and_an_action_there_are_refused() -> None:
    apply = """if (hdr.h.a == 1) { if (u.apply().hit) { hdr.h.r = 1; } }
               else { switch (u.apply().action_run) { a: { hdr.h.r = 2; } } }"""
    assert "asked for a hit at one place" in refusal(program(apply, locals=TABLES))


@pytest.mark.parametrize(
    ("apply", "out"),
    [
        (
            "for (bit<8> i = 0; i < hdr.h.a; i = i + 1) { hdr.h.c = i; t.apply(); } hdr.h.b = 7;",
            ["00 07 00 00 00 00 00 00", "02 07 01 11 00 00 00 00", "05 00 03 11 00 00 00 55"],
        ),
        (
            "for (bit<8> i = 0; i < hdr.h.a; i = i + 1) { hdr.h.c = i; if (t.apply().hit) { continue; } hdr.h.b = 9; "
            "break; } hdr.h.b = hdr.h.b + 1;",
            ["00 01 00 00 00 00 00 00", "02 01 01 11 00 00 00 00", "05 0a 02 11 00 00 00 00"],
        ),
        (
            "for (bit<8> i = 0; i < 3; i = i + 1) { for (bit<8> j = 0; j < 2; j = j + 1) { hdr.h.c = j; "
            "switch (t.apply().action_run) { add: { hdr.h.r = hdr.h.r + 1; if (i == hdr.h.a) { return; } } } } }",
            ["00 00 00 01 00 00 00 01", "02 00 00 23 00 00 00 05", "05 00 01 33 00 00 00 06"],
        ),
        (
            "for (bit<8> i in (list<bit<8>>){1, hdr.h.a, 0}) { hdr.h.c = i; t.apply(); }",
            ["00 00 00 12 00 00 00 00", "02 00 00 11 00 00 00 00", "05 00 00 11 00 00 00 00"],
        ),
    ],
)
def test_a_loop_applies_a_table(apply: str, out: list[str]) -> None:
    packets = [f"{a} 00 00 00 00 00 00 00" for a in ("00", "02", "05")]
    assert results(program(apply, locals=LOOPED), packets) == out
