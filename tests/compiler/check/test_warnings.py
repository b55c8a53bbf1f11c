"""What is warned of, and what errors tell beside the place.

Oracle: the paths of the programs, in sight here. p4c warns of each of these uses too; it also warns of three that are
fine (after a return, after a switch with default, of a header made valid).
"""

from __future__ import annotations

import pytest

from tests.compiler.check.checking import check_text, reports
from tests.compiler.programs import program

USES = [
    ("bit<8> k; hdr.h.a = k;", ["k"]),
    ("bit<8> k; k = 1; hdr.h.a = k;", []),
    ("bit<8> k; if (hdr.h.a == 1) { k = 1; } hdr.h.a = k;", ["k"]),
    ("bit<8> k; if (hdr.h.a == 1) { k = 1; } else { k = 2; } hdr.h.a = k;", []),
    ("bit<8> k; if (hdr.h.a == 1) { return; } else { k = 2; } hdr.h.a = k;", []),
    ("bit<8> k; switch (hdr.h.a) { 1: { k = 1; } default: { k = 2; } } hdr.h.a = k;", []),
    ("bit<8> k; switch (hdr.h.a) { 1: { k = 1; } } hdr.h.a = k;", ["k"]),
    ("bit<8> k; give(k); hdr.h.a = k;", []),
    ("bit<8> k; take(k); hdr.h.a = k;", ["k"]),
    ("bit<8> k; for (bit<8> i = 0; i < 3; i = i + 1) { k = i; } hdr.h.a = k;", ["k"]),
    ("x_t k; k.setValid(); k.v = 1; hdr.x = k;", []),
]

HELPERS = "void give(out bit<8> x) { x = 1; } void take(in bit<8> x) { }"


@pytest.mark.parametrize(("statements", "marked"), USES, ids=[case[0] for case in USES])
def test_use_of_a_variable_without_a_value(statements: str, marked: list[str]) -> None:
    said = [report for report in reports(program(statements, types=HELPERS)) if report[0] != "warning unused"]
    assert said == [("warning uninitialized-use", name) for name in marked]


OTHERS = [
    ("hdr.h.a = 300;", "overflow", "300"),
    ("hdr.h.a = -1;", "mismatch", "-1"),
    ("hdr.h.s = 8s200;", "overflow", "8s200"),
    ("hdr.h.a = hdr.h.b << 8;", "overflow", "hdr.h.b << 8"),
    ("bit<8> h_t = 1; hdr.h.a = h_t;", "shadow", "h_t"),
    ("digest(1, hdr.h.a);", "mismatch", "digest(1, hdr.h.a)"),
]


@pytest.mark.parametrize(("statements", "kind", "marked"), OTHERS, ids=[case[0] for case in OTHERS])
def test_warning(statements: str, kind: str, marked: str) -> None:
    assert reports(program(statements.replace("digest(1,", "digest(32w1,"))) == [
        (f"warning {kind}", marked.replace("digest(1,", "digest(32w1,"))
    ]


def test_control_that_nobody_instantiates() -> None:
    assert reports(program(types="control Q() { apply { } }")) == [("warning unused", "Q")]


HINTS = [
    ("hdr.h.a = nme;", "bit<8> name = 1;", "name"),
    ("hdr.h.a = hdr.h.aa;", "", "a"),
    ("tabel.apply();", "table table1 { actions = { NoAction; } }", "table1"),
    ("hdr.h.setVald();", "", "setValid"),
    ("completely_different = 1;", "", None),
    ("counts.cuont(1);", "counter(4, CounterType.bytes) counts;", "count"),
]


@pytest.mark.parametrize(("statement", "local", "meant"), HINTS, ids=[case[0] for case in HINTS])
def test_near_name_is_suggested(statement: str, local: str, meant: str | None) -> None:
    _, diagnostics = check_text(program(statement, locals=local))
    (error,) = (item for item in diagnostics.items if item.severity.value == "error")
    assert (f"did you mean {meant}?" in (error.hint or "")) == (meant is not None)


def test_duplicate_points_at_the_first() -> None:
    text = program("bit<8> k = 1;\nbit<8> k = 2;\nhdr.h.a = k;")
    _, diagnostics = check_text(text)
    (error,) = (item for item in diagnostics.items if item.severity.value == "error")
    assert [note.span.line for note in error.notes] == [error.span.line - 1]
