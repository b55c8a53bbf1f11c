"""`p4gate stf`, as its user calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from p4gate import main

CASES = Path(__file__).parent / "cases"
PROGRAM = Path(__file__).parents[2] / "golden" / "v1model" / "table_exact" / "table_exact"


def stf(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["stf", *map(str, arguments)])


@pytest.mark.parametrize("suffix", [".json", ".p4"])
def test_a_test_passes(suffix: str) -> None:
    result = stf(PROGRAM.with_suffix(suffix), CASES / "table_exact.stf")
    assert result.exit_code == 0, result.output
    assert "passed" in result.output
    assert "3 packets" in result.output


def test_a_difference_names_its_line(tmp_path: Path) -> None:
    test = tmp_path / "t.stf"
    test.write_text("packet 1 0001000004\nexpect 2\n")
    result = stf(PROGRAM.with_suffix(".json"), test, "--trace")
    assert result.exit_code == 1
    assert f"{test}:2: port 2: no such packet came" in result.output
    assert "what happened to this packet" in result.output
    assert "MyIngress.t" in result.output
    document = json.loads(stf(PROGRAM.with_suffix(".json"), test, "--json").output)
    assert document[str(test)]["passed"] is False
    assert [failure["line"] for failure in document[str(test)]["failures"]] == [2]


def test_a_file_that_cannot_be_read_is_told_by_line(tmp_path: Path) -> None:
    test = tmp_path / "t.stf"
    test.write_text("wait\npacket one\n")
    result = stf(PROGRAM.with_suffix(".json"), test)
    assert result.exit_code == 1
    assert f"{test}:2: packet: expected a port number" in result.output


def test_the_test_beside_the_program_is_the_default(tmp_path: Path) -> None:
    program = tmp_path / "p.json"
    program.write_bytes(PROGRAM.with_suffix(".json").read_bytes())
    assert "there is no" in stf(program).output
    (tmp_path / "p.stf").write_text((CASES / "table_exact.stf").read_text())
    assert stf(program).exit_code == 0


def test_a_program_that_does_not_compile(tmp_path: Path) -> None:
    program, test = tmp_path / "p.p4", tmp_path / "p.stf"
    program.write_text("control C() { apply { } }\n")
    test.write_text("wait\n")
    result = stf(program)
    assert result.exit_code == 1
    assert "does not compile" in result.output


def test_a_compiler_of_ones_own(tmp_path: Path) -> None:
    """Called as p4c-bm2-ss is: options, -o FILE.json, the program."""
    compiler = tmp_path / "compiler"
    compiler.write_text(f'#!/bin/sh\n[ "$1" = -DX=1 ] && [ "$2" = -o ] && cp {PROGRAM}.json "$3"\n')
    compiler.chmod(0o755)
    arguments = (PROGRAM.with_suffix(".p4"), CASES / "table_exact.stf", "--compiler", compiler, "-D", "X=1")
    assert stf(*arguments).exit_code == 0
