"""The stages together. Oracles: p4c's verdict on the recorded programs; determinism; the limits the parser sets."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from compiler.diagnostics import Diagnostics
from compiler.driver import Options, compile_file, compile_source
from tests.compiler.front.reading import GOLDEN, PROGRAMS
from tests.compiler.programs import program

VERDICTS: dict[str, dict[str, Any]] = yaml.safe_load((GOLDEN / "errors" / "expected.yaml").read_text())


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_what_p4c_compiles_compiles(path: Path) -> None:
    diagnostics = Diagnostics()
    compiled = compile_file(path, diagnostics)
    assert compiled is not None, diagnostics.render()
    assert not diagnostics.has_errors


@pytest.mark.parametrize("name", sorted(VERDICTS))
def test_what_p4c_refuses_is_refused(name: str) -> None:
    diagnostics = Diagnostics()
    compiled = compile_file(GOLDEN / "errors" / f"{name}.p4", diagnostics)
    assert ("ok" if compiled is not None else "error") == VERDICTS[name]["exit"], diagnostics.render()
    assert diagnostics.has_errors == (compiled is None)


def test_a_missing_include_is_reported_alone_and_with_syntax_errors() -> None:
    for text, kinds in (("struct s { colour x; }", ["I/O error"]), ("const colour x = ;", ["I/O error", "syntax"])):
        diagnostics = Diagnostics()
        assert compile_source(f'#include "colours.p4"\n{text}', diagnostics) is None
        assert [item.kind for item in diagnostics.items] == kinds, diagnostics.render()


def test_nothing_outside_the_arguments_changes_the_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = program("hdr.h.a = 1;")
    limit = sys.getrecursionlimit()
    first = compile_source(text, Diagnostics())
    monkeypatch.chdir(tmp_path)
    second = compile_source(text, Diagnostics())
    assert first is not None and second is not None
    assert first.json == second.json and first.p4info == second.p4info
    assert sys.getrecursionlimit() == limit


def test_macros_come_from_the_options() -> None:
    text = program("hdr.h.a = VALUE;")
    assert compile_source(text, Diagnostics()) is None
    assert compile_source(text, Diagnostics(), Options(defines=["VALUE=3"])) is not None


@pytest.mark.parametrize(
    "apply",
    [
        "hdr.h.a = " + "(" * 90 + "hdr.h.b" + ")" * 90 + ";",
        "hdr.h.a = " + "~" * 90 + "hdr.h.b;",
        "hdr.h.a = " + " + ".join(["hdr.h.b"] * 300) + ";",
        "{" * 90 + "hdr.h.a = 1;" + "}" * 90,
        "if (hdr.h.a == 1) " * 90 + ";",
        "hdr.h.a = " + "".join(f"hdr.h.b == {i} ? 8w{i} : " for i in range(90)) + "0;",
    ],
    ids=["parentheses", "unary", "sum", "blocks", "ifs", "conditionals"],
)
def test_what_the_parser_lets_through_no_later_stage_trips_over(apply: str) -> None:
    diagnostics = Diagnostics()
    assert compile_source(program(apply), diagnostics) is not None, diagnostics.render()


@pytest.mark.parametrize(
    "text",
    [
        "#include <core.p4>\ncontrol C(); package K(C c); control D() { apply { } } K(D()) main;",
        "#include <core.p4>\nparser P(); package V1Switch(P p); parser Q() { state start { transition accept; } } "
        "V1Switch(Q()) main;",
    ],
)
def test_a_package_without_a_target_is_refused(text: str) -> None:
    diagnostics = Diagnostics()
    assert compile_source(text, diagnostics) is None
    assert [item.kind for item in diagnostics.items] == ["unsupported"], diagnostics.render()
