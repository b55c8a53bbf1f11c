"""Header unions: one member at most is valid (P4_16 §8.21). Oracle: results by hand from the specification."""

from __future__ import annotations

import pytest

from tests.compiler.programs import compile_text, program, run, send

PARSER = "state start { pkt.extract(hdr.h); pkt.extract(hdr.x); transition accept; }"
STATE = "hdr.h.r = (u.a.isValid() ? 8w1 : 0) + (u.b.isValid() ? 8w2 : 0) + (u.isValid() ? 8w4 : 0);"


@pytest.mark.parametrize(
    ("statements", "state"),
    [
        ("u.a.setValid(); u.b.setValid();", 6),
        ("u.a.setValid(); u.b.setInvalid();", 0),
        ("u.a.setValid(); u.b = {#};", 0),
        ("u.a.setValid(); u.b = hdr.x;", 6),
        ("u.a.setValid(); u.b = hdr.y;", 0),
        ("u.a.setValid(); U w; u = w;", 0),
        ("U w; w.b.setValid(); u.a.setValid(); u = w;", 6),
        ("u.a.setValid(); u = {#};", 0),
        ("u.a.setValid(); u.b = u.a;", 6),
        ("s[hdr.h.b - 1].a.setValid(); s[hdr.h.a].b.setInvalid(); u = s[1];", 0),
        ("s[1].a.setValid(); s[hdr.h.a].b = hdr.x; u = s[1];", 6),
    ],
)
def test_which_member_is_valid(statements: str, state: int) -> None:
    types = "header_union U { x_t a; x_t b; }"
    out = run(statements + STATE, "01 02 03 04 00 05 06 00 11 12", types=types, locals="U u; U[2] s;", parser=PARSER)
    assert out == f"01 02 03 04 00 05 06 {state:02x} 11 12"


def test_a_table_that_assigns_a_member_is_applied_after_what_stands_before_it() -> None:
    out = run(
        "u.a.setValid(); hdr.h.r = (u.a.isValid() ? 8w1 : 0) + (t.apply().hit ? 8w2 : 4) + (u.a.isValid() ? 8w8 : 0);",
        "01 02 03 04 00 05 06 00 11 12",
        types="header_union U { x_t a; x_t b; }",
        locals="U u; action ac() { u.b = hdr.x; } table t { actions = { ac; } default_action = ac(); }",
        parser=PARSER,
    )
    assert out == "01 02 03 04 00 05 06 05 11 12"


def test_members_that_a_function_is_given_are_copied() -> None:
    out = run(
        "u.a.setValid(); f(u.b, u.a);" + STATE,
        "01 02 03 04 00 05 06 00 11 12",
        types="""header_union U { x_t a; x_t b; }
        void f(inout x_t p, inout x_t q) { p.setValid(); if (!q.isValid()) { q.setInvalid(); p.setInvalid(); } }""",
        locals="U u;",
        parser=PARSER,
    )
    assert out == "01 02 03 04 00 05 06 05 11 12"  # q is copied out last


def test_a_union_variable_may_have_the_name_of_a_header_union() -> None:
    types = """header_union U { x_t a; x_t b; }
    control K(inout x_t x) { U u; U[2] s; apply { u.a = x; s[1] = u; x = s[1].a; } }"""
    text = program(
        "k.apply(hdr.x); u.b = hdr.x; s[0] = u; hdr.h.r = s[0].b.v;", types=types, locals="K() k; U u; U[2] s;"
    )
    assert send(text, "01 02 03 04 00 05 06 00 11 12").startswith("01 02 03 04 00 05 06 00")
    headers = [header["name"] for header in compile_text(text)["headers"]]
    assert len(headers) == len(set(headers))
