"""One text through the whole compiler in a child process with a limit on its time and memory."""

from __future__ import annotations

import multiprocessing
import resource
import signal
import sys
import traceback
from multiprocessing.connection import Connection
from pathlib import Path

from compiler.diagnostics import Diagnostics

SECONDS = 10
"""Of processor time: a busy machine must not look like a hang."""
PATIENCE = 30 * SECONDS
BYTES = 1 << 30
"""Of address space beyond what the process has when it starts to compile."""

_CONTEXT = multiprocessing.get_context("forkserver")
"""Children of a server without threads: one forked beside gRPC's threads may inherit a lock and spin on it for ever."""
_CONTEXT.set_forkserver_preload(["compiler.driver"])


def survive(text: bytes) -> tuple[str, str]:
    """("ok" or "refused", "") or what went wrong: traceback, hang, memory, silent (refused without an error)."""
    ours, theirs = _CONTEXT.Pipe()
    child = _CONTEXT.Process(target=_compile, args=(text, theirs))
    child.start()
    theirs.close()
    try:
        answer: tuple[str, str] = ours.recv() if ours.poll(PATIENCE) else ("hang", f"no answer in {PATIENCE} s")
    except EOFError:
        child.join()
        used_up = child.exitcode in (-signal.SIGXCPU, -signal.SIGKILL)
        answer = ("hang", f"no answer in {SECONDS} s") if used_up else ("killed", f"exit status {child.exitcode}")
    if child.is_alive() and answer[0] == "hang":
        child.kill()
    child.join()
    return answer


def _compile(text: bytes, answer: Connection) -> None:
    from compiler import driver

    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (used + BYTES, used + BYTES))
    sys.stderr.flush()
    try:
        diagnostics = Diagnostics()
        compiled = driver.compile_source(text.decode("utf-8", "surrogateescape"), diagnostics)
        if (compiled is None) != diagnostics.has_errors:
            answer.send(("silent", "refused without an error" if compiled is None else "compiled with errors"))
        else:
            diagnostics.render()
            answer.send(("ok" if compiled else "refused", ""))
    except MemoryError:
        answer.send(("memory", f"more than {BYTES >> 20} MB"))
    except BaseException as error:
        answer.send((type(error).__name__, "".join(traceback.format_exception(error))[-4000:]))
