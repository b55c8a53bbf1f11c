"""Tokens. Oracle: P4_16 spec §6.4."""

from __future__ import annotations

import pytest

from compiler.lexer import IDENTIFIER, INTEGER, STRING, UNKNOWN, integer_value, string_value
from tests.compiler.front.reading import lex


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10", (10, None, False, 10)),
        ("1_000", (1000, None, False, 10)),
        ("0xFf_00", (0xFF00, None, False, 16)),
        ("0b1_01", (5, None, False, 2)),
        ("0o17", (15, None, False, 8)),
        ("0d19", (19, None, False, 10)),
        ("8w255", (255, 8, False, 10)),
        ("32w0xFF_FF", (0xFFFF, 32, False, 16)),
        ("4s0b1010", (10, 4, True, 2)),
        ("2s3", (3, 2, True, 10)),
        ("9w0o777", (511, 9, False, 8)),
        ("007", (7, None, False, 10)),
    ],
)
def test_integers(text: str, value: tuple[int, int | None, bool, int]) -> None:
    (token,) = lex(text)
    assert (token.kind, token.text) == (INTEGER, text)
    assert integer_value(token.text) == value


def test_a_base_without_digits_is_no_number() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        integer_value("0x_")


OPERATORS = """|+|= |-|= &&& ... {#} |+| |-| <<= && || == != >= <= ++ += -= *= /= %= &= |= ^= << .. +:
+ - * / % | & ^ ~ ( ) [ ] { } < > ! : , ? . = ; @"""


@pytest.mark.parametrize("operator", OPERATORS.split())
def test_an_operator_is_one_token(operator: str) -> None:
    assert [token.kind for token in lex(f"a{operator}b")] == [IDENTIFIER, operator, IDENTIFIER]


def test_two_closing_angles_are_two_tokens_that_touch() -> None:
    first, second, third = lex(">> >")
    assert [first.kind, second.kind, third.kind] == [">", ">", ">"]
    assert first.touches(second) and not second.touches(third)


def test_keywords_are_their_own_kind_and_names_are_not() -> None:
    kinds = [token.kind for token in lex("state states _ _x string Bit bit")]
    assert kinds == ["state", IDENTIFIER, "_", IDENTIFIER, "string", IDENTIFIER, "bit"]


@pytest.mark.parametrize(
    ("text", "value"),
    [('"plain"', "plain"), (r'"a \"b\" \\ c"', r"a \"b\" \\ c"), (r'"\n"', r"\n"), ('""', ""), ('"a\nb"', "a\nb")],
)
def test_strings(text: str, value: str) -> None:
    (token,) = lex(text)
    assert token.kind == STRING
    assert string_value(token.text) == value


def test_a_string_may_hold_what_looks_like_a_comment() -> None:
    tokens = lex('a "no // comment\n/* here */ either" b // but here "\nc')
    assert [token.text for token in tokens] == ["a", '"no // comment\n/* here */ either"', "b", "c"]
    assert [(token.span.line, token.span.column) for token in tokens] == [(1, 1), (1, 3), (2, 20), (3, 1)]


def test_columns_count_comments_and_tabs() -> None:
    tokens = lex("/* x */\ta /* two\nlines */ b")
    assert [(token.text, token.span.line, token.span.column) for token in tokens] == [("a", 1, 9), ("b", 2, 10)]


def test_foreign_characters_become_tokens_of_their_own() -> None:
    assert [token.kind for token in lex("a $ é")] == [IDENTIFIER, UNKNOWN, UNKNOWN]
