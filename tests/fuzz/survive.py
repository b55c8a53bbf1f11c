"""One text through the whole compiler, in a child process with limits (child.py)."""

from __future__ import annotations

from compiler import driver
from compiler.diagnostics import Diagnostics
from tests.fuzz.child import Answer, answer


def survive(text: bytes) -> Answer:
    """("ok" or "refused", "") or what went wrong: traceback, hang, memory, crash, silent (refused without an error)."""
    return answer(_compile, text)


def _compile(text: bytes) -> Answer:
    diagnostics = Diagnostics()
    compiled = driver.compile_source(text.decode("utf-8", "surrogateescape"), diagnostics)
    if (compiled is None) != diagnostics.has_errors:
        return "silent", "refused without an error" if compiled is None else "compiled with errors"
    diagnostics.render()
    return "ok" if compiled else "refused", ""
