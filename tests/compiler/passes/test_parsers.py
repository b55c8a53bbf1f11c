"""Parser states split and inlined (P4_16 §13). Oracle: results by hand."""

from __future__ import annotations

import pytest

from compiler.passes.split_states import split_states
from tests.compiler.passes.unparse import lowered, states
from tests.compiler.programs import program, run

IN = "01 02 03 04 00 05 06 00"


def test_an_if_becomes_a_select() -> None:
    parser = "state start { if (meta.m == 1) { meta.n = 2; } meta.n = 3; transition accept; }"
    assert states(lowered(program(parser=parser), split_states)) == {
        "start": "-> select((meta.m == 1)) {true: start_true, false: start_false}",
        "start_join": "meta.n = 3; -> accept",
        "start_true": "meta.n = 2; -> start_join",
        "start_false": "-> start_join",
    }


SUB = """
parser Sub(packet_in p, out x_t x, out bit<8> m) {
    bit<8> k = 2;
    state start { k = k + 1; p.extract(x); m = k; transition select(x.v) { 1: reject; default: accept; } }
}
"""


@pytest.mark.parametrize(
    ("parser", "packet", "out"),
    [
        # variables of a parser start anew only where it starts
        (
            "bit<8> k = 0; state start { k = k + 1; meta.m = k; transition select(k) { 2: fin; default: start; } }"
            "state fin { pkt.extract(hdr.h); transition accept; }",
            IN,
            "01 02 03 04 00 05 06 02",
        ),
        # a sub-parser inside an if, used twice; each use starts with fresh variables
        (
            "Sub() s; state start { pkt.extract(hdr.h); if (hdr.h.a == 1) { s.apply(pkt, hdr.x, meta.m); "
            "s.apply(pkt, hdr.y, meta.m); }"
            "transition accept; }",
            f"{IN} 09 08 07 06",
            "01 02 03 04 00 05 06 03 09 08 07 06",
        ),
        # reject inside ends the whole parser
        (
            "Sub() s; state start { pkt.extract(hdr.h); s.apply(pkt, hdr.x, meta.m); meta.m = 9; "
            "pkt.extract(hdr.y); transition accept; }",
            f"{IN} 01 08 07 06",
            "01 02 03 04 00 05 06 03 01 08 07 06",
        ),
        (
            "state start { pkt.extract(hdr.h); transition select(hdr.h.a > 0 && hdr.h.b == 2, hdr.h.s) { "
            "(true, 3..7): y; default: accept; } }"
            "state y { meta.m = 5; transition accept; }",
            IN,
            "01 02 03 04 00 05 06 05",
        ),
        # a signed range through zero
        (
            "state start { pkt.extract(hdr.h); transition select(hdr.h.s) { -3..2: y; default: accept; } } "
            "state y { meta.m = 5; transition accept; }",
            "01 02 03 04 00 05 fe 00",
            "01 02 03 04 00 05 fe 05",
        ),
        (
            "state start { pkt.extract(hdr.h); verify(hdr.h.a > 1, error.StackOutOfBounds); meta.m = 4; "
            "transition accept; }",
            IN, IN),
        # s.last as an l-value and as a whole header
        (
            "state start { pkt.extract(hdr.h); pkt.extract(hdr.st.next); pkt.extract(hdr.st.next); "
            "hdr.st.last.v = 9; transition accept; }",
            f"{IN} 11 12 21 22",
            f"{IN} 11 12 09 22",
        ),
        (
            "state start { pkt.extract(hdr.h); pkt.extract(hdr.st.next); pkt.extract(hdr.st.next); hdr.x = "
            "hdr.st.last; transition accept; }",
            f"{IN} 11 12 21 22",
            f"{IN} 21 22 11 12 21 22",
        ),
    ],
)  # fmt: skip
def test_parsers(parser: str, packet: str, out: str) -> None:
    assert run("hdr.h.r = meta.m;", packet, parser=parser, types=SUB) == out


def test_a_select_without_a_match_raises_no_match() -> None:
    """§13.6; p4c lets BMv2 accept there (tests/golden/README.md)."""
    parser = "state start { pkt.extract(hdr.h); transition select(hdr.h.a) { 7: accept; } }"
    apply = "if (std.parser_error == error.NoMatch) { hdr.h.r = 1; }"
    assert run(apply, IN, parser=parser) == "01 02 03 04 00 05 06 01"
    assert run(apply, "07 02 03 04 00 05 06 00", parser=parser) == "07 02 03 04 00 05 06 00"


def test_a_lookahead_whose_value_is_not_used_still_finds_the_packet_too_short() -> None:
    parser = "state start { pkt.extract(hdr.h); pkt.lookahead<bit<16>>(); transition accept; }"
    apply = "if (std.parser_error == error.PacketTooShort) { hdr.h.r = 1; }"
    assert run(apply, f"{IN} 09", parser=parser) == "01 02 03 04 00 05 06 01 09"
    assert run(apply, f"{IN} 09 08", parser=parser) == f"{IN} 09 08"


def test_a_lookahead_of_a_header_fills_its_fields() -> None:
    parser = "state start { pkt.extract(hdr.h); x_t peek = pkt.lookahead<x_t>(); meta.m = peek.u; transition accept; }"
    assert run("hdr.h.r = meta.m;", f"{IN} 09 08", parser=parser) == "01 02 03 04 00 05 06 08 09 08"


def test_an_out_stack_begins_at_its_first_element() -> None:
    """§6.8: at every call all its elements are invalid and `nextIndex` is 0."""
    types = """parser S(packet_in pkt, out x_t[3] s) {
        state start { pkt.extract(s.next); transition select(s.last.v) { 1 : start; default : accept; } }
    }"""
    parser = """S() s;
    state start {
        pkt.extract(hdr.h); x_t[3] q;
        s.apply(pkt, q); hdr.st[0] = q[0]; hdr.st[1] = q[2];
        s.apply(pkt, q); hdr.st[2] = q[0];
        transition accept;
    }"""
    out = run("", "01 02 03 04 00 05 06 00 01 12 02 22 03 32", types=types, parser=parser)
    assert out == "01 02 03 04 00 05 06 00 01 12 03 32"
