"""P4Info of whole programs. Oracle: p4c's record, message for message: ids, order and all."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
from finsy.proto import p4i
from google.protobuf import text_format

from compiler import lexer, parser, source
from compiler.backends.p4info import emit
from compiler.check import check_program
from compiler.diagnostics import Diagnostics

GOLDEN = Path(__file__).parents[2] / "golden" / "v1model"
PROGRAMS = sorted(GOLDEN.glob("*/*.p4"))


def p4info_of(path: Path) -> p4i.P4Info:
    diagnostics = Diagnostics()
    text = source.read_source(path, diagnostics)
    assert text is not None
    program = check_program(parser.parse(lexer.tokenize(text), text.text, diagnostics), diagnostics)
    assert program is not None, diagnostics.render()
    info = emit(program, diagnostics)
    assert not diagnostics.has_errors, diagnostics.render()
    return info


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_p4info_is_what_p4c_wrote(path: Path) -> None:
    recorded = p4i.P4Info()
    text_format.Parse(path.with_suffix(".p4info.txtpb").read_text(), recorded)
    made = p4info_of(path)
    difference = difflib.unified_diff(
        text_format.MessageToString(recorded).splitlines(), text_format.MessageToString(made).splitlines(), lineterm=""
    )
    assert made == recorded, "\n".join(difference)
