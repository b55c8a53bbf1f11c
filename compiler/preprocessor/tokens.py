"""Preprocessing tokens (ISO C 6.4), as GNU cpp sees them in assembler text: what follows a lone quote is one token,
in which no macro is seen.

Numbers are "pp-numbers": a digit and whatever letters, digits, dots and signed exponents touch it. So `8w0xFF` is one
token, and in `0..MAX` no macro MAX is seen, just as with p4c.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

IDENTIFIER = "identifier"
NUMBER = "number"
STRING = "string"
OTHER = "other"
PARAMETER = "parameter"
"""A parameter in the body of a macro."""

_TOKEN = re.compile(
    r"(?P<identifier>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<number>\.?[0-9](?:[eEpP][+-]|[A-Za-z0-9_.])*)"
    r'|(?P<string>"[^"\\]*(?:\\.[^"\\]*)*"|\'[^\'\\]*(?:\\.[^\'\\]*)*\')'
    r"|(?P<lone>[\"'].*|//.*|/\*.*?\*/)"  # comments are blanks by now, but for those in a string of several lines
    r"|(?P<other>##|\.\.\.|<<=?|>>=?|&&|\|\||\+\+|--|->|[-+*/%&|^=!<>]=|\S)",
    re.DOTALL,
)


class Token:
    """One token. `offset` is where it stands in `line`, for those that come from the text and not from a macro.

    `space`: whether blanks stand before it. `painted`: an identifier that names a macro which was being expanded
    when it was met, and is never expanded any more.
    """

    __slots__ = ("kind", "line", "offset", "painted", "space", "text")

    def __init__(self, kind: str, text: str, space: bool, offset: int = -1, line: object = None) -> None:
        self.kind = kind
        self.text = text
        self.space = space
        self.offset = offset
        self.line = line
        self.painted = False

    def with_space(self, space: bool) -> Token:
        """This token, with or without blanks before it."""
        if self.space == space:
            return self
        copy = Token(self.kind, self.text, space, self.offset, self.line)
        copy.painted = self.painted
        return copy

    def paint(self) -> Token:
        """This identifier, never to be expanded."""
        copy = Token(self.kind, self.text, self.space, self.offset, self.line)
        copy.painted = True
        return copy


def scan(text: str, line: object = None, start: int = 0) -> list[Token]:
    """The tokens of `text` from index `start` on; each remembers its offset and `line`."""
    return list(_scan(text, line, start))


def _scan(text: str, line: object, start: int) -> Iterator[Token]:
    end = start
    for match in _TOKEN.finditer(text, start):
        kind = match.lastgroup
        assert kind is not None
        yield Token(OTHER if kind == "lone" else kind, match[0], match.start() > end, match.start(), line)
        end = match.end()


def single(text: str) -> Token | None:
    """The one token that `text` is; None when it is none or several."""
    match = _TOKEN.fullmatch(text)
    if match is None or match.lastgroup is None or match.lastgroup == "lone":
        return None
    return Token(match.lastgroup, text, False)


def stick_together(left: str, right: str) -> bool:
    """Whether two tokens that are printed without a blank between them would be read as others."""
    match = _TOKEN.match(left + right)
    return match is None or match.end() != len(left)


def spelled(tokens: list[Token]) -> str:
    """The tokens as text, one blank where there were some."""
    return "".join((" " if token.space and index else "") + token.text for index, token in enumerate(tokens))
