"""Generic parsers and controls (P4_16 §13.2, §14, §15.1), run-time slices and `int` (§8.7, §8.9), match kinds (§8.4).

Oracle: results by hand, from the section of the specification that each name begins with.
"""

from __future__ import annotations

import pytest

from tests.compiler.language.case import Case

CASES = [
    Case(
        "14 gen ctl w table",
        "01 02 03 04 00 05 06 07",
        apply="g.apply(hdr.h.r, 8w7);",
        types=(
            "control G<T>(inout T x, in T y) { action a() { x = y; } table tt { key = { } actions = { a; } "
            "default_action = a; } apply { tt.apply(); } }"
        ),
        locals="G<bit<8>>() g;",
    ),
    Case(
        "14 gen ctl action T",
        "01 02 03 04 00 05 06 07",
        apply="g.apply(hdr.h.r);",
        types=(
            "control G<T>(inout T x)(T k) { action a(T v) { x = v; } table tt { key = { } actions = { a; } "
            "default_action = a(k); } apply { tt.apply(); } }"
        ),
        locals="G<bit<8>>(7) g;",
    ),
    Case(
        "14 gen ctl nested",
        "01 02 03 04 00 05 06 07",
        apply="g.apply(hdr.h.r, 8w7);",
        types=(
            "control A1<T>(inout T x, in T y) { apply { x = y; } } control B1<T>(inout T x, in T y) { "
            "A1<T>() a; apply { a.apply(x, y); } }"
        ),
        locals="B1<bit<8>>() g;",
    ),
    Case(
        "14 gen ctl nested direct",
        "01 02 03 04 00 05 06 07",
        apply="B1<bit<8>>.apply(hdr.h.r, 7);",
        types=(
            "control A1<T>(inout T x, in T y) { apply { x = y; } } control B1<T>(inout T x, in T y) { apply "
            "{ A1<T>.apply(x, y); } }"
        ),
    ),
    Case(
        "14 gen ctl local var",
        "01 02 03 04 00 05 06 07",
        apply="g.apply(hdr.h.r, 8w7);",
        types="control A1<T>(inout T x, in T y) { T z; apply { z = y; T q = z; x = q; } }",
        locals="A1<bit<8>>() g;",
    ),
    Case(
        "14 gen ctl hdr",
        "01 02 03 04 00 05 06 00 01 02",
        apply="g.apply(hdr.x, {1, 2});",
        types="control A1<T>(inout T x, in T y) { apply { x = y; } }",
        locals="A1<x_t>() g;",
    ),
    Case(
        "14 gen ctl struct T",
        "01 02 03 04 00 05 06 03",
        apply="g.apply({3}, hdr.h.r);",
        types="struct w_t<T> { T f; } control A1<T>(in w_t<T> w, out T y) { apply { y = w.f; } }",
        locals="A1<bit<8>>() g;",
    ),
    Case(
        "14 gen ctl fn",
        "01 02 03 04 00 05 06 03",
        apply="g.apply(3, hdr.h.r);",
        types=("T id<T>(in T x) { return x; } control A1<T>(in T w, out T y) { apply { y = id<T>(w); y = id(y); } }"),
        locals="A1<bit<8>>() g;",
    ),
    Case(
        "14 gen ctl reg",
        "01 02 03 04 00 05 06 03",
        apply="g.apply(3, hdr.h.r);",
        types="control A1<T>(in T w, out T y) { register<T>(4) r; apply { r.write(0, w); r.read(y, 0); } }",
        locals="A1<bit<8>>() g;",
    ),
    Case(
        "14 gen ctl reg outer",
        "01 02 03 04 00 05 06 03",
        apply="g.apply(3, hdr.h.r);",
        types="control A1<T>(in T w, out T y)(register<T> r) { apply { r.write(0, w); r.read(y, 0); } }",
        locals="register<bit<8>>(4) r; A1(r) g;",
    ),
    Case(
        "14 gen ctl twice",
        "02 02 03 04 00 02 06 02",
        apply="g.apply(hdr.h.a, 2); g2.apply(hdr.h.w, 2); g3.apply(hdr.h.r, 2);",
        types="control A1<T>(inout T x, in T y) { apply { x = y; } }",
        locals="A1<bit<8>>() g; A1<bit<16>>() g2; A1<bit<8>>() g3;",
    ),
    Case(
        "13.2 gen parser hdr",
        "01 02 03 04 00 05 06 09 07 08",
        packet="01 02 03 04 00 05 06 00 07 08",
        parser=("Q<x_t>() q; state start { pkt.extract(hdr.h); hdr.h.r = 9; q.apply(pkt, hdr.x); transition accept; }"),
        types="parser Q<T>(packet_in p, out T b) { state start { p.extract(b); transition accept; } }",
    ),
    Case(
        "13.2 gen parser lookahead",
        "01 02 03 04 00 05 06 01",
        parser=(
            "Q<bit<8>>() q; state start { bit<8> t; q.apply(pkt, t); pkt.extract(hdr.h); hdr.h.r = t; "
            "transition accept; }"
        ),
        types="parser Q<T>(packet_in p, out T b) { state start { b = p.lookahead<T>(); transition accept; } }",
    ),
    Case(
        "8.7 arr dyn slice",
        "01 02 03 04 00 05 06 20",
        apply="bit<8>[2] a = {0, 0}; a[hdr.h.a][hdr.h.w[2:0]+:2] = 1; hdr.h.r = a[1];",
    ),
    Case(
        "8.7 dyn slice of stack",
        "01 02 03 04 00 05 06 00 00 f0",
        apply="hdr.st[0] = {0,0}; hdr.st[hdr.h.a - 1].u[hdr.h.d+:4] = 0xf;",
    ),
    Case("8.7 dyn slice wide idx", "01 02 03 04 00 05 06 00", apply="hdr.h.r[hdr.h.w ++ 16w9+:2] = 3;"),
    Case("8.7 dyn slice past end", "01 02 03 04 00 05 06 80", apply="bit<8> i = 7; hdr.h.r[i+:4] = 0xf;"),
    Case(
        "8.7 dyn slice read past",
        "01 02 03 04 00 05 06 01",
        apply="bit<8> i = 7; bit<8> v = 0xff; hdr.h.r = (bit<8>)v[i+:4];",
    ),
    Case(
        "8.7 dyn slice call rhs",
        "02 02 03 04 00 05 06 04",
        apply="hdr.h.r[hdr.h.a+:2] = g(hdr.h.a)[1:0];",
        types="bit<8> g(inout bit<8> x) { x = x + 1; return x; }",
    ),
    Case(
        "8.7 dyn slice call idx",
        "02 02 03 04 00 05 06 0c",
        apply="hdr.h.r[g(hdr.h.a)+:2] = 3;",
        types="bit<8> g(inout bit<8> x) { x = x + 1; return x; }",
    ),
    Case(
        "8.7 dyn compound call idx",
        "02 02 03 04 00 05 06 04",
        apply="hdr.h.r[g(hdr.h.a)+:2] += 1;",
        types="bit<8> g(inout bit<8> x) { x = x + 1; return x; }",
    ),
    Case(
        "8.7 dyn out ext",
        "01 02 03 04 00 05 06 1c",
        apply="r.write(0, 7); r.read(hdr.h.r[hdr.h.b+:3], 0);",
        locals="register<bit<3>>(4) r;",
    ),
    Case(
        "8.7 dyn in key",
        "01 02 03 04 00 05 06 07",
        apply="tt.apply();",
        locals=(
            'action a(bit<8> v) { hdr.h.r = v; } table tt { key = { hdr.h.c[hdr.h.a+:2]: exact @name("k"); '
            "} actions = { a; } const entries = { 1: a(7); } }"
        ),
    ),
    Case(
        "8.7 dyn in select",
        "01 02 03 04 00 05 06 07",
        parser=(
            "state start { pkt.extract(hdr.h); transition select(hdr.h.c[hdr.h.a+:2]) { 1: s1; default: "
            "accept; } } state s1 { hdr.h.r[hdr.h.r+:3] = 7; transition accept; }"
        ),
    ),
    Case(
        "8.7 dyn in cond",
        "01 02 03 04 00 05 06 07",
        apply="if (hdr.h.c[hdr.h.a+:2] == 1 && hdr.h.c[hdr.h.b+:2] == 0) hdr.h.r = 7;",
    ),
    Case(
        "8.7 dyn newtype amount",
        "01 02 03 04 00 05 06 03",
        apply="e_t e = (e_t)hdr.h.a; hdr.h.r = (bit<8>)hdr.h.d[e+:3] + 1;",
        types="enum bit<8> e_t { a = 1 }",
    ),
    Case("8.9 int slice rt", "01 02 03 04 00 05 06 02", apply="hdr.h.r = ((int)hdr.h.a + 1)[7:0];"),
    Case("8.9 int mul rt", "01 02 03 04 03 fc 06 00", apply="bit<8> x = 0xff; hdr.h.w = (bit<16>)((int)x * 4);"),
    Case(
        "8.9 int cmp rt",
        "01 02 03 04 00 05 06 01",
        apply=(
            "bit<8> x = 0xff; int<8> y = -1; if ((int)x > (int)y && (int)y < 0 && (int)x - 256 == (int)y) hdr.h.r = 1;"
        ),
    ),
    Case("8.9 int assign rt", "01 02 03 04 00 05 06 02", apply="hdr.h.r = (int)hdr.h.a + 1;"),
    Case(
        "8.4 mk const",
        "01 02 03 04 00 05 06 02",
        apply="if (K == exact && K != lpm) hdr.h.r = 2;",
        types="const match_kind K = exact;",
    ),
    Case(
        "8.4 mk tuple",
        "01 02 03 04 00 05 06 02",
        apply="if (K[0] == exact) hdr.h.r = 2;",
        types="const tuple<match_kind> K = {exact};",
    ),
    Case(
        "8.4 mk decl", "01 02 03 04 00 05 06 02", apply="if (fuzzy != exact) hdr.h.r = 2;", types="match_kind { fuzzy }"
    ),
    Case(
        "8.23 ext anon",
        "01 02 03 04 00 05 06 02",
        apply="hdr.h.r = 2;",
        types=(
            "extern crc<O> { crc(O poly); O hash<T>(in T data); } control ab(inout headers_t h) { apply { "
            "h.h.w = crc<bit<16>>(16w0x801a).hash(h.h); } }"
        ),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_generics(case: Case) -> None:
    assert case.run() == case.result
