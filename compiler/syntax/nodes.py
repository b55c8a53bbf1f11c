"""What all nodes of the syntax tree share, and the four families that the other files fill."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.diagnostics import Span


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """Anything that stands in the source text."""

    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Name(Node):
    """An identifier, where it is declared or where it follows a dot."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, eq=False)
class TypeRef(Node):
    """A use of a type."""


@dataclass(frozen=True, slots=True, eq=False)
class Expression(Node):
    """Anything that may stand for a value, a set of values, or the callee of a call."""


@dataclass(frozen=True, slots=True, eq=False)
class Statement(Node):
    """Something that is executed."""


@dataclass(frozen=True, slots=True, eq=False)
class Declaration(Node):
    """Something that gives a name (or, for error and match_kind, several) to something."""
