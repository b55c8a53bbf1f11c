"""Lexical rules (P4_16 §6.4), names (§6.9), annotations (§20).

Oracle: results by hand, from the section of the specification that each name begins with.
"""

from __future__ import annotations

import pytest

from tests.compiler.language.case import Case

CASES = [
    Case(
        "6.4.3 literals",
        "01 02 03 04 00 05 06 01",
        apply=(
            "if (0x_F_f == 255 && 0b1111_0000 == 0xF0 && 0o17 == 15 && 0d1_0 == 10 && 8w0b1010_1010 == 0xAA "
            "&& 1_000 == 1000 && 8s0xFF == -1 && 0B11 == 3 && 0O7 == 7 && 0D9 == 9 && 4w0Xf == 15) hdr.h.r "
            "= 1;"
        ),
    ),
    Case("6.4.3 comment", "01 02 03 04 00 05 06 01", apply="/* a /* b */ hdr.h.r /* x */ = 1; // foo */ \n"),
    Case(
        "6.4.3 trailing commas",
        "01 02 03 04 00 05 06 01",
        apply="s_t s = {1,2,}; s_t q = {a = 1, b = 2,}; if (s == q) hdr.h.r = 1;",
        types="struct s_t { bit<8> a; bit<8> b; } enum e_t { x, y, } enum bit<8> f_t { u = 1, v = 2, }",
    ),
    Case("6.4.3 nested comment str", "01 02 03 04 00 05 06 01", apply='log_msg("/* not a comment // "); hdr.h.r = 1;'),
    Case(
        "6.4.3 keyword names",
        "01 02 03 04 00 05 06 0f",
        apply=(
            "bit<8> apply = 1; bit<8> key = 2; bit<8> actions = 4; bit<8> state = 8; bit<8> entries = 0; "
            "bit<8> type = 0; bit<8> priority = 0; hdr.h.r = apply + key + actions + state + entries + type "
            "+ priority;"
        ),
    ),
    Case(
        "6.4.3 keyword fields",
        "01 02 03 04 00 05 06 03",
        apply=(
            "T s; s.apply = 1; s.type = 2; s.state = 0; s.entries = 0; s.actions = 0; s.priority = 0; "
            "hdr.h.r = s.apply + s.type;"
        ),
        types=(
            "struct T { bit<8> apply; bit<8> type; bit<8> state; bit<8> entries; bit<8> actions; bit<8> priority; }"
        ),
    ),
    Case(
        "6.4.3 list as field",
        "01 02 03 04 00 05 06 03",
        apply="S list_ = {1, 2}; hdr.h.r = list_.list + list_.key;",
        types="struct S { bit<8> list; bit<8> key; }",
    ),
    Case(
        "6.9 var named type",
        "01 02 03 04 00 05 06 01",
        apply="x_t x_t; x_t.v = 1; x_t.setValid(); x_t.v = 1; hdr.h.r = x_t.v;",
    ),
    Case(
        "6.9 field named type",
        "01 02 03 04 00 05 06 01",
        apply="s_t s; s.x_t = 1; hdr.h.r = s.x_t;",
        types="struct s_t { bit<8> x_t; }",
    ),
    Case(
        "6.9 param named type",
        "01 02 03 04 00 05 06 04",
        apply="hdr.h.r = f(3);",
        types="bit<8> f(in bit<8> x_t) { return x_t + 1; }",
    ),
    Case(
        "6.9 dup names in scopes",
        "01 02 03 04 00 05 06 03",
        apply="{ bit<8> x = 1; hdr.h.r = hdr.h.r + x; } { bit<8> x = 2; hdr.h.r = hdr.h.r + x; }",
    ),
    Case(
        "6.9 const shadow in control",
        "01 02 03 04 00 05 06 03",
        apply="hdr.h.r = K;",
        types="const bit<8> K = 2;",
        locals="const bit<8> K = 3;",
    ),
    Case("6.9 dots", "01 02 03 04 00 05 06 07", apply="bit<8> x = 7; hdr.h.r = .K; ", types="const bit<8> K = 7;"),
    Case(
        "6.9 global name",
        "01 02 03 04 00 05 06 03",
        apply="bit<8> q = 2; hdr.h.r = q + .q;",
        types="const bit<8> q = 1;",
    ),
    Case(
        "6.9 global act",
        "01 02 03 04 00 05 06 03",
        apply=".ga();  t1.apply(); ",
        types="action ga() {} action gb(inout bit<8> x) { x = 3; }",
        locals="table t1 { actions = { .gb(hdr.h.r); } default_action = .gb(hdr.h.r); }",
    ),
    Case("H plus sp", "01 02 03 04 00 05 06 03", apply="hdr.h.r = (bit<8>)hdr.h.c[0 + : 4];"),
    Case("H empty stmts", "01 02 03 04 00 05 06 00", apply=";;; {} {;} if (true) ; else ;"),
    Case(
        "H dangling else",
        "01 02 03 04 00 05 06 00",
        apply="if (hdr.h.a == 0) if (hdr.h.b == 2) hdr.h.r = 1; else hdr.h.r = 2;",
    ),
    Case(
        "H call stmt generic",
        "01 02 03 04 00 05 06 05",
        apply="set<bit<8>>(hdr.h.r, 5);",
        types="void set<T>(out T x, in T y) { x = y; }",
    ),
    Case("H f<_>", "01 02 03 04 00 05 06 05", apply="hdr.h.r = id<_>(8w5);", types="T id<T>(in T x) { return x; }"),
    Case(
        "H gt parse",
        "01 02 03 04 00 05 06 01",
        apply="bit<8> a = 8w16 >> 2 > 3 ? 8w1 : 0; tuple<tuple<bit<8>>> q = {{1}}; hdr.h.r = a;",
    ),
    Case(
        "H lt gt",
        "01 02 03 04 00 05 06 01",
        apply=(
            "bit<8> x = 1; bit<8> y = 2; bool b = x < y; bool c = (x) > (y); if (b && !c && x < y && y > "
            "(x)) hdr.h.r = 1;"
        ),
    ),
    Case(
        "H func call generics",
        "01 02 03 04 00 05 06 01",
        apply="if (id<bit<8>>(1) < id<bit<8>>(2)) hdr.h.r = 1;",
        types="T id<T>(in T t) { return t; }",
    ),
    Case("H lval paren", "01 02 03 04 00 05 06 03", apply="(hdr.h.r) = 3;"),
    Case(
        "H cast prec",
        "01 02 03 04 00 05 06 04",
        apply="hdr.h.r = (bit<8>)hdr.h.w[3:0] - 1; hdr.h.r = (bit<8>)(hdr.h.a + hdr.h.c);",
    ),
    Case("H plus colon sp", "01 02 03 04 00 05 06 03", apply="hdr.h.r = (bit<8>)hdr.h.c[0 +: 4];"),
    Case(
        "H global semis",
        "01 02 03 04 00 05 06 00",
        types=";; const int a = 1; ; struct q_t {} ; header e_t {} enum en { A } ;",
    ),
    Case(
        "20 annots",
        "01 02 03 04 00 05 06 00",
        types=(
            '@my_anno(1) @my_anno("x") @empty() @Struct[] @List[1, "a", true, 1 == 2, 5 + 3,] @KV[a = 1, b '
            '= "x", c = 2*3] @name("zz") @weird(a b c @ # 1..2 "x" ( [ { ) ) struct an_t { @f[1] bit<8> x; '
            "}\n@pragma foo bar baz\nheader bn_t { bit<8> q; }"
        ),
    ),
    Case(
        "20 annot kw",
        "01 02 03 04 00 05 06 00",
        types="@type(1) @key @apply() @state[x=1] @default(1) @for @int(bit<8>) struct an_t { bit<8> x; }",
    ),
    Case(
        "20 likely",
        "01 02 03 04 00 05 06 05",
        apply="if (hdr.h.a == 1) @likely { hdr.h.r = 5; } else @unlikely { hdr.h.r = 6; }",
    ),
    Case("20 for annot", "01 02 03 04 00 05 06 03", apply="@unroll for (bit<8> i in 1..2) { hdr.h.r += i; }"),
    Case(
        "20 annot state",
        "01 02 03 04 00 05 06 03",
        parser='@name(".start") state start { pkt.extract(hdr.h); hdr.h.r = 3; transition accept; }',
    ),
    Case(
        "20 extern decls",
        "01 02 03 04 00 05 06 00",
        types=(
            "extern Foo<T> { Foo(); Foo(T x); Foo(list<T> x, bit<8> n); T get<U>(in U u); void put(T x); "
            "abstract bit<8> cb(in T t); @optional abstract void cb2(); } @pure extern bit<8> ff<T>(in T "
            'x); @noSideEffects extern void gg(out bit<8> x, @optional in bit<8> y); @deprecated("a" ++ '
            '"b") extern void hh(); parser pt<H>(packet_in p, out H h); control ct<H, M>(inout H h, '
            "@optional in M m); package pp<H, M>(pt<H> p, ct<H, M> c, @optional ct<_, _> d, int n = 3);"
        ),
    ),
    Case(
        "20 optional arg",
        "01 02 03 04 00 05 06 06",
        apply="hdr.h.r = 6;",
        types="extern void fx(in bit<8> a, @optional in bit<8> b);",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_lexical(case: Case) -> None:
    assert case.run() == case.result
