"""How this backend refuses what BMv2 cannot do."""

from __future__ import annotations

from compiler.diagnostics import Diagnostics, Span


class Unsupported(Exception):
    """Something that cannot be written as BMv2 JSON; `message` says what and why. Raised deep inside a statement or
    expression, reported at the span by whoever writes the next larger piece, which then goes on with the next.
    """

    def __init__(self, message: str, span: Span, hint: str | None = None, kind: str = "unsupported") -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.span = span
        self.hint = hint

    def report(self, diagnostics: Diagnostics) -> None:
        diagnostics.error(self.kind, self.message, self.span, hint=self.hint)
