"""Expressions: frozen, with a type that is never None."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from compiler.tree.base import Expression, Statement
from compiler.tree.declarations import (
    Action,
    ConstructorParameter,
    Control,
    ExternFunction,
    ExternInstance,
    Function,
    Package,
    Parameter,
    Parser,
    Table,
    ValueSet,
    Variable,
)
from compiler.types import EnumType, FunctionType, Method, SerEnumType, Type

# --- compile-time values ---


@dataclass(frozen=True, eq=False, slots=True)
class IntLiteral(Expression):
    """Type bit, int, `int` (only as a stack index, shift amount, or in annotations and the like), serializable enum or
    newtype.
    """

    value: int


@dataclass(frozen=True, eq=False, slots=True)
class BoolLiteral(Expression):
    value: bool


@dataclass(frozen=True, eq=False, slots=True)
class StringLiteral(Expression):
    value: str


@dataclass(frozen=True, eq=False, slots=True)
class EnumMember(Expression):
    """A member of an enum. For a serializable one `value` is its number (Kind.A; also where a number was cast and names
    a member), for a plain one its position.
    """

    type: EnumType | SerEnumType
    name: str
    value: int


@dataclass(frozen=True, eq=False, slots=True)
class ErrorMember(Expression):
    """`error.NoMatch`."""

    name: str


@dataclass(frozen=True, eq=False, slots=True)
class MatchKindMember(Expression):
    """`exact`, as a value (§8.4)."""

    name: str


# --- references and access ---


@dataclass(frozen=True, eq=False, slots=True)
class VariableRef(Expression):
    """A local variable or a parameter."""

    declaration: Variable | Parameter | ConstructorParameter


@dataclass(frozen=True, eq=False, slots=True)
class InstanceRef(Expression):
    """An instance as a value: an argument of a constructor, of a call, or a table property."""

    instance: ExternInstance | Parser | Control | Package


@dataclass(frozen=True, eq=False, slots=True)
class Member(Expression):
    """A field of a struct, header or union."""

    base: Expression
    name: str


@dataclass(frozen=True, eq=False, slots=True)
class StackIndex(Expression):
    """`stack[index]` (§8.18); a literal index is within range and of type `int`."""

    base: Expression
    index: Expression


@dataclass(frozen=True, eq=False, slots=True)
class StackNext(Expression):
    """`stack.next`; parsers only."""

    base: Expression


@dataclass(frozen=True, eq=False, slots=True)
class StackLast(Expression):
    """`stack.last`; parsers only."""

    base: Expression


@dataclass(frozen=True, eq=False, slots=True)
class StackLastIndex(Expression):
    """`stack.lastIndex`, bit<32>. (`size` is a literal.)"""

    base: Expression


@dataclass(frozen=True, eq=False, slots=True)
class TupleIndex(Expression):
    """`tuple[index]`."""

    base: Expression
    index: int


@dataclass(frozen=True, eq=False, slots=True)
class Slice(Expression):
    """`base[high:low]`, both within `base`; type bit<high-low+1>, also of a signed base (§8.5)."""

    base: Expression
    high: int
    low: int


@dataclass(frozen=True, eq=False, slots=True)
class DynamicSlice(Expression):
    """`base[low +: W]` with a run-time `low` of type bit; type bit<W>. Bits beyond `base` read 0 and are not
    written.
    """

    base: Expression
    low: Expression


# --- operators ---


@dataclass(frozen=True, eq=False, slots=True)
class Unary(Expression):
    """`op`: "-", "~", "!" (unary plus leaves no trace)."""

    op: str
    operand: Expression


@dataclass(frozen=True, eq=False, slots=True)
class Binary(Expression):
    """`op` as written: + - * / % |+| |-| & | ^ << >> ++ == != < <= > >= && ||.

    Operands have the same type, save for shifts and `++`. The amount of a shift is bit<N>, or an IntLiteral >= 0 of any
    type. Comparisons == and != also take bool, enum, error, headers, structs, stacks, unions, tuples, varbit and
    newtypes.
    """

    op: str
    left: Expression
    right: Expression


@dataclass(frozen=True, eq=False, slots=True)
class Conditional(Expression):
    """`condition ? then : otherwise`."""

    condition: Expression
    then: Expression
    otherwise: Expression


@dataclass(frozen=True, eq=False, slots=True)
class Cast(Expression):
    """To `type`, explicit or not: between bit and int of equal width, bit widths, int widths, bool and bit<1>,
    serializable enum and its underlying type, newtype and its underlying type (§8.11.1).
    """

    operand: Expression


# --- aggregates ---


@dataclass(frozen=True, eq=False, slots=True)
class StructExpression(Expression):
    """A value of a struct or a valid header; one expression for each field, in the order of the type's fields."""

    fields: tuple[Expression, ...]


@dataclass(frozen=True, eq=False, slots=True)
class TupleExpression(Expression):
    """A tuple (type TupleType), `list` (ListType) or header stack (StackType) value."""

    elements: tuple[Expression, ...]


@dataclass(frozen=True, eq=False, slots=True)
class InvalidHeader(Expression):
    """`{#}`: a header or header union that is not valid."""


# --- labels of select, entries, switch; also arguments left out ---


@dataclass(frozen=True, eq=False, slots=True)
class DontCare(Expression):
    """`_` or `default` as a label; also the argument of an out parameter that nobody wants (`extract(_)`), and that of
    an optional parameter that was left out.
    """


@dataclass(frozen=True, eq=False, slots=True)
class Mask(Expression):
    """`value &&& mask`."""

    value: Expression
    mask: Expression


@dataclass(frozen=True, eq=False, slots=True)
class Range(Expression):
    """`low .. high`, inclusive."""

    low: Expression
    high: Expression


@dataclass(frozen=True, eq=False, slots=True)
class ValueSetRef(Expression):
    """A value set as a label; if its element is a struct, it is the only label and covers all keys."""

    value_set: ValueSet


# --- calls; `type` is the result, void for none ---


@dataclass(frozen=True, eq=False, slots=True)
class Call(Expression):
    """What all calls share. Arguments stand in the order of the parameters. They are evaluated, copied in and copied
    out (§6.8) in the order in which they were written: `order` holds their positions; empty where that is the order of
    the parameters.
    """

    arguments: tuple[Expression, ...]
    order: tuple[int, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True, eq=False, slots=True)
class FunctionCall(Call):
    function: Function


@dataclass(frozen=True, eq=False, slots=True)
class ActionCall(Call):
    """An action called as a procedure, with arguments for all its parameters. `after`: as in ControlApply."""

    action: Action
    after: tuple[Statement, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class ExternFunctionCall(Call):
    """`signature` and `type_arguments` are those of this call, free of type variables."""

    function: ExternFunction
    type_arguments: tuple[Type, ...]
    signature: FunctionType


@dataclass(frozen=True, eq=False, slots=True)
class MethodCall(Call):
    """A method of an extern object: an instance, or a parameter such as `packet_in pkt`."""

    receiver: ExternInstance | Parameter | ConstructorParameter
    method: Method
    type_arguments: tuple[Type, ...]
    signature: FunctionType


@dataclass(frozen=True, eq=False, slots=True)
class ParserApply(Call):
    parser: Parser


@dataclass(frozen=True, eq=False, slots=True)
class ControlApply(Call):
    """`after`: what copies arguments out that a pass put variables for; part of the call, so that `exit` inside the
    control does not skip it. Empty in the tree of the checker.
    """

    control: Control
    after: tuple[Statement, ...] = ()


class TableResult(Enum):
    """Which part of `apply()`'s result is asked for."""

    NONE = "none"
    HIT = "hit"
    MISS = "miss"
    ACTION_RUN = "action_run"


@dataclass(frozen=True, eq=False, slots=True)
class TableApply(Expression):
    """`t.apply()`, with its `.hit` or `.miss` (type bool); `.action_run` is only the subject of an ActionSwitch."""

    table: Table
    result: TableResult


class HeaderOp(Enum):
    IS_VALID = "isValid"
    SET_VALID = "setValid"
    SET_INVALID = "setInvalid"


@dataclass(frozen=True, eq=False, slots=True)
class HeaderCall(Expression):
    """isValid of a header or union (type bool); setValid and setInvalid of a header."""

    op: HeaderOp
    header: Expression


class StackOp(Enum):
    PUSH_FRONT = "push_front"
    POP_FRONT = "pop_front"


@dataclass(frozen=True, eq=False, slots=True)
class StackCall(Expression):
    op: StackOp
    stack: Expression
    count: int
