"""Kinds of updates, and what an all-or-nothing batch remembers: how to take back each update that took effect."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from finsy.proto import p4r

UpdateKind: TypeAlias = p4r.Update.Type.ValueType
INSERT = p4r.Update.INSERT
MODIFY = p4r.Update.MODIFY
DELETE = p4r.Update.DELETE


class Undo:
    """A log of inverse steps. Entity code adds one for each state change, after the change."""

    def __init__(self) -> None:
        self._steps: list[Callable[[], None]] = []

    def add(self, step: Callable[[], None]) -> None:
        self._steps.append(step)

    def roll_back(self) -> None:
        """Take back everything, last change first."""
        while self._steps:
            self._steps.pop()()


class NoUndo(Undo):
    """The log of a batch that continues on errors: it forgets."""

    def add(self, step: Callable[[], None]) -> None:
        pass
