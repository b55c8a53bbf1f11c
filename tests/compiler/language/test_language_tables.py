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
