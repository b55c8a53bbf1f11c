"""Structs, tuples, headers, stacks, slices taken apart (P4_16 §8.5, §8.12, §8.17, §8.18). Oracle: results by hand."""

from __future__ import annotations

import pytest

from compiler.passes.expand_aggregates import expand_aggregates
from compiler.passes.fold import fold
from compiler.passes.hoist_declarations import hoist_declarations
from compiler.passes.lower_slices import lower_slices
from tests.compiler.passes.unparse import body, lowered
from tests.compiler.programs import program, run

IN = "01 02 03 04 00 05 06 00"
STACK = f"{IN} 11 12 21 22"
STACK_PARSER = (
    "state start { pkt.extract(hdr.h); pkt.extract(hdr.st.next); pkt.extract(hdr.st.next); transition accept; }"
)
PAIR = "struct pair { bit<8> x; bit<8> y; }"


def test_a_slice_on_the_left_is_a_mask() -> None:
    assert body(lowered(program("hdr.h.a[5:2] = hdr.h.b[3:0];"), lower_slices)) == (
        "hdr.h.a = ((hdr.h.a & 195) | ((bit<8>)(hdr.h.b[3:0]) << 2));"
    )


def test_a_struct_is_assigned_field_by_field() -> None:
    text = program("pair p = { hdr.h.a, hdr.h.b }; pair q = p;", types=PAIR)
    assert body(lowered(text, hoist_declarations, expand_aggregates, fold)) == (
        "p.x = hdr.h.a; p.y = hdr.h.b; q.x = p.x; q.y = p.y;"
    )


def test_values_are_saved_where_an_earlier_field_would_change_them() -> None:
    text = program("pair p; p = { p.y, p.x };", types=PAIR)
    assert body(lowered(text, hoist_declarations, expand_aggregates, fold)) == "value = p.x; p.x = p.y; p.y = value;"


@pytest.mark.parametrize(
    ("apply", "out"),
    [
        ("hdr.h = { hdr.h.b, hdr.h.a, hdr.h.c, hdr.h.d, hdr.h.w, hdr.h.s, hdr.h.r };", "02 01 03 04 00 05 06 00"),
        ("tuple<bit<8>, bit<8>> t = { hdr.h.a, hdr.h.b }; hdr.h.r = t[0] + t[1];", "01 02 03 04 00 05 06 03"),
        (
            "pair p = { hdr.h.a, hdr.h.b }; pair q = p; q.y = 7; pair z = hdr.h.a == 1 ? p : q;"
            "if (z == p && z != q) { hdr.h.r = 1; }",
            "01 02 03 04 00 05 06 01",
        ),
        ("hdr.h.w[11:0][7:4] = 0xf;", "01 02 03 04 00 f5 06 00"),
        ("bool f = hdr.h.a == 1 ? hdr.h.b == 2 : hdr.h.c == 9; hdr.h.r = f ? 8w1 : 2;", "01 02 03 04 00 05 06 01"),
        # headers: equal when both invalid; a header that was made valid of values
        ("if (hdr.x == hdr.y) { hdr.h.r = 1; }", "01 02 03 04 00 05 06 01"),
        ("hdr.x = { 1, 2 }; if (hdr.x == hdr.y) { hdr.h.r = 1; }", "01 02 03 04 00 05 06 00 01 02"),
        (
            "hdr.x = { 1, 2 }; hdr.y = { 1, 2 }; if (hdr.x == hdr.y) { hdr.h.r = 1; "
            "}",
            "01 02 03 04 00 05 06 01 01 02 01 02"),
        ("hdr.x.setValid(); hdr.x = hdr.y; if (!hdr.x.isValid()) { hdr.h.r = 1; }", "01 02 03 04 00 05 06 01"),
        ("hdr.x = {#}; hdr.y = { 3, 4 }; hdr.y = hdr.x;", "01 02 03 04 00 05 06 00"),
    ],
)  # fmt: skip
def test_aggregates(apply: str, out: str) -> None:
    assert run(apply, IN, types=PAIR) == out


FUNCTIONS = """
bit<8> inc(inout bit<8> x) { x = x + 1; return x; }
void add(inout bit<8> x, in bit<8> y) { x = x + y; }
"""


@pytest.mark.parametrize(
    ("apply", "out"),
    [
        ("hdr.h.r = hdr.st[hdr.h.a].v;", "01 02 03 04 00 05 06 21 11 12 21 22"),
        ("hdr.st[hdr.h.a].v = hdr.h.b;", "01 02 03 04 00 05 06 00 11 12 02 22"),
        ("hdr.st[hdr.h.d].v = hdr.h.b;", "01 02 03 04 00 05 06 00 11 12 21 22"),  # out of range: nothing happens
        ("hdr.st[hdr.h.a - 1] = hdr.st[hdr.h.a];", "01 02 03 04 00 05 06 00 21 22 21 22"),
        (
            "if (hdr.st[hdr.h.a].isValid() && !hdr.st[hdr.h.b].isValid()) { hdr.h.r = 1; }",
            "01 02 03 04 00 05 06 01 11 12 21 22",
        ),
        ("add(hdr.st[hdr.h.a].v, hdr.h.b); hdr.h.r = hdr.st[1].v;", "01 02 03 04 00 05 06 23 11 12 23 22"),
        ("hdr.st[inc(hdr.h.a)].setValid(); hdr.st[hdr.h.a].v = 7;", "02 02 03 04 00 05 06 00 11 12 21 22 07 00"),
        ("hdr.st.push_front(1); hdr.st[0] = { 7, 8 };", "01 02 03 04 00 05 06 00 07 08 11 12 21 22"),
        ("hdr.st.pop_front(1);", "01 02 03 04 00 05 06 00 21 22"),
    ],
)
def test_stacks_indexed_at_run_time(apply: str, out: str) -> None:
    assert run(apply, STACK, types=FUNCTIONS, parser=STACK_PARSER) == out


@pytest.mark.parametrize(
    "value", ["{ hdr.h.a == 1 ? s.y : p, s.x }", "{ s.y, hdr.h.a == 1 ? s.x : p }", "{ s.y, hdr.h.b == 2 ? s.x : s.y }"]
)
def test_a_choice_between_structs_reads_what_was_there_before(value: str) -> None:
    types = "struct Q { bit<8> a; bit<8> b; } struct S { Q x; Q y; }"
    apply = f"S s = {{{{ 17, 18 }}, {{ 33, hdr.h.d }}}}; Q p = {{ 7, 8 }}; s = {value};"
    assert run(apply + "hdr.h.w = s.x.a ++ s.y.a;", IN, types=types) == "01 02 03 04 21 11 06 00"


def test_headers_change_places_though_one_is_chosen() -> None:
    apply = """Two w; w.p = { 9, 8 }; w.q = { 5, hdr.h.b }; w = { hdr.h.a == 1 ? w.q : w.p, w.p };
        hdr.h.w = w.p.v ++ w.q.v;"""
    assert run(apply, IN, types="struct Two { x_t p; x_t q; }") == "01 02 03 04 05 09 06 00"
