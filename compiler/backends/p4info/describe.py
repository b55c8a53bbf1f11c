"""What every object of P4Info may carry: a preamble, annotations as the program has them, documentation."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Protocol

from finsy.proto import p4i, p4t
from google.protobuf.internal.containers import RepeatedCompositeFieldContainer, RepeatedScalarFieldContainer

from compiler.annotations import Annotation, Annotations, Value
from compiler.diagnostics import Diagnostics, Span

_ELSEWHERE = frozenset({"name", "id", "brief", "description"})
"""Annotations that P4Info has fields for."""

_PARSED = frozenset({"deprecated", "noWarn", "length", "synchronous", "field_list", "match", "command_line"}) | {
    "controller_header",
    "max_group_size",
    "max_member_weight",
    "p4runtime_translation",
    "selector_size_semantics",
}
"""Annotations whose body p4c takes for expressions and writes out as such; of others it writes the tokens."""

_TOKEN = re.compile(
    r'"[^"\\]*(?:\\.[^"\\]*)*"|[A-Za-z_]\w*|[0-9][0-9a-zA-Z_]*'
    r"|\|[+-]\||&&&|\.\.|<<|&&|\|\||==|!=|>=|<=|\+\+|\S",
    re.DOTALL,
)


INT32, UINT32, INT64 = (-(1 << 31), (1 << 31) - 1), (0, (1 << 32) - 1), (-(1 << 63), (1 << 63) - 1)
"""Bounds of P4Info's fields for numbers."""


def in_bounds(number: int, bounds: tuple[int, int], what: str, span: Span, diagnostics: Diagnostics) -> int:
    """`number`, or with an error the nearest that P4Info can hold."""
    low, high = bounds
    if low <= number <= high:
        return number
    message = f"{what} of {number}: P4Info holds {low} to {high}"
    diagnostics.error("overlimit", message, span)
    return min(max(number, low), high)


class Annotated(Protocol):
    """A message with fields for annotations."""

    @property
    def annotations(self) -> RepeatedScalarFieldContainer[str]: ...
    @property
    def structured_annotations(self) -> RepeatedCompositeFieldContainer[p4t.StructuredAnnotation]: ...


class Documented(Protocol):
    @property
    def doc(self) -> p4i.Documentation: ...


def set_preamble(
    preamble: p4i.Preamble,
    number: int,
    name: str,
    alias: str,
    annotations: Annotations = (),
    ignored: Collection[str] = (),
) -> None:
    preamble.id = number
    preamble.name = name
    preamble.alias = alias
    add_annotations(preamble, annotations, ignored)
    add_documentation(preamble, annotations)


def add_annotations(message: Annotated, annotations: Annotations, ignored: Collection[str] = ()) -> None:
    for annotation in annotations:
        if annotation.structured:
            message.structured_annotations.append(_structured(annotation))
        elif annotation.name not in _ELSEWHERE and annotation.name not in ignored:
            message.annotations.append(annotation_text(annotation))


def add_documentation(message: Documented, annotations: Annotations) -> None:
    for annotation in annotations:
        text = annotation.string()
        if text is not None and annotation.name == "brief":
            message.doc.brief = text
        elif text is not None and annotation.name == "description":
            message.doc.description = text


def annotation_text(annotation: Annotation) -> str:
    """The annotation as p4c writes it: the tokens of an unknown one with a blank between any two."""
    if not annotation.text or not (tokens := _TOKEN.findall(annotation.text)):
        return f"@{annotation.name}"
    if annotation.name in _PARSED and annotation.values:
        return f"@{annotation.name}({', '.join(_literal(value) for value in annotation.values)})"
    return f"@{annotation.name}({' '.join(tokens)})"


def _literal(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return value.text


def _structured(annotation: Annotation) -> p4t.StructuredAnnotation:
    message = p4t.StructuredAnnotation(name=annotation.name)
    for value in annotation.values:
        message.expression_list.expressions.append(_expression(value))
    for key, value in annotation.pairs:
        message.kv_pair_list.kv_pairs.append(p4t.KeyValuePair(key=key, value=_expression(value)))
    return message


def _expression(value: Value) -> p4t.Expression:
    if isinstance(value, bool):
        return p4t.Expression(bool_value=value)
    if isinstance(value, int):
        return p4t.Expression(int64_value=value)
    return p4t.Expression(string_value=value if isinstance(value, str) else value.text)
