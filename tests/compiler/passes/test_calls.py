"""Functions, actions and controls put in the place of their calls (P4_16 §6.8, §10, §14). Oracle: results by hand."""

from __future__ import annotations

import pytest

from compiler.passes.hoist_declarations import hoist_declarations
from compiler.passes.inline_actions import inline_actions
from compiler.passes.inline_controls import inline_controls
from compiler.passes.lower_returns import lower_returns
from compiler.passes.start_values import start_values
from compiler.passes.table_keys import table_keys
from tests.compiler.passes.unparse import body, ingress, lowered
from tests.compiler.programs import program, run

IN = "01 02 03 04 00 05 06 00"


def inlined(text: str) -> str:
    return body(lowered(text, start_values, lower_returns, inline_actions, inline_controls, hoist_declarations))


def test_whole_structs_given_to_a_control_are_not_copied() -> None:
    types = "control K(inout headers_t h, inout meta_t m) { apply { h.h.r = m.m; m.n = h.h.a; } }"
    text = program("k.apply(hdr, meta);", types=types, locals="K() k;")
    assert inlined(text) == "hdr.h.r = meta.m; meta.n = hdr.h.a;"


def test_arguments_that_overlap_are_copied() -> None:
    types = "control K(inout bit<8> x, inout bit<8> y) { apply { x = 1; y = y + x; } }"
    text = program("k.apply(meta.m, meta.m);", types=types, locals="K() k;")
    assert inlined(text) == "x = meta.m; y = meta.m; x = 1; y = (y + x); meta.m = x; meta.m = y;"


def test_what_an_action_uses_besides_its_parameters_is_not_shared_with_them() -> None:
    action = "action act(out bit<8> o, in bit<8> i) { o = i; hdr.h.a = 7; o = o + i; }"
    assert (
        inlined(program("act(hdr.h.r, hdr.h.b);", locals=action))
        == "hdr.h.r = hdr.h.b; hdr.h.a = 7; hdr.h.r = (hdr.h.r + hdr.h.b);"
    )
    assert (
        inlined(program("act(hdr.h.r, hdr.h.a);", locals=action))
        == "i = hdr.h.a; hdr.h.r = i; hdr.h.a = 7; hdr.h.r = (hdr.h.r + i);"
    )


def test_a_key_that_became_a_constant_gets_a_variable() -> None:
    types = """
    control K(in bit<8> k, inout bit<8> r) {
        action set(bit<8> v) { r = v; }
        table t { key = { k : exact; k + 1 : exact @name("next"); } actions = { set; NoAction; }
                  const entries = { (5, 6) : set(7); } default_action = NoAction(); }
        apply { t.apply(); }
    }"""
    text = program("k.apply(5, hdr.h.r);", types=types, locals="K() k;")
    after = lowered(text, table_keys, lower_returns, inline_actions, inline_controls, table_keys)
    assert all("key" in key.expression.declaration.name for key in ingress(after).tables[0].keys)  # type: ignore[attr-defined]
    assert run("k.apply(5, hdr.h.r);", IN, types=types, locals="K() k;") == "01 02 03 04 00 05 06 07"


def test_names_spell_the_path_and_tables_of_two_instances_are_two() -> None:
    types = "control K(inout bit<8> r) { table t { actions = { NoAction; } } apply { t.apply(); } }"
    after = lowered(
        program("a.apply(hdr.h.a); b.apply(hdr.h.b);", types=types, locals="K() a; K() b;"), inline_controls
    )
    assert [t.control_plane_name for t in ingress(after).tables] == ["I.a.t", "I.b.t"]


@pytest.mark.parametrize(
    ("types", "locals_", "apply", "out"),
    [
        # return in the middle, of a function, an action, a control
        (
            "bit<8> f(in bit<8> x) { if (x == 1) { if (x != 2) { return 9; } } else { return 3; } return 4; }",
            "",
            "hdr.h.r = f(hdr.h.a); hdr.h.d = f(hdr.h.b);",
            "01 02 03 03 00 05 06 09",
        ),
        (
            "",
            "action leaf(inout bit<8> x) { x = x + 3; if (x == 8) { return; } x = 1; } action a() { hdr.h.r "
            "= 5; leaf(hdr.h.r); }"
            "table t { actions = { a; } const default_action = a(); }",
            "t.apply();",
            "01 02 03 04 00 05 06 08",
        ),
        (
            "control K(inout bit<8> x)(bit<8> n) { bit<8> q = n; apply { if (x == 0) { x = q; return; } x = 7; } }",
            "K(11) c; K(12) d;",
            "if (hdr.h.a == 1) { c.apply(hdr.h.r); } else { d.apply(hdr.h.r); } d.apply(hdr.h.b);",
            "01 07 03 04 00 05 06 0b",
        ),
        # one instance applied twice: fresh variables each time, header variables invalid again
        (
            "control K(inout bit<8> x) { apply { x = x + 2; } "
            "}",
            "K() c;", "c.apply(hdr.h.a); c.apply(hdr.h.b);", "03 04 03 04 00 05 06 00"),
        (
            "control K(inout bit<8> r) { apply { x_t t; if (t.isValid()) { r = r + 1; } t.setValid(); t.v = 3; } }",
            "K() c;",
            "c.apply(hdr.h.r); c.apply(hdr.h.r);",
            "01 02 03 04 00 05 06 00",
        ),
        # a slice as an inout argument
        (
            "void add(inout bit<8> x, in bit<8> y) { x = x + y; "
            "}",
            "", "add(hdr.h.w[7:0], 1);", "01 02 03 04 00 06 06 00"),
    ],
)  # fmt: skip
def test_results(types: str, locals_: str, apply: str, out: str) -> None:
    assert run(apply, IN, types=types, locals=locals_) == out


def test_exit_copies_out_first() -> None:
    """§12.6: the arguments of every call that `exit` ends are copied back; here past a table's action and a control."""
    types = """
    control K(inout bit<8> x, inout bit<8> y) {
        action stop() { y = 5; exit; }
        table t { actions = { stop; } const default_action = stop(); }
        apply { x = 3; t.apply(); x = 8; }
    }"""
    egress = "apply { hdr.h.r = 7; }"
    assert run("c.apply(hdr.h.a, hdr.h.a); hdr.h.r = 9;", IN, types=types, locals="K() c;", egress=egress) == (
        "05 02 03 04 00 05 06 07"
    )


def test_exit_is_seen_after_hit_and_action_run() -> None:
    types = """
    control K(inout bit<8> x, inout bit<8> y) {
        action stop() { exit; } table t { key = { x : exact; } actions = { stop; NoAction; } const entries = { 1 :
        stop(); } default_action = NoAction(); } table u { key = { x : exact; } actions = { stop; NoAction; } const
        entries = { 2 : stop(); } default_action = NoAction(); } apply { y = y + 1; if (t.apply().hit) { y = 0x77; }
        switch (u.apply().action_run) { NoAction: { y = 0x66; } } }
    }"""
    apply = "c.apply(hdr.h.a, hdr.h.a); hdr.h.r = 9;"
    for packet, a, r in (("01", "02", "00"), ("02", "03", "00"), ("03", "66", "09")):
        got = run(apply, f"{packet} 02 03 04 00 05 06 00", types=types, locals="K() c;")
        assert got == f"{a} 02 03 04 00 05 06 {r}"


def test_arguments_of_table_actions_may_call_functions() -> None:
    """§14.2.1.2: they are evaluated, left to right, when the action runs."""
    types = "bit<8> bump(inout bit<8> x) { x = x | 7; return x >> 1; }"
    locals_ = """
    action sum(in bit<8> x, in bit<8> y, bit<8> z) { hdr.h.r = x + y + z; }
    table t { key = { hdr.h.b : exact; } actions = { sum(bump(hdr.h.a), bump(hdr.h.a)); NoAction; }
              const entries = { 2 : sum(9); } default_action = NoAction(); }"""
    locals_ = locals_.replace("2 : sum(9)", "2 : sum(bump(hdr.h.a), bump(hdr.h.a), 9)")
    assert run("t.apply();", IN, types=types, locals=locals_) == "07 02 03 04 00 05 06 0f"


def test_an_instance_given_to_constructors_is_shared() -> None:
    types = """
    control Step(inout bit<8> x);
    control Add(inout bit<8> x) { apply { x = x + 1; } }
    control Shift(inout bit<8> x)(Step step) { apply { x = x << 1; step.apply(x); } }
    """
    locals_ = "Add() add; Shift(add) one; Shift(add) two;"
    assert run("one.apply(hdr.h.a); two.apply(hdr.h.a);", IN, types=types, locals=locals_) == "07 02 03 04 00 05 06 00"


def test_an_instance_given_to_one_constructor_brings_its_tables_along() -> None:
    types = """
    control Step(inout bit<8> x);
    control Add(inout bit<8> x) {
        action add(bit<8> n) { x = x + n; }
        table t { key = { x : exact; } actions = { add; NoAction; }
                  const entries = { 2 : add(5); } default_action = NoAction(); }
        apply { t.apply(); }
    }
    control Twice(inout bit<8> x)(Step step) { apply { x = x << 1; step.apply(x); } }
    """
    locals_ = "Add() add; Twice(add) twice;"
    assert run("twice.apply(hdr.h.a);", IN, types=types, locals=locals_) == "07 02 03 04 00 05 06 00"
    assert run("twice.apply(hdr.h.b);", IN, types=types, locals=locals_) == "01 04 03 04 00 05 06 00"


def test_an_instance_applied_in_two_branches_to_the_same_storage_is_not_copied() -> None:
    types = "control K(inout headers_t h) { apply { h.h.r = h.h.r + 1; } }"
    text = program(
        "if (hdr.h.a == 1) { k.apply(hdr); } else { hdr.h.b = 9; k.apply(hdr); }", types=types, locals="K() k;"
    )
    assert inlined(text) == (
        "if ((hdr.h.a == 1)) { hdr.h.r = (hdr.h.r + 1); } else { hdr.h.b = 9; hdr.h.r = (hdr.h.r + 1); }"
    )
