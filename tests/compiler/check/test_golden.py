"""Golden programs are right, and draw the warnings that p4c gave. Oracle: p4c's records (tests/golden)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.compiler.check.checking import GOLDEN, assert_well_formed, check_file

PROGRAMS = sorted((GOLDEN / "v1model").glob("*/*.p4"))

OTHER_WARNINGS: dict[str, set[tuple[int, str]]] = {
    # @deprecated on a table.
    "p4info_annotations": {(22, "deprecated")},
    # p4c's backend turns `reject` into accept.
    "parser_loop_tlv": {(20, "unsupported")},
    "parser_reject": {(15, "unsupported"), (16, "unsupported")},
    "parser_subparser": {(19, "unsupported")},
    "parser_union_stack": {(21, "unsupported")},
    # p4c's backend matches value sets exactly.
    "parser_value_set": {(6, "unsupported")},
    # p4c's backend does not know the properties that order entries.
    "table_entries_priority": {(28, "ignore-prop"), (29, "ignore-prop"), (41, "ignore-prop")},
}
"""Warnings of p4c that the checker does not give."""


def recorded_warnings(program: Path) -> set[tuple[int, str]]:
    record = program.with_name("p4c-warnings.txt")
    text = record.read_text() if record.exists() else ""
    found = re.finditer(r"^\S+\.p4\((\d+)\): \[--Wwarn=([\w-]+)\] warning", text, re.MULTILINE)
    return {(int(match[1]), match[2]) for match in found}


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_golden_program_is_checked(path: Path) -> None:
    program, diagnostics = check_file(path)
    assert program is not None, diagnostics.render()
    assert_well_formed(program)
    said = {(item.span.line, item.kind) for item in diagnostics.items}
    assert said == recorded_warnings(path) - OTHER_WARNINGS.get(path.stem, set())


def test_all_golden_programs_are_there() -> None:
    assert len(PROGRAMS) == 125
    assert set(OTHER_WARNINGS) <= {path.stem for path in PROGRAMS}
