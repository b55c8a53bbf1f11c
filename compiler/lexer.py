"""Preprocessed text -> tokens (P4_16 spec §6.4).

One regular expression finds every token; a token's `kind` is what the parser compares: the text itself for keywords and
operators, or one of the names below. `>>` and `>>=` are never one token, because `bit<tuple<bit<8>>>` ends in two `>`;
the parser joins `>` tokens that touch (`Token.touches`).
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass

from compiler.diagnostics import Span
from compiler.source import Preprocessed

IDENTIFIER = "identifier"
INTEGER = "integer"
STRING = "string literal"
END = "end of file"
UNKNOWN = "unknown"

KEYWORDS = frozenset(
    {"abstract", "action", "actions", "apply", "bit", "bool", "break", "const", "continue", "control", "default"}
    | {"else", "entries", "enum", "error", "exit", "extern", "false", "for", "header", "header_union", "if", "in"}
    | {"inout", "int", "key", "list", "match_kind", "out", "package", "parser", "priority", "return", "select"}
    | {"state", "string", "struct", "switch", "table", "this", "transition", "true", "tuple", "type", "typedef"}
    | {"value_set", "varbit", "void", "_"}
)

_OPERATORS = (
    r"\|[+-]\|=?|&&&|\.\.\.|\{#\}|<<=?|&&|\|\||\+\+|\.\.|\+:"  # of several characters, longest first
    r"|[-+*/%&|^=!<>]=|[-+*/%|&^~()\[\]{}<>!:,?.=;@]"
)

_TOKEN = re.compile(
    r"(?P<newline>\n[\n]*)"
    r"|(?P<blank>[ \t\r\f\v]+)"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<integer>(?:[0-9]+[ws])?(?:0[xX][0-9a-fA-F_]+|0[dD][0-9_]+|0[oO][0-7_]+|0[bB][01_]+|[0-9][0-9_]*))"
    r"|(?P<operator>" + _OPERATORS + r")"
    r'|(?P<string>"[^"\\]*(?:\\.[^"\\]*)*")'
    r"|(?P<unknown>.)",
    re.DOTALL,
)


@dataclass(slots=True)
class Token:
    """`text` as written; `start` and `stop` are its offsets in the preprocessed text, `row` its line there, from 0."""

    kind: str
    text: str
    span: Span
    start: int
    stop: int
    row: int

    def touches(self, following: Token) -> bool:
        """Whether nothing stands between this token and the next."""
        return self.stop == following.start


def tokenize(source: Preprocessed) -> list[Token]:
    """All tokens, the last one of kind END. A character that begins no token is one of kind UNKNOWN.

    It is for the parser to refuse those: in the body of an annotation anything may stand (§20.1).
    """
    text = source.text
    origins = source.lines
    tokens: list[Token] = []
    append = tokens.append
    intern = sys.intern
    row, row_start = 0, 0
    for match in _TOKEN.finditer(text):
        group = match.lastgroup
        if group == "blank":
            continue
        start, stop = match.span()
        if group == "newline":
            row += stop - start
            row_start = stop
            continue
        origin = origins[row]
        lexeme = match[0]
        if group == "string" and "\n" in lexeme:
            last_row = row + lexeme.count("\n")
            last_start = start + lexeme.rindex("\n") + 1
            last = origins[last_row]
            end_line, end_column = last.line, last.end_column(stop - last_start)
        else:
            last_row, last_start = row, row_start
            end_line, end_column = origin.line, origin.end_column(stop - row_start)
        span = Span(origin.file, origin.line, origin.column(start - row_start), end_line, end_column)
        if group == "word":
            append(Token(intern(lexeme) if lexeme in KEYWORDS else IDENTIFIER, lexeme, span, start, stop, row))
        elif group == "operator":
            append(Token(intern(lexeme), lexeme, span, start, stop, row))
        elif group == "integer":
            append(Token(INTEGER, lexeme, span, start, stop, row))
        elif group == "string":
            append(Token(STRING, lexeme, span, start, stop, row))
        else:
            append(Token(UNKNOWN, lexeme, span, start, stop, row))
        row, row_start = last_row, last_start
    append(Token(END, "", source.end, len(text), len(text), row + 1))
    return tokens


def integer_value(text: str) -> tuple[int, int | None, bool, int]:
    """(value, width, is signed, base) of an integer token; the text's digits decide, `_` separates (§6.4.3.2).

    Raises ValueError where no digit follows the base, e.g. `0x_`.
    """
    width: int | None = None
    is_signed = False
    for letter in "ws":
        prefix, found, rest = text.partition(letter)
        if found:
            width, is_signed, text = int(prefix), letter == "s", rest
    digits = text.replace("_", "")
    base = {"0x": 16, "0d": 10, "0o": 8, "0b": 2}.get(digits[:2].lower())
    if base is None:
        return int(digits), width, is_signed, 10
    return int(digits[2:], base), width, is_signed, base


def string_value(text: str) -> str:
    """The text of a string token without its quotes. Escapes stay as they are: they mean something only to whoever the
    string is for (§6.4.3.3).
    """
    return text[1:-1]
