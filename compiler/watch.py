"""Compile again whenever a file changes that the last run read, or looked for in vain.

Files are asked for their state a few times a second: every editor and file system can be watched so, also where a save
replaces the file, and the files of a program are few.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from compiler.preprocessor.files import Files

INTERVAL = 0.2
"""Seconds between two looks at the files."""

Run = Callable[[], "tuple[str | None, Files, Iterable[str]]"]
"""Compiles once: the line that tells the outcome if it is not told yet, the files it depends on, further ones to watch.
"""


def watch(run: Run) -> int:
    """Call `run` at once and at every change, print its line each time; return 0 after SIGINT or SIGTERM."""
    with _until_signalled() as stopped:
        while not stopped.is_set():
            line, files, others = run()
            if line is not None:
                print(line)
            sys.stdout.flush()
            paths = [*files.read, *files.found, *files.missing, *others]
            before = _states(paths)
            if not (files.are_where_they_were() and files.have_contents()):
                continue  # a file changed while it was being compiled
            while not stopped.wait(INTERVAL) and _states(paths) == before:
                pass
    return 0


def _states(paths: Iterable[str]) -> list[tuple[int, int, int] | None]:
    return [_state(path) for path in paths]


def _state(path: str) -> tuple[int, int, int] | None:
    """What changes when the file is written or replaced; None when there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


@contextmanager
def _until_signalled() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set."""
    stopped = threading.Event()

    def stop(number: int, frame: object) -> None:
        stopped.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if stopped.is_set():
            sys.stderr.flush()
