"""Syntax errors: found where they are, all of them in one run, without false ones. Oracle: the marks in the texts.

A `$$` in a text marks the place of an error that must be reported; there must be no others.
"""

from __future__ import annotations

import pytest

from compiler import syntax
from tests.compiler.front.reading import errors, read


def marked(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without marks, and the line and column of each."""
    places = []
    while (index := text.find("$$")) >= 0:
        text = text[:index] + text[index + 2 :]
        places.append((text.count("\n", 0, index) + 1, index - (text.rfind("\n", 0, index) + 1) + 1))
    return text, places


@pytest.mark.parametrize(
    "text",
    [
        "const bit<8> x = $$;",
        "const bit<8> $$= 1;",
        "const bit<$$> x = 1;",
        "struct S { bit<8> $$; bit<8> b $$bit<8> c; }",
        "struct S { bit<8> a\n $$bit<8> b; }",  # a missing ; costs nothing more
        "action a() { x = 1 $$2; y = $$; }\naction b() { z = $$}",
        "action a() { x = $$; if (y) { z = $$; } w = 1; }",
        "action a() { if $$x { y = 1; } z = $$; }",
        "action a() { x y $$z; }",
        "action a() { x.$$; }",
        "action a() { f(1 $$2); g($$,); }",
        "action a() { $$1 = 2; }",
        "control C() { table t { key = { x: $$; y: exact; z $$; } actions = { a $$b; c; } } apply { $$] } }",
        "control C() { apply { } }\n$$}",
        "control C() { bit<8> $$; apply { x = $$; } }\ncontrol D() { apply { } }",
        "parser P() { state start { transition select(x) { 1 $$accept; 2: accept; } } state b { transition $$; } }",
        "parser P() { state s { $$exit; } state t { $$return; } }",
        "error { A, B, $$}",
        "action a() {\n  match_kind m = $$; }",
        "enum K { A, $$, B }\nenum bit<8> L { A $$}\nenum M { A }",
        "extern E { void f($$; void g(); }",
        "@a(( $$",
        'const string x = $$"no end;',
        "const bit<8> x = 1 $$\\ 2;",
        "const bit<8> x = $$0x_;",
        "bit<8 $$x;",
        "$$1 2 3; const bit<8> x = 1;",
        "bit<8> $$x = 1;",
        "control C() { bit<8> x; $$}",
        "control C() { apply { x = 1; } $$bit<8> y; }",
        "action a() { if (x) $$bit<8> y; }",
        "typedef struct S { bit<8> $$; } T; struct U { T t; }",
    ],
)
def test_errors_are_found_where_they_are(text: str) -> None:
    plain, places = marked(text)
    assert errors(plain) == places


def test_a_block_that_is_not_closed_is_one_error_and_the_next_declaration_is_read() -> None:
    program, diagnostics = read(
        "control A() {\n  apply {\n    if (x) {\n      y = 1;\n}\ncontrol B() {\n  apply { }\n}\n"
    )
    assert [(item.span.line, item.hint) for item in diagnostics.items] == [(6, "'}'")]
    assert diagnostics.items[0].notes[0].span.line == 2
    assert [node.name.text for node in program.declarations if isinstance(node, syntax.ControlDeclaration)] == [
        "A",
        "B",
    ]


def test_what_surrounds_an_error_is_kept_and_what_is_lost_is_named() -> None:
    program, _ = read("control A() { bit<8> kept; bit<8> lost bit<9> gone; action also() { x = ; y = 1; } apply { } }")
    control = program.declarations[0]
    assert isinstance(control, syntax.ControlDeclaration)
    assert [local.name.text for local in control.locals] == ["kept", "also"]
    assert {"lost", "gone"} <= program.damaged and "kept" not in program.damaged


@pytest.mark.parametrize("opening", ["(", "{", "-", "f(", "x[", "(bit<8>)", "a ? ", "a<b<", "(T<bit<(", "{x="])
def test_endless_nesting_is_an_error_and_no_crash(opening: str) -> None:
    places = errors("extern T<U> { }\nconst bool x = " + opening * 1000 + ";")
    assert places and all(line == 2 for line, _ in places)


@pytest.mark.parametrize("piece", [" + x", ".f", "[1]", "()", " ? x : x"])
def test_endless_chains_are_an_error_and_no_crash(piece: str) -> None:
    assert errors("const bool x = y" + piece * 2000 + ";")


def test_endless_blocks_and_else_ifs_are_an_error_and_no_crash() -> None:
    assert errors("action a() " + "{" * 1000 + "}" * 1000)
    assert errors("action a() { " + "if (x) ; else " * 1000 + "; }")
    assert errors("action a() { " + "if (x) " * 1000 + "; }")


def test_nothing_at_all_is_a_program() -> None:
    program, diagnostics = read("")
    assert program.declarations == () and not diagnostics.items
