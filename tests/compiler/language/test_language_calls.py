"""Calls (P4_16 §6.8, §8.22), functions (§10), parameters of constructors (§15).

Oracle: results by hand, from the section of the specification that each name begins with.
"""

from __future__ import annotations

import pytest

from tests.compiler.language.case import Case

CASES = [
    Case(
        "6.8 spec f(a,g(a))",
        "02 02 03 04 00 05 06 01",
        apply="f(hdr.h.r, g(hdr.h.a)); hdr.h.r = hdr.h.r;",
        types=("bit<8> g(inout bit<8> z) { z = z + 1; return z; } void f(inout bit<8> x, in bit<8> y) { x = y - 1; }"),
    ),
    Case(
        "6.8 spec f(a,g(a)) 2",
        "05 02 03 04 00 05 06 00",
        apply="f(hdr.h.a, g(hdr.h.a));",
        types=(
            "bit<8> g(inout bit<8> z) { z = z + 1; return z; } void f(inout bit<8> x, in bit<8> y) { x = x + y + 2; }"
        ),
    ),
    Case(
        "6.8 named order",
        "03 02 03 04 00 05 06 02",
        apply="f(y = g(hdr.h.a), x = g(hdr.h.a), z = hdr.h.r);",
        types=(
            "bit<8> g(inout bit<8> v) { v = v + 1; return v; } void f(in bit<8> x, in bit<8> y, out bit<8> "
            "z) { z = y; }"
        ),
    ),
    Case(
        "6.8 named copyout",
        "01 02 03 04 00 05 06 01",
        apply="f(y = hdr.h.r, x = hdr.h.r);",
        types="void f(out bit<8> x, out bit<8> y) { x = 1; y = 2; }",
    ),
    Case(
        "6.8 out hdr invalid",
        "01 02 03 04 00 05 06 01",
        apply="hdr.x = {1,2}; f(hdr.x); if (!hdr.x.isValid()) hdr.h.r = 1;",
        types="void f(out x_t x) { }",
    ),
    Case(
        "6.8 dontcare out",
        "01 02 03 04 00 05 06 06",
        apply="f(_); hdr.h.r = 6;",
        types="void f(out bit<8> x) { x = 1; }",
    ),
    Case(
        "6.8 dl chain",
        "01 02 03 04 00 05 06 09",
        apply="hdr.h.r = f(8);",
        types="bit<8> g(bit<8> k) { return k + 1; } bit<8> f(bit<8> k) { return g(k); }",
    ),
    Case(
        "6.8 dl int", "01 02 03 04 00 05 06 10", apply="hdr.h.r = f(3);", types="bit<8> f(int k) { return 8w2 << k; }"
    ),
    Case(
        "6.8 dl ctl",
        "01 02 03 04 00 05 06 03",
        apply="c.apply(hdr.h.r, 3);",
        types=(
            "control G(inout bit<8> h, bit<8> k) { apply { h = k; } } control F(inout bit<8> h, bit<8> k) { "
            "G() g; apply { g.apply(h, k); } }"
        ),
        locals="F() c;",
    ),
    Case(
        "6.8 ext param",
        "01 02 03 04 00 05 06 07",
        apply="c.apply(hdr.h.r, r1);",
        types="control G(inout bit<8> h, register<bit<8>> r) { apply { r.write(0, 7); r.read(h, 0); } }",
        locals="register<bit<8>>(4) r1; G() c;",
    ),
    Case(
        "6.8 inout exit",
        "01 02 03 04 00 05 06 09",
        apply="a(hdr.h.r); hdr.h.r = 1;",
        locals="action a(inout bit<8> x) { x = 9; exit; }",
    ),
    Case(
        "10 infer partial",
        "01 02 03 04 00 05 06 05",
        apply="set(hdr.h.r, 5);",
        types="void set<T>(out T x, in T y) { x = y; }",
    ),
    Case(
        "10 infer two",
        "01 02 03 04 00 05 06 05",
        apply="bit<8> q = pick(8w5, true); hdr.h.r = q;",
        types="T pick<T, U>(in T x, in U y) { return x; }",
    ),
    Case(
        "10 generic call generic",
        "01 02 03 04 00 05 06 05",
        apply="hdr.h.r = id2(8w5);",
        types="T id<T>(in T x) { return x; } T id2<T>(in T x) { return id(x); }",
    ),
    Case(
        "10 generic ret struct",
        "01 02 03 04 00 05 06 05",
        apply="hdr.h.r = mk(8w5).f;",
        types="struct b_t<T> { T f; } b_t<T> mk<T>(in T x) { b_t<T> r; r.f = x; return r; }",
    ),
    Case(
        "10 generic tuple",
        "01 02 03 04 00 05 06 05",
        apply="hdr.h.r = fst({8w5, true});",
        types="A fst<A, B>(in tuple<A, B> t) { return t[0]; }",
    ),
    Case(
        "10 fn calls fn in cond",
        "01 02 03 04 00 05 06 03",
        apply="if (f(hdr.h.a) > 1 && f(f(hdr.h.a)) == 3) hdr.h.r = f(2);",
        types="bit<8> f(in bit<8> x) { return x + 1; }",
    ),
    Case(
        "10 fn local const",
        "01 02 03 04 00 05 06 03",
        apply="hdr.h.r = f();",
        types="bit<8> f() { const bit<8> K = 3; bit<8> q = K; return q; }",
    ),
    Case(
        "10 tuple fn",
        "01 02 03 04 00 05 06 03",
        apply="hdr.h.r = f({1,2})[0] + f({1, 2})[1];",
        types="tuple<bit<8>, bit<8>> f(in tuple<bit<8>, bit<8>> t) { return t; }",
    ),
    Case(
        "10 struct fn",
        "01 02 03 04 00 05 06 03",
        apply="hdr.h.r = f({1,2}).a + f({b=2, a=1}).b;",
        types="struct S { bit<8> a; bit<8> b; } S f(in S t) { return t; }",
    ),
    Case(
        "10 fun default",
        "01 02 03 04 00 05 06 0a",
        apply="hdr.h.r = f(3) + f(a = 2, b = 3);",
        types="bit<8> f(in bit<8> a, in bit<8> b = 2) { return a + b; }",
    ),
    Case(
        "10 fun default2",
        "01 02 03 04 00 05 06 0c",
        apply="hdr.h.r = f(a = 1, c = 4);",
        types="bit<8> f(in bit<8> a, in bit<8> b = 7, in bit<8> c) { return a + b + c; }",
    ),
    Case(
        "10 fun overload",
        "01 02 03 04 00 05 06 06",
        apply="hdr.h.r = f() + f(2) + f(b = 3);",
        types=(
            "bit<8> f() { return 1; } bit<8> f(in bit<8> a) { return a; } bit<8> f(in bit<8> b, in bit<8> c "
            "= 0) { return b; }"
        ),
    ),
    Case(
        "10 fun generic",
        "01 02 03 04 00 05 06 05",
        apply="hdr.h.r = id(8w5); hdr.h.w = id<bit<16>>(5);",
        types="T id<T>(in T x) { return x; }",
    ),
    Case(
        "10 fun generic2",
        "01 02 03 04 00 05 06 02",
        apply=("p_t<bit<8>, bit<16>> p = {2, 5}; p_t<bit<16>, bit<8>> q = swap(p); hdr.h.r = q.b; hdr.h.w = q.a;"),
        types=("struct p_t<A, B> { A a; B b; } p_t<B, A> swap<A, B>(in p_t<A, B> p) { return (p_t<B, A>){p.b, p.a}; }"),
    ),
    Case(
        "10 generic fn hdr",
        "01 02 03 04 00 05 06 01",
        apply="x_t q = {1,2}; x_t q2 = id(q); if (q2.isValid()) hdr.h.r = q2.v;",
        types="T id<T>(in T x) { T y = x; return y; }",
    ),
    Case("10 void fn", "01 02 03 04 00 05 06 02", apply="f(hdr.h.r);", types="void f(out bit<8> x) { x = 2; return; }"),
    Case(
        "14.1 type in action param",
        "01 02 03 04 00 05 06 03",
        apply="t1.apply();",
        types="type bit<8> U; enum bit<8> e_t { a = 1, b = 3 }",
        locals=(
            "action x(U u, e_t e) { hdr.h.r = (bit<8>)u + e; } table t1 { actions = { x; } const "
            "default_action = x((U)0, e_t.b); }"
        ),
    ),
    Case(
        "14.1 struct action in",
        "01 02 03 04 00 05 06 03",
        apply="x({1, 2});",
        types="struct s_t { bit<8> a; bit<8> b; }",
        locals="action x(in s_t s) { hdr.h.r = s.a + s.b; }",
    ),
    Case(
        "14.1 hdr param by struct",
        "01 02 03 04 00 05 06 03",
        apply="x(hdr.h);",
        locals="action x(inout h_t s) { s.r = 3; }",
    ),
    Case(
        "14.1 action default", "01 02 03 04 00 05 06 02", apply="a(2); ", locals="action a(bit<8> x) { hdr.h.r = x; }"
    ),
    Case(
        "14.1 action dir",
        "03 02 03 04 00 05 06 09",
        apply="a(hdr.h.a, hdr.h.r, 9); ",
        locals="action a(inout bit<8> i, out bit<8> o, bit<8> x) { i = i + 2; o = x; }",
    ),
    Case(
        "14.1 action calls action",
        "01 02 03 04 00 05 06 07",
        apply="a();",
        locals="action b(inout bit<8> x) { x = x + 7; } action a() { b(hdr.h.r); }",
    ),
    Case(
        "14.1 top action", "01 02 03 04 00 05 06 07", apply="ta(hdr.h.r);", types="action ta(inout bit<8> x) { x = 7; }"
    ),
    Case("14.1 NoAction stmt", "01 02 03 04 00 05 06 00", apply="NoAction();"),
    Case(
        "14.4 apply nested ctl",
        "01 02 03 04 00 05 06 03",
        apply="c.apply(hdr.h.r);",
        types=(
            "control A1(inout bit<8> r) { apply { r = r + 1; } } control B1(inout bit<8> r) { A1() a; A1() "
            "b; apply { a.apply(r); b.apply(r); a.apply(r); } }"
        ),
        locals="B1() c;",
    ),
    Case(
        "14.4 exit nested",
        "01 02 03 04 00 05 06 01",
        apply="c.apply(hdr.h.r); hdr.h.r = 9;",
        types=(
            "control A1(inout bit<8> r) { apply { r = r + 1; exit; } } control B1(inout bit<8> r) { A1() a; "
            "apply { a.apply(r); r = 7; } }"
        ),
        locals="B1() c;",
    ),
    Case(
        "14.4 ctl default",
        "01 02 03 04 00 05 06 03",
        apply="c.apply(hdr.h.r);",
        types="control G(inout bit<8> h, in bit<8> k = 3) { apply { h = k; } }",
        locals="G() c;",
    ),
    Case(
        "14.4 ctl named",
        "01 02 03 04 00 05 06 04",
        apply="c.apply(k = 4, h = hdr.h.r);",
        types="control G(inout bit<8> h, in bit<8> k = 3) { apply { h = k; } }",
        locals="G() c;",
    ),
    Case(
        "14.4 gen control",
        "02 02 03 04 00 02 06 00",
        apply="g.apply(hdr.h.a, hdr.h.b); G<bit<16>>.apply(hdr.h.w, 2);",
        types="control G<T>(inout T x, in T y) { apply { x = y; } }",
        locals="G<bit<8>>() g;",
    ),
    Case(
        "14.4 direct app",
        "01 02 03 04 00 05 06 05",
        apply="K.apply(hdr.h.r);",
        types="control K(inout bit<8> x) { apply { x = 5; } }",
    ),
    Case(
        "15 abstract",
        "01 02 03 04 00 05 06 01",
        apply="hdr.h.r = 1;",
        types=(
            "extern Bal { Bal(); bit<32> getFlowCount(); abstract bit<4> on_new_flow(in bit<32> address); "
            "@optional abstract void opt(); }\ncontrol abc() { Bal() b = { bit<4> on_new_flow(in bit<32> "
            "address) { bit<32> count = this.getFlowCount(); return (address + count)[3:0]; } }; apply {} }"
        ),
    ),
    Case(
        "15 list ctor",
        "01 02 03 04 00 05 06 01",
        apply="hdr.h.r = 1;",
        types=(
            "struct pair_t { bit<16> a; bit<32> b; } extern Ex { Ex(list<pair_t> data); void run(); "
            "}\ncontrol ab() { Ex((list<pair_t>) {{2, 3}, {4, 5}}) e; apply { e.run(); } }"
        ),
    ),
    Case(
        "15 tuple ext",
        "01 02 03 04 00 05 06 01",
        apply="hdr.h.r = 1;",
        types=(
            "extern LP<T> { LP(); void learn(in T data); } control ab(inout headers_t h) { LP<tuple<bit<8>, "
            "bit<16>>>() lp; apply { lp.learn( { h.h.a, h.h.w } ); } }"
        ),
    ),
    Case(
        "15 pkg opt",
        "01 02 03 04 00 05 06 01",
        apply="hdr.h.r = 1;",
        types=(
            "struct Em {} control nothing(inout Em h, inout Em m) { apply {} } parser pProto<H, "
            "M>(packet_in p, out H h, inout M m); control cProto<H, M>(inout H h, inout M m); package "
            "pack<HP, MP, HC, MC>(@optional pProto<HP, MP> _parser, cProto<HC, MC> _control = nothing()); "
            "pack() mainx;"
        ),
    ),
    Case(
        "15 register T",
        "01 02 03 04 00 05 06 01",
        apply="hdr.h.r = 1;",
        types=(
            "extern Reg<T> { Reg(bit<32> size); T read(bit<32> index); void write(bit<32> index, T value); "
            "} Reg<bit<32>>(128) rb; control ab(inout bit<32> x) { apply { x = rb.read(3); rb.write(3, 5); "
            "} }"
        ),
    ),
    Case(
        "15 ctor",
        "01 02 03 04 00 05 06 09",
        apply="k.apply(hdr.h.r); ",
        types="control K(inout bit<8> r)(bit<8> v, bool b) { apply { if (b) r = v; } }",
        locals="K(9, true) k;",
    ),
    Case(
        "15 ctor named",
        "01 02 03 04 00 05 06 09",
        apply="k.apply(hdr.h.r); ",
        types="control K(inout bit<8> r)(bit<8> v, bool b = true) { apply { if (b) r = v; } }",
        locals="K(v = 9) k;",
    ),
    Case(
        "15 ctor overload",
        "05 fd 03 04 00 05 06 00",
        apply="d1.apply(hdr.h.a); d2.apply(hdr.h.b);",
        types=(
            "control d(out bit<8> x)(bit<8> a) { apply { x = a; } } control d(out bit<8> x)(bit<8> b) { "
            "apply { x = -b; } }"
        ),
        locals="d(a = 5) d1; d(b = 3) d2;",
    ),
    Case(
        "15 ctor expr arg",
        "01 02 03 04 00 05 06 09",
        apply="k.apply(hdr.h.r); ",
        types=(
            "control K(inout bit<8> r)(bit<8> v) { bit<(4+4)> q = v + 1; const bit<8> w = 1; table t { key "
            "= { r: exact; } actions = { NoAction; } size = 10; } apply { r = q + w; t.apply(); } }"
        ),
        locals="K(3 + 4) k;",
    ),
    Case(
        "15 gen control ctor",
        "05 02 03 04 00 05 06 00",
        apply="g.apply(hdr.h.a);",
        types="control G<T>(inout T x)(T y) { apply { x = y; } }",
        locals="G(8w5) g;",
    ),
    Case(
        "15 ctl in ctor",
        "01 02 03 04 00 05 06 05",
        apply="b.apply(hdr.h.r);",
        types=(
            "control A1(inout bit<8> h)(bit<8> k) { apply { h = k; } } control B1(inout bit<8> h)(A1 a) { "
            "apply { a.apply(h); } }"
        ),
        locals="B1(A1(5)) b;",
    ),
    Case(
        "15 ext ctor param",
        "01 02 03 04 00 05 06 07",
        apply="c.apply(hdr.h.r);",
        types="control G(inout bit<8> h)(register<bit<8>> r) { apply { r.write(0, 7); r.read(h, 0); } }",
        locals="register<bit<8>>(4) r1; G(r1) c;",
    ),
    Case(
        "15 top ext",
        "01 02 03 04 00 05 06 07",
        apply="r1.write(0, 7); r1.read(hdr.h.r, 0);",
        types="register<bit<8>>(4) r1;",
    ),
    Case(
        "v1model register",
        "01 02 03 04 00 05 06 06",
        apply="bit<8> x; r1.write(0, 6); r1.read(x, 0); hdr.h.r = x;",
        locals="register<bit<8>>(4) r1;",
    ),
    Case(
        "v1model register out fld",
        "01 02 03 04 00 05 06 06",
        apply="r1.write(index = 0, value = 6); r1.read(index = 0, result = hdr.h.r);",
        locals="register<bit<8>>(4) r1;",
    ),
    Case(
        "v1model hash",
        "01 02 03 04 00 0a 06 00",
        apply="hash(hdr.h.w, HashAlgorithm.identity, 16w10, {hdr.h.a}, 16w1);",
    ),
    Case(
        "v1model clone forms",
        "01 02 03 04 00 05 06 00",
        apply="clone(CloneType.I2E, 32w5); clone_preserving_field_list(CloneType.I2E, 5, 1);",
        types="",
        meta="@field_list(1) bit<8> m; bit<8> n;",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_calls(case: Case) -> None:
    assert case.run() == case.result
