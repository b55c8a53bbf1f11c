"""Small v1model programs for the tests of passes and backend: compile, run on the interpreter, look at the tree."""

from __future__ import annotations

from typing import Any

from compiler import lexer, parser, source, tree
from compiler.backends.bmv2 import emit
from compiler.check import check_program
from compiler.diagnostics import Diagnostics
from compiler.passes import run_passes
from tests.bmv2_model import Model

HEADERS = """
#include <core.p4>
#include <v1model.p4>
header h_t { bit<8> a; bit<8> b; bit<8> c; bit<8> d; bit<16> w; int<8> s; bit<8> r; }
header x_t { bit<8> v; bit<8> u; }
struct headers_t { h_t h; x_t x; x_t y; x_t[3] st; }
"""
"""`hdr.h` is always extracted: 8 bytes a b c d w w s r."""

DEFAULT_PARSER = "state start { pkt.extract(hdr.h); transition accept; }"

PROGRAM = """
{types}
parser P(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {{ {parser} }}
control V(inout headers_t hdr, inout meta_t meta) {{ apply {{ }} }}
control I(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {{
    {locals} apply {{ std.egress_spec = 2; {apply} }}
}}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {{ {egress} }}
control C(inout headers_t hdr, inout meta_t meta) {{ apply {{ }} }}
control D(packet_out pkt, in headers_t hdr) {{ apply {{ pkt.emit(hdr); }} }}
V1Switch(P(), V(), I(), E(), C(), D()) main;
"""


def program(
    apply: str = "",
    *,
    locals: str = "",
    types: str = "",
    meta: str = "bit<8> m; bit<8> n;",
    parser: str = DEFAULT_PARSER,
    egress: str = "apply { }",
) -> str:
    """The text of a program: `apply` is the ingress's, `locals` what is declared before it, `types` at top level."""
    meta_struct = f"struct meta_t {{ {meta} }}"
    text = HEADERS + meta_struct + types
    return PROGRAM.format(types=text, parser=parser, locals=locals, apply=apply, egress=egress)


def check(text: str) -> tuple[tree.Program, Diagnostics]:
    """The typed tree of a program without errors."""
    diagnostics = Diagnostics()
    preprocessed = source.preprocess(text, "test.p4", diagnostics, (), (), ())
    syntax = parser.parse(lexer.tokenize(preprocessed), preprocessed.text, diagnostics)
    checked = check_program(syntax, diagnostics)
    assert checked is not None and not diagnostics.has_errors, diagnostics.render()
    return checked, diagnostics


def compile_text(text: str) -> dict[str, Any]:
    """The JSON of a program without errors."""
    checked, diagnostics = check(text)
    lowered = run_passes(checked, diagnostics)
    assert not diagnostics.has_errors, diagnostics.render()
    json = emit(lowered, diagnostics, program_name="test.p4")
    assert json is not None, diagnostics.render()
    return json


def refusal(text: str) -> str:
    """What the passes and the backend say against a program that the checker accepts."""
    checked, diagnostics = check(text)
    lowered = run_passes(checked, diagnostics)
    if not diagnostics.has_errors:
        emit(lowered, diagnostics, program_name="test.p4")
    assert diagnostics.has_errors, "the program was accepted"
    return diagnostics.render()


def send(text: str, packet: str) -> str:
    """The bytes (hex) that leave port 2 for `packet` (hex, spaces allowed); "" if none."""
    out = Model(compile_text(text)).send(1, bytes.fromhex(packet))
    assert all(port == 2 for port, _ in out)
    return " ".join(data.hex(" ") for _, data in out)


def run(apply: str, packet: str, **parts: str) -> str:
    """`send` for a program made of parts (see `program`)."""
    return send(program(apply, **parts), packet)
