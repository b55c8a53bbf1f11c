"""Expressions (P4_16 spec §8), and the sets of values of select cases and table entries (§12.6, §14.2.1.4)."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.syntax.nodes import Expression, Name, Node, TypeRef
from compiler.syntax.types import NamedTypeRef, SpecializedTypeRef


@dataclass(frozen=True, slots=True, eq=False)
class Argument(Node):
    """`value` or `name = value`. `_` (no argument for an out parameter) is a `DontCareExpression`."""

    name: Name | None
    value: Expression


@dataclass(frozen=True, slots=True, eq=False)
class IntegerLiteral(Expression):
    """`10`, `0xFF`, `8w255`, `4s0b1_01`.

    `width` is None without a prefix; `is_signed` only with `s`; `value` is not cut to the width; `base`, as written, is
    2, 8, 10 or 16.
    """

    value: int
    width: int | None
    is_signed: bool
    base: int = 10


@dataclass(frozen=True, slots=True, eq=False)
class BoolLiteral(Expression):
    """`true`, `false`"""

    value: bool


@dataclass(frozen=True, slots=True, eq=False)
class StringLiteral(Expression):
    """`"text"`; `value` is the text between the quotes, the escapes \\" and \\\\ replaced by what they stand for."""

    value: str


@dataclass(frozen=True, slots=True, eq=False)
class NameExpression(Expression):
    """`name` or `.name`: a variable, parameter, constant, action, table, instance, function, state."""

    name: str
    is_absolute: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ThisExpression(Expression):
    """`this`: the instance whose initializer block encloses it (§11.3.2)."""


@dataclass(frozen=True, slots=True, eq=False)
class TypeExpression(Expression):
    """A type where a value is expected: the base of `E.member`, `error.NoError`, `C.apply(...)`, `C<T>.apply(...)`.

    Never alone but in annotations.
    """

    type: TypeRef


@dataclass(frozen=True, slots=True, eq=False)
class MemberExpression(Expression):
    """`base.member`: a field, method, enum member, `next`, `last`, `lastIndex`, `apply`, `hit`, `action_run`."""

    base: Expression
    member: Name


@dataclass(frozen=True, slots=True, eq=False)
class IndexExpression(Expression):
    """`base[index]`"""

    base: Expression
    index: Expression


@dataclass(frozen=True, slots=True, eq=False)
class SliceExpression(Expression):
    """`base[high:low]`"""

    base: Expression
    high: Expression
    low: Expression


@dataclass(frozen=True, slots=True, eq=False)
class PlusSliceExpression(Expression):
    """`base[low+:width]`: `width` bits upwards of bit `low`, which need not be constant."""

    base: Expression
    low: Expression
    width: Expression


@dataclass(frozen=True, slots=True, eq=False)
class UnaryExpression(Expression):
    """`operator` is one of ! ~ - +"""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True, eq=False)
class BinaryExpression(Expression):
    """`operator` is one of * / % + - |+| |-| ++ << >> <= >= < > == != & ^ | && ||"""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True, eq=False)
class ConditionalExpression(Expression):
    """`condition ? if_true : if_false`"""

    condition: Expression
    if_true: Expression
    if_false: Expression


@dataclass(frozen=True, slots=True, eq=False)
class CastExpression(Expression):
    """`(type) operand`"""

    type: TypeRef
    operand: Expression


@dataclass(frozen=True, slots=True, eq=False)
class CallExpression(Expression):
    """`callee<type_arguments>(arguments)`: a function, action, method, `t.apply()`, `p.lookahead<T>()`, `C.apply()`."""

    callee: Expression
    type_arguments: tuple[TypeRef, ...]
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ConstructorCall(Expression):
    """`type(arguments)`: an instance without a name, e.g. `Checksum16()` or an argument of a package."""

    type: NamedTypeRef | SpecializedTypeRef
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ListExpression(Expression):
    """`{a, b, ...}`; a trailing `...` is a `DefaultExpression` as last element (§8.26)."""

    elements: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, eq=False)
class KeyValue(Node):
    """`name = value` of a struct expression or a structured annotation."""

    name: Name
    value: Expression


@dataclass(frozen=True, slots=True, eq=False)
class StructExpression(Expression):
    """`{f = x, g = y}`; `has_rest` where it ends in `...`, which gives the other fields their default values."""

    fields: tuple[KeyValue, ...]
    has_rest: bool


@dataclass(frozen=True, slots=True, eq=False)
class InvalidHeaderExpression(Expression):
    """`{#}`: the invalid header or header union."""


@dataclass(frozen=True, slots=True, eq=False)
class DefaultExpression(Expression):
    """`...`: the default value of the type."""


@dataclass(frozen=True, slots=True, eq=False)
class MaskExpression(Expression):
    """`value &&& mask`"""

    value: Expression
    mask: Expression


@dataclass(frozen=True, slots=True, eq=False)
class RangeExpression(Expression):
    """`low .. high`, both included."""

    low: Expression
    high: Expression


@dataclass(frozen=True, slots=True, eq=False)
class DontCareExpression(Expression):
    """`_`: any value, or no argument."""


@dataclass(frozen=True, slots=True, eq=False)
class DefaultKeyset(Expression):
    """`default` as a set of values or as a switch label."""
