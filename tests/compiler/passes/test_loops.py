"""for, break, continue (P4_16 §12.8); loops in apply blocks go into actions. Oracle: results by hand."""

from __future__ import annotations

import pytest

from tests.compiler.programs import compile_text, program, run

IN = "01 02 03 04 00 05 06 00"
STACK_PARSER = (
    "state start { pkt.extract(hdr.h); pkt.extract(hdr.st.next); pkt.extract(hdr.st.next); transition accept; }"
)


@pytest.mark.parametrize(
    ("apply", "r"),
    [
        ("for (bit<8> i = 0; i < 5; i = i + 1) { hdr.h.r = hdr.h.r + i; }", "0a"),
        ("for (bit<8> i = 9; i < 5; i = i + 1) { hdr.h.r = 1; }", "00"),
        ("for (bit<8> i = 0; i < 9; i = i + 1) { if (i == 3) { break; } hdr.h.r = hdr.h.r + 1; }", "03"),
        ("for (bit<8> i = 0; i < 6; i = i + 1) { if (i[0:0] == 1) { continue; } hdr.h.r = hdr.h.r + i; }", "06"),
        ("for (bit<8> i = 0, bit<8> j = 9; i < j; i = i + 1, j = j - 1) { hdr.h.r = j; }", "05"),
        (
            "for (bit<8> i = 0; i < 3; i = i + 1) { for (bit<8> j = 0; j < i; j = j + 1) { hdr.h.r = hdr.h.r "
            "+ 1; } }",
            "03"),
        ("for (bit<8> i in 1..5) { hdr.h.r = hdr.h.r + i; }", "0f"),
        ("for (bit<8> i in 254..255) { hdr.h.r = hdr.h.r + 1; }", "02"),
        ("for (bit<8> i in hdr.h.c..hdr.h.b) { hdr.h.r = 1; }", "00"),
        ("for (bit<8> i = 0; i < 5; i = i + 1) { hdr.h.r = i; if (i == hdr.h.b) { return; } } hdr.h.r = 0xff;", "02"),
        ("for (bit<8> i = 0; i < 5; i = i + 1) { hdr.h.r = i; if (i == hdr.h.b) { exit; } } hdr.h.r = 0xff;", "02"),
    ],
)  # fmt: skip
def test_loops_in_an_apply_block(apply: str, r: str) -> None:
    assert run(apply, IN) == f"01 02 03 04 00 05 06 {r}"


def test_a_loop_over_a_stack_sees_every_element() -> None:
    out = run(
        "for (x_t e in hdr.st) { if (e.isValid()) { hdr.h.r = hdr.h.r + e.v; } }",
        f"{IN} 11 12 21 22",
        parser=STACK_PARSER,
    )
    assert out == "01 02 03 04 00 05 06 32 11 12 21 22"


def test_a_loop_in_a_function_can_return() -> None:
    find = (
        "bit<8> find(in bit<8> n) { for (bit<8> i = 0; i < 9; i = i + 1) { if (i == n) { return i; } } return 0xff; }"
    )
    assert run("hdr.h.r = find(hdr.h.c); hdr.h.d = find(99);", IN, types=find) == "01 02 03 ff 00 05 06 03"


def test_a_loop_in_an_action_is_a_jump_back() -> None:
    text = program("act();", locals="action act() { for (bit<8> i = 0; i < 4; i = i + 1) { hdr.h.r = hdr.h.r + i; } }")
    primitives = [p for a in compile_text(text)["actions"] for p in a["primitives"]]
    backward = [i for i, p in enumerate(primitives) if p["op"] == "_jump" and int(p["parameters"][0]["value"], 16) < i]
    assert len(backward) == 1


@pytest.mark.parametrize(
    ("apply", "d", "r"),
    [
        # evaluated once, before the first round (§12.8)
        (
            "for (bit<8> e in (list<bit<8>>){hdr.h.d, hdr.h.d}) { hdr.h.d = hdr.h.d + e; hdr.h.r = hdr.h.r + e; }",
            "0c", "08",
        ),
        ("for (bit<8> e in (list<bit<8>>){hdr.h.d, next(hdr.h.d), hdr.h.d}) { hdr.h.r = hdr.h.r + e; }", "05", "0e"),
        ("for (x_t e in hdr.st) { hdr.st[1].v = 0x50; hdr.h.r = hdr.h.r + e.v; hdr.st[2].setInvalid(); }", "04", "32"),
    ],
)  # fmt: skip
def test_what_a_loop_goes_through_is_evaluated_once(apply: str, d: str, r: str) -> None:
    types = "bit<8> next(inout bit<8> x) { x = x + 1; return x; }"
    out = run(apply, f"{IN} 11 12 21 22", parser=STACK_PARSER, types=types)
    assert out.split()[3] == d and out.split()[7] == r
