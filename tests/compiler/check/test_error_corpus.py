"""Wrong programs are reported at p4c's lines with p4c's classes. Oracle: p4c's records
(tests/golden/errors/expected.yaml).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from compiler.diagnostics import Span
from tests.compiler.check.checking import GOLDEN, check_file

Report = tuple[str, int, str]
"""The header ("" for the program itself), the line (0: none) and the kind. Lines in headers are not compared, as our
v1model.p4 is not p4c's; whether something is an error is told by the verdict (p4c warns of a missing main, and fails).
"""

CORPUS = GOLDEN / "errors"
EXPECTED: dict[str, Any] = yaml.safe_load((CORPUS / "expected.yaml").read_text())

USED_AT = {
    "constructor_missing_argument": 13,
    "table_default_missing_args": 14,
    "control_wrong_signature": 21,
    "package_wrong_arguments": 21,
}
"""Where p4c marks the declaration that asks for the arguments, a note of ours marks the line that gives them."""


def recorded(name: str) -> list[Report]:
    reports = EXPECTED[name]["reports"]
    return sorted({(r.get("file", ""), 0 if "file" in r else r["line"] or 0, r["kind"]) for r in reports})


def report(kind: str, span: Span) -> Report:
    file = Path(span.file)
    return ("", span.line, kind) if file.parent == CORPUS else (file.name, 0, kind)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_wrong_program_is_reported_as_recorded(name: str) -> None:
    _, diagnostics = check_file(CORPUS / f"{name}.p4")
    said = sorted({report(item.kind, item.span) for item in diagnostics.items})
    assert said == recorded(name), diagnostics.render()
    assert diagnostics.has_errors == (EXPECTED[name]["exit"] == "error")


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_severities_are_as_recorded(name: str) -> None:
    """A missing main is an error to us, where p4c only warns of it."""
    _, diagnostics = check_file(CORPUS / f"{name}.p4")
    said = {(item.kind, item.severity.value) for item in diagnostics.items if item.kind != "missing"}
    assert said == {(r["kind"], r["severity"]) for r in EXPECTED[name]["reports"] if r["kind"] != "missing"}


@pytest.mark.parametrize("name", sorted(USED_AT))
def test_a_note_marks_the_place_of_use(name: str) -> None:
    _, diagnostics = check_file(CORPUS / f"{name}.p4")
    assert USED_AT[name] in [note.span.line for item in diagnostics.items for note in item.notes]
