"""What simple_switch would do wrong: messages whose `{}` do not fit their values, headers made in the deparser, signs.
Oracle: p4c's JSON for the messages, the specification for the rest.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.compiler.programs import compile_text, program, refusal, send

IN = "01 02 03 04 00 05 06 00"
DEPARSER = "apply { pkt.emit(hdr); }"


def messages(json: dict[str, Any]) -> list[tuple[str, int]]:
    """The text of each log_msg, and how many values it is given."""
    found = [p for action in json["actions"] for p in action["primitives"] if p["op"] == "log_msg"]
    return [(p["parameters"][0]["value"], len(p["parameters"][1]["value"])) for p in found]


@pytest.mark.parametrize(
    ("call", "message", "values"),
    [
        ('log_msg("plain");', "plain", 0),
        ('log_msg("a={} b={}", {hdr.h.a, hdr.h.b});', "a={} b={}", 2),
        ('log_msg("x={}!", {hdr.x});', "x=(v:{},u:{})!", 2),
        ('log_msg("{} then {}.", {hdr.x, hdr.h.a});', "(v:{},u:{}) then {}.", 3),
        ('log_msg("m={}", {meta});', "m=(m:{},n:{})", 2),
    ],
)
def test_every_value_of_a_message_has_its_place(call: str, message: str, values: int) -> None:
    assert messages(compile_text(program(call))) == [(message, values)]


@pytest.mark.parametrize(
    "deparser",
    [
        "apply { x_t q; q.setValid(); q.v = 7; pkt.emit(hdr.h); pkt.emit(q); }",
        "apply { x_t q = { 1, 2 }; pkt.emit(q); pkt.emit(hdr.h); }",
        "apply { h_t q = hdr.h; q.r = 5; pkt.emit(q); }",
    ],
)
def test_a_deparser_makes_no_headers(deparser: str) -> None:
    """BMv2 has settled the length of the packet before: the last bytes would be cut off."""
    assert "unconditionally" in refusal(program().replace(DEPARSER, deparser))


def test_a_deparser_may_return() -> None:
    text = program().replace(DEPARSER, "apply { if (true) { pkt.emit(hdr.h); return; } pkt.emit(hdr.h); }")
    assert send(text, IN) == IN


def test_externs_write_to_unsigned_fields() -> None:
    """BMv2 copies a register's bits: in a signed field -16 would read as 240 (seen on simple_switch)."""
    apply = "r.write(1, hdr.h.s); int<8> q; r.read(q, 1); r.read(hdr.h.s, 1); hdr.h.d = (bit<8>)(q >> 2);"
    text = program(apply, locals="register<int<8>>(4) r;")
    json = compile_text(text)
    types = {t["name"]: {f[0]: f[2] for f in t["fields"] if len(f) == 3} for t in json["header_types"]}
    fields = {h["name"]: types[h["header_type"]] for h in json["headers"]}
    reads = [
        p["parameters"][0]["value"] for a in json["actions"] for p in a["primitives"] if p["op"] == "register_read"
    ]
    assert len(reads) == 2 and not any(fields[header][field] for header, field in reads)
    assert send(text, "01 02 03 04 00 05 f0 00") == "01 02 03 fc 00 05 f0 00"
