"""Parsers (P4_16 §13).

Oracle: results by hand, from the section of the specification that each name begins with.
"""

from __future__ import annotations

import pytest

from tests.compiler.language.case import Case

CASES = [
    Case(
        "13.4 local shadow",
        "01 02 03 04 00 05 06 01",
        parser="bit<8> v = 1; state start { pkt.extract(hdr.h); bit<8> w = v; hdr.h.r = w; transition accept; }",
    ),
    Case(
        "13.4 nested if",
        "01 02 03 04 00 05 06 02",
        parser=(
            "state start { pkt.extract(hdr.h); if (hdr.h.a == 1) if (hdr.h.b == 2) hdr.h.r = 2; else "
            "hdr.h.r = 3; transition accept; }"
        ),
    ),
    Case(
        "13.4 dyn stack idx parser",
        "01 02 03 04 00 05 06 08 05 06 07 08",
        parser=(
            "state start { pkt.extract(hdr.h); pkt.extract(hdr.st[0]); pkt.extract(hdr.st[1]); hdr.h.r = "
            "hdr.st[hdr.h.a].u; transition accept; }"
        ),
        packet="01 02 03 04 00 05 06 00 05 06 07 08",
    ),
    Case(
        "13.4 push in parser",
        "01 02 03 04 00 05 06 00 05 06",
        parser=(
            "state start { pkt.extract(hdr.h); pkt.extract(hdr.st.next); hdr.st.push_front(1); "
            "hdr.st.pop_front(1); transition accept; }"
        ),
        packet="01 02 03 04 00 05 06 00 05 06",
    ),
    Case(
        "13.4 calls in parser",
        "01 02 03 04 00 05 06 06",
        parser=("state start { pkt.extract(hdr.h); f(hdr.h.r, hdr.h.b); f(hdr.h.r, g(hdr.h.a)); transition accept; }"),
        types="void f(inout bit<8> x, in bit<8> y) { x = x + y * 2; } bit<8> g(in bit<8> x) { return x; }",
    ),
    Case(
        "13.4 union parse",
        "01 02 03 04 00 05 06 01",
        parser="state start { pkt.extract(hdr.h); u_t u; u.a = {1}; hdr.h.r = u.a.f; transition accept; }",
        types="header a_t { bit<8> f; } header b_t { bit<16> f; } header_union u_t { a_t a; b_t b; }",
    ),
    Case(
        "13.4 local const",
        "01 02 03 04 00 05 06 03",
        parser=(
            "const bit<8> K = 3; bit<8> v = 2; state start { bit<8> w; w = K; pkt.extract(hdr.h); { bit<8> "
            "y = w; hdr.h.r = y; } transition accept; }"
        ),
    ),
    Case(
        "13.4 if in state",
        "01 02 03 04 00 05 06 03",
        parser=(
            "state start { pkt.extract(hdr.h); if (hdr.h.a == 1) { hdr.h.r = 3; } else hdr.h.r = 4; "
            "transition accept; }"
        ),
    ),
    Case(
        "13.4 state named",
        "01 02 03 04 00 05 06 03",
        parser=(
            "state start { transition next; } state next { transition last; } state last { "
            "pkt.extract(hdr.h); hdr.h.r = 3; transition accept; }"
        ),
    ),
    Case(
        "13.4 fn in parser",
        "01 02 03 04 00 05 06 03",
        parser=(
            "state start { pkt.extract(hdr.h); hdr.h.r = f(hdr.h.b); transition select(f(hdr.h.a)) { 2: "
            "accept; default: reject; } }"
        ),
        types="bit<8> f(in bit<8> x) { return x + 1; }",
    ),
    Case(
        "13.4 stack idx in parser",
        "01 02 03 04 00 05 06 07 07 08",
        parser=(
            "state start { pkt.extract(hdr.h); pkt.extract(hdr.st[0]); hdr.h.r = hdr.st[0].v; transition accept; }"
        ),
        packet="01 02 03 04 00 05 06 00 07 08",
    ),
    Case(
        "13.6 select newtype",
        "01 02 03 04 00 05 06 01",
        parser=(
            "state start { pkt.extract(hdr.h); transition select((U)hdr.h.a) { (U)1: s; default: accept; } "
            "} state s { hdr.h.r = 1; transition accept; }"
        ),
        types="type bit<8> U;",
    ),
    Case(
        "13.6 select int",
        "01 02 03 04 00 05 06 01",
        parser=(
            "state start { pkt.extract(hdr.h); transition select(hdr.h.s) { -1: accept; 6: s; default: "
            "accept; } } state s { hdr.h.r = 1; transition accept; }"
        ),
    ),
    Case(
        "13.6 select int range",
        "01 02 03 04 00 05 fe 01",
        parser=(
            "state start { pkt.extract(hdr.h); transition select(hdr.h.s) { -3..-1: s; default: accept; } } "
            "state s { hdr.h.r = 1; transition accept; }"
        ),
        packet="01 02 03 04 00 05 fe 00",
    ),
    Case(
        "13.6 select err",
        "01 02 03 04 00 05 06 01",
        parser=(
            "state start { pkt.extract(hdr.h); error e = error.NoMatch; transition select(e) { "
            "error.NoMatch: s; default: accept; } } state s { hdr.h.r = 1; transition accept; }"
        ),
    ),
    Case(
        "13.6 select penum",
        "01 02 03 04 00 05 06 01",
        parser=(
            "state start { pkt.extract(hdr.h); e_t e = e_t.b; transition select(e) { e_t.b: s; default: "
            "accept; } } state s { hdr.h.r = 1; transition accept; }"
        ),
        types="enum e_t { a, b }",
    ),
    Case(
        "13.6 select",
        "01 02 03 04 00 05 06 02",
        parser=(
            "state start { pkt.extract(hdr.h); transition select(hdr.h.a, hdr.h.b) { (0, _): reject; (1 &&& "
            "3, 1..2): s1; default: accept; } } state s1 { hdr.h.r = 2; transition accept; }"
        ),
    ),
    Case(
        "13.6 select tuple",
        "01 02 03 04 00 05 06 02",
        parser=(
            "state start { pkt.extract(hdr.h); transition select({hdr.h.a, hdr.h.b}) { {1, 2}: s1; default: "
            "accept; } } state s1 { hdr.h.r = 2; transition accept; }"
        ),
    ),
    Case(
        "13.6 select bool",
        "01 02 03 04 00 05 06 02",
        parser=(
            "state start { pkt.extract(hdr.h); transition select(hdr.h.a == 1) { true: s1; false: accept; } "
            "} state s1 { hdr.h.r = 2; transition accept; }"
        ),
    ),
    Case(
        "13.6 select struct",
        "01 02 03 04 00 05 06 02",
        parser=(
            "state start { pkt.extract(hdr.h); s_t s = {hdr.h.a, hdr.h.b}; transition select(s) { {1, 2}: "
            "s1; default: accept; } } state s1 { hdr.h.r = 2; transition accept; }"
        ),
        types="struct s_t { bit<8> a; bit<8> b; }",
    ),
    Case(
        "13.6 select _",
        "01 02 03 04 00 05 06 02",
        parser=(
            "state start { pkt.extract(hdr.h); transition select(hdr.h.a) { 0: accept; _: s1; } } state s1 "
            "{ hdr.h.r = 2; transition accept; }"
        ),
    ),
    Case(
        "13.6 select list",
        "01 02 03 04 00 05 06 02",
        parser=(
            "state start { pkt.extract(hdr.h); transition select(hdr.h.a) { (0): accept; (1): s1; } } state "
            "s1 { hdr.h.r = 2; transition accept; }"
        ),
    ),
    Case(
        "13.6 select enum",
        "01 02 03 04 00 05 06 02",
        parser=(
            "state start { pkt.extract(hdr.h); transition select((e_t)hdr.h.a) { e_t.a: s1; default: "
            "accept; } } state s1 { hdr.h.r = 2; transition accept; }"
        ),
        types="enum bit<8> e_t { a = 1 }",
    ),
    Case(
        "13.6 select cast",
        "01 02 03 04 00 05 06 03",
        parser=(
            "state start { pkt.extract(hdr.h); transition select((bit<16>)hdr.h.a, hdr.h.b[3:0], hdr.h.c ++ "
            "hdr.h.d) { (16w1, 2, 0x0304): s1; } } state s1 { hdr.h.r = 3; transition accept; }"
        ),
    ),
    Case(
        "13.6 select const",
        "01 02 03 04 00 05 06 03",
        parser=(
            "state start { pkt.extract(hdr.h); transition select(hdr.h.a) { K: s1; K + 1: accept; K..9 : "
            "accept; K &&& K : accept; } } state s1 { hdr.h.r = 3; transition accept; }"
        ),
        types="const bit<8> K = 1;",
    ),
    Case(
        "13.6 nested tuple sel",
        "01 02 03 04 00 05 06 03",
        parser=(
            "state start { pkt.extract(hdr.h); transition select(hdr.h.a, {hdr.h.b, hdr.h.c}) { (1, {2, "
            "3}): s1; (_, _): accept; } } state s1 { hdr.h.r = 3; transition accept; }"
        ),
    ),
    Case(
        "13.7 verify if",
        "01 02 03 04 00 05 06 01",
        parser=(
            "state start { pkt.extract(hdr.h); if (hdr.h.a == 1) { verify(hdr.h.b == 2, error.NoMatch); "
            "hdr.h.r = 1; } transition accept; }"
        ),
    ),
    Case(
        "13.7 verify",
        "01 02 03 04 00 05 06 03",
        parser=("state start { pkt.extract(hdr.h); verify(hdr.h.a == 2, error.My); hdr.h.r = 9; transition accept; }"),
        apply="if (std.parser_error == error.My) hdr.h.r = 3;",
        types="error { My }",
    ),
    Case(
        "13.8 la tuple",
        "01 02 03 04 00 05 06 02",
        parser=(
            "state start { tuple<bit<8>, bit<8>> x = pkt.lookahead<tuple<bit<8>, bit<8>>>(); "
            "pkt.extract(hdr.h); hdr.h.r = x[1]; transition accept; }"
        ),
    ),
    Case(
        "13.8 la enum",
        "01 02 03 04 00 05 06 02",
        parser=(
            "state start { e_t x = pkt.lookahead<e_t>(); pkt.extract(hdr.h); hdr.h.r = x == e_t.a ? 8w2 : "
            "3; transition accept; }"
        ),
        types="enum bit<8> e_t { a = 1 }",
    ),
    Case(
        "13.8 la bool",
        "01 02 03 04 00 05 06 02",
        parser=(
            "state start { bool x = pkt.lookahead<bool>(); pkt.extract(hdr.h); hdr.h.r = x ? 8w1 : 2; "
            "transition accept; }"
        ),
    ),
    Case(
        "13.8 la int",
        "f1 02 03 04 00 05 06 ff",
        parser=(
            "state start { int<4> x = pkt.lookahead<int<4>>(); pkt.extract(hdr.h); hdr.h.r = "
            "(bit<8>)(int<8>)x; transition accept; }"
        ),
        packet="f1 02 03 04 00 05 06 00",
    ),
    Case(
        "13.8 la newtype",
        "01 02 03 04 00 05 06 01",
        parser=(
            "state start { U x = pkt.lookahead<U>(); pkt.extract(hdr.h); hdr.h.r = (bit<8>)x; transition accept; }"
        ),
        types="type bit<8> U;",
    ),
    Case(
        "13.8 la in select",
        "01 02 03 04 00 05 06 01",
        parser=(
            "state start { transition select(pkt.lookahead<l_t>().b) { 2: s; default: reject; } } state s { "
            "pkt.extract(hdr.h); hdr.h.r = 1; transition accept; }"
        ),
        types="struct l_t { bit<8> a; bit<8> b; }",
    ),
    Case(
        "13.8 la array",
        "01 02 03 04 00 05 06 02",
        parser=(
            "state start { bit<8>[2] x = pkt.lookahead<bit<8>[2]>(); pkt.extract(hdr.h); hdr.h.r = x[1]; "
            "transition accept; }"
        ),
    ),
    Case(
        "13.8 extract<>",
        "01 02 03 04 00 05 06 00 07 08",
        parser="state start { pkt.extract<h_t>(hdr.h); pkt.extract<x_t>(hdr.x); transition accept; }",
        packet="01 02 03 04 00 05 06 00 07 08",
    ),
    Case(
        "13.8 lookahead",
        "01 02 03 04 00 05 06 03",
        parser=(
            "state start { bit<8> n = pkt.lookahead<bit<8>>(); l_t l = pkt.lookahead<l_t>(); "
            "pkt.extract(hdr.h); hdr.h.r = n + l.b; transition accept; }"
        ),
        types="struct l_t { bit<8> a; bit<8> b; }",
    ),
    Case(
        "13.8 lookahead sel",
        "01 02 03 04 00 05 06 03",
        parser=(
            "state start { transition select(pkt.lookahead<bit<16>>()) { 0x0102: s1; default: reject; } } "
            "state s1 { pkt.extract(hdr.h); hdr.h.r = 3; transition accept; }"
        ),
    ),
    Case(
        "13.8 lookahead hdr",
        "01 02 03 04 00 05 06 02",
        parser=("state start { x_t x = pkt.lookahead<x_t>(); pkt.extract(hdr.h); hdr.h.r = x.u; transition accept; }"),
    ),
    Case(
        "13.8 advance",
        "01 02 03 04 00 05 06 03",
        parser="state start { pkt.advance(16); pkt.extract(hdr.h); hdr.h.r = 3; transition accept; }",
        packet="ff ff 01 02 03 04 00 05 06 00",
    ),
    Case(
        "13.8 extract _",
        "01 02 03 04 00 05 06 03",
        parser="state start { pkt.extract<x_t>(_); pkt.extract(hdr.h); hdr.h.r = 3; transition accept; }",
        packet="ff ff 01 02 03 04 00 05 06 00",
    ),
    Case(
        "13.9 loop",
        "01 02 03 04 00 05 06 03 01 00 02 00 03 01",
        parser=(
            "state start { pkt.extract(hdr.h); transition l; } state l { pkt.extract(hdr.st.next); "
            "transition select(hdr.st.last.u) { 0: l; default: accept; } }"
        ),
        packet="01 02 03 04 00 05 06 00 01 00 02 00 03 01",
        apply="hdr.h.r = hdr.st[2].v;",
    ),
    Case(
        "13.9 lastIndex",
        "01 02 03 04 00 05 06 01 01 00 02 01",
        parser=(
            "state start { pkt.extract(hdr.h); transition l; } state l { pkt.extract(hdr.st.next); "
            "transition select(hdr.st.last.u) { 0: l; default: e; } } state e { hdr.h.r = "
            "(bit<8>)hdr.st.lastIndex; transition accept; }"
        ),
        packet="01 02 03 04 00 05 06 00 01 00 02 01",
    ),
    Case(
        "13.10 sub loop",
        "01 02 03 04 00 05 06 02 01 00 02 01",
        parser=("state start { pkt.extract(hdr.h); Q.apply(pkt, hdr.st); hdr.h.r = hdr.st[1].v; transition accept; }"),
        packet="01 02 03 04 00 05 06 00 01 00 02 01",
        types=(
            "parser Q(packet_in p, inout x_t[3] s) { state start { p.extract(s.next); transition "
            "select(s.last.u) { 0: start; default: accept; } } }"
        ),
    ),
    Case(
        "13.10 sub twice",
        "01 02 03 04 00 05 06 03 07 08 09 0a",
        parser=(
            "Q() q; state start { pkt.extract(hdr.h); q.apply(pkt, hdr.x); q.apply(pkt, hdr.y); hdr.h.r = "
            "3; transition accept; }"
        ),
        packet="01 02 03 04 00 05 06 00 07 08 09 0a",
        types="parser Q(packet_in p, out x_t x) { state start { p.extract(x); transition accept; } }",
    ),
    Case(
        "13.10 sub reject",
        "01 02 03 04 00 05 06 05",
        parser="Q() q; state start { pkt.extract(hdr.h); q.apply(hdr.h.a); hdr.h.r = 3; transition accept; }",
        apply="if (std.parser_error == error.My) hdr.h.r = 5;",
        types=("error { My } parser Q(in bit<8> x) { state start { verify(x == 2, error.My); transition accept; } }"),
    ),
    Case(
        "13.10 subparser",
        "01 02 03 04 00 05 06 03 07 08",
        parser="Q() q; state start { pkt.extract(hdr.h); q.apply(pkt, hdr.x); hdr.h.r = 3; transition accept; }",
        packet="01 02 03 04 00 05 06 00 07 08",
        types="parser Q(packet_in p, out x_t x) { state start { p.extract(x); transition accept; } }",
    ),
    Case(
        "13.10 subparser ctor",
        "01 02 03 04 00 05 06 07",
        parser="Q(7) q; state start { pkt.extract(hdr.h); q.apply(hdr.h.r); transition accept; }",
        types="parser Q(out bit<8> x)(bit<8> k) { state start { x = k; transition accept; } }",
    ),
    Case(
        "13.10 subparser in",
        "01 02 03 04 00 05 06 07",
        parser="state start { pkt.extract(hdr.h); Q.apply(hdr.h.r, hdr.h.a); transition accept; }",
        types=(
            "parser Q(out bit<8> x, in bit<8> y) { bit<8> z = y + 2; state start { transition select(y) { "
            "1: s1; default: reject; } } state s1 { x = 4 + z; transition accept; } }"
        ),
    ),
    Case(
        "13.10 gen parser",
        "01 02 03 04 00 05 06 02",
        parser="state start { pkt.extract(hdr.h); Q<bit<8>>.apply(hdr.h.b, hdr.h.r); transition accept; }",
        types="parser Q<T>(in T a, out T b) { state start { b = a; transition accept; } }",
    ),
    Case(
        "13.11 value set",
        "01 02 03 04 00 05 06 00",
        parser=(
            "value_set<bit<8>>(4) vs; state start { pkt.extract(hdr.h); transition select(hdr.h.a) { vs: "
            "s1; default: accept; } } state s1 { hdr.h.r = 3; transition accept; }"
        ),
    ),
    Case(
        "13.11 value set struct",
        "01 02 03 04 00 05 06 00",
        parser=(
            '@name("x") value_set<vs_t>(4) vs; state start { pkt.extract(hdr.h); transition select(hdr.h.a, '
            "hdr.h.b) { vs: s1; default: accept; } } state s1 { hdr.h.r = 3; transition accept; }"
        ),
        types="struct vs_t { @match(ternary) bit<8> a; @match(exact) bit<8> b; }",
    ),
    Case(
        "13.11 value set tuple",
        "01 02 03 04 00 05 06 00",
        parser=(
            "value_set<tuple<bit<8>, bit<8>>>(4) vs; state start { pkt.extract(hdr.h); transition "
            "select(hdr.h.a, hdr.h.b) { vs: s1; default: accept; } } state s1 { hdr.h.r = 3; transition "
            "accept; }"
        ),
    ),
    Case(
        "13.11 value set enum",
        "01 02 03 04 00 05 06 00",
        parser=(
            "value_set<e_t>(4) vs; state start { pkt.extract(hdr.h); transition select((e_t)hdr.h.a) { vs: "
            "s1; e_t.b : accept; default: accept; } } state s1 { hdr.h.r = 3; transition accept; }"
        ),
        types="enum bit<8> e_t { b = 3 }",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_parsers(case: Case) -> None:
    assert case.run() == case.result
