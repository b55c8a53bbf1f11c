"""What is wrong with an intent, and where: one line a problem.

two_vpcs.yaml:41:13: tenants.blue.vms.web1.ip: 10.1.9.7 is in none of blue's subnets (10.1.0.0/22). Add ...
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One complaint: where it is in the document and what to do. `at_key` points at the key, not at its value."""

    path: Path
    message: str
    at_key: bool = False


@dataclass(frozen=True, slots=True)
class Located:
    """A problem with the place found: 1-based line and column, as editors count."""

    line: int
    column: int
    path: Path
    message: str

    def render(self, file: str) -> str:
        where = f"{file}:{self.line}:{self.column}: "
        return where + (f"{dotted(self.path)}: {self.message}" if self.path else self.message)


class IntentError(Exception):
    """The intent cannot be used. `located` holds every problem found, in the order of the file."""

    def __init__(self, file: str, located: Iterable[Located]) -> None:
        self.file = file
        self.located = sorted(located, key=lambda p: (p.line, p.column))
        super().__init__("\n".join(p.render(file) for p in self.located))


def dotted(path: Path) -> str:
    """`tenants.red.acl[2].to`: keys joined by dots, list positions (from 0) in brackets."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint for a name that does not exist: the closest known one, or what there is."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {close[0]!r}?"
    if not names:
        return "There is none yet."
    shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    return f"Known: {shown}."
