"""Expressions (P4_16 §8) and constants (§11.1, §18.1).

Oracle: results by hand, from the section of the specification that each name begins with.
"""

from __future__ import annotations

import pytest

from tests.compiler.language.case import Case

CASES = [
    Case(
        "8.3 enum ops",
        "01 02 03 04 00 05 06 01",
        apply=(
            "e_t e = e_t.b; bit<8> x = e_t.b; e_t f = (e_t)x; if (e == f && x + e_t.a == 3 && (bit<8>)e == "
            "2 && e_t.b > e_t.a && (e_t.a ++ 8w0) == 16w0x0100 && (e_t.b << 1) == 4 && (16w11 << e_t.a) == "
            "22 && hdr.h.c[e_t.a:0] == 3) hdr.h.r = 1;"
        ),
        types="enum bit<8> e_t { a = 1, b = 2, }",
    ),
    Case(
        "8.5 nested ternary", "01 02 03 04 00 05 06 02", apply="hdr.h.r = hdr.h.a > 5 ? 8w1 : hdr.h.a < 5 ? 8w2 : 8w3;"
    ),
    Case("8.5 not", "01 02 03 04 00 05 06 01", apply="if (!(hdr.h.a == 2)) hdr.h.r = 1;"),
    Case(
        "8.5 short circuit",
        "01 02 03 04 00 05 06 00",
        apply="if (false && g(hdr.h.r)) {} if (hdr.h.a == 1 || g(hdr.h.r)) {}",
        types="bool g(inout bit<8> x) { x = x + 1; return true; }",
    ),
    Case("8.5 cond", "01 02 03 04 00 05 06 03", apply="hdr.h.r = hdr.h.a == 1 ? hdr.h.c : 8w9;"),
    Case(
        "8.5 ternary struct",
        "01 02 03 04 00 05 06 02",
        apply="s_t a = hdr.h.a == 1 ? (s_t){1, 2} : (s_t){3, 4}; hdr.h.r = a.b;",
        types="struct s_t { bit<8> a; bit<8> b; }",
    ),
    Case(
        "8.5 bool eq",
        "01 02 03 04 00 05 06 01",
        apply="bool b = hdr.h.a == 1; if (b == true && b != false) hdr.h.r = 1;",
    ),
    Case(
        "8.5 bool casts",
        "01 02 03 04 00 05 06 03",
        apply=(
            "bool b = (bool)hdr.h.a[0:0]; bit<1> c = (bit<1>)b; if (b && c == 1 && (bool)1 && !(bool)0) hdr.h.r = 3; "
        ),
    ),
    Case("8.6 string concat", "01 02 03 04 00 05 06 01", apply='log_msg("a" ++ "b"); hdr.h.r = 1;'),
    Case(
        "8.6 const str",
        "01 02 03 04 00 05 06 02",
        apply="log_msg(K); hdr.h.r = 2;",
        types='const string K = "a" ++ "b";',
    ),
    Case("8.7 shift amount const big", "01 02 03 04 00 05 06 00", apply="hdr.h.r = hdr.h.a << 300;"),
    Case("8.7 shift by wide", "01 02 03 04 00 05 06 00", apply="bit<16> s = 256; hdr.h.r = hdr.h.a << s;"),
    Case("8.7 1<<n", "01 02 03 04 00 05 06 08", apply="hdr.h.r = 8w1 << hdr.h.c;"),
    Case("8.7 compl", "01 02 03 04 00 05 06 fe", apply="hdr.h.r = ~hdr.h.a;"),
    Case("8.7 unary plus", "01 02 03 04 00 05 06 01", apply="hdr.h.r = +hdr.h.a;"),
    Case("8.7 assign self slice", "01 02 03 04 00 05 06 10", apply="hdr.h.r[7:4] = hdr.h.a[3:0];"),
    Case("8.7 slice of slice", "01 02 03 04 00 05 06 01", apply="hdr.h.r = (bit<8>)(hdr.h.w[7:0])[2:2];"),
    Case(
        "8.7 slice of concat", "01 02 03 04 00 05 06 30", apply="hdr.h.r = (hdr.h.b ++ hdr.h.c)[11:4] & 0xf0 | 8w0x30;"
    ),
    Case(
        "8.7 slice of call",
        "01 02 03 04 00 05 06 03",
        apply="hdr.h.r = (bit<8>)f(7)[1:0];",
        types="bit<8> f(in bit<8> x) { return x; }",
    ),
    Case("8.7 neg", "01 02 03 04 00 05 06 ff", apply="hdr.h.r = -hdr.h.a;"),
    Case("8.7 sat", "01 02 03 04 00 05 06 ff", apply="hdr.h.r = hdr.h.b |+| 254;"),
    Case("8.7 shift", "01 02 03 04 00 05 06 00", apply="hdr.h.r = (hdr.h.b << 9) + (hdr.h.b >> 8);"),
    Case("8.7 mul", "01 02 03 04 00 05 06 06", apply="hdr.h.r = hdr.h.b * hdr.h.c;"),
    Case("8.7 concat", "01 02 03 04 03 04 06 00", apply="hdr.h.w = hdr.h.c ++ hdr.h.d;"),
    Case("8.7 compound slice", "01 02 03 04 00 05 06 30", apply="hdr.h.r[7:4] += 3;"),
    Case(
        "8.7 dyn read",
        "01 02 03 04 00 05 06 02",
        apply="hdr.h.r = hdr.h.d[hdr.h.a+:3] ++ 5w0; hdr.h.r = (bit<8>)hdr.h.d[hdr.h.a+:3];",
    ),
    Case("8.7 dyn write", "01 02 03 e4 00 05 06 00", apply="hdr.h.d[hdr.h.w+:4] = 7w0x7f[3:0];"),
    Case("8.7 dyn write2", "01 02 03 0e 00 05 06 00", apply="hdr.h.d[hdr.h.a+:3] = 7;"),
    Case("8.7 dyn compound", "01 02 03 06 00 05 06 00", apply="hdr.h.d[hdr.h.a+:3] += 1;"),
    Case(
        "8.7 dyn inout",
        "01 02 03 06 00 05 06 00",
        apply="f(hdr.h.d[hdr.h.a+:3]);",
        types="void f(inout bit<3> x) { x = x + 1; }",
    ),
    Case(
        "8.7 dyn action inout",
        "01 02 03 06 00 05 06 00",
        apply="f(hdr.h.d[hdr.h.a+:3]);",
        locals="action f(inout bit<3> x) { x = x + 1; }",
    ),
    Case("8.7 dyn of slice", "01 02 03 06 00 05 06 00", apply="hdr.h.d[hdr.h.a+:3][1:0] = 3;"),
    Case("8.8 sshift", "01 02 03 04 00 05 06 ff", apply="int<8> x = -3; hdr.h.r = (bit<8>)(x >> 20);"),
    Case("8.8 sats", "01 02 03 04 00 05 80 00", apply="hdr.h.s = -100; hdr.h.s = hdr.h.s |-| 100;"),
    Case("8.8 cmp signed", "01 02 03 04 00 05 06 01", apply="int<8> x = -2; if (x < 1 && x >= -2) hdr.h.r = 1;"),
    Case("8.8 concat signed", "01 02 03 04 ff 02 06 00", apply="int<8> x = -1; hdr.h.w = (bit<16>)(x ++ hdr.h.b);"),
    Case("8.8 dyn signed", "01 02 03 04 00 05 0e 00", apply="hdr.h.s[hdr.h.a+:3] = 7;"),
    Case("8.9 int const shift", "01 02 03 04 00 05 06 40", apply="hdr.h.r = (1 << 6);"),
    Case(
        "8.9 big ints",
        "01 02 03 04 00 05 06 01",
        apply="if ((1 << 100) / (1 << 98) == 4 && (1 << 100) % 7 == 2) hdr.h.r = 1;",
    ),
    Case("8.9 int cond const", "01 02 03 04 00 05 06 02", apply="hdr.h.r = 1 < 2 ? 2 : 3;"),
    Case(
        "8.9 int ops",
        "01 02 03 04 00 05 06 01",
        apply=(
            "const int a = 7; const int b = -7; if (a / 2 == 3 && a % 4 == 3 && (b >> 1) == -4 && (a << 3) "
            "== 56 && (b * b) == 49 && a > b && -b == +a && (a == 7 ? 1 : 2) == 1) hdr.h.r = 1;"
        ),
    ),
    Case("8.9 int slice", "01 02 03 04 00 05 06 0f", apply="hdr.h.r = 4w0 ++ (-1)[3:0];"),
    Case("8.9 int slice2", "01 02 03 04 00 05 06 01", apply="if (0xABCD[11:4] == 0xBC && 5[7:0] == 8w5) hdr.h.r = 1;"),
    Case(
        "8.9 int",
        "01 02 03 04 00 05 06 01",
        apply="bit<8> x = 255; if ((int)x + 1 == 256) hdr.h.r = (bit<8>)(((int)x + 3) >> 8);",
    ),
    Case("8.9 int neg", "01 02 03 04 00 05 06 fe", apply="int<8> x = -1; hdr.h.r = (bit<8>)((int)x - 1); "),
    Case("8.12 uint cast trunc", "01 02 03 04 00 05 06 02", apply="hdr.h.r = (bit<8>)16w0x0102;"),
    Case("8.12 sext", "01 02 03 04 ff fe 06 00", apply="int<8> x = -2; hdr.h.w = (bit<16>)(int<16>)x;"),
    Case(
        "8.12 const typed",
        "01 02 03 04 00 05 06 02",
        apply="hdr.h.r = K;",
        types="typedef bit<8> byte; const byte K = (byte)(2 * 129 - 256);",
    ),
    Case(
        "8.14 member of call",
        "01 02 03 04 00 05 06 07",
        apply="hdr.h.r = f(7).a;",
        types="struct s_t { bit<8> a; } s_t f(in bit<8> x) { return {x}; }",
    ),
    Case(
        "8.14 cast arg",
        "01 02 03 04 00 05 06 01",
        apply="hdr.h.r = 1;",
        types=(
            "struct S { bit<32> a; bit<32> b; } extern void f<T>(in T data); control ab() { apply { "
            "f((S){10, 20}); f((S){b = 1, a = 2}); f({8w1, 4w2}); f(8w1 ++ 4w2); } }"
        ),
    ),
    Case(
        "8.14 struct init",
        "01 02 03 04 00 05 06 0c",
        apply="S s = {b = 5, a = 7}; hdr.h.r = s.a + s.b;",
        types="struct S { bit<8> a; bit<8> b; }",
    ),
    Case(
        "8.14 struct cmp",
        "01 02 03 04 00 05 06 01",
        apply="s_t a = {1, 2}; if (a == (s_t){ a = 1, b = 2 } && a == {1, 2} && a != (s_t){2, 2}) hdr.h.r = 1;",
        types="struct s_t { bit<8> a; bit<8> b; }",
    ),
    Case(
        "8.14 fld of literal",
        "01 02 03 04 00 05 06 02",
        apply="hdr.h.r = ((s_t){ a = 1, b = hdr.h.b }).b;",
        types="struct s_t { bit<8> a; bit<8> b; }",
    ),
    Case(
        "8.14 struct in struct",
        "01 02 03 04 00 05 06 03",
        apply="o_t o; o.i.a = 3; i_t c = o.i; hdr.h.r = c.a;",
        types="struct i_t { bit<8> a; } struct o_t { i_t i; bit<8> b; }",
    ),
    Case(
        "8.14 header cast",
        "01 02 03 04 00 05 06 01 07 08",
        apply=(
            "hdr.x = (x_t){7, 8}; if (hdr.x.isValid()) hdr.h.r = 1; hdr.y = (x_t){#}; if (hdr.y == {#}) {} "
            "else { hdr.h.r = 2; }"
        ),
    ),
    Case(
        "8.14 hdr eq",
        "01 02 03 04 00 05 06 03",
        apply="x_t q; x_t p; q.setInvalid(); if (q == p) hdr.h.r = 3; q.setValid(); if (q == p) hdr.h.r = 4;",
    ),
    Case(
        "8.14 const hdr",
        "01 02 03 04 00 05 06 02 01 02",
        apply="hdr.x = K; hdr.h.r = K.u;",
        types="const x_t K = {1, 2};",
    ),
    Case(
        "8.14 const struct",
        "01 02 03 04 00 05 06 03",
        apply="hdr.h.r = c.a + c.b;",
        types="struct S { bit<8> a; bit<8> b; } const S c = {1, 2};",
    ),
    Case("11.1 const local", "01 02 03 04 00 05 06 05", apply="const bit<8> c = 2 + 3; hdr.h.r = c;"),
    Case("11.1 const cond", "01 02 03 04 00 05 06 02", apply="hdr.h.r = K;", types="const bit<8> K = true ? 2 : 3;"),
    Case(
        "11.1 const fn of const",
        "01 02 03 04 00 05 06 0c",
        apply="hdr.h.r = K[7:0];",
        types="const bit<16> J = 0xABC; const bit<16> K = (J >> 8) + (bit<16>)J[1:0] + 2;",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_expressions(case: Case) -> None:
    assert case.run() == case.result
