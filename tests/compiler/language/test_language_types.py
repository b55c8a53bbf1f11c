"""Types (P4_16 §7) and default values (§7.3, §8.28).

Oracle: results by hand, from the section of the specification that each name begins with.
"""

from __future__ import annotations

import pytest

from tests.compiler.language.case import Case

CASES = [
    Case("7.1 int<1>", "01 02 03 04 00 05 06 ff", apply="int<1> x = -1; hdr.h.r = (bit<8>)(int<8>)x;"),
    Case("7.1 min int", "01 02 03 04 00 05 80 00", apply="hdr.h.s = -128;"),
    Case("7.1 neg const", "01 02 03 04 00 05 fd 00", apply="hdr.h.s = -3;"),
    Case("7.1 hex int", "01 02 03 04 00 05 80 ff", apply="hdr.h.s = (int<8>)8w0x80; hdr.h.r = 0xFF;"),
    Case(
        "7.1 large concat",
        "01 02 03 04 00 05 06 07",
        apply="bit<256> x = 128w1 ++ 128w2; if (x[128:128] == 1 && x[1:1] == 1) hdr.h.r = 7;",
    ),
    Case(
        "7.1 wide mul",
        "01 02 03 04 00 05 06 07",
        apply=("bit<128> x = 128w0xFFFFFFFFFFFFFFFF; x = x * x; if (x[127:64] == 0xFFFFFFFFFFFFFFFE) hdr.h.r = 7;"),
    ),
    Case(
        "7.1 empty struct",
        "01 02 03 04 00 05 06 07",
        apply="em a = {}; em b; if (a == b) hdr.h.r = 7;",
        types="struct em {}",
    ),
    Case(
        "7.1 empty header",
        "01 02 03 04 00 05 06 07",
        apply="em a; a.setValid(); em b = a; if (b.isValid()) hdr.h.r = 7;",
        types="header em {}",
    ),
    Case(
        "7.1 typedef chain",
        "01 02 03 04 00 05 06 07",
        apply="B2 x = 7; hdr.h.r = x;",
        types="typedef bit<8> A2; typedef A2 B2;",
    ),
    Case(
        "7.1 hs in struct cmp",
        "01 02 03 04 00 05 06 07",
        apply="w_t a; w_t b; if (a == b) hdr.h.r = 7;",
        types="struct w_t { x_t x; x_t[2] s; }",
    ),
    Case(
        "7.1 expr width",
        "01 02 03 04 00 05 06 07",
        apply="bit<(3+5)> x = 7; bit<(W*2)> y = 0; hdr.h.r = x + y; ",
        types="const int W = 4;",
    ),
    Case("7.1 bit0", "01 02 03 04 00 05 06 01", apply="bit<0> z = 0; if (z == 0) hdr.h.r = 1;"),
    Case(
        "7.1 error",
        "01 02 03 04 00 05 06 03",
        apply="error e = error.NoError; if (e == error.NoError && e != error.My) hdr.h.r = 3; ",
        types="error { My, Other }",
    ),
    Case(
        "7.1 const err",
        "01 02 03 04 00 05 06 02",
        apply="if (K == error.NoMatch) hdr.h.r = 2;",
        types="const error K = error.NoMatch;",
    ),
    Case(
        "7.1 const enum",
        "01 02 03 04 00 05 06 02",
        apply="if (K == e_t.b) hdr.h.r = 2;",
        types="enum e_t { a, b } const e_t K = e_t.b;",
    ),
    Case(
        "7.1 const bool",
        "01 02 03 04 00 05 06 02",
        apply="if (K) hdr.h.r = 2;",
        types="const bool K = !(1 > 2) && true || false;",
    ),
    Case(
        "7.1 match_kind", "01 02 03 04 00 05 06 01", apply="const bool same = exact == ternary; if (!same) hdr.h.r = 1;"
    ),
    Case(
        "7.1 newtype bool",
        "01 02 03 04 00 05 06 03",
        apply="B x = (B)true; if ((bool)x) hdr.h.r = 3; ",
        types="type bool B;",
    ),
    Case(
        "7.2.3 arr of hdr struct",
        "01 02 03 04 00 05 06 07",
        apply=(
            "ss_t[2] s; s[1].x.setValid(); s[1].x.v = 7; if (s[1].x.isValid() && !s[0].x.isValid()) hdr.h.r "
            "= s[hdr.h.a].x.v;"
        ),
        types="struct ss_t { x_t x; bit<8> y; }",
    ),
    Case(
        "7.2.3 arr param",
        "01 02 03 04 00 05 06 06",
        apply="bit<8>[3] a = {1,2,3}; hdr.h.r = sum(a);",
        types="bit<8> sum(in bit<8>[3] a) { bit<8> r = 0; for (bit<8> x in a) r += x; return r; }",
    ),
    Case(
        "7.2.3 arr inout",
        "01 02 03 04 00 05 06 09",
        apply="bit<8>[3] a = {1,2,3}; set(a, hdr.h.a); hdr.h.r = a[1];",
        types="void set(inout bit<8>[3] a, in bit<8> i) { a[i] = 9; }",
    ),
    Case(
        "7.2.3 arr in struct",
        "01 02 03 04 00 05 06 09",
        apply="meta.m = 1; as_t s; s.a = {1, 2}; s.a[meta.m] = 9; as_t q = s; hdr.h.r = q.a[1];",
        types="struct as_t { bit<8>[2] a; }",
    ),
    Case(
        "7.2.3 arr elem inout",
        "01 02 03 04 00 05 06 03",
        apply="bit<8>[3] a = {1,2,3}; inc(a[hdr.h.a]); hdr.h.r = a[1];",
        types="void inc(inout bit<8> a) { a += 1; }",
    ),
    Case(
        "7.2.3 arr bool",
        "01 02 03 04 00 05 06 01",
        apply="bool[2] a = {true, false}; if (a[0] && !a[hdr.h.a]) hdr.h.r = 1;",
    ),
    Case(
        "7.2.3 arr enum",
        "01 02 03 04 00 05 06 01",
        apply="e_t[2] a = {e_t.a, e_t.b}; if (a[hdr.h.a] == e_t.b) hdr.h.r = 1;",
        types="enum e_t { a, b }",
    ),
    Case(
        "7.2.3 arr typedef",
        "01 02 03 04 00 05 06 02",
        apply="ar2 a = {1, 2}; hdr.h.r = a[1];",
        types="typedef bit<8>[2] ar2;",
    ),
    Case(
        "7.2.3 arr fn ret",
        "01 02 03 04 00 05 06 02",
        apply="hdr.h.r = mk()[1];",
        types="bit<8>[2] mk() { return {1, 2}; }",
    ),
    Case(
        "7.2.3 arr",
        "01 02 03 04 00 05 06 07",
        apply="bit<8>[4] arr = {1,2,3,4}; arr[hdr.h.a] = 7; hdr.h.r = arr[hdr.h.b - 1];",
    ),
    Case(
        "7.2.3 arr for",
        "01 02 03 04 00 05 06 0a",
        apply="bit<8>[4] arr = {1,2,3,4}; for (bit<8> k in arr) { hdr.h.r = hdr.h.r + k; }",
    ),
    Case(
        "7.2.3 arr2d",
        "01 02 03 04 00 05 06 09",
        apply=(
            "bit<8>[2][3] arr; arr[0] = {1,2}; arr[1] = {3,4}; arr[2] = {5, 6}; arr[hdr.h.b][1] = 9; "
            "hdr.h.r = arr[2][hdr.h.a];"
        ),
    ),
    Case(
        "7.2.3 arr struct",
        "01 02 03 04 00 05 06 08",
        apply="S[2] a = {{1,2},{3,4}}; S[2] b = a; b[hdr.h.a].y += 4; hdr.h.r = b[1].y; ",
        types="struct S { bit<8> x; bit<8> y; }",
    ),
    Case(
        "7.2.3 arr eq",
        "01 02 03 04 00 05 06 01",
        apply="bit<8>[2] a = {1,2}; bit<8>[2] b = {1,2}; if (a == b) hdr.h.r = 1;",
    ),
    Case("7.2.3 arr default", "01 02 03 04 00 05 06 05", apply="bit<8>[3] a = {5, ...}; hdr.h.r = a[0] + a[2];"),
    Case(
        "7.2.3 const arr",
        "01 02 03 04 00 05 06 03",
        apply="hdr.h.r = ar[0] + ar[1];",
        types="const bit<8>[2] ar = {1, 2};",
    ),
    Case(
        "7.2.3 const arr rt",
        "01 02 03 04 00 05 06 02",
        apply="hdr.h.r = ar[hdr.h.a];",
        types="const bit<8>[2] ar = {1, 2};",
    ),
    Case("7.2.4 stack init", "01 02 03 04 00 05 06 00 01 02 03 04", apply="hdr.st = {{1,2},{3,4},{#}};"),
    Case(
        "7.2.4 stack init cast", "01 02 03 04 00 05 06 00 01 02 03 04", apply="hdr.st = (x_t[3]){{1,2},{3,4},(x_t){#}};"
    ),
    Case("7.2.4 stack dots", "01 02 03 04 00 05 06 00 01 02", apply="hdr.st = {{1,2}, ...};"),
    Case(
        "7.2.4 stack eq",
        "01 02 03 04 00 05 06 01",
        apply=(
            "x_t[2] a; x_t[2] b; a[0] = {1,2}; b = a; if (a == b) hdr.h.r = 1; b[1].setValid(); if (a == b) "
            "hdr.h.r = 2;"
        ),
    ),
    Case(
        "7.2.4 stack rt",
        "01 02 03 04 00 05 06 05 01 02 05 06",
        apply="hdr.st[0] = {1, 2}; hdr.st[hdr.h.a] = {5, 6}; hdr.h.r = hdr.st[hdr.h.a].v;",
    ),
    Case(
        "7.2.4 stack enum idx",
        "01 02 03 04 00 05 06 05 05 06",
        apply="hdr.st[e_t.z] = {5, 6}; hdr.h.r = hdr.st[e_t.z].v;",
        types="enum bit<8> e_t { z = 0 }",
    ),
    Case(
        "7.2.4 push",
        "01 02 03 04 00 05 06 00 05 06 01 02",
        apply="hdr.st = {{1,2}, ...}; hdr.st.push_front(1); hdr.st[0] = {5, 6};",
    ),
    Case("7.2.4 hs size", "01 02 03 04 00 05 06 03", apply="hdr.h.r = (bit<8>)hdr.st.size;"),
    Case(
        "7.2.4 out stack",
        "01 02 03 04 00 05 06 01",
        apply="hdr.st[0] = {1,2}; f(hdr.st); if (!hdr.st[0].isValid()) hdr.h.r = 1;",
        types="void f(out x_t[3] x) { }",
    ),
    Case(
        "7.2.5 union",
        "01 02 03 04 00 05 06 01",
        apply=(
            "u_t u; u.a.setValid(); u.a.f = 1; if (u.isValid() && u.a.isValid() && !u.b.isValid()) hdr.h.r "
            "= 1; u.b = {2}; if (u.a.isValid()) hdr.h.r = 2;"
        ),
        types="header a_t { bit<8> f; } header b_t { bit<16> f; } header_union u_t { a_t a; b_t b; }",
    ),
    Case(
        "7.2.5 union eq",
        "01 02 03 04 00 05 06 01",
        apply=("u_t u; u_t v; u.a = {1}; v = u; if (u == v) hdr.h.r = 1; v = (u_t){#}; if (u == v) hdr.h.r = 2; "),
        types="header a_t { bit<8> f; } header b_t { bit<16> f; } header_union u_t { a_t a; b_t b; }",
    ),
    Case(
        "7.2.5 union size",
        "01 02 03 04 00 05 06 02",
        apply="hdr.h.r = (bit<8>)u_t.minSizeInBytes();",
        types="header y_t { bit<16> x;} header z_t { bit<8> x; } header_union u_t { y_t y; z_t z; }",
    ),
    Case(
        "7.2.7 tuple",
        "01 02 03 04 00 05 06 05",
        apply=("tuple<bit<8>, bool> x = {5, true}; tuple<bit<8>, bool> y = x; if (x == y && y[1]) hdr.h.r = y[0];"),
    ),
    Case(
        "7.2.7 tuple nested",
        "01 02 03 04 00 05 06 06",
        apply="tuple<bit<8>, tuple<bit<8>, bit<8>>> x = {1, {2, 3}}; hdr.h.r = x[0] + x[1][0] + x[1][1];",
    ),
    Case("7.2.7 tuple empty", "01 02 03 04 00 05 06 01", apply="tuple<> x = {}; hdr.h.r = 1;"),
    Case(
        "7.2.7 const tuple",
        "01 02 03 04 00 05 06 03",
        apply="hdr.h.r = tp[0] + tp[1];",
        types="const tuple<bit<8>, bit<8>> tp = {1, 2};",
    ),
    Case(
        "7.2.7 const list",
        "01 02 03 04 00 05 06 06",
        apply="for (bit<8> i in l) { hdr.h.r += i; }",
        types="const list<bit<8>> l = {1, 2, 3};",
    ),
    Case(
        "7.2.12 generic hdr",
        "01 02 03 04 00 05 06 03",
        apply="g_t<bit<8>> o = {3}; g_t<bit<8>>[2] os = {{3}, {4}}; hdr.h.r = os[0].f;",
        types="header g_t<T> { T f; } ",
    ),
    Case(
        "7.2.12 generic struct infer",
        "01 02 03 04 00 05 06 03",
        apply="g_t<bit<8>, bool> s = {3, true}; g_t<bit<8>, bool> s2 = {a = 3, b = false}; hdr.h.r = s.a;",
        types="struct g_t<A, B> { A a; B b; }",
    ),
    Case(
        "7.2.12 generic union",
        "01 02 03 04 00 05 06 03",
        apply="hu_t<bit<8>> u; u.h1 = {3}; hdr.h.r = u.h1.f;",
        types="header gh_t<T> { T f; } header_union hu_t<T> { gh_t<T> h1; gh_t<bit<32>> h2; }",
    ),
    Case(
        "7.2.12 generic nested",
        "01 02 03 04 00 05 06 03",
        apply="gg_t<bit<8>> u = {{3, true}}; hdr.h.r = u.s.f;",
        types="struct gs_t<T> { T f; bool v; } struct gg_t<T> { gs_t<T> s; }",
    ),
    Case(
        "7.2.12 param typedef",
        "01 02 03 04 00 05 06 03",
        apply="tt x = {3}; hdr.h.r = x.f;",
        types="struct gs_t<T> { T f; } typedef gs_t<bit<8>> tt;",
    ),
    Case(
        "7.5 typedef struct",
        "01 02 03 04 00 05 06 03",
        apply="pt o = {3, 4}; hdr.h.r = o.x;",
        types=("typedef struct Point { bit<8> x; bit<8> y; } pt; typedef x_t[3] hs_t; typedef tuple<bit<8>, bool> tt;"),
    ),
    Case(
        "7.5 newtype",
        "01 02 03 04 00 05 06 08",
        apply="U x = (U)hdr.h.c; U y = (U)((bit<8>)x + 5); if (x != y) hdr.h.r = (bit<8>)y; ",
        types="type bit<8> U;",
    ),
    Case(
        "8.11.1 newtype of a newtype",
        "01 02 03 04 00 05 06 06",
        apply="W y = (W)(U)hdr.h.c; U x = (U)y; hdr.h.r = (bit<8>)x + (bit<8>)(U)y;",
        types="type bit<8> U; type U W;",
    ),
    Case(
        "8.28 struct dots",
        "01 02 03 04 00 05 06 05",
        apply=("S s = {b = 5, ...}; S u = {3, ...}; S v = ...; S w = { ... }; hdr.h.r = s.a + s.b + u.b + v.a + w.b;"),
        types="struct S { bit<8> a; bit<8> b; }",
    ),
    Case(
        "8.28 nested dots",
        "01 02 03 04 00 05 06 01",
        apply=(
            "T s = {s = ..., n0 = N0.one, ...}; T q = ...; if (s.n1 == N1.A && s.n0 == N0.one && q.n0 == "
            "(N0)0 && s.s.b == false) hdr.h.r = 1;"
        ),
        types=(
            "struct S { bit<8> a; bool b; } enum int<8> N0 { one = 1, zero = 0 } enum N1 { A, B } struct T "
            "{ S s; N0 n0; N1 n1; }"
        ),
    ),
    Case("8.28 header dots", "01 02 03 04 00 05 06 00 05 00", apply="hdr.x = {v = 5, ...};"),
    Case("8.28 header dots2", "01 02 03 04 00 05 06 00 00 00", apply="hdr.x = {...};"),
    Case("8.28 header ...", "01 02 03 04 00 05 06 00", apply="hdr.x = {1,2}; hdr.x = ...;"),
    Case(
        "9 sizes",
        "01 02 03 04 00 05 06 43",
        apply="hdr.h.r = (bit<8>)(hdr.h.minSizeInBits() + hdr.st.maxSizeInBytes() / 2) - 0 ;",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_types(case: Case) -> None:
    assert case.run() == case.result
