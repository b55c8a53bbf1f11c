"""everything.p4, compiled: one object of each kind that P4Runtime knows, for foreign clients to drive."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from click.testing import CliRunner

from compiler.cli import compile_command

SOURCE = Path(__file__).with_suffix(".p4")


@cache
def _folder() -> TemporaryDirectory[str]:
    folder = TemporaryDirectory(prefix="p4gate-everything-")
    done = CliRunner().invoke(compile_command, [str(SOURCE), "-o", folder.name])
    assert done.exit_code == 0, done.output
    return folder


def json_path() -> Path:
    """everything.json, with everything.p4info.txtpb beside it."""
    return Path(_folder().name) / "everything.json"


def p4info_path() -> Path:
    return json_path().with_suffix(".p4info.txtpb")


def packet(op: int, a: int = 0, b: int = 0, c: int = 0) -> bytes:
    """What the program parses: op chooses the table."""
    return op.to_bytes(1, "big") + a.to_bytes(4, "big") + b.to_bytes(2, "big") + c.to_bytes(1, "big")
