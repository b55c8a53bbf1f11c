"""Annotations (P4_16 spec §20)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from compiler.syntax.expressions import KeyValue
from compiler.syntax.nodes import Expression, Node


class AnnotationForm(Enum):
    """How an annotation was written (§20.1)."""

    BARE = "bare"  # @hidden
    UNSTRUCTURED = "unstructured"  # @name("x") or @pragma name "x": any balanced tokens
    LIST = "list"  # @fields[a, 1, "x"]
    KEY_VALUE = "key-value"  # @options[size = 3, mode = "a"]


@dataclass(frozen=True, slots=True, eq=False)
class AnnotationToken(Node):
    """One token of an unstructured body; `text` as written (a string literal with its quotes)."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Annotation(Node):
    """`@name`, `@name(tokens)`, `@name[expressions]`, `@name[key = expression]`, `@pragma name tokens`.

    `tokens` and `body` (source text between the parentheses, as written) are filled for UNSTRUCTURED. `expressions` and
    `pairs` are filled for LIST and KEY_VALUE, and for UNSTRUCTURED too where the tokens read as expressions or as
    `key = value` pairs, as those of the standard's annotations do: `@name("x")` has expressions (StringLiteral "x",).
    A type may stand for an expression there (`@p4runtime_translation("", bit<32>)`): it is a `TypeExpression`.
    """

    name: str
    form: AnnotationForm
    tokens: tuple[AnnotationToken, ...] = ()
    body: str = ""
    expressions: tuple[Expression, ...] = ()
    pairs: tuple[KeyValue, ...] = ()
    is_pragma: bool = False


Annotations: TypeAlias = "tuple[Annotation, ...]"
