"""Statements (P4_16 §12), variables (§11.2) and static assertions (§19).

Oracle: results by hand, from the section of the specification that each name begins with.
"""

from __future__ import annotations

import pytest

from tests.compiler.language.case import Case

CASES = [
    Case(
        "11.2 if else chain",
        "01 02 03 04 00 05 06 02",
        apply="if (hdr.h.a == 0) hdr.h.r = 1; else if (hdr.h.a == 1) hdr.h.r = 2; else hdr.h.r = 3;",
    ),
    Case("11.2 local var shadow", "01 02 03 04 00 05 06 05", apply="bit<8> x = 5; { bit<8> y = x; hdr.h.r = y; }"),
    Case(
        "11.2 var of control",
        "01 02 03 04 00 05 06 06",
        apply="hdr.h.r = v + 1;",
        locals="bit<8> v = hdr.h.a + 4; const int K = 3;",
    ),
    Case(
        "12.1 compound all",
        "01 02 03 04 00 05 06 2c",
        apply=(
            "bit<8> x = 5; x += 3; x -= 1; x *= 3; x <<= 2; x >>= 1; x &= 0x3f; x |= 4; x ^= 2; x |+|= 1; x "
            "|-|= 1; hdr.h.r = x;"
        ),
    ),
    Case("12.1 compound div", "01 02 03 01 00 05 06 02", apply="hdr.h.d /= 4; hdr.h.r = 6; hdr.h.r %= 4;"),
    Case("12.4 ret", "01 02 03 04 00 05 06 01", apply="hdr.h.r = 1; if (hdr.h.a == 1) return; hdr.h.r = 2;"),
    Case(
        "12.5 exit act",
        "01 02 03 04 00 05 06 01",
        apply="a(); hdr.h.r = 3;",
        locals="action a() { hdr.h.r = 1; exit; }",
    ),
    Case(
        "12.5 exit in fn arg",
        "01 02 03 04 00 05 06 01",
        apply="k.apply(hdr.h.r); hdr.h.r = 3;",
        types="control K(inout bit<8> x) { apply { x = 1; exit; } }",
        locals="K() k;",
    ),
    Case(
        "12.7 return in switch",
        "01 02 03 04 00 05 06 02",
        apply="switch (hdr.h.a) { 1: { hdr.h.r = 2; return; } } hdr.h.r = 3;",
    ),
    Case(
        "12.7 switch",
        "01 02 03 04 00 05 06 07",
        apply="switch (hdr.h.a) { 0: { hdr.h.r = 5; } 1: 2: { hdr.h.r = 7; } default: { hdr.h.r = 9; } }",
    ),
    Case(
        "12.7 switch enum",
        "01 02 03 04 00 05 06 07",
        apply="e_t e = e_t.b; switch (e) { e_t.a: { hdr.h.r = 5; } e_t.b: { hdr.h.r = 7; } }",
        types="enum e_t { a, b }",
    ),
    Case(
        "12.7 switch err",
        "01 02 03 04 00 05 06 07",
        apply="switch (std.parser_error) { error.NoError: { hdr.h.r = 7; } default: {} }",
    ),
    Case("12.7 switch last", "01 02 03 04 00 05 06 00", apply="switch (hdr.h.a) { 0: { hdr.h.r = 5; } 1: }"),
    Case(
        "12.7 switch expr",
        "01 02 03 04 00 05 06 07",
        apply="switch (hdr.h.a + hdr.h.b) { 8w1 + 2: { hdr.h.r = 7; } K: { hdr.h.r = 1; } }",
        types="const bit<8> K = 9;",
    ),
    Case(
        "12.7 switch fn",
        "01 02 03 04 00 05 06 07",
        apply="hdr.h.r = f(hdr.h.a);",
        types="bit<8> f(in bit<8> x) { switch (x) { 1: { return 7; } default: { return 8; } } }",
    ),
    Case(
        "12.7 switch act",
        "01 02 03 04 00 05 06 07",
        apply="a();",
        locals="action a() { switch (hdr.h.a) { 1: { hdr.h.r = 7; } } }",
    ),
    Case(
        "12.7 tbl switch",
        "01 02 03 04 00 05 06 02",
        apply=(
            "switch (t1.apply().action_run) { a: { hdr.h.r = 1; } b: c: { hdr.h.r = 2; } default: { hdr.h.r = 3; } }"
        ),
        locals=(
            "action a() {} action b() {} action c() {} table t1 { key = { hdr.h.a: exact; } actions = { a; "
            "b; c; } const entries = { 1: b(); } }"
        ),
    ),
    Case(
        "12.8 loop var mod",
        "01 02 03 04 00 05 06 03",
        apply="for (bit<8> i = 0; i < 6; i += 1) { i += 1; hdr.h.r += 1; }",
    ),
    Case("12.8 for in mod var", "01 02 03 04 00 05 06 03", apply="for (bit<8> i in 1..3) { i = 7; hdr.h.r += 1; }"),
    Case(
        "12.8 for range fn once",
        "04 02 03 04 00 05 06 04",
        apply="for (bit<8> i in 8w1..g(hdr.h.a)) { hdr.h.a = 4; hdr.h.r = hdr.h.r + 2; }",
        types="bit<8> g(inout bit<8> x) { x = x + 1; return x; }",
    ),
    Case("12.8 for empty range", "01 02 03 04 00 05 06 00", apply="for (bit<8> i in 3..1) { hdr.h.r += 1; }"),
    Case("12.8 for full range", "01 02 03 04 00 05 06 10", apply="for (bit<4> i in 0..15) { hdr.h.r += 1; }"),
    Case(
        "12.8 switch in for",
        "01 02 03 04 00 05 06 04",
        apply=("for (bit<8> i in 0..3) { switch (i) { 0: { continue; } 3: { break; } default: { hdr.h.r += 2; } } }"),
    ),
    Case(
        "12.8 for", "01 02 03 04 00 05 06 0a", apply="for (bit<8> i = 0; i < 5; i = i + 1) { hdr.h.r = hdr.h.r + i; }"
    ),
    Case(
        "12.8 for 2",
        "01 02 03 04 00 05 06 0a",
        apply="for (bit<8> i = 0, bit<8> j = 10; i < j; i += 1, j -= 1) { hdr.h.r += 2; }",
    ),
    Case(
        "12.8 for bc",
        "01 02 03 04 00 05 06 04",
        apply="for (bit<8> i = 0; i < 9; i += 1) { if (i == 2) continue; if (i == 4) break; hdr.h.r += i; }",
    ),
    Case("12.8 for in range", "01 02 03 04 00 05 06 0a", apply="for (bit<8> i in 1..4) hdr.h.r += i;"),
    Case(
        "12.8 for in range rt", "01 02 03 04 00 05 06 09", apply="for (bit<8> i in hdr.h.b..hdr.h.d) { hdr.h.r += i; }"
    ),
    Case(
        "12.8 for in list", "01 02 03 04 00 05 06 06", apply="for (bit<8> i in (list<bit<8>>){1,2,3}) { hdr.h.r += i; }"
    ),
    Case(
        "12.8 for in stack",
        "01 02 03 04 00 05 06 04 01 02 03 04",
        apply="hdr.st = {{1,2},{3,4},...}; for (x_t x in hdr.st) { if (x.isValid()) hdr.h.r += x.v; }",
    ),
    Case("12.8 for empty", "01 02 03 04 00 05 06 03", apply="bit<8> i = 0; for (; i < 3; ) { i += 1; hdr.h.r = i; }"),
    Case(
        "12.8 for return",
        "01 02 03 04 00 05 06 03",
        apply="hdr.h.r = f();",
        types="bit<8> f() { for (bit<8> i in 1..9) { if (i == 3) return i; } return 0; }",
    ),
    Case(
        "12.8 for nested",
        "01 02 03 04 00 05 06 09",
        apply="for (bit<8> i in 1..3) { for (bit<8> j in 1..3) { hdr.h.r += 1; } }",
    ),
    Case(
        "12.8 for nested br",
        "01 02 03 04 00 05 06 03",
        apply="for (bit<8> i in 1..3) { for (bit<8> j in 1..3) { hdr.h.r += 1; break; } }",
    ),
    Case("12.8 for exit", "01 02 03 04 00 05 06 02", apply="for (bit<8> i in 1..9) { hdr.h.r = i; if (i == 2) exit; }"),
    Case("12.8 for int<8>", "01 02 03 04 00 05 06 fd", apply="for (int<8> i in -2..-1) { hdr.h.r += (bit<8>)i; }"),
    Case(
        "19 assert",
        "01 02 03 04 00 05 06 06",
        apply="hdr.h.r = 6;",
        types='const bool _c = static_assert(V1MODEL_VERSION >= 20180101, "x");',
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_statements(case: Case) -> None:
    assert case.run() == case.result
