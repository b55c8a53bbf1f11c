"""Tables (P4_16 §14.2).

Oracle: results by hand, from the section of the specification that each name begins with.
"""

from __future__ import annotations

import pytest

from tests.compiler.language.case import Case

CASES = [
    Case(
        "14.2.1.1 tbl key fn",
        "01 02 03 04 00 05 06 08",
        apply="t1.apply();",
        types="bit<8> f(in bit<8> x) { return x + 1; }",
        locals=(
            'action a(bit<8> v) { hdr.h.r = v; } table t1 { key = { f(hdr.h.a): exact @name("k"); (hdr.h.b '
            '== 2 ? 8w1 : 0) : exact @name("q"); hdr.h.isValid() : exact; } actions = { a; } const entries '
            "= { (2, 1, true): a(8); } }"
        ),
    ),
    Case(
        "14.2.1.1 tbl key hit",
        "01 02 03 04 00 05 06 08",
        apply="t1.apply();",
        locals=(
            "action a(bit<8> v) { hdr.h.r = v; } table t2 { key = { hdr.h.b: exact; } actions = { NoAction; "
            '} const entries = { 2: NoAction(); } } table t1 { key = { t2.apply().hit: exact @name("k"); } '
            "actions = { a; } const entries = { true: a(8); } }"
        ),
    ),
    Case(
        "14.2.1.1 tbl enumkey",
        "01 02 03 04 00 05 06 08",
        apply="t1.apply();",
        types="enum bit<8> e_t { a = 1, b = 2 }",
        locals=(
            'action x(bit<8> v) { hdr.h.r = v; } table t1 { key = { (e_t)hdr.h.a: exact @name("k"); } '
            "actions = { x; } const entries = { e_t.a: x(8); } }"
        ),
    ),
    Case(
        "14.2.1.1 tbl nokey",
        "01 02 03 04 00 05 06 09",
        apply="t1.apply();",
        locals=(
            "action a() { hdr.h.r = 9; } table t1 { key = {} actions = { a; @defaultonly NoAction; } "
            'default_action = a; size = 10; my_prop = true; other = 3; str = "x"; }'
        ),
    ),
    Case(
        "14.2.1.2 action arg expr",
        "01 02 03 04 00 05 06 03",
        apply="t1.apply();",
        locals=(
            "action a(in bit<8> x) { hdr.h.r = x; } table t1 { actions = { a(hdr.h.a + hdr.h.b); } "
            "default_action = a(hdr.h.a + hdr.h.b); }"
        ),
    ),
    Case(
        "14.2.1.2 action arg call",
        "02 02 03 04 00 05 06 02",
        apply="t1.apply();",
        types="bit<8> g(inout bit<8> x) { x = x + 1; return x; }",
        locals=(
            "action a(in bit<8> x) { hdr.h.r = x; } table t1 { actions = { a(g(hdr.h.a)); } default_action "
            "= a(g(hdr.h.a)); }"
        ),
    ),
    Case(
        "14.2.1.2 action named args ord",
        "03 02 03 04 00 05 06 01",
        apply="t1.apply();",
        types="bit<8> g(inout bit<8> x) { x = x + 1; return x; }",
        locals=(
            "action a(in bit<8> x, in bit<8> y) { hdr.h.r = x - y; } table t1 { actions = { a(y = "
            "g(hdr.h.a), x = g(hdr.h.a)); } default_action = a(y = g(hdr.h.a), x = g(hdr.h.a)); }"
        ),
    ),
    Case(
        "14.2.1.2 tbl directed",
        "01 02 03 04 00 05 06 09",
        apply="t1.apply();",
        locals=(
            "action a(out bit<8> o, in bit<8> i, bit<8> v) { o = v + i; } table t1 { key = { hdr.h.a: "
            "exact; } actions = { a(hdr.h.r, hdr.h.b); } const default_action = a(hdr.h.r, hdr.h.b, 7); }"
        ),
    ),
    Case(
        "14.2.1.2 tbl directed named",
        "01 02 03 04 00 05 06 09",
        apply="t1.apply();",
        locals=(
            "action a(out bit<8> o, in bit<8> i, bit<8> v) { o = v + i; } table t1 { key = { hdr.h.a: "
            "exact; } actions = { a(i = hdr.h.b, o = hdr.h.r); } default_action = a(o = hdr.h.r, i = "
            "hdr.h.b, v = 7); }"
        ),
    ),
    Case(
        "14.2.1.4 mask lpm entries",
        "01 02 03 04 00 05 06 07",
        apply="t1.apply();",
        locals=(
            "action a(bit<8> v) { hdr.h.r = v; } table t1 { key = { hdr.h.w: lpm; } actions = { a; } const "
            "entries = { 0x0000 &&& 0xFF00: a(7); 0x0005: a(7); _: a(8); } }"
        ),
    ),
    Case(
        "14.2.1.4 optional mk",
        "01 02 03 04 00 05 06 07",
        apply="t1.apply();",
        locals=(
            "action a(bit<8> v) { hdr.h.r = v; } table t1 { key = { hdr.h.w: optional; hdr.h.a: exact; } "
            "actions = { a; } const entries = { (5, 1): a(7); (_, 1): a(8); } }"
        ),
    ),
    Case(
        "14.2.1.4 ternary prio order",
        "01 02 03 04 00 05 06 07",
        apply="t1.apply();",
        locals=(
            "action a(bit<8> v) { hdr.h.r = v; } table t1 { key = { hdr.h.w: ternary; } actions = { a; } "
            "entries = { 5 &&& 0xF: a(7); 5: a(8); } }"
        ),
    ),
    Case(
        "14.2.1.4 newtype table",
        "01 02 03 04 00 05 06 07",
        apply="t1.apply();",
        types="type bit<8> U;",
        locals=(
            'action a(bit<8> v) { hdr.h.r = v; } table t1 { key = { (U)hdr.h.a: exact @name("k"); } actions '
            "= { a; } const entries = { (U)1: a(7); } }"
        ),
    ),
    Case(
        "14.2.1.4 tbl entries",
        "01 02 03 04 00 05 06 07",
        apply="t1.apply();",
        locals=(
            "action a(bit<8> v) { hdr.h.r = v; } table t1 { key = { hdr.h.a: exact; } actions = { a; } "
            "const entries = { 1: a(7); 2: a(8); } }"
        ),
    ),
    Case(
        "14.2.1.4 tbl ternary",
        "01 02 03 04 00 05 06 08",
        apply="t1.apply();",
        locals=(
            "action a(bit<8> v) { hdr.h.r = v; } table t1 { key = { hdr.h.a: ternary; hdr.h.b: range; "
            "hdr.h.c : lpm; } actions = { a; } const entries = { (0 &&& 1, _, _): a(7); (_, 2..4, 3 &&& "
            "0xff): a(8); default: a(9); } }"
        ),
    ),
    Case(
        "14.2.1.4 tbl prio",
        "01 02 03 04 00 05 06 08",
        apply="t1.apply();",
        locals=(
            "action a(bit<8> v) { hdr.h.r = v; } table t1 { key = { hdr.h.a: ternary; } actions = { a; } "
            "largest_priority_wins = false; priority_delta = 10; entries = { const priority = 100: 1: a(7); "
            "priority = 50: 1 : a(8); _: a(9); } }"
        ),
    ),
    Case(
        "14.2.1.4 tbl prio2",
        "01 02 03 04 00 05 06 07",
        apply="t1.apply();",
        locals=(
            "action a(bit<8> v) { hdr.h.r = v; } table t1 { key = { hdr.h.a: ternary; } actions = { a; } "
            "entries = { const priority = 100: 1: a(7); priority = (40 + 10): 1 : a(8); _: a(9); } }"
        ),
    ),
    Case(
        "14.2.2 table in if",
        "01 02 03 04 00 05 06 01",
        apply="if (t1.apply().hit) { hdr.h.r = 1; } else { hdr.h.r = 2; }",
        locals="table t1 { key = { hdr.h.a: exact; } actions = { NoAction; } const entries = { 1: NoAction; } }",
    ),
    Case(
        "14.2.2 hit in expr",
        "01 02 03 04 00 05 06 01",
        apply="hdr.h.r = t1.apply().hit ? 8w1 : 2;",
        locals="table t1 { key = { hdr.h.a: exact; } actions = { NoAction; } const entries = { 1: NoAction; } }",
    ),
    Case(
        "14.2.2 hit as arg",
        "01 02 03 04 00 05 06 01",
        apply="f(t1.apply().hit, hdr.h.r);",
        types="void f(in bool b, out bit<8> r) { r = b ? 8w1 : 2; }",
        locals="table t1 { key = { hdr.h.a: exact; } actions = { NoAction; } const entries = { 1: NoAction; } }",
    ),
    Case(
        "14.2.2 hit idx",
        "01 02 03 04 00 05 06 09 01 02 09 09",
        apply="hdr.st = {{1,2},{3,4},...}; hdr.st[(bit<1>)t1.apply().hit] = {9, 9}; hdr.h.r = hdr.st[1].v;",
        locals="table t1 { key = { hdr.h.a: exact; } actions = { NoAction; } const entries = { 1: NoAction; } }",
    ),
    Case(
        "14.2.2 tbl hit",
        "01 02 03 04 00 05 06 01",
        apply="bool h = t1.apply().hit; if (h && !t2.apply().miss) hdr.h.r = 1;",
        locals=(
            "action a(bit<8> v) { hdr.h.r = v; } table t1 { key = { hdr.h.a: exact; } actions = { a; } "
            "const entries = { 1: a(7); } } table t2 { key = { hdr.h.b: exact; } actions = { a; } const "
            "entries = { 2: a(7); } }"
        ),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_tables(case: Case) -> None:
    assert case.run() == case.result
