"""What every node of the typed tree is made from: declarations, expressions, statements, blocks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from compiler.annotations import Annotations
from compiler.diagnostics import Span
from compiler.types import Type


class Direction(Enum):
    """Of a parameter (§6.8). NONE: directionless, that is compile-time, an extern object, or an action's control-plane
    data.
    """

    NONE = ""
    IN = "in"
    OUT = "out"
    INOUT = "inout"


@dataclass(eq=False, slots=True)
class Declaration:
    """Something with a name and an identity. `name` as written, not unique: inner scopes may hide outer ones."""

    name: str
    annotations: Annotations
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Expression:
    type: Type
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Statement:
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Block(Statement):
    """`{ ... }`; a scope for variables. `end` is the closing brace."""

    statements: tuple[Statement, ...]
    annotations: Annotations = ()
