"""Whole programs. Oracle: p4c's record: what it accepted parses; its syntax errors are ours, line for line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from compiler import syntax
from compiler.diagnostics import Diagnostics
from compiler.lexer import tokenize
from compiler.parser import parse
from compiler.source import preprocess, read_source
from tests.compiler.front.reading import GOLDEN, PROGRAMS, every_node

REFUSED: dict[str, dict[str, Any]] = yaml.safe_load((GOLDEN / "errors" / "expected.yaml").read_text())
UNREADABLE = ("syntax", "I/O error")


def read_file(path: Path) -> tuple[syntax.Program, Diagnostics]:
    diagnostics = Diagnostics()
    source = read_source(path, diagnostics)
    assert source is not None
    return parse(tokenize(source), source.text, diagnostics), diagnostics


def test_the_corpus_is_there() -> None:
    assert len(PROGRAMS) == 125 and len(REFUSED) == 74


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_recorded_program_parses_and_every_node_lies_within_its_declaration(path: Path) -> None:
    program, diagnostics = read_file(path)
    assert not diagnostics.items, diagnostics.render()
    for declaration in program.declarations:
        outer = declaration.span
        for node in every_node(declaration):
            span = node.span
            assert span.file == outer.file
            assert (outer.line, outer.column) <= (span.line, span.column)
            assert (span.line, span.column) < (span.end_line, span.end_column)
            assert (span.end_line, span.end_column) <= (outer.end_line, outer.end_column)
        if isinstance(declaration, syntax.StructDeclaration | syntax.ControlDeclaration):
            assert diagnostics.sources.fragment(declaration.name.span) == declaration.name.text


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_syntax_errors_are_reported_at_the_recorded_lines_and_nothing_else_is(name: str) -> None:
    recorded = [report["line"] for report in REFUSED[name]["reports"] if report["kind"] in UNREADABLE]
    if name == "undeclared_type":
        recorded = []  # p4c's parser trips over it; ours reads it, and the checker says what is wrong
    _, diagnostics = read_file(GOLDEN / "errors" / f"{name}.p4")
    assert [item.span.line for item in diagnostics.items] == recorded, diagnostics.render()


@pytest.mark.parametrize("name", ["core.p4", "v1model.p4"], ids=["core.p4", "v1model.p4"])
@pytest.mark.parametrize("version", ["20180101", "20200408"])
def test_the_standard_headers_parse_in_each_version(name: str, version: str) -> None:
    diagnostics = Diagnostics()
    source = preprocess(f"#include <{name}>\n", "test.p4", diagnostics, defines=[f"V1MODEL_VERSION={version}"])
    program = parse(tokenize(source), source.text, diagnostics)
    assert not diagnostics.items
    counter = [d for d in program.declarations if isinstance(d, syntax.ExternDeclaration) and d.name.text == "counter"]
    if name == "v1model.p4":
        assert [name.text for name in counter[0].type_parameters] == (["I"] if version == "20200408" else [])
