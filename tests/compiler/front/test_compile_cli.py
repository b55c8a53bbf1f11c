"""`p4gate compile` as its user sees it. Oracle: what the issue and the help text promise."""

from __future__ import annotations

import io
import json
import re
import stat
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from compiler.cli import compile_command

ROOT = Path(__file__).parents[3]
GOOD = ROOT / "tests" / "golden" / "v1model" / "table_exact" / "table_exact.p4"

THREE_ERRORS = """\
#include <core.p4>
#include <v1model.p4>
header h_t { bit<8> a; bit<16> b; }
struct headers_t { h_t h; }
struct meta_t { }
parser P(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start { pkt.extract(hdr.h); transition accept; }
}
control V(inout headers_t hdr, inout meta_t meta) { apply { } }
control I(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action wrong_type() { hdr.h.a = hdr.h.b; }
    action undeclared() { hdr.h.a = colour; }
\taction broken() { hdr.h.a = 1 + ; }
    table t { key = { hdr.h.a : exact; } actions = { wrong_type; undeclared; broken; } }
    apply { t.apply(); }
}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
control C(inout headers_t hdr, inout meta_t meta) { apply { } }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr.h); } }
V1Switch(P(), V(), I(), E(), C(), D()) main;
"""


@dataclass
class Result:
    returncode: int
    stdout: str
    stderr: str


def compile_(*arguments: str | Path) -> Result:
    """Call the command in this process."""
    stdout, stderr = io.StringIO(), io.StringIO()
    with redirect_stdout(stdout), redirect_stderr(stderr), pytest.raises(SystemExit) as exit_:
        compile_command.main([str(argument) for argument in arguments], prog_name="p4gate compile")
    assert isinstance(exit_.value.code, int)
    return Result(exit_.value.code, stdout.getvalue(), stderr.getvalue())


def compile_in_a_process(*arguments: str | Path) -> Result:
    command = [sys.executable, "-m", "p4gate", "compile", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return Result(done.returncode, done.stdout, done.stderr)


def test_a_syntax_error_a_type_error_and_an_undeclared_name_are_all_shown_and_nothing_is_written(
    tmp_path: Path,
) -> None:
    program = tmp_path / "three.p4"
    program.write_text(THREE_ERRORS)
    result = compile_in_a_process(program, "-o", tmp_path / "build")
    assert result.returncode == 1
    assert not (tmp_path / "build").exists() and result.stdout == ""
    lines = result.stderr.splitlines()
    lines_of_source = THREE_ERRORS.splitlines()
    for number, column, marked, kind in ((11, 37, 7, "type-error"), (12, 37, 6, "not-found"), (13, 34, 1, "syntax")):
        (index,) = [i for i, line in enumerate(lines) if line.startswith(f"{program}:{number}:{column}: error: ")]
        assert lines[index].endswith(f"[{kind}]")
        gutter = f"{number:5} | "
        assert lines[index + 1] == gutter + lines_of_source[number - 1]
        quoted, carets = lines[index + 1][len(gutter) :], lines[index + 2][len(gutter) :]
        assert carets.strip() == "^" * marked and carets.index("^") == column - 1
        assert [char == "\t" for char in carets] == [char == "\t" for char in quoted[: len(carets)]]
    assert lines[-1] == "3 errors; nothing was written"
    assert "\x1b" not in result.stderr  # no colours in a pipe


def test_both_artefacts_are_written_into_a_folder_that_is_made(tmp_path: Path) -> None:
    result = compile_(GOOD, "-o", tmp_path / "new" / "build")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    names = sorted(path.name for path in (tmp_path / "new" / "build").iterdir())
    assert names == ["table_exact.json", "table_exact.p4info.txtpb"]
    program = json.loads((tmp_path / "new" / "build" / "table_exact.json").read_text())
    assert program["__meta__"]["version"] == [2, 23]
    info = (tmp_path / "new" / "build" / "table_exact.p4info.txtpb").read_text()
    assert info == GOOD.with_suffix(".p4info.txtpb").read_text()


def test_files_can_be_named_and_have_the_usual_permissions(tmp_path: Path) -> None:
    result = compile_(GOOD, "-o", tmp_path / "x.json", "--p4info", tmp_path / "y" / "z.txtpb")
    assert result.returncode == 0, result.stderr
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["x.json", "z.txtpb"]
    plain = tmp_path / "plain"
    plain.touch()
    assert stat.S_IMODE((tmp_path / "x.json").stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_a_program_that_fails_leaves_the_files_of_the_last_run(tmp_path: Path) -> None:
    program = tmp_path / "p.p4"
    program.write_text(GOOD.read_text())
    assert compile_(program, "-o", tmp_path).returncode == 0
    before = (tmp_path / "p.json").read_bytes()
    program.write_text("control {")
    assert compile_(program, "-o", tmp_path).returncode == 1
    assert (tmp_path / "p.json").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.json", "p.p4", "p.p4info.txtpb"]


def test_the_second_file_cannot_be_written_so_neither_is(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = compile_(GOOD, "-o", tmp_path / "out", "--p4info", tmp_path / "file" / "x.txtpb")
    assert result.returncode == 1
    assert "cannot write" in result.stderr and "Traceback" not in result.stderr
    assert not list(tmp_path.rglob("*.json"))


def test_the_same_program_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert compile_(GOOD, "-o", tmp_path / name).returncode == 0
    for file in ("table_exact.json", "table_exact.p4info.txtpb"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_macros_and_include_folders_reach_the_preprocessor(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "wanted.p4").write_text("#ifndef GONE\nconst bit<8> FROM_LIB = NUMBER;\n#endif\n")
    program = tmp_path / "p.p4"
    program.write_text("#include <wanted.p4>\n" + GOOD.read_text())
    assert "cannot find wanted.p4" in compile_(program, "-o", tmp_path).stderr
    assert (
        compile_(program, "-o", tmp_path, "-I", tmp_path / "lib", "-DNUMBER=7", "-D", "GONE", "-UGONE").returncode == 0
    )


def test_a_warning_is_shown_and_can_be_made_an_error(tmp_path: Path) -> None:
    program = tmp_path / "p.p4"
    program.write_text("#warning look here\n" + GOOD.read_text())
    result = compile_(program, "-o", tmp_path / "a")
    assert result.returncode == 0 and "warning: #warning look here" in result.stderr
    result = compile_(program, "-o", tmp_path / "b", "--Werror")
    assert result.returncode == 1 and not (tmp_path / "b").exists()


@pytest.mark.parametrize("name", ["missing.p4", "."])
def test_a_file_that_cannot_be_read_is_one_line(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = compile_(name)
    assert result.returncode in (1, 2)
    assert "Traceback" not in result.stderr and name in result.stderr


def test_help_teaches_by_example() -> None:
    text = compile_("--help").stdout
    assert re.search(r"p4gate compile p4src/v1model/gateway.p4 -o build/", text)
