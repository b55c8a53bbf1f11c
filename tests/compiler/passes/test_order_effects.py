"""Calls leave expressions in the order in which they must happen (P4_16 §8.1, §6.8). Oracle: the order, by hand."""

from __future__ import annotations

import pytest

from compiler.passes.order_effects import order_effects
from tests.compiler.passes.unparse import body, lowered
from tests.compiler.programs import program, run

IN = "01 02 03 04 00 05 06 00"

FUNCTIONS = """
bit<8> inc(inout bit<8> x) { x = x + 1; return x; }
bit<8> twice(in bit<8> x) { return x * 2; }
bool touch(inout bit<8> x, in bool result) { x = x + 1; return result; }
void add(inout bit<8> x, in bit<8> y) { x = x + y; }
"""


def after(apply: str, **parts: str) -> str:
    return body(lowered(program(apply, types=FUNCTIONS, **parts), order_effects))


def test_a_call_that_is_the_whole_value_stays() -> None:
    assert after("hdr.h.r = twice(hdr.h.a);") == "hdr.h.r = twice(hdr.h.a);"


def test_an_operand_is_saved_before_a_call_that_changes_it() -> None:
    assert after("hdr.h.r = hdr.h.a + inc(hdr.h.a);") == (
        "bit<8> operand = hdr.h.a; bit<8> result = inc(hdr.h.a); hdr.h.r = (operand + result);"
    )


def test_an_operand_that_the_call_cannot_change_is_not_saved() -> None:
    assert after("hdr.h.r = hdr.h.b + inc(hdr.h.a);") == "bit<8> result = inc(hdr.h.a); hdr.h.r = (hdr.h.b + result);"


def test_the_right_side_of_and_runs_only_if_the_left_is_true() -> None:
    assert after("if (hdr.h.b == 1 && touch(hdr.h.a, true)) { hdr.h.r = 1; }") == (
        "bool condition = (hdr.h.b == 1); if (condition) { bool result = touch(hdr.h.a, true); condition = result; } "
        "if (condition) { hdr.h.r = 1; }"
    )


def test_hit_stays_in_a_condition_and_nowhere_else() -> None:
    table = "table t { actions = { NoAction; } default_action = NoAction(); }"
    assert after("if (!t.apply().hit) { hdr.h.r = 1; }", locals=table) == "if (!t.apply().hit) { hdr.h.r = 1; }"
    assert after("meta.m = t.apply().hit ? 8w1 : 2;", locals=table) == (
        "bool hit; if (t.apply().hit) { hit = true; } else { hit = false; } meta.m = (hit ? 1 : 2);"
    )


@pytest.mark.parametrize(
    ("apply", "a_b_r"),
    [
        ("hdr.h.r = hdr.h.a + inc(hdr.h.a) * 2;", "02 02 05"),
        ("hdr.h.r = inc(hdr.h.a) + inc(hdr.h.a);", "03 02 05"),
        ("if (touch(hdr.h.a, true) || touch(hdr.h.a, true)) { hdr.h.r = 1; }", "02 02 01"),
        ("if (touch(hdr.h.a, false) || touch(hdr.h.a, true)) { hdr.h.r = 1; }", "03 02 01"),
        ("if (touch(hdr.h.a, false) && touch(hdr.h.a, true)) { hdr.h.r = 1; }", "02 02 00"),
        ("hdr.h.r = hdr.h.a == 0 ? inc(hdr.h.a) : inc(hdr.h.b);", "01 03 03"),
        # An inout argument is read where it stands, before the arguments after it run.
        ("add(hdr.h.a, inc(hdr.h.a));", "03 02 00"),
        ("add(hdr.h.a, inc(hdr.h.b));", "04 03 00"),
        ("hdr.h.r = twice(inc(hdr.h.a)) + hdr.h.a;", "02 02 06"),
    ],
)
def test_effects(apply: str, a_b_r: str) -> None:
    a, b, r = a_b_r.split()
    assert run(apply, IN, types=FUNCTIONS) == f"{a} {b} 03 04 00 05 06 {r}"


STACK_PARSER = (
    "state start { pkt.extract(hdr.h); pkt.extract(hdr.st.next); pkt.extract(hdr.st.next); transition accept; }"
)
STACK_FUNCTIONS = """
bit<1> same(in bit<1> x) { return x < 1 ? x : 1; }
bit<8> clear(inout bit<8> x) { x = 0; return 0x77; }
bit<1> zero(inout bit<8> x) { return 0; }
"""


@pytest.mark.parametrize(
    ("apply", "out"),
    [
        # The index on the left is settled before the right side changes what it was made of.
        ("hdr.st[same(hdr.h.a[0:0])].v = clear(hdr.h.a);", "00 02 03 04 00 05 06 00 11 12 77 22"),
        # An index inside an index: the stack itself is not copied, the element is the real one.
        ("hdr.st[zero(hdr.st[same(hdr.h.a[0:0])].v)].v = 1;", "01 02 03 04 00 05 06 00 01 12 21 22"),
    ],
)
def test_indexes_with_calls(apply: str, out: str) -> None:
    got = run(apply, f"{IN} 11 12 21 22", types=STACK_FUNCTIONS, parser=STACK_PARSER)
    assert got == out
