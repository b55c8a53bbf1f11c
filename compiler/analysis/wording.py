"""Source text in one line, for boxes and reports."""

from __future__ import annotations

import re

from compiler.diagnostics import Sources, Span

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_BLANKS = re.compile(r"\s+")


def quote(sources: Sources, span: Span, limit: int = 48) -> str:
    """What stands at `span`: comments out, blanks joined, cut after `limit` characters; "" for what no text holds."""
    text = _BLANKS.sub(" ", _COMMENT.sub(" ", sources.fragment(span))).strip()
    return shorten(text.rstrip(";").rstrip(), limit)


def shorten(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def place(span: Span) -> str:
    """`file:line`, or "" for what no text holds."""
    return f"{span.file}:{span.line}" if span.line > 0 else ""
