"""docs/p4runtime.md: every test that it names exists, and no row goes without one. Oracle: the files."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TABLE = ROOT / "docs" / "p4runtime.md"
HEADER = ["section", "requirement", "the switch", "test"]


def rows() -> list[tuple[int, list[str]]]:
    """(line number, cells) of every row of the compliance table."""
    found = []
    inside = False  # a table with this header
    for number, line in enumerate(TABLE.read_text().splitlines(), 1):
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if cells == HEADER:
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and not line.startswith("|---"):
            found.append((number, cells))
    return found


def names_in(path: Path) -> set[str]:
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    }


@pytest.mark.parametrize(("number", "cells"), rows(), ids=[f"line {number}" for number, _ in rows()])
def test_the_row_names_tests_that_exist(number: int, cells: list[str]) -> None:
    assert len(cells) == len(HEADER), f"line {number}"
    assert all(cells[:3]), f"line {number}: an empty cell"
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", cells[3])
    assert named, f"line {number} names no test"
    for file, test in named:
        path = ROOT / "tests" / file
        assert path.is_file(), f"line {number}: {file}"
        assert test in names_in(path), f"line {number}: {file} has no {test}"


def test_no_requirement_stands_there_twice() -> None:
    found = [tuple(cells[:2]) for _, cells in rows()]
    assert len(set(found)) == len(found)
