"""What is warned of in programs that are right: kinds and places. Oracle: p4c's warnings for the same programs."""

from __future__ import annotations

import pytest

from tests.compiler.check.checking import reports
from tests.compiler.programs import program

TABLE = "table t { key = { hdr.h.a : ternary; } actions = { nop; } default_action = nop(); %s }"
APPLY = "t.apply();"

CASES: list[tuple[dict[str, str], list[tuple[str, str]]]] = [
    # unused
    ({"types": "const bit<8> K = 1; typedef bit<8> T;"}, [("unused", "K"), ("unused", "T")]),
    ({"types": 'const bit<8> K = 1; @noWarn("unused") const bit<8> L = 2;'}, [("unused", "K")]),
    ({"locals": "bit<8> x; action a(bit<8> d) { }"}, [("unused", "x"), ("unused", "a"), ("unused", "d")]),
    ({"locals": "action nop() { }" + TABLE % ""}, [("unused", "t")]),
    ({"locals": "counter(1, CounterType.packets) c;"}, [("unused", "c")]),
    ({"types": "bit<8> f(in bit<8> x) { return 1; }", "apply": "hdr.h.a = f(2);"}, []),
    # headers
    ({"apply": "hdr.x.setInvalid(); hdr.h.a = hdr.x.v;"}, [("invalid-header", "hdr.x")]),
    ({"apply": "if (hdr.h.a == 1) { hdr.x.setInvalid(); } hdr.h.a = hdr.x.v;"}, [("invalid-header", "hdr.x")]),
    ({"apply": "if (hdr.h.a == 1) { hdr.x.setInvalid(); return; } hdr.h.a = hdr.x.v;"}, []),
    ({"apply": "hdr.x.setInvalid(); if (hdr.x.isValid()) { hdr.h.a = hdr.x.v; }"}, []),
    ({"apply": "hdr.x.setInvalid(); hdr.x = hdr.y; hdr.h.a = hdr.x.v;"}, []),
    ({"apply": "x_t l; hdr.h.a = l.v;"}, [("invalid-header", "l")]),
    ({"apply": "x_t l = { 1, 2 }; hdr.h.a = l.v;"}, []),
    (
        {"locals": "action drop() { hdr.x.setInvalid(); }", "apply": "drop(); hdr.h.a = hdr.x.v;"},
        [("invalid-header", "hdr.x")],
    ),
    ({"parser": "state start { hdr.x.v = 1; pkt.extract(hdr.h); transition accept; }"}, [("invalid-header", "hdr.x")]),
    # values
    ({"types": "void f(out bit<8> x) { }", "apply": "f(hdr.h.a);"}, [("uninitialized-out-param", "x")]),
    ({"types": "void f(out bit<8> x) { if (true) { x = 1; return; } x = 2; }", "apply": "f(hdr.h.a);"}, []),
    (
        {"types": "struct p_t { bit<8> x; bit<8> y; }", "apply": "p_t p; p.x = 1; hdr.h.a = p.x; hdr.h.b = p.y;"},
        [("uninitialized-use", "p.y")],
    ),
    # tables
    ({"locals": "action nop() { }" + TABLE % "junk = 3;", "apply": APPLY}, [("ignore-prop", "junk = 3;")]),
    (
        {"locals": 'action nop() { } table t { key = { 8w1 : exact @name("k"); } actions = { nop; } }', "apply": APPLY},
        [("mismatch", "8w1")],
    ),
    ({"locals": "action nop() { } table t { actions = { nop; } size = 9; }", "apply": APPLY}, [("mismatch", "t")]),
    (
        {"locals": "action nop() { }" + TABLE % "const entries = { 0x11 &&& 0x0f : nop(); }", "apply": APPLY},
        [("mismatch", "0x11")],
    ),
    (
        {
            "locals": "action nop() { }" + TABLE % "entries = { priority = 5 : 1 : nop(); priority = 5 : 2 : nop(); }",
            "apply": APPLY,
        },
        [("duplicate-priorities", "priority = 5 : 1 : nop();")],
    ),
    (
        {
            "locals": "action nop() { }" + TABLE % "entries = { priority = 5 : 1 : nop(); priority = 6 : 2 : nop(); }",
            "apply": APPLY,
        },
        [("entries-out-of-priority-order", "priority = 5 : 1 : nop();")],
    ),
    # parsers
    (
        {"parser": "state start { transition select(8w1) { default: accept; 1: reject; } }"},
        [("parser-transition", "1: reject;")],
    ),
    (
        {"parser": "state start { pkt.extract(hdr.h); transition select(hdr.h.a) { 1: accept; default: accept; } }"},
        [("parser-transition", "hdr.h.a")],
    ),
    (
        {"parser": "state start { transition select(8w1) { 1: accept; _: s; } } state s { }"},
        [("parser-transition", "s")],
    ),
    ({"parser": "state start { transition reject; }"}, [("unreachable", "P")]),
    # calls
    (
        {"types": "void f(inout bit<8> x, inout bit<8> y) { x = y; }", "apply": "f(hdr.h.a, hdr.h.a);"},
        [("ordering", "hdr.h.a")],
    ),
    ({"types": "void f(inout bit<8> x, inout bit<8> y) { x = y; }", "apply": "f(hdr.h.a, hdr.h.b);"}, []),
]


@pytest.mark.parametrize(("parts", "expected"), CASES, ids=[" ".join(case[0].values())[-60:] for case in CASES])
def test_warnings_of_a_right_program(parts: dict[str, str], expected: list[tuple[str, str]]) -> None:
    assert sorted(reports(program(**parts))) == sorted((f"warning {kind}", text) for kind, text in expected)
