"""How deep Python may go while a program is compiled, looked at or written down."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

STACK_DEPTH = 10_000
"""Python's limit of recursion meanwhile. The parser bounds how deep a tree can be (`parser.cursor.MAX_DEPTH`,
`parser.expressions.MAX_CHAIN`); the stages, and what writes the JSON, walk it recursively."""


@contextmanager
def deep_recursion() -> Iterator[None]:
    """Python's limit of recursion is at least STACK_DEPTH inside."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, STACK_DEPTH))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
