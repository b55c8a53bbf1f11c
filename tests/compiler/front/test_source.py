"""Preprocessing and line maps. Oracle: the positions in the source text, counted by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.diagnostics import Diagnostics
from compiler.lexer import Token, tokenize
from compiler.source import preprocess, read_source


def tokens(text: str, diagnostics: Diagnostics | None = None, **options: object) -> list[Token]:
    return tokenize(preprocess(text, "test.p4", diagnostics or Diagnostics(), **options))[:-1]  # type: ignore[arg-type]


def words(text: str, **options: object) -> str:
    return " ".join(token.text for token in tokens(text, **options))


def place(token: Token) -> tuple[int, int, int]:
    return token.span.line, token.span.column, token.span.end_column


@pytest.mark.parametrize(
    ("defines", "undefines", "expected"),
    [
        ([], [], "no"),
        (["N"], [], "1"),
        (["N=7"], [], "7"),
        (["N="], [], ""),
        (["N=7"], ["N"], "no"),
        (["N=a b"], [], "a b"),
    ],
)
def test_defines_and_undefines(defines: list[str], undefines: list[str], expected: str) -> None:
    assert words("#ifdef N\nN\n#else\nno\n#endif", defines=defines, undefines=undefines) == expected


def test_no_macro_tells_the_time() -> None:
    assert words("__DATE__ __TIME__") == "__DATE__ __TIME__"


def test_a_macro_call_has_the_columns_of_the_call_and_what_follows_keeps_its_own() -> None:
    found = tokens("#define PAIR(a, b) first a second b\nx = PAIR(1, 2) + y; // end\nz")
    assert [token.text for token in found] == ["x", "=", "first", "1", "second", "2", "+", "y", ";", "z"]
    by_text = {token.text: place(token) for token in found}
    assert by_text["x"] == (2, 1, 2)
    assert by_text["second"] == (2, 5, 15)  # PAIR(1, 2)
    assert by_text["+"] == (2, 16, 17)
    assert by_text["y"] == (2, 18, 19)
    assert by_text["z"] == (3, 1, 2)


def test_lines_behind_a_macro_call_of_several_lines() -> None:
    found = tokens("#define F(a, b) a b\nF(1,\n  2) x\ny")
    assert [(token.text, token.span.line) for token in found] == [("1", 2), ("2", 2), ("x", 3), ("y", 4)]


def test_line_directives_rename_what_follows() -> None:
    found = tokens('a\n#line 40 "other.p4"\nb\n# 7\nc')
    assert [(token.text, token.span.file, token.span.line) for token in found] == [
        ("a", "test.p4", 1),
        ("b", "other.p4", 40),
        ("c", "other.p4", 7),
    ]


def test_windows_line_ends_and_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "dos.p4").write_bytes(b"\xef\xbb\xbf#define N 1\r\na N\r\nb\r\n")
    source = read_source(tmp_path / "dos.p4", Diagnostics())
    assert source is not None
    assert [(token.text, token.span.line) for token in tokenize(source)] == [("a", 2), ("1", 2), ("b", 3), ("", 3)]


def test_includes_are_found_beside_the_file_in_search_paths_and_among_the_standard_headers(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "lib").mkdir()
    (tmp_path / "main.p4").write_text('#include "sub/a.p4"\n#include <b.p4>\n#include <core.p4>\nmain_\n')
    (tmp_path / "sub" / "a.p4").write_text('#include "../c.p4"\na_\n')
    (tmp_path / "c.p4").write_text("\nc_\n")
    (tmp_path / "lib" / "b.p4").write_text("b_\n")
    diagnostics = Diagnostics()
    source = read_source(tmp_path / "main.p4", diagnostics, [tmp_path / "lib"])
    assert source is not None and not diagnostics.items
    places = {token.text: (Path(token.span.file).name, token.span.line) for token in tokenize(source)}
    assert places["c_"] == ("c.p4", 2)
    assert places["a_"] == ("a.p4", 2)
    assert places["b_"] == ("b.p4", 1)
    assert places["main_"] == ("main.p4", 4)
    assert places["packet_in"][0] == "core.p4"


def test_a_file_that_guards_itself_is_read_once() -> None:
    assert words("#include <core.p4>\n#include <core.p4>\n#ifdef _CORE_P4_\nyes\n#endif").count("packet_in {") == 1


@pytest.mark.parametrize(
    ("text", "line", "kind"),
    [
        ('a\n#include "missing.p4"\n', 2, "I/O error"),
        ("a\n\n#include <missing.p4>\n", 3, "I/O error"),
        ("#include\n", 1, "I/O error"),
        ("#include what\n", 1, "I/O error"),
        ("#if 1\na\n", 1, "I/O error"),
        ("a\n#endif\n", 2, "I/O error"),
        ("#error no way\n", 1, "I/O error"),
        ("#if 1 +\n#endif\n", 1, "I/O error"),
        ("#ifdef\n#endif\n", 1, "I/O error"),
        ("#define\n", 1, "I/O error"),
    ],
)
def test_errors_of_the_preprocessor_are_diagnostics(text: str, line: int, kind: str) -> None:
    diagnostics = Diagnostics()
    tokens(text, diagnostics)
    assert [(item.span.line, item.kind) for item in diagnostics.items] == [(line, kind)]


def test_a_file_that_includes_itself_ends_with_a_diagnostic(tmp_path: Path) -> None:
    (tmp_path / "loop.p4").write_text('#include "loop.p4"\n')
    diagnostics = Diagnostics()
    assert read_source(tmp_path / "loop.p4", diagnostics) is not None
    assert "deep" in diagnostics.items[0].message


def test_an_unreadable_file_is_an_error_and_no_traceback(tmp_path: Path) -> None:
    for path in (tmp_path / "none.p4", tmp_path):
        diagnostics = Diagnostics()
        assert read_source(path, diagnostics) is None
        assert diagnostics.items[0].kind == "I/O error"


def test_an_unknown_directive_is_skipped_with_a_warning() -> None:
    diagnostics = Diagnostics()  # p4c's parser skips the line, silently
    assert [token.text for token in tokens("#nonsense x\na", diagnostics)] == ["a"]
    assert [(item.severity.value, item.kind) for item in diagnostics.items] == [("warning", "preprocessor")]


def test_a_warning_of_the_preprocessor_is_a_warning() -> None:
    diagnostics = Diagnostics()
    assert [token.text for token in tokens("#warning careful\na", diagnostics)] == ["a"]
    assert not diagnostics.has_errors and "careful" in diagnostics.items[0].message
