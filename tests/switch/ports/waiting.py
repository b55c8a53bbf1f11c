"""Waiting for what must come, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable

TIMEOUT = 30


def wait_until(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + TIMEOUT
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.001)
