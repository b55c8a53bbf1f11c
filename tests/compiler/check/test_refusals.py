"""What the language forbids, rule by rule: the kind of error and the text that is marked.

Oracle: the sections of the P4_16 specification that the cases name; p4c refuses each of these programs too, with the
same kind of error but for a few (and but for those marked "p4c takes it", where the specification is clear).
"""

from __future__ import annotations

import pytest

from tests.compiler.check.checking import reports
from tests.compiler.programs import program

EXPRESSIONS = [
    # §8.5, §8.6: operands of one type
    ("hdr.h.a = hdr.h.a + hdr.h.w;", "type-error", "hdr.h.a + hdr.h.w"),
    ("hdr.h.a = hdr.h.a & (bit<8>)hdr.h.s & hdr.h.s;", "type-error", "hdr.h.a & (bit<8>)hdr.h.s & hdr.h.s"),
    ("hdr.h.a = hdr.h.a + true;", "type-error", "true"),
    ("hdr.h.s = hdr.h.s / 2;", "type-error", "hdr.h.s / 2"),
    ("hdr.h.a = -true ? 8w1 : 2;", "type-error", "-true"),
    ("hdr.h.a = ~5;", "invalid", "~5"),
    ("hdr.h.a = !hdr.h.a ? 8w1 : 2;", "type-error", "!hdr.h.a"),
    ("hdr.h.a = (bit<8>)(5 |+| 6);", "invalid", "5 |+| 6"),
    ("hdr.h.w = hdr.h.a ++ 1;", "type-error", "1"),
    ("if (hdr.h.a && true) { }", "type-error", "hdr.h.a"),
    ("if (hdr.h == hdr.x) { }", "type-error", "hdr.h == hdr.x"),
    ("if (hdr.h.a < true) { }", "type-error", "true"),
    # §8.5 shifts
    ("hdr.h.a = hdr.h.a << -1;", "invalid", "hdr.h.a << -1"),
    ("hdr.h.a = hdr.h.a << hdr.h.s;", "type-error", "hdr.h.s"),
    ("hdr.h.a = (bit<8>)(1 << hdr.h.a);", "type-error", "1"),
    # §8.5.1 conditional
    ("hdr.h.a = hdr.h.a ? 8w1 : 2;", "type-error", "hdr.h.a"),
    ("hdr.h.a = hdr.h.a == 1 ? 8w1 : hdr.h.w;", "type-error", "hdr.h.a == 1 ? 8w1 : hdr.h.w"),
    # §8.6 slices
    ("hdr.h.a[8:1] = hdr.h.b;", "type-error", "hdr.h.a[8:1]"),
    ("hdr.h.b = hdr.h.a[1:3] ++ 5w1;", "type-error", "hdr.h.a[1:3]"),
    ("hdr.h.b[0:0] = hdr.h.a[hdr.h.b:0];", "type-error", "hdr.h.b"),
    # §8.11 casts
    ("hdr.h.a = hdr.h.w;", "type-error", "hdr.h.w"),
    ("hdr.h.a = (bit<8>)hdr.h.isValid();", "type-error", "(bit<8>)hdr.h.isValid()"),
    ("hdr.h.s = (int<8>)hdr.h.w;", "type-error", "(int<8>)hdr.h.w"),
    ("bool t = (bool)hdr.h.a;", "type-error", "(bool)hdr.h.a"),
    ("bool t = (bool)2;", "invalid", "(bool)2"),
    ("if (hdr.h.a) { }", "type-error", "hdr.h.a"),
    # §8.12, §8.13 lists and struct expressions
    ("hdr.x = { 1 };", "type-error", "{ 1 }"),
    ("hdr.x = { 1, 2, 3 };", "type-error", "{ 1, 2, 3 }"),
    ("hdr.x = { v = 1 };", "type-error", "{ v = 1 }"),
    ("hdr.x = { v = 1, u = 2, t = 3 };", "type-error", "3"),
    ("hdr.x = { v = 1, v = 2 };", "duplicate", "v"),
    ("hdr.h.a = {#};", "type-error", "{#}"),
    ("tuple<bit<8>, bool> t = { 1, true }; hdr.h.a = t[2];", "type-error", "2"),
    ("tuple<bit<8>, bool> t = { 1, true }; hdr.h.a = t[hdr.h.b];", "type-error", "hdr.h.b"),
    # §8.2, §8.17, §8.18 members
    ("hdr.h.a = hdr.h.z;", "type-error", "z"),
    ("hdr.h.a = hdr.h.a.b;", "type-error", "hdr.h.a.b"),
    ("hdr.st[3].v = 1;", "type-error", "3"),
    ("hdr.st.next.v = 1;", "type-error", "hdr.st.next"),
    ("hdr.st.push_front(hdr.h.a);", "type-error", "hdr.h.a"),
    ("hdr.h.a = error.Nope == error.NoError ? 8w1 : 2;", "type-error", "Nope"),
    ("hdr.setValid();", "type-error", "setValid"),
    # §6.6 l-values
    ("hdr.st.size = 2;", "type-error", "hdr.st.size"),
    # §6.10 names
    ("hdr.h.a = nothing;", "not-found", "nothing"),
    ("nothing(1);", "not-found", "nothing"),
    ("nothing.apply();", "not-found", "nothing"),
    ("bit<8> k = 1; bit<16> k = 2; hdr.h.a = k;", "duplicate", "k"),
    ("bit<8> k = k; hdr.h.a = k;", "not-found", "k"),
    ("bit<8> hdr = 1; meta.m = hdr;", "shadow", "hdr"),
]


@pytest.mark.parametrize(("statement", "kind", "marked"), EXPRESSIONS, ids=lambda value: value if ";" in value else "")
def test_wrong_statement(statement: str, kind: str, marked: str) -> None:
    errors = [said for said in reports(program(statement)) if not said[0].startswith("warning")]
    assert errors == [(kind, marked)]


CALLS = [
    # §6.8, §8.20: arguments
    ("void f(in bit<8> x) { }", "f();", "type-error", "f()"),
    ("void f(in bit<8> x) { }", "f(1, 2);", "type-error", "2"),
    ("void f(in bit<8> x) { }", "f(y = 1);", "type-error", "y = 1"),
    ("void f(in bit<8> x, in bit<8> y) { }", "f(1, y = 2);", "invalid", "f(1, y = 2)"),
    ("void f(in bit<8> x, in bit<8> y) { }", "f(x = 1, x = 2);", "duplicate", "x = 2"),
    ("void f(out bit<8> x) { x = 1; }", "f(3);", "type-error", "3"),
    ("void f(out bit<8> x) { x = 1; }", "f(hdr.h.w);", "type-error", "hdr.h.w"),
    ("void f(inout bit<8> x) { }", "f(hdr.h.a + 1);", "type-error", "hdr.h.a + 1"),
    ("void f(in bit<8> x) { }", "f(_);", "type-error", "_"),
    ("void f(in bit<8> x) { }", "f(hdr.h.w);", "type-error", "hdr.h.w"),
    ("void f(in bit<8> x) { }", "f<bit<8>>(1);", "type-error", "f<bit<8>>(1)"),
    ("T f<T>(in T x) { return x; }", "hdr.h.a = f<bit<8>>(hdr.h.w);", "type-error", "hdr.h.w"),
    ("T f<T>(in T x) { return x; }", "hdr.h.a = f(hdr.h.w);", "type-error", "f(hdr.h.w)"),
    # §10 functions
    ("void f(in bit<8> x) { x = 1; }", "f(1);", "type-error", "x"),
    ("bit<8> f() { }", "hdr.h.a = f();", "insufficient", "f"),
    ("bit<8> f(in bool b) { if (b) { return 1; } }", "hdr.h.a = f(true);", "insufficient", "f"),
    ("bit<8> f() { return true; }", "hdr.h.a = f();", "type-error", "true"),
    ("bit<8> f() { return; }", "hdr.h.a = f();", "type-error", "return;"),
    ("void f() { return 1; }", "f();", "type-error", "1"),
    ("bit<8> f(in bit<8> x) { return f(x); }", "hdr.h.a = f(1);", "not-found", "f"),
    ("T f<T>(in T x) { return x + 1; }", "hdr.h.a = f(hdr.h.b);", "type-error", "x"),
]


@pytest.mark.parametrize(
    ("function", "statement", "kind", "marked"), CALLS, ids=lambda value: value if ";" in value else ""
)
def test_wrong_call(function: str, statement: str, kind: str, marked: str) -> None:
    errors = [said for said in reports(program(statement, types=function)) if not said[0].startswith("warning")]
    assert errors == [(kind, marked)]


CONTROLS = [
    # §14.1 actions
    ("action a(bit<8> x, in bit<8> y) { }", "a(1, 2);", "type-error", "x"),
    ("action a() { return 1; }", "a();", "type-error", "1"),
    ("action a(in bit<8> x) { x = 1; }", "a(1);", "type-error", "x"),
    ("action a(bit<8> x) { x = 1; }", "a(1);", "type-error", "x"),
    # §14.2 tables
    ("table t { key = { hdr.h.a : exact; } }", "t.apply();", "expected", "t"),
    ("table t { actions = { nope; } }", "t.apply();", "not-found", "nope"),
    ("bit<8> k; table t { actions = { k; } }", "k = 1; t.apply();", "type-error", "k"),
    ("table t { key = { hdr.h : exact; } actions = { NoAction; } }", "t.apply();", "type-error", "hdr.h"),
    ("table t { key = { hdr.h.a : fuzzy; } actions = { NoAction; } }", "t.apply();", "not-found", "fuzzy"),
    ("table t { key = { hdr.h.a + 1 : exact; } actions = { NoAction; } }", "t.apply();", "expected", "hdr.h.a + 1"),
    ("table t { actions = { NoAction; NoAction; } }", "t.apply();", "duplicate", "NoAction"),
    ("table t { actions = { NoAction; } size = hdr.h.w; }", "t.apply();", "invalid", "hdr.h.w"),
    ("action a(in bit<8> x) { } table t { actions = { a; } }", "t.apply();", "type-error", "a"),
    ("action a(bit<8> x) { } table t { actions = { a(1); } }", "t.apply();", "type-error", "1"),
    ("action a() { } table t { actions = { NoAction; } default_action = a(); }", "t.apply();", "type-error", "a()"),
    (
        "action a(in bit<8> x) { } table t { actions = { a(hdr.h.a); } default_action = a(hdr.h.b); }",
        "t.apply();",
        "type-error",
        "hdr.h.b",
    ),
    (
        "table t { key = { hdr.h.a : exact; } actions = { NoAction; } entries = { 1 : NoAction(); 2 : NoAction(3); } }",
        "t.apply();",
        "type-error",
        "3",
    ),
    (
        "table t { key = { hdr.h.a : exact; } actions = { NoAction; } entries = { 1 &&& 3 : NoAction(); } }",
        "t.apply();",
        "invalid",
        "1 &&& 3",
    ),
    (
        "table t { key = { hdr.h.a : ternary; } actions = { NoAction; } entries = { 1 .. 3 : NoAction(); } }",
        "t.apply();",
        "invalid",
        "1 .. 3",
    ),
    (
        "table t { key = { hdr.h.a : exact; } actions = { NoAction; } entries = { hdr.h.b : NoAction(); } }",
        "t.apply();",
        "invalid",
        "hdr.h.b",
    ),
    ("table t { actions = { NoAction; } }", "t.apply()();", "type-error", "t.apply()"),
    ("table t { actions = { NoAction; } }", "if (t.apply()) { }", "type-error", "t.apply()"),
    ("table t { actions = { NoAction; } }", "if (t.apply().hit == 1) { }", "type-error", "t.apply().hit == 1"),
    ("table t { actions = { NoAction; } } action a() { t.apply(); }", "a();", "type-error", "t.apply()"),
    # §12.7 switch
    (
        "action a() { } table t { actions = { NoAction; } }",
        "switch (t.apply().action_run) { a: { } }",
        "type-error",
        "a",
    ),
    (
        "table t { actions = { NoAction; } }",
        "switch (t.apply().action_run) { NoAction: { } NoAction: { } }",
        "invalid",
        "NoAction",
    ),
    ("", "switch (hdr.h.a) { 1: { } 2: { } 1: { } }", "invalid", "1"),
    ("", "switch (hdr.h.a) { default: { } 2: { } }", "invalid", "2"),
    ("", "switch (hdr.h.a) { true: { } }", "type-error", "true"),
    ("", "switch (hdr.h.a) { hdr.h.b: { } }", "type-error", "hdr.h.b"),
    ("", "switch (hdr.h) { default: { } }", "type-error", "hdr.h"),
    # §12.8 loops
    ("", "break;", "invalid", "break;"),
    ("", "continue;", "invalid", "continue;"),
    ("", "for (bit<8> i = 0; i + 1; i = i + 1) { }", "type-error", "i + 1"),
    # §11.3 instances
    ("counter(hdr.h.w, CounterType.bytes) c;", "c.count(1);", "type-error", "hdr.h.w"),
    ("counter(1) c;", "c.count(1);", "type-error", "c"),
    ("counter(1, CounterType.bytes) c;", "c.counts(1);", "type-error", "c.counts(1)"),
    ("counter(1, CounterType.bytes) c;", "c.count(hdr);", "type-error", "hdr"),
    ("register<bit<8>>(4) r;", "bit<16> v; r.read(v, 0);", "type-error", "v"),
    ("register<bit<8>>(4) r;", "r = r;", "type-error", "r"),
    ("counter<bit<32>>(1, CounterType.bytes) c;", "", "type-error", "counter<bit<32>>"),
    ("packet_in p;", "", "type-error", "p"),
]


@pytest.mark.parametrize(("local", "statement", "kind", "marked"), CONTROLS)
def test_wrong_control(local: str, statement: str, kind: str, marked: str) -> None:
    errors = [said for said in reports(program(statement, locals=local)) if not said[0].startswith("warning")]
    assert errors == [(kind, marked)]


PARSERS = [
    # §13
    ("state start { transition nowhere; }", "not-found", "nowhere"),
    ("state begin { transition accept; }", "invalid", "P"),
    ("state start { transition accept; } state start { transition accept; }", "duplicate", "start"),
    ("state start { transition start; }", "unreachable", "P"),
    ("state start { transition select(hdr.h.a) { true: accept; } }", "type-error", "true"),
    ("state start { transition select(hdr.h.a) { (1, 2): accept; } }", "type-error", "1, 2"),
    (
        "state start { transition select(hdr.h.a, hdr.h.b) { (1, 2, 3): accept; default: accept; } }",
        "type-error",
        "1, 2, 3",
    ),
    ("state start { transition select(hdr.h.a) { hdr.h.b: accept; } }", "invalid", "hdr.h.b"),
    ("state start { transition select(hdr.h) { default: accept; } }", "type-error", "hdr.h"),
    ("state start { transition select(true) { 1 &&& 1: accept; } }", "type-error", "1 &&& 1"),
    ("state start { pkt.extract(meta.m); transition accept; }", "type-error", "meta.m"),
    ("state start { pkt.extract(hdr.h, 8); transition accept; }", "type-error", "hdr.h"),
    ("state start { meta.m = pkt.lookahead(); transition accept; }", "type-error", "pkt.lookahead()"),
    ("state start { pkt.emit(hdr.h); transition accept; }", "type-error", "pkt.emit(hdr.h)"),
    ("state start { NoAction(); transition accept; }", "type-error", "NoAction()"),
]


@pytest.mark.parametrize(("states", "kind", "marked"), PARSERS)
def test_wrong_parser(states: str, kind: str, marked: str) -> None:
    errors = [said for said in reports(program(parser=states)) if not said[0].startswith("warning")]
    assert errors == [(kind, marked)]


DECLARATIONS = [
    # §7.1 to §7.3
    ("struct b_t { h_t[2][2] x; }", "type-error", "h_t[2][2]"),
    ("control q_t<p>(inout bit<8> p) { apply { } }", "duplicate", "p"),
    ("control q_t<T>(inout T x) { apply { } } control r_t() { q_t() q; apply { } }", "type-error", "q"),
    ("control q_t<T>(inout T x) { apply { x = x + 1; } }", "type-error", "x"),
    ("control q_t()(bit<8> k) { apply { } } control q_t()(bit<8> k) { apply { } }", "duplicate", "q_t"),
    ("T id<T>(T x) { return x; } control r_t(inout bit<8> y) { apply { y = id(255); } }", "type-error", "id(255)"),
    ("void f<T>(T x) { } control q_t() { apply { } } control r_t() { q_t() q; apply { f(q); } }", "type-error", "q"),
    ("@d[1] @d[2] const bit<8> k = 1;", "duplicate", "@d[2]"),
    ("@d(1) @d[2] const bit<8> k = 1;", "duplicate", "@d[2]"),
    ("control q_t(in bit<8> x) { apply { bit<8> y = x[x +: 9]; } }", "type-error", "x[x +: 9]"),
    ("header b_t { b_t x; }", "unsupported", "b_t"),
    ("header b_t { h_t x; }", "type-error", "x"),
    ("header b_t { bit<8> x; bit<4> x; }", "duplicate", "x"),
    ("struct b_t { int x; }", "type-error", "x"),
    ("header_union b_t { bit<8> x; }", "type-error", "x"),
    ("header b_t { int<0> x; }", "invalid", "0"),
    ("header b_t { bit<-1> x; }", "invalid", "-1"),
    ("header b_t { bit<99999999> x; }", "unsupported", "99999999"),
    # p4c takes these two
    ("struct b_t { h_t[-1] x; }", "overlimit", "-1"),
    ("struct b_t { error[2] x; }", "type-error", "error[2]"),
    ("enum e_t { A, B, A }", "duplicate", "A"),
    ("enum bit<8> e_t { A = 1, A = 2 }", "duplicate", "A"),
    ("enum bool e_t { A = true }", "type-error", "bool"),
    ("type h_t n_t;", "type-error", "h_t"),
    ("error { NoError }", "duplicate", "NoError"),
    ("struct g_t<T> { T x; } struct b_t { g_t x; }", "type-error", "g_t"),
    ("struct g_t<T> { T x; } struct b_t { g_t<bit<1>, bit<2>> x; }", "type-error", "g_t<bit<1>, bit<2>>"),
    ("struct b_t { h_t<bit<1>> x; }", "type-error", "h_t<bit<1>>"),
    ("struct h_t { }", "duplicate", "h_t"),
    # §11.1
    ("const bit<8> K = 8w1 + 16w1;", "invalid", "8w1 + 16w1"),
    ("const bit<8> K = K + 1;", "not-found", "K"),
    ("const bit<8> K = 1 / 0;", "invalid", "1 / 0"),
    # §6.8, §7.2.11, §14
    ("control Q(inout bit<8> x)(in bit<8> y) { apply { } }", "invalid", "y"),
    ("control Q(in packet_in p) { apply { } }", "type-error", "p"),
    # p4c takes it
    ("control Q(inout bit<8> x, inout bit<8> x) { apply { } }", "duplicate", "x"),
    ('const bool K = static_assert(1 == 2, "no");', "expected", 'static_assert(1 == 2, "no")'),
    # p4c takes it
    ("extern bit<8> q(in bit<8> x); extern bit<8> q(in bit<16> x);", "duplicate", "q"),
]


@pytest.mark.parametrize(("text", "kind", "marked"), DECLARATIONS)
def test_wrong_declaration(text: str, kind: str, marked: str) -> None:
    errors = [said for said in reports(program(types=text)) if not said[0].startswith("warning")]
    assert errors == [(kind, marked)]


def test_errors_go_on() -> None:
    """Every statement is checked, and what is wrong once is said once."""
    text = program("hdr.h.a = nothing; hdr.h.b = hdr.h.w; bit<8> k = nothing2; hdr.h.a = k + true; meta.z = 1;")
    assert reports(text) == [
        ("not-found", "nothing"),
        ("type-error", "hdr.h.w"),
        ("not-found", "nothing2"),
        ("type-error", "true"),
        ("type-error", "z"),
    ]


def test_wrong_declaration_does_not_make_its_uses_wrong() -> None:
    text = program("k = 1; t.apply();", locals="nope_t k; action a(nope_t x) { } table t { actions = { a; } }")
    assert {kind for kind, _ in reports(text)} <= {"not-found", "syntax"}
