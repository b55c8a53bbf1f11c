"""`p4gate graph`: which files are written. Oracle: the verb's help."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compiler.graph_cli import graph_command
from tests.compiler.programs import program

TEXT = program("t.apply();", locals="table t { key = { hdr.h.a: exact; } actions = { NoAction; } }")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "small.p4"
    path.write_text(TEXT)
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(graph_command, [str(argument) for argument in arguments])


def test_a_folder_gets_one_picture_for_each_drawing(source: Path, tmp_path: Path) -> None:
    result = run(source, "-o", tmp_path / "out")
    names = ["small.parser.P.svg", "small.control.I.svg", "small.tables.I.svg", "small.control.D.svg"]
    assert result.exit_code == 0, result.output
    assert result.stdout.split() == [str(tmp_path / "out" / name) for name in names]
    for name in names:
        ElementTree.parse(tmp_path / "out" / name)


def test_a_file_holds_all_drawings_in_the_format_of_its_suffix(source: Path, tmp_path: Path) -> None:
    for suffix, count in (("svg", '<g class="drawing '), ("dot", "digraph "), ("json", '"directed"')):
        file = tmp_path / f"all.{suffix}"
        assert run(source, "-o", file).exit_code == 0
        assert file.read_text().count(count) == 4


def test_one_kind_alone(source: Path, tmp_path: Path) -> None:
    assert run(source, "--kind", "tables", "-o", tmp_path).stdout.split() == [str(tmp_path / "small.tables.I.svg")]


def test_json_goes_to_standard_output_and_no_file_is_written(source: Path, tmp_path: Path) -> None:
    result = run(source, "--json", "--kind", "parser")
    (graph,) = json.loads(result.stdout)["graphs"]
    assert [node["id"] for node in graph["nodes"]] == ["start", "accept"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small.p4"]


def test_a_program_without_tables_has_nothing_of_that_kind(tmp_path: Path) -> None:
    file = tmp_path / "none.p4"
    file.write_text(program())
    result = run(file, "--kind", "tables", "-o", tmp_path / "out")
    assert result.exit_code == 0 and "nothing to draw" in result.stderr and not (tmp_path / "out").exists()


def test_macros_reach_the_program(tmp_path: Path) -> None:
    file = tmp_path / "macro.p4"
    file.write_text(TEXT.replace("t.apply();", "\n#ifdef WITH_TABLE\n t.apply();\n#endif\n"))
    assert run(file, "--kind", "tables", "-o", tmp_path, "-D", "WITH_TABLE").stdout
    assert not run(file, "--kind", "tables", "-o", tmp_path).stdout


def test_errors_are_shown_and_nothing_is_written(tmp_path: Path) -> None:
    file = tmp_path / "wrong.p4"
    file.write_text(TEXT.replace("t.apply()", "missing.apply()"))
    result = run(file, "-o", tmp_path / "out")
    assert result.exit_code == 1 and "missing" in result.stderr and not (tmp_path / "out").exists()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    result = run(tmp_path / "nowhere.p4")
    assert result.exit_code == 1 and "nowhere.p4" in result.stderr
