"""Compile-time evaluation of operators on literals (P4_16 spec §8, §18.1).

Each function returns the node for an operation whose operands are already of the right types: a literal if they are
literals, else the operation itself. Integers are Python's, cut to the width of the type at the end (§8.5 to §8.8).
`FoldError` is raised for operations that have no value.
"""

from __future__ import annotations

from collections.abc import Callable

from compiler import tree, types
from compiler.diagnostics import Span

LARGEST_INT = 1 << 13
"""Bits of an `int`: a chain of squares must not take all memory, and messages can show any number."""


class FoldError(Exception):
    """An operation without a value; the text says why."""


def integer(expression: tree.Expression) -> int | None:
    """The number of an integer literal or of a member of a serializable enum, else None."""
    if isinstance(expression, tree.IntLiteral):
        return expression.value
    if isinstance(expression, tree.EnumMember) and isinstance(expression.type, types.SerEnumType):
        return expression.value
    return None


def wrap(value: int, type_: types.Type) -> int:
    """`value` cut to the width of a bit or int type, as two's complement does; `int` is left alone."""
    type_ = types.strip_new_types(type_)
    if isinstance(type_, types.SerEnumType):
        type_ = type_.underlying
    if isinstance(type_, types.BitType):
        return value & ((1 << type_.width) - 1)
    if isinstance(type_, types.IntType):
        half = 1 << (type_.width - 1)
        return ((value + half) & ((1 << type_.width) - 1)) - half
    return value


def literal(type_: types.Type, span: Span, value: int) -> tree.Expression:
    """The literal of a number; for a serializable enum the member of that number, if there is one."""
    value = wrap(value, type_)
    if isinstance(type_, types.SerEnumType):
        for member in type_.members:
            if member.value == value:
                return tree.EnumMember(type_, span, member.name, value)
    return tree.IntLiteral(type_, span, value)


def unary(op: str, type_: types.Type, span: Span, operand: tree.Expression) -> tree.Expression:
    if op == "!":
        if isinstance(operand, tree.BoolLiteral):
            return tree.BoolLiteral(types.BOOL, span, not operand.value)
        return tree.Unary(type_, span, op, operand)
    value = integer(operand)
    if op == "+":
        return operand
    if value is None:
        return tree.Unary(type_, span, op, operand)
    return literal(type_, span, -value if op == "-" else ~value)


def binary(op: str, type_: types.Type, span: Span, left: tree.Expression, right: tree.Expression) -> tree.Expression:
    """A binary operation of result type `type_`."""
    if op in ("&&", "||"):
        return _logical(op, span, left, right)
    if op in ("==", "!="):
        equal = equals(left, right)
        if equal is not None:
            return tree.BoolLiteral(types.BOOL, span, equal == (op == "=="))
        return tree.Binary(types.BOOL, span, op, left, right)
    a, b = integer(left), integer(right)
    if op in ("/", "%") and b is not None:
        if b == 0:
            raise FoldError("division by zero")
        if b < 0 or (a is not None and a < 0):
            raise FoldError("division and modulo are not defined for negative numbers")
    if op in ("<<", ">>") and b is not None and b < 0:
        raise FoldError("shifts with negative amounts are not permitted")
    if a is None or b is None:
        return tree.Binary(type_, span, op, left, right)
    if op in _COMPARE:
        return tree.BoolLiteral(types.BOOL, span, _COMPARE[op](a, b))
    if op == "++":
        low = types.width(right.type)
        return literal(type_, span, (a << low) | (b & ((1 << low) - 1)))
    if op in ("|+|", "|-|"):
        return tree.IntLiteral(type_, span, _saturate(a + b if op == "|+|" else a - b, type_))
    if op == "<<":
        return literal(type_, span, _shift_left(a, b, type_))
    if op == "*" and a.bit_length() + b.bit_length() > LARGEST_INT and isinstance(type_, types.InfIntType):
        raise FoldError("a product that is too large a number")
    value = _ARITHMETIC[op](a, b)
    if isinstance(type_, types.InfIntType) and value.bit_length() > LARGEST_INT:
        raise FoldError("a result that is too large a number")
    return literal(type_, span, value)


def conditional(
    type_: types.Type, span: Span, condition: tree.Expression, then: tree.Expression, otherwise: tree.Expression
) -> tree.Expression:
    if isinstance(condition, tree.BoolLiteral):
        return then if condition.value else otherwise
    return tree.Conditional(type_, span, condition, then, otherwise)


def cast(type_: types.Type, span: Span, operand: tree.Expression) -> tree.Expression:
    """A cast that the rules allow (casts.py)."""
    if operand.type == type_:
        return operand
    target = types.strip_new_types(type_)
    if isinstance(operand, tree.BoolLiteral):
        if isinstance(target, types.BoolType):
            return tree.BoolLiteral(type_, span, operand.value)
        return literal(type_, span, int(operand.value))
    value = integer(operand)
    if value is not None:
        if isinstance(target, types.BoolType):
            return tree.BoolLiteral(type_, span, value != 0)
        return literal(type_, span, value)
    return tree.Cast(type_, span, operand)


def slice_(span: Span, base: tree.Expression, high: int, low: int) -> tree.Expression:
    type_ = types.BitType(high - low + 1)
    value = integer(base)
    if value is not None:
        return literal(type_, span, value >> low)
    return tree.Slice(type_, span, base, high, low)


def member(type_: types.Type, span: Span, base: tree.Expression, name: str) -> tree.Expression:
    if isinstance(base, tree.StructExpression) and isinstance(base.type, types.FieldsType) and tree.is_literal(base):
        return base.fields[base.type.index(name)]
    return tree.Member(type_, span, base, name)


def tuple_index(type_: types.Type, span: Span, base: tree.Expression, index: int) -> tree.Expression:
    if isinstance(base, tree.TupleExpression) and tree.is_literal(base):
        return base.elements[index]
    return tree.TupleIndex(type_, span, base, index)


def equals(left: tree.Expression, right: tree.Expression) -> bool | None:
    """Whether two values of one type are equal; None if that is known at run time only."""
    match left, right:
        case tree.BoolLiteral(value=mine), tree.BoolLiteral(value=other):
            return mine == other
        case tree.StringLiteral(value=text), tree.StringLiteral(value=other_text):
            return text == other_text
        case (tree.EnumMember(), tree.EnumMember()) if isinstance(left.type, types.EnumType):
            return left.name == right.name
        case (tree.ErrorMember(name=mine_name), tree.ErrorMember(name=other_name)):
            return mine_name == other_name
        case (tree.MatchKindMember(name=mine_name), tree.MatchKindMember(name=other_name)):
            return mine_name == other_name
        case (tree.StructExpression(), tree.StructExpression()):
            return _all_equal(left.fields, right.fields)
        case (tree.TupleExpression(), tree.TupleExpression()):
            return _all_equal(left.elements, right.elements)
        case (tree.InvalidHeader(), tree.InvalidHeader()):
            return True
        case _:
            a, b = integer(left), integer(right)
            return None if a is None or b is None else a == b


def _all_equal(left: tuple[tree.Expression, ...], right: tuple[tree.Expression, ...]) -> bool | None:
    results = [equals(a, b) for a, b in zip(left, right, strict=True)]
    if None in results:
        return None
    return all(results)


def _logical(op: str, span: Span, left: tree.Expression, right: tree.Expression) -> tree.Expression:
    decided = op == "||"
    if isinstance(left, tree.BoolLiteral):
        return tree.BoolLiteral(types.BOOL, span, decided) if left.value == decided else right
    if isinstance(right, tree.BoolLiteral) and right.value != decided:
        return left
    return tree.Binary(types.BOOL, span, op, left, right)


def _saturate(value: int, type_: types.Type) -> int:
    width = types.width(type_)
    low, high = (-(1 << (width - 1)), (1 << (width - 1)) - 1) if types.is_signed(type_) else (0, (1 << width) - 1)
    return max(low, min(high, value))


def _shift_left(value: int, amount: int, type_: types.Type) -> int:
    if isinstance(type_, types.InfIntType):
        if value.bit_length() + amount > LARGEST_INT:
            raise FoldError("a shift that makes too large a number")
        return value << amount
    return value << min(amount, types.width(type_))


_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    ">>": lambda a, b: a >> b,
}

_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
