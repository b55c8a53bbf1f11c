"""Copy-out at `exit`, order of evaluation, and signed control-plane data (P4_16 §6.8, §8.1, §12.6, §14.2). Oracle:
results by hand from the specification.
"""

from __future__ import annotations

import pytest

from tests.compiler.programs import run

IN = "01 02 03 04 00 05 06 00"
NEXT = "bit<8> next(inout bit<8> x) { x = x + 1; return x; }"


@pytest.mark.parametrize(
    ("packet", "out"),
    [("01 02 03 04 00 05 06 00", "07 02 03 04 00 05 06 00"), ("01 03 03 04 00 05 06 00", "08 03 03 04 00 05 06 02")],
)
def test_exit_in_an_action_copies_out_an_argument_that_a_later_one_changes(packet: str, out: str) -> None:
    action = "action act(inout bit<8> x, in bit<8> y) { x = y + 5; if (hdr.h.b == 2) { exit; } x = 8; }"
    assert run("act(hdr.h.a, next(hdr.h.a)); hdr.h.r = 2;", packet, types=NEXT, locals=action) == out


def test_exit_in_a_table_of_a_control_copies_out_an_argument_that_a_later_one_changes() -> None:
    types = (
        NEXT
        + """control K(inout bit<8> x, in bit<8> y) {
        action stop() { x = y + 7; exit; }
        table t { actions = { stop; } default_action = stop(); }
        apply { x = 3; t.apply(); x = 4; }
    }"""
    )
    assert run("k.apply(hdr.h.a, next(hdr.h.a)); hdr.h.r = 2;", IN, types=types, locals="K() k;") == (
        "09 02 03 04 00 05 06 00"
    )


@pytest.mark.parametrize(
    ("packet", "out"),
    [
        ("01 02 03 04 00 05 06 00", "05 02 03 04 00 05 06 02"),
        ("02 03 03 04 00 05 06 00", "02 03 03 04 00 05 06 00"),  # leaves K, with what it last copied in
        ("01 03 03 04 00 05 06 00", "05 03 03 04 00 05 06 00"),
    ],
)
def test_an_action_at_top_level_exits_from_whichever_table_runs_it(packet: str, out: str) -> None:
    types = """action stop() { exit; }
    control K(inout bit<8> x, inout bit<8> z) {
        table t { key = { x : exact; } actions = { stop; NoAction; } const entries = { 3 : stop(); } }
        apply { x = x + 1; t.apply(); z = z + 4; }
    }"""
    table = "table u { key = { hdr.h.b : exact; } actions = { stop; NoAction; } const entries = { 3 : stop(); } }"
    apply = "k.apply(hdr.h.a, hdr.h.a); u.apply(); hdr.h.r = 2;"
    assert run(apply, packet, types=types, locals=f"K() k; {table}") == out


@pytest.mark.parametrize(
    ("keys", "entries", "r"),
    [
        ("hdr.h.a : exact; next(hdr.h.a) : exact @name(\"k\");", "(1, 2) : set(7); (2, 2) : set(8);", "07"),
        ("next(hdr.h.a) : exact @name(\"k\"); hdr.h.a : exact;", "(2, 2) : set(7); (2, 1) : set(8);", "07"),
        ("hdr.h.isValid() : exact; next(hdr.h.a) : exact @name(\"k\");", "(true, 2) : set(7);", "07"),
    ],
)  # fmt: skip
def test_keys_are_evaluated_in_order(keys: str, entries: str, r: str) -> None:
    locals_ = f"""action set(bit<8> v) {{ hdr.h.r = v; }}
    table t {{ key = {{ {keys} }} actions = {{ set; NoAction; }} const entries = {{ {entries} }} }}"""
    assert run("t.apply();", IN, types=NEXT, locals=locals_) == f"02 02 03 04 00 05 06 {r}"


def test_the_index_on_the_left_is_evaluated_first() -> None:
    parser = (
        "state start { pkt.extract(hdr.h); pkt.extract(hdr.st.next); pkt.extract(hdr.st.next); transition accept; }"
    )
    out = run("bit<8> i = 0; hdr.st[i].v = next(i);", f"{IN} 21 22 31 32", types=NEXT, parser=parser)
    assert out == f"{IN} 01 22 31 32"


@pytest.mark.parametrize(
    ("packet", "out"),
    [("01 02 03 04 00 05 06 00", "01 02 03 ff ff fe fe 01"), ("02 02 03 04 00 05 06 00", "02 02 03 02 00 05 05 00")],
)
def test_signed_control_plane_data_have_their_sign(packet: str, out: str) -> None:
    locals_ = """action a(int<8> v) {
        if (v < 0) { hdr.h.r = 1; }
        hdr.h.w = (bit<16>)(int<16>)v;
        hdr.h.d = (bit<8>)(v >> 1);
        hdr.h.s = v;
    }
    table t { key = { hdr.h.a : exact; } actions = { a; NoAction; } const entries = { 1 : a(-2); 2 : a(5); } }"""
    assert run("t.apply();", packet, locals=locals_) == out


def test_externs_write_to_slices() -> None:
    apply = """r.write(0, 4w9); r.read(hdr.h.a[7:4], 0); random(hdr.h.c[1:0], 2w2, 2w2);
               hash(hdr.h.b[3:0], HashAlgorithm.identity, 4w0, {8w7}, 8w16);"""
    assert run(apply, IN, locals="register<bit<4>>(4) r;") == "91 07 02 04 00 05 06 00"
    parser = "state start { pkt.extract(hdr.h); hdr.h.a[3:0] = pkt.lookahead<bit<4>>(); transition accept; }"
    assert run("", f"{IN} 7a", parser=parser) == "07 02 03 04 00 05 06 00 7a"
