"""What depends on standard error being a terminal: colours, and progress on long work."""

from __future__ import annotations

import os
import time
from typing import TextIO

PATIENCE = 1.0
"""Seconds that pass before a run says what it is doing."""


def wants_color(choice: str, stream: TextIO) -> bool:
    """Whether to colour what goes to `stream`: `choice` is auto, always or never (https://no-color.org)."""
    if choice != "auto":
        return choice == "always"
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


class Stages:
    """Shows the stage of a run on one line of a terminal, once the run takes long; elsewhere it shows nothing."""

    def __init__(self, name: str, stream: TextIO) -> None:
        self._name = name
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._start = time.monotonic()
        self._shown = False

    def __call__(self, stage: str) -> None:
        if self._is_terminal and time.monotonic() - self._start > PATIENCE:
            self._stream.write(f"\r\x1b[K{self._name}: {stage} ...")
            self._stream.flush()
            self._shown = True

    def end(self) -> None:
        """Clear the line."""
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
