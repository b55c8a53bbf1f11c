"""Annotations as they stand in the typed tree (P4_16 spec §20): structured, evaluated, and with their source text.

`@name("x")`, `@id(5)` and the like have `values`; `@pkginfo(name = "x")` has `pairs`; an annotation with a body in
parentheses also keeps `text`, its tokens as written, because P4Info repeats annotations that it does not know.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from compiler.diagnostics import Span


@dataclass(frozen=True, slots=True)
class TypeArgument:
    """A type as an argument (`@p4runtime_translation("", bit<32>)`), as written."""

    text: str


Value: TypeAlias = "int | str | bool | TypeArgument"


@dataclass(frozen=True, eq=False, slots=True)
class Annotation:
    """One annotation.

    `values` are the positional expressions, evaluated; `pairs` the named ones. Both are empty when the body is not made
    of constants (then only `text` tells what it holds). `text` is the body without its outer parentheses or brackets,
    None where there is no body. `structured` is True for `@name[...]`.
    """

    name: str
    values: tuple[Value, ...]
    pairs: tuple[tuple[str, Value], ...]
    text: str | None
    structured: bool
    span: Span

    def string(self) -> str | None:
        """The single string argument, as in `@name("x")`, or None."""
        if len(self.values) == 1 and isinstance(self.values[0], str):
            return self.values[0]
        return None

    def integer(self) -> int | None:
        """The single integer argument, as in `@id(5)`, or None."""
        if len(self.values) == 1 and isinstance(self.values[0], int) and not isinstance(self.values[0], bool):
            return self.values[0]
        return None


Annotations = tuple[Annotation, ...]


def find(annotations: Iterable[Annotation], name: str) -> Annotation | None:
    """The first annotation called `name`, which is the one that counts; None if there is none."""
    return next((annotation for annotation in annotations if annotation.name == name), None)


def has(annotations: Iterable[Annotation], name: str) -> bool:
    return any(annotation.name == name for annotation in annotations)
