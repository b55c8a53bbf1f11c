"""Call the two command lines in this process."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from compiler import p4c_cli
from compiler.cli import compile_command

ROOT = Path(__file__).parents[3]
V1MODEL = ROOT / "tests" / "golden" / "v1model"
ERRORS = ROOT / "tests" / "golden" / "errors"
GOOD = V1MODEL / "table_exact" / "table_exact.p4"

PROGRAM = """\
#include <core.p4>
#include <v1model.p4>
#include "sizes.p4"
header h_t { bit<8> a; }
struct headers_t { h_t h; }
struct meta_t { }
parser P(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start { pkt.extract(hdr.h); transition accept; }
}
control V(inout headers_t hdr, inout meta_t meta) { apply { } }
control I(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action set(bit<9> port) { std.egress_spec = port; }
    table t { key = { hdr.h.a : exact; } actions = { set; } size = SIZE; }
    table fixed { key = { hdr.h.a : exact; } actions = { set; } const entries = { 1 : set(7); } }
    apply { t.apply(); fixed.apply(); }
}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
control C(inout headers_t hdr, inout meta_t meta) { apply { } }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr.h); } }
V1Switch(P(), V(), I(), E(), C(), D()) main;
"""
"""It needs sizes.p4, which defines SIZE."""


@dataclass
class Result:
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


def compile_(*arguments: str | Path) -> Result:
    """p4gate compile ARGUMENTS."""
    stdout, stderr = io.StringIO(), io.StringIO()
    with redirect_stdout(stdout), redirect_stderr(stderr), pytest.raises(SystemExit) as ended:
        compile_command.main([str(argument) for argument in arguments], prog_name="p4gate compile")
    assert isinstance(ended.value.code, int)
    return Result(ended.value.code, stdout.getvalue(), stderr.getvalue())


def p4c(*arguments: str | Path) -> Result:
    """p4gate-p4c ARGUMENTS."""
    stdout, stderr = io.StringIO(), io.StringIO()
    with redirect_stdout(stdout), redirect_stderr(stderr):
        code = p4c_cli.call([str(argument) for argument in arguments])
    return Result(code, stdout.getvalue(), stderr.getvalue())


def program(folder: Path, size: int = 16) -> Path:
    """PROGRAM as a file of `folder`, with its sizes.p4."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sizes.p4").write_text(f"#define SIZE {size}\n")
    path = folder / "p.p4"
    path.write_text(PROGRAM)
    return path
