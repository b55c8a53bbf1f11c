"""Where errors about arguments stand: at the place of use, or at the declaration that asks for the arguments.

p4c reports what is wrong with the arguments of a parser's, control's or package's constructor at the declaration, and
tools compare its lines. So do we, with a note at the place of use, which is where most readers will mend it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from compiler.check.context import Env
from compiler.diagnostics import Diagnostics, Note, Severity, Span


@contextmanager
def reported_at(env: Env, declaration: Span, use: str) -> Iterator[None]:
    """Errors that are found inside stand at `declaration`, with a note at their own place that says `use`."""
    outer = env.checker.diagnostics
    inner = env.checker.diagnostics = Diagnostics(outer.sources)
    try:
        yield
    finally:
        env.checker.diagnostics = outer
        for item in inner.items:
            if item.severity is Severity.WARNING:
                outer.warning(item.kind, item.message, item.span, *item.notes, hint=item.hint)
            else:
                notes = (Note(use, item.span), *(note for note in item.notes if note.span.line != declaration.line))
                outer.error(item.kind, item.message, declaration, *notes, hint=item.hint)
