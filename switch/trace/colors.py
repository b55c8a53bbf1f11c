"""Colours of a trace's text, for terminals."""

from __future__ import annotations

import click

from switch.trace.text import Kind, plain

_STYLES: dict[Kind, dict[str, object]] = {
    "head": {"bold": True},
    "part": {"fg": "blue", "bold": True},
    "name": {"fg": "cyan"},
    "good": {"fg": "green"},
    "bad": {"fg": "red"},
    "change": {"fg": "yellow"},
    "dim": {"dim": True},
}


def paint(text: str, kind: Kind) -> str:
    return click.style(text, **_STYLES[kind])  # type: ignore[arg-type]  # click's own keywords


__all__ = ["paint", "plain"]
