"""Where traces are shown: text, a table for many packets, or JSON."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import click


class Output:
    """`shown`: how many packets were told of so far."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.color = not as_json and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        self.shown = 0

    def one(self, text: str, trace: dict[str, Any]) -> None:
        """The only packet."""
        self.shown += 1
        click.echo(json.dumps(trace, indent=2) if self.as_json else text, color=self.color)

    def next(self, heading: str, text: str, trace: dict[str, Any]) -> None:
        """One of several: as JSON a line of its own."""
        if self.as_json:
            click.echo(json.dumps(trace))
        else:
            click.echo(("\n" if self.shown else "") + click.style(heading, bold=True), color=self.color)
            click.echo(text, color=self.color)
        sys.stdout.flush()
        self.shown += 1

    def row(self, row: str, trace: dict[str, Any]) -> None:
        """One of many."""
        self.shown += 1
        click.echo(json.dumps(trace) if self.as_json else row, color=self.color)
