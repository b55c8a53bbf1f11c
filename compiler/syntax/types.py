"""Types as they are written (P4_16 spec §7)."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.syntax.nodes import Expression, TypeRef


@dataclass(frozen=True, slots=True, eq=False)
class BoolTypeRef(TypeRef):
    """`bool`"""


@dataclass(frozen=True, slots=True, eq=False)
class ErrorTypeRef(TypeRef):
    """`error`"""


@dataclass(frozen=True, slots=True, eq=False)
class MatchKindTypeRef(TypeRef):
    """`match_kind`"""


@dataclass(frozen=True, slots=True, eq=False)
class StringTypeRef(TypeRef):
    """`string`"""


@dataclass(frozen=True, slots=True, eq=False)
class VoidTypeRef(TypeRef):
    """`void`: a result type, or a type argument."""


@dataclass(frozen=True, slots=True, eq=False)
class DontCareTypeRef(TypeRef):
    """`_` as a type argument: to be inferred."""


@dataclass(frozen=True, slots=True, eq=False)
class BitTypeRef(TypeRef):
    """`bit<width>`, or `bit`, which is bit<1> (width None). The width is any constant expression."""

    width: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class IntTypeRef(TypeRef):
    """`int<width>`, or `int`, the integer of unlimited precision (width None)."""

    width: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class VarbitTypeRef(TypeRef):
    """`varbit<max_width>`"""

    max_width: Expression


@dataclass(frozen=True, slots=True, eq=False)
class NamedTypeRef(TypeRef):
    """`name` or `.name`: a declared type, extern, parser, control, package or type parameter."""

    name: str
    is_absolute: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class SpecializedTypeRef(TypeRef):
    """`base<arguments>`; `arguments` is never empty."""

    base: NamedTypeRef
    arguments: tuple[TypeRef, ...]


@dataclass(frozen=True, slots=True, eq=False)
class StackTypeRef(TypeRef):
    """`element[size]`: a header stack or array."""

    element: TypeRef
    size: Expression


@dataclass(frozen=True, slots=True, eq=False)
class TupleTypeRef(TypeRef):
    """`tuple<elements>`, perhaps of none."""

    elements: tuple[TypeRef, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ListTypeRef(TypeRef):
    """`list<element>`"""

    element: TypeRef
