"""Wrong programs are reported at p4c's lines with p4c's classes. Oracle: p4c's records
(tests/golden/errors/expected.yaml).
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.compiler.check.checking import GOLDEN, check_file

Report = tuple[int, str, str]

CORPUS = GOLDEN / "errors"
EXPECTED: dict[str, Any] = yaml.safe_load((CORPUS / "expected.yaml").read_text())

UNUSED = [(line, "unused", "warning") for line in (8, 11, 12, 15, 18, 19)]

DIFFERENT: dict[str, tuple[str, list[Report]]] = {
    "constructor_missing_argument": (
        "the place that lacks the argument is marked, with a note at the parameter (line 5), which p4c marks",
        [(13, "type-error", "error")],
    ),
    "table_default_missing_args": (
        "the place that lacks the argument is marked, with a note at the parameter (line 13), which p4c marks",
        [(14, "type-error", "error")],
    ),
    "control_wrong_signature": (
        "the wrong argument is marked, with a note at the package in v1model.p4, which p4c marks",
        [(12, "unused", "warning"), (21, "type-error", "error")],
    ),
    "package_wrong_arguments": (
        "the instantiation is marked, with a note at the package in v1model.p4, which p4c marks",
        [(19, "unused", "warning"), (21, "type-error", "error")],
    ),
    "missing_main": (
        "one error in the program instead of three warnings without a line; the package itself is not called unused",
        [(19, "missing", "error"), *UNUSED],
    ),
    "undeclared_type": (
        "said to be undeclared, where p4c's grammar stumbles",
        [(13, "not-found", "error")],
    ),
    "preprocessor_error": (
        "the preprocessor's own words: p4c calls every failure of cpp an I/O error",
        [(5, "syntax", "error")],
    ),
}
"""Where we say something else than p4c: why, and what."""


def recorded(name: str) -> list[Report]:
    reports = EXPECTED[name]["reports"]
    return sorted({(r["line"], r["kind"], r["severity"]) for r in reports if "file" not in r})


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_wrong_program_is_reported_as_recorded(name: str) -> None:
    _, diagnostics = check_file(CORPUS / f"{name}.p4")
    said = sorted({(item.span.line, item.kind, item.severity.value) for item in diagnostics.items})
    assert said == (sorted(DIFFERENT[name][1]) if name in DIFFERENT else recorded(name)), diagnostics.render()
    assert diagnostics.has_errors == (EXPECTED[name]["exit"] == "error")


@pytest.mark.parametrize("name", sorted(DIFFERENT))
def test_listed_differences_are_differences(name: str) -> None:
    elsewhere = any("file" in report for report in EXPECTED[name]["reports"])
    no_line = any(report["line"] is None for report in EXPECTED[name]["reports"])
    assert elsewhere or no_line or recorded(name) != sorted(DIFFERENT[name][1])


@pytest.mark.parametrize(("name", "line"), [("constructor_missing_argument", 5), ("table_default_missing_args", 13)])
def test_the_line_that_p4c_marks_is_in_a_note(name: str, line: int) -> None:
    _, diagnostics = check_file(CORPUS / f"{name}.p4")
    assert line in [note.span.line for item in diagnostics.items for note in item.notes]
