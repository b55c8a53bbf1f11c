"""Log lines about clients that misbehave: one line each, and not more than a few a second, however many come."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

PER_SECOND = 10


class Complaints:
    """A logger with a bound; what it leaves out is counted in the next line."""

    def __init__(self, log: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._second = -1
        self._said = 0
        self._left_out = 0

    def say(self, format: str, *arguments: object) -> None:
        second = int(self._clock())
        if second != self._second:
            self._second, self._said = second, 0
        if self._said >= PER_SECOND:
            self._left_out += 1
            return
        self._said += 1
        if self._left_out:
            format, arguments = format + " (and %d more)", (*arguments, self._left_out)
            self._left_out = 0
        self._log.warning(format, *arguments)


class OneLine(logging.Filter):
    """For gRPC's logger: one line without a traceback, and none for clients that went away in the middle of a call."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and str(record.exc_info[1]).startswith('Failed "execute_batch"'):
            return False
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            record.msg, record.args = f"{record.getMessage()}: {type(error).__name__}: {error}", ()
        record.msg, record.args = record.getMessage().split("\n", 1)[0], ()
        record.exc_info = record.exc_text = record.stack_info = None
        return True
