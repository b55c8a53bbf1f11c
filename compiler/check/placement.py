"""Where errors about arguments stand: at the place of use, or at the declaration that asks for the arguments.

p4c reports what is wrong with the arguments of a parser's, control's or package's constructor at the declaration, and
labels of a wrong type at the `select` or `switch`; tools compare its lines. So do we, with a note at the place of use,
which is where most readers will mend it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from compiler.check.context import Env
from compiler.diagnostics import Diagnostics, Note, Severity, Span


@contextmanager
def reported_at(env: Env, declaration: Span, use: str, *kinds: str) -> Iterator[None]:
    """Errors that are found inside (of these kinds, if any are given) stand at `declaration`, with a note at their own
    place that says `use`. Those in the line of `declaration` stay where they are.
    """
    outer = env.checker.diagnostics
    inner = env.checker.diagnostics = Diagnostics(outer.sources)
    try:
        yield
    finally:
        env.checker.diagnostics = outer
        for item in inner.items:
            is_there = (item.span.file, item.span.line) == (declaration.file, declaration.line)
            if item.severity is Severity.WARNING:
                outer.warning(item.kind, item.message, item.span, *item.notes, hint=item.hint)
            elif is_there or (kinds and item.kind not in kinds):
                outer.add(item)
            else:
                notes = (Note(use, item.span), *(note for note in item.notes if note.span.line != declaration.line))
                outer.error(item.kind, item.message, declaration, *notes, hint=item.hint)
