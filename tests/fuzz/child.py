"""Work in a child process with a limit on its time and memory: what it answers, or how it ended.

Children come from a server without threads: one forked beside gRPC's threads may inherit a lock and spin on it for
ever. What a child is to know must therefore be handed to it; it has nothing of what its parent has set up.
"""

from __future__ import annotations

import multiprocessing
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeAlias

SECONDS = 10
"""Of processor time: a busy machine must not look like a hang."""
PATIENCE = 30 * SECONDS
BYTES = 1 << 30
"""Of address space beyond what the process has when it starts to work."""

Answer: TypeAlias = tuple[str, str]
"""A word for what came of it, and what there is to say about it."""

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["compiler.driver", "switch.engine"])


def answer(work: Callable[..., Answer], *arguments: object) -> Answer:
    """What `work(*arguments)` returns (all to be pickled), or what was wrong with it: hang, memory, crash, or the name
    of the exception that it raised.
    """
    ours, theirs = _CONTEXT.Pipe()
    child = _CONTEXT.Process(target=_limited, args=(theirs, work, arguments))
    child.start()
    theirs.close()
    try:
        found: Answer = ours.recv() if ours.poll(PATIENCE) else ("hang", f"no answer in {PATIENCE} s")
    except EOFError:
        child.join()
        used_up = child.exitcode in (-signal.SIGXCPU, -signal.SIGKILL)
        found = ("hang", f"no answer in {SECONDS} s") if used_up else ("crash", f"exit status {child.exitcode}")
    if child.is_alive() and found[0] == "hang":
        child.kill()
    child.join()
    ours.close()
    return found


def _limited(to: Connection, work: Callable[..., Answer], arguments: tuple[object, ...]) -> None:
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (used + BYTES, used + BYTES))
    sys.stderr.flush()
    try:
        to.send(work(*arguments))
    except MemoryError:
        to.send(("memory", f"more than {BYTES >> 20} MB"))
    except BaseException as error:
        to.send((type(error).__name__, "".join(traceback.format_exception(error))[-4000:]))
