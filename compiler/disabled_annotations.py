"""Annotations that the user switched off: their tokens are taken out before the program is parsed."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from compiler.diagnostics import Diagnostics
from compiler.lexer import IDENTIFIER, KEYWORDS, Token

_CLOSING = {"(": ")", "[": "]"}


def without_annotations(tokens: Sequence[Token], names: Collection[str], diagnostics: Diagnostics) -> list[Token]:
    """The tokens without `@NAME`, `@NAME(...)`, `@NAME[...]` and `@pragma NAME ...` for every NAME of `names`.

    A warning says of each that it is ignored.
    """
    kept: list[Token] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        end = _end(tokens, index, names) if token.text == "@" else index
        if end == index:
            kept.append(token)
            index += 1
            continue
        name = tokens[index + 2 if tokens[index + 1].text == "pragma" else index + 1]
        message = f"@{name.text} is ignored: annotations of this name are disabled"
        diagnostics.warning("ignore", message, token.span.to(name.span))
        index = end
    return kept


def _end(tokens: Sequence[Token], start: int, names: Collection[str]) -> int:
    """The index behind the annotation at `start` if it is one of `names`, else `start`."""
    name = tokens[start + 1] if start + 1 < len(tokens) else None
    if name is None or not (name.kind == IDENTIFIER or name.text in KEYWORDS):
        return start
    if name.text == "pragma":  # to the end of the line
        if start + 2 >= len(tokens) or tokens[start + 2].text not in names:
            return start
        end = start
        while end < len(tokens) - 1 and tokens[end].row == tokens[start].row:
            end += 1
        return end
    if name.text not in names:
        return start
    end = start + 2
    closing = _CLOSING.get(tokens[end].text) if end < len(tokens) else None
    if closing is None:
        return end
    opening, depth = tokens[end].text, 0
    while end < len(tokens) - 1:
        depth += (tokens[end].text == opening) - (tokens[end].text == closing)
        end += 1
        if depth == 0:
            break
    return end
