"""Programs with the mistakes that people make: the line, the class, and what the message and its notes say.

Oracle: p4c's verdict, line and class for each of them (the words are ours, and only the telling ones are compared).
"""

from __future__ import annotations

import pytest

from tests.compiler.check.checking import check_text

PROGRAM = """#include <core.p4>
#include <v1model.p4>
header h_t { bit<8> a; bit<8> b; bit<16> w; int<8> s; bit<8> r; }
struct headers_t { h_t h; h_t[2] st; }
struct meta_t { bit<8> m; bool t; }
TOP
parser P(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start { pkt.extract(hdr.h); transition SELECT; }
}
control V(inout headers_t hdr, inout meta_t meta) { apply { } }
control I(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action nop() { }
    action act(bit<8> p) { hdr.h.a = p; }
    LOCAL
    apply {
        APPLY
    }
}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
control C(inout headers_t hdr, inout meta_t meta) { apply { } }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr.h); } }
MAIN
"""

PLACES = {"TOP": 6, "SELECT": 8, "LOCAL": 14, "APPLY": 16, "MAIN": 22}

CASES = [
    # misspelt names
    ("APPLY", "hdr.h.aa = 1;", 16, "type-error", "did you mean a?"),
    ("APPLY", "hrd.h.a = 1;", 16, "not-found", "did you mean hdr?"),
    ("APPLY", "std.egress_spek = 1;", 16, "type-error", "did you mean egress_spec?"),
    ("APPLY", "mark_to_dropp(std);", 16, "not-found", "did you mean mark_to_drop?"),
    ("APPLY", "hdr.h.setVallid();", 16, "type-error", "did you mean setValid?"),
    ("APPLY", "retrun;", 16, "syntax", "did you mean return?"),
    ("LOCAL", "tabel t { actions = { nop; } }", 14, "syntax", "did you mean table?"),
    ("LOCAL", "table t { key = { hdr.h.a : exakt; } actions = { nop; } }", 14, "not-found", "did you mean exact?"),
    ("LOCAL", "table t { actions = { nopp; } }", 14, "not-found", "did you mean nop?"),
    ("LOCAL", "table t { match = { hdr.h.a : exact; } actions = { nop; } }", 14, "syntax", "did you mean key?"),
    ("LOCAL", "headrs_t x;", 14, "syntax", "did you mean headers_t?"),
    ("LOCAL", "register<hh_t>(1) x;", 14, "not-found", "did you mean h_t?"),
    ("LOCAL", "counter(1, CounterType.packet) c;", 14, "type-error", "did you mean packets?"),
    ("SELECT", "acept", 8, "not-found", "did you mean accept?"),
    ("MAIN", "V1Switch(P(), V(), I(), E(), C(), DD()) main;", 22, "not-found", "DD is not declared"),
    # habits from other languages
    ("APPLY", "hdr.h.a = 1", 17, "syntax", "it is missing here"),
    ("APPLY", "if (hdr.h.a = 1) { }", 16, "syntax", "== compares"),
    ("APPLY", "hdr.h.a++;", 16, "syntax", "write += 1"),
    ("APPLY", "hdr.h.a = bit<8>(hdr.h.w);", 16, "syntax", "a cast is written"),
    ("APPLY", "if (hdr.h.a) { }", 16, "type-error", "must be a bool, not bit<8>"),
    ("APPLY", "nop;", 16, "syntax", "a call needs parentheses"),
    # types and widths
    ("APPLY", "hdr.h.w = hdr.h.a;", 16, "type-error", "bit<8> to bit<16>"),
    ("APPLY", "hdr.h.w = hdr.h.w + hdr.h.a;", 16, "type-error", "bit<16> and bit<8>"),
    ("APPLY", "hdr.h.a = hdr.h.a + hdr.h.s;", 16, "type-error", "one sign and width"),
    ("APPLY", "hdr.h.a = 8w1 + 16w2;", 16, "invalid", "bit<8> and bit<16>"),
    ("APPLY", "hdr.h.a = 4w1 ++ 0;", 16, "invalid", "known width, not int"),
    ("APPLY", "hdr.h.w = hdr.h.a ++ 0;", 16, "type-error", "known width, not int"),
    ("APPLY", "hdr.h.a = 9w1;", 16, "type-error", "bit<9> to bit<8>"),
    ("APPLY", "bit<(true)> x;", 16, "expected", "known at compile time, not bool"),
    ("APPLY", "bit<3000> x;", 16, "unsupported", "at most 2048 bits"),
    ("APPLY", "hdr.h.a = hdr.h.a / 0;", 16, "expr", "division by zero"),
    ("APPLY", "bit<8> meta = 1;", 16, "shadow", "hides a parameter"),
    ("APPLY", "headers_t.h.a = 1;", 16, "type-error", "the type headers_t has no member h"),
    ("TOP", "enum bit<1> N { X = 2 }", 6, "type-error", "does not fit in bit<1>"),
    ("TOP", "struct s_t { s_t x; }", 6, "unsupported", "in its own declaration"),
    ("TOP", "struct s_t { @match(exakt) bit<8> x; }", 6, "not-found", "did you mean exact?"),
    ("TOP", "void f(out bit<8> x = 1) { x = 1; }", 6, "invalid", "out parameters cannot have a default value"),
    # arguments: p4c's place, and a note at ours
    ("APPLY", "act();", 16, "uninitialized", "p is declared here"),
    ("LOCAL", "table t { actions = { act; } default_action = act(); }", 13, "type-error", "act is called here"),
    ("LOCAL", "table t { actions = { act(1); } }", 14, "type-error", "set by the control plane"),
    ("LOCAL", "table t { default_action = nop; actions = { nop; } }", 14, "type-error", "must follow its actions"),
    ("LOCAL", "register(10) r;", 14, "type-error", "nothing tells the type argument"),
    ("SELECT", "select(hdr.h.a) {\n 16w1: accept; }", 8, "type-error", "this label"),
    ("APPLY", "switch (hdr.h.a) {\n 16w1: { } }", 16, "type-error", "this label"),
    (
        "TOP",
        "control X()(bit<8> k) { apply { } }\ncontrol Y() { X() x; apply { } }",
        6,
        "type-error",
        "X is instantiated here",
    ),
    # v1model
    ("APPLY", "mark_to_drop();", 16, "Target model error", "standard metadata"),
    ("APPLY", "hash(hdr.h.a, HashAlgorithm.crc16, 8w0, hdr.h.b, 8w9);", 16, "legacy", "braces around it"),
    ("APPLY", "digest(1, hdr.h);", 3, "Target model error", "the digest is here"),
    (
        "LOCAL",
        "direct_meter<bit<8>>(MeterType.bytes) m; table t { actions = { nop; } meters = m; }",
        14,
        "invalid",
        "reads its direct meter",
    ),
    ("LOCAL", "direct_meter<bit<8>>(MeterType.bytes) m; action x() { m.read(meta.m); }", 14, "invalid", "to no table"),
]

USES = {"table t {": "t.apply();", "m.read": "x();"}
"""What a case needs elsewhere in order to be reached by the checks of whole programs."""


@pytest.mark.parametrize(("place", "text", "line", "kind", "words"), CASES, ids=[case[1][:50] for case in CASES])
def test_wrong_program(place: str, text: str, line: int, kind: str, words: str) -> None:
    parts = {
        "TOP": "",
        "LOCAL": "",
        "APPLY": "",
        "SELECT": "accept",
        "MAIN": "V1Switch(P(), V(), I(), E(), C(), D()) main;",
    }
    parts[place] = text
    if place == "LOCAL":
        parts["APPLY"] = next((use for found, use in USES.items() if found in text), "")
    program = PROGRAM
    for name, part in parts.items():
        program = program.replace(name, part)
    _, diagnostics = check_text(program)
    errors = [item for item in diagnostics.sorted() if item.severity.value == "error"]
    assert errors, "nothing was refused"
    first = errors[0]
    said = " ".join([first.message, first.hint or "", *(note.message for note in first.notes)])
    assert (first.span.line, first.kind) == (line, kind), diagnostics.render()
    assert words in said, diagnostics.render()
    assert len(errors) <= 2, diagnostics.render()
