"""Every token knows its place, also behind and inside macros. Oracle: columns counted by `str.index`."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.diagnostics import Diagnostics
from compiler.driver import compile_source
from compiler.lexer import Token, tokenize
from compiler.preprocessor.files import Files
from compiler.source import preprocess, read_source


def tokens(text: str) -> list[Token]:
    return tokenize(preprocess(text, "t.p4", Diagnostics()))[:-1]


def test_columns_in_a_line_with_several_macros() -> None:
    definitions = "#define ONE 1\n#define F(x) x + x\n#define NOTHING\n"
    line = "\ta = ONE + F(b) /* F(c) */ ; NOTHING c\t= F( ( d ) ) ;\te"
    found = {token.text: token for token in tokens(definitions + line)}
    for name in ("a", "c", "e"):
        assert (found[name].span.line, found[name].span.column) == (4, line.rindex(name) + 1), name
    for name, call in (("1", "ONE"), ("b", "F(b)"), ("d", "F( ( d ) )")):
        start = line.index(call) + 1
        assert (found[name].span.column, found[name].span.end_column) == (start, start + len(call)), name


def test_lines_and_columns_behind_continuation_lines_and_comments() -> None:
    text = "#define TWO 1 + \\\n  1\na \\\n  TWO b /* x\n y */ TWO c \\\n\\\n d\n"
    places = {token.text: (token.span.line, token.span.column) for token in tokens(text)}
    assert places["a"] == (3, 1)
    assert places["b"] == (4, 7)
    assert places["c"] == (5, 11)
    assert places["d"] == (7, 2)


def test_a_macro_name_may_be_split_by_a_continuation_line() -> None:
    assert [token.text for token in tokens("#define LONG_\\\nNAME 7\nLONG_NAME LONG\\\n_NAME\n")] == ["7", "7"]


def test_a_message_about_what_a_macro_made_shows_its_definition() -> None:
    diagnostics = Diagnostics()
    text = "#define BAD(x) x + nowhere\nconst bit<8> a = BAD(1);\n"
    assert compile_source(text, diagnostics) is None
    (item,) = [item for item in diagnostics.items if "nowhere" in item.message]
    assert (item.span.line, item.span.column, item.span.end_column) == (2, 18, 24)
    assert [(note.span.line, note.span.column) for note in item.notes] == [(1, 9)]


def test_files_say_what_was_read_and_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "b.p4").write_text("b\n")
    (tmp_path / "a.p4").write_text('#include "b.p4"\n#if __has_include("c.p4")\n#endif\n')
    files = Files()
    read_source(tmp_path / "a.p4", Diagnostics(), [tmp_path / "lib"], files=files)
    assert [Path(path).name for path in files.read] == ["a.p4", "b.p4"]
    missing = {str(Path(path).relative_to(tmp_path)) for path in files.missing if Path(path).is_relative_to(tmp_path)}
    assert missing == {"b.p4", "c.p4", "lib/c.p4"}
    assert not files.tells_time


def test_a_string_of_several_lines_is_what_cpp_makes_of_it() -> None:
    text = '@a("x   y\n#if 0\n  no\n#endif\n\t\n  b    ==  N; // N\n  ") e\n'
    source = preprocess("#define N 1\n" + text, "t.p4", Diagnostics())
    (string,) = [token.text for token in tokenize(source) if token.text.startswith('"')]
    assert string == '"x   y\n\n\n\n\n  b == 1; // N\n  "'


@pytest.mark.parametrize("pragma", ["#pragma once", "#import"])
def test_files_that_are_read_once(tmp_path: Path, pragma: str) -> None:
    (tmp_path / "h.p4").write_text("#pragma once\nh\n" if pragma == "#pragma once" else "h\n")
    word = "import" if pragma == "#import" else "include"
    (tmp_path / "m.p4").write_text(f'#{word} "h.p4"\n#{word} "h.p4"\n#{word} "./h.p4"\n')
    source = read_source(tmp_path / "m.p4", Diagnostics())
    assert source is not None and source.text.split() == ["h"]


def test_a_wrong_call_leaves_the_macros_that_led_to_it_in_force() -> None:
    diagnostics = Diagnostics()
    text = "#define F(a, b) a b\n#define G F(1)\n#define H 5\nG\nH G\nH F(2, 3)\n"
    source = preprocess(text, "t.p4", diagnostics)
    assert [(item.span.line, "takes 2 arguments" in item.message) for item in diagnostics.items] == [
        (4, True),
        (5, True),
    ]
    assert source.text.split() == ["5", "5", "2", "3"]
