"""docs/compiler.md tells the truth. Oracle: the compiler itself, run on the program that the page follows."""

from __future__ import annotations

import re

import pytest

from compiler import driver
from tests.compiler.statement_life import PAGE, excerpts, pass_names, shown


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text()


def test_excerpts_are_what_the_stages_make(page: str) -> None:
    """If they are meant to differ now: `python -m tests.compiler.statement_life` writes them into the page."""
    on_page = shown(page)
    made = excerpts()
    assert list(on_page) == list(made), "every step that changes the statement has its excerpt, in order"
    assert on_page == made


def _first_column(page: str, heading: str) -> list[str]:
    section = page.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    cells = re.findall(r"^\| ([^|]+?) \|", section, re.M)
    return [cell.strip("`") for cell in cells[1:]]


def test_the_list_of_passes_is_complete(page: str) -> None:
    assert _first_column(page, "The passes") == pass_names()


def test_the_list_of_stages_is_the_drivers(page: str) -> None:
    table = (driver.__doc__ or "").split("file\n", 1)[1].split("\n\n", 1)[0]
    assert _first_column(page, "The stages") == [line.split()[0] for line in table.splitlines()]


def test_files_that_the_page_names_exist(page: str) -> None:
    root = PAGE.parents[1]
    examples = {"compiler/passes/drop_self_assignments.py", "compiler/p4include/mirror.p4"}
    examples |= {"compiler/architectures/mirror.py", "tests/compiler/passes/test_drop_self_assignments.py"}
    named = set(re.findall(r"`((?:compiler|switch|tests|docs|scripts)/[\w/.]+)`", page)) - examples
    assert named and not [name for name in named if not (root / name).exists()]
