"""The quoted line and its caret, where the line is long or not text. Oracle: the caret's column, counted by hand."""

from __future__ import annotations

from compiler.diagnostics import QUOTED_WIDTH, Diagnostics
from compiler.driver import compile_source


def report(text: str) -> list[str]:
    diagnostics = Diagnostics()
    assert compile_source(text, diagnostics) is None
    return diagnostics.render().splitlines()


def test_nothing_reaches_the_terminal_that_could_steer_it() -> None:
    lines = report("const bit<8> x = \033[31m;")
    assert not any("\033" in line for line in lines)
    place = next(i for i, line in enumerate(lines) if "unexpected character U+001B" in line)
    assert lines[place + 1].index("\N{REPLACEMENT CHARACTER}") == lines[place + 2].index("^")


def test_carets_stand_under_what_they_mark_behind_tabs_and_wide_characters() -> None:
    lines = report(
        '\t@x("\u6f22\u5b57 e\u0301")\tconst bit<8> x = nowhere;'
    )  # two ideographs, e with a combining accent
    place = next(i for i, line in enumerate(lines) if "nowhere" in line)
    quoted, carets = lines[place + 1], lines[place + 2]
    columns = quoted[: quoted.index("nowhere")]
    assert carets.index("^") == len(columns) + 2 - 1  # two more columns for the ideographs, one less for the accent
    assert [index for index, char in enumerate(carets) if char == "\t"] == [8, 8 + len('@x("漢字 e")') + 2 + 1]
    assert carets.count("^") == len("nowhere")


def test_of_a_long_line_the_part_around_the_caret_is_quoted() -> None:
    lines = report("const bit<8> x = " + "1 + " * 300 + "nowhere + 2;")
    place = next(i for i, line in enumerate(lines) if "nowhere" in line)
    quoted, carets = lines[place + 1], lines[place + 2]
    assert len(quoted) <= QUOTED_WIDTH + len("    1 | ")
    assert quoted.index("nowhere") == carets.index("^")
    assert carets.count("^") == len("nowhere")
