"""clone3, resubmit and recirculate with the fields that they keep: the calls of v1model before its field list numbers.

Oracle: the documents of v1model and simple_switch, worked out by hand: what is listed goes with the copy, all other
metadata starts afresh.
"""

from __future__ import annotations

from switch.engine import Engine
from switch.values import CloneSession, Replica
from tests.compiler.programs import compile_text, program

REST = "02 03 04 00 05 06 00"


def sent(apply: str, egress: str = "apply { }", locals: str = "", first: str = "01") -> list[tuple[int, str]]:
    """(port, first three bytes) of what comes of a packet on port 3; `hdr.h` begins a, b, c."""
    text = program(apply, locals=locals, egress=egress, meta="bit<8> m; bit<8> n; bit<9> p;")
    with Engine.load(compile_text(text), optimise="quick") as engine:
        engine.set_clone_session(5, CloneSession((Replica(7),)))
        return sorted((port, data[:3].hex()) for port, data in engine.process(3, bytes.fromhex(first + REST)))


SHOW = (
    "apply { if (std.instance_type == 1) { hdr.h.a = meta.m; hdr.h.b = meta.n; hdr.h.c = (bit<8>)std.ingress_port; } }"
)


def test_clone3_keeps_what_is_listed() -> None:
    """The values are those of the end of ingress; meta.n is not listed."""
    apply = "clone3(CloneType.I2E, 5, { meta.m, std.ingress_port }); meta.m = 0xAA; meta.n = 0xBB;"
    assert sent(apply, SHOW) == [(2, "010203"), (7, "aa0003")]


def test_clone3_keeps_a_whole_struct() -> None:
    assert sent("meta.m = 0xAA; meta.n = 0xBB; clone3<meta_t>(CloneType.I2E, 5, meta);", SHOW)[1] == (7, "aabb00")


def test_clone3_keeps_nothing() -> None:
    assert sent("meta.m = 0xAA; clone3(CloneType.I2E, 5, {});", SHOW)[1] == (7, "000000")


def test_headers_and_local_variables_are_not_kept() -> None:
    """The clone is the packet as it arrived: its headers are parsed again."""
    apply = "bit<8> v = hdr.h.b; hdr.h.a = 9; meta.m = v; clone3(CloneType.I2E, 5, { hdr.h.a, v, meta.m });"
    show = "apply { if (std.instance_type == 1) { hdr.h.b = meta.m + 1; } }"
    assert sent(apply, show) == [(2, "090203"), (7, "010303")]


def test_two_calls_keep_different_fields() -> None:
    apply = """
        meta.m = 0xAA; meta.n = 0xBB;
        if (hdr.h.a == 1) { clone3(CloneType.I2E, 5, { meta.m }); } else { clone3(CloneType.I2E, 5, { meta.n }); }
    """
    assert [sent(apply, SHOW, first=first)[1] for first in ("01", "02")] == [(7, "aa0000"), (7, "00bb00")]


def test_resubmit_keeps_what_is_listed() -> None:
    apply = """
        if (std.instance_type == 6) { hdr.h.a = meta.m; hdr.h.b = meta.n; }
        else { meta.m = 0xAA; meta.n = 0xBB; hdr.h.c = 0xCC; resubmit({ meta.m }); }
    """
    assert sent(apply) == [(2, "aa0003")]


def test_recirculate_keeps_what_is_listed() -> None:
    apply = "if (std.instance_type == 4) { hdr.h.a = meta.m; hdr.h.b = meta.n; }"
    egress = "apply { if (hdr.h.a == 1) { meta.m = 0xAA; meta.n = 0xBB; hdr.h.c = 0xCC; recirculate({ meta.n }); } }"
    assert sent(apply, egress) == [(2, "00bbcc")]


def test_lists_by_number_and_by_fields_live_side_by_side() -> None:
    apply = """
        clone_preserving_field_list(CloneType.I2E, 5, 1);
        clone(CloneType.I2E, 5);
        clone3(CloneType.I2E, 5, { meta.n });
        clone3(CloneType.I2E, 6, { meta.n });
        clone3(CloneType.I2E, 6, { meta.m });
    """
    json = compile_text(program(apply, meta="@field_list(1) bit<8> m; bit<8> n;"))
    lists = {entry["id"]: [e["value"][1][-1] for e in entry["elements"]] for entry in json["field_lists"]}
    assert lists == {1: ["m"], 256: [], 257: ["n"], 258: ["m"]}
