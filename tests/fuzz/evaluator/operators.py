"""Operators on scalars: P4_16 §8.2 to §8.10. Python's integers do the arithmetic; the result is cut to its type."""

from __future__ import annotations

from tests.fuzz.evaluator.convert import cast_scalar, convert
from tests.fuzz.evaluator.types import BOOL, BitsType, IntType, SerializableEnumType
from tests.fuzz.evaluator.values import (
    Marker,
    Record,
    Scalar,
    Stack,
    Struct,
    Tuple,
    Undefined,
    Union,
    Value,
    Varbit,
    boolean,
    is_valid,
    number,
    pattern,
    scalar_width,
)

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


def unary(operator: str, operand: Scalar) -> Scalar:
    """`!`, `~`, `-`, `+` (§8.5, §8.7, §8.8)."""
    value, unknown = operand.value, operand.unknown
    match operator:
        case "!":
            return Scalar(BOOL, 1 - value if not unknown else 0, unknown)
        case "~":
            return number(operand.type, ~value, unknown)
        case "-":
            return number(operand.type, -value, _spread(operand.type, unknown))
        case "+":
            return operand
    raise TypeError(operator)


def binary(operator: str, left: Value, right: Value) -> Scalar:
    """All binary operators but `&&` and `||`, which do not always evaluate both operands."""
    if operator in ("==", "!=") and not (isinstance(left, Scalar) and isinstance(right, Scalar)):
        return boolean(equal(left, right) == (operator == "=="))
    assert isinstance(left, Scalar) and isinstance(right, Scalar)
    if operator == "++":
        return _concatenate(left, right)
    if operator in ("<<", ">>"):
        return _shift(operator, left, right)
    left, right = _common(left, right)
    unknown = left.unknown | right.unknown
    if operator in COMPARISONS:
        return Scalar(BOOL, int(not unknown and _compare(operator, left.value, right.value)), int(unknown != 0))
    x, y = left.value, right.value
    match operator:
        case "&":
            known_zero = (~x & ~left.unknown) | (~y & ~right.unknown)
            return number(left.type, x & y, unknown & ~known_zero)
        case "|":
            known_one = (x & ~left.unknown) | (y & ~right.unknown)
            return number(left.type, x | y | known_one, unknown & ~known_one)
        case "^":
            return number(left.type, x ^ y, unknown)
        case "|+|" | "|-|":
            return _saturating(left, x + y if operator == "|+|" else x - y, unknown)
    return number(left.type, _arithmetic(operator, x, y), _spread(left.type, unknown))


def _arithmetic(operator: str, x: int, y: int) -> int:
    """Division and modulo: only of numbers that are not negative (§8.7, §8.9)."""
    match operator:
        case "+":
            return x + y
        case "-":
            return x - y
        case "*":
            return x * y
        case "/":
            return x // y
        case "%":
            return x % y
    raise TypeError(operator)


def _saturating(like: Scalar, exact: int, unknown: int) -> Scalar:
    """The exact result, or the nearest that the type can hold (§8.7, §8.8)."""
    assert isinstance(like.type, BitsType)
    width = like.type.width
    low, high = (-(1 << width - 1), (1 << width - 1) - 1) if like.type.signed else (0, (1 << width) - 1)
    return number(like.type, max(low, min(high, exact)), _spread(like.type, unknown))


def _compare(operator: str, x: int, y: int) -> bool:
    match operator:
        case "==":
            return x == y
        case "!=":
            return x != y
        case "<":
            return x < y
        case "<=":
            return x <= y
        case ">":
            return x > y
    return x >= y


def _concatenate(left: Scalar, right: Scalar) -> Scalar:
    """The bits of both; the sign is that of the left operand (§8.10.1)."""
    low = scalar_width(right.type)
    signed = isinstance(left.type, BitsType) and left.type.signed
    type_ = BitsType(scalar_width(left.type) + low, signed)
    return number(type_, pattern(left) << low | pattern(right), left.unknown << low | right.unknown)


def _shift(operator: str, left: Scalar, right: Scalar) -> Scalar:
    """The type is that of the left operand; >> repeats the sign of an int<W> (§8.7, §8.8, §8.10.2)."""
    amount = right.value
    if right.unknown:
        return number(left.type, 0, -1)
    if isinstance(left.type, BitsType):
        amount = min(amount, left.type.width)
    if operator == "<<":
        return number(left.type, left.value << amount, left.unknown << amount)
    unknown = left.unknown
    if isinstance(left.type, BitsType) and left.type.signed and unknown >> (left.type.width - 1):
        unknown |= -1 << left.type.width
    return number(left.type, left.value >> amount, unknown >> amount)


def _common(left: Scalar, right: Scalar) -> tuple[Scalar, Scalar]:
    """Implicit casts of an operand: an int to the other's type, an enum to its underlying type (§8.12.2)."""
    if isinstance(left.type, SerializableEnumType) and left.type != right.type:
        left = cast_scalar(left, left.type.underlying)
    if isinstance(right.type, SerializableEnumType) and left.type != right.type:
        right = cast_scalar(right, right.type.underlying)
    if isinstance(left.type, IntType) and not isinstance(right.type, IntType):
        left = cast_scalar(left, right.type)
    if isinstance(right.type, IntType) and not isinstance(left.type, IntType):
        right = cast_scalar(right, left.type)
    return left, right


def _spread(type_: object, unknown: int) -> int:
    """Carries make everything unknown."""
    return -1 if unknown else 0


def equal(left: Value, right: Value) -> bool:
    """§8.13, §8.17 to §8.21. Raises Undefined where the answer hangs on unknown bits."""
    match left, right:
        case ((Tuple() | Record() | Marker()), (Struct() | Stack() | Union())):
            return equal(convert(left, right.type), right)
        case ((Struct() | Stack() | Union()), (Tuple() | Record() | Marker())):
            return equal(left, convert(right, left.type))
        case Scalar(), Scalar():
            return bool(binary("==", left, right).known())
        case Struct(), Struct():
            if left.valid is not None and not (left.valid and right.valid):
                return left.valid == right.valid
            return _all_equal([(left.fields[name], right.fields[name]) for name in left.fields])
        case Union(), Union():
            return _all_equal([(left.fields[name], right.fields[name]) for name in left.fields])
        case Stack(elements=a), Stack(elements=b):
            return _all_equal(list(zip(a, b, strict=True)))
        case Tuple(a), Tuple(b):
            return _all_equal(list(zip(a, b, strict=True)))
        case Varbit(), Varbit():
            if left.width is None or right.width is None or left.unknown or right.unknown:
                raise Undefined
            return left.width == right.width and left.value == right.value
    raise TypeError(f"cannot compare {left} with {right}")


def _all_equal(pairs: list[tuple[Value, Value]]) -> bool:
    """Unequal where any pair is surely unequal, even beside unknown ones."""
    doubt = False
    for left, right in pairs:
        try:
            if not equal(left, right):
                return False
        except Undefined:
            doubt = True
    if doubt:
        raise Undefined
    return True


def validity(value: Value) -> Scalar:
    return boolean(is_valid(value))


def take_slice(value: Scalar, high: int, low: int) -> Scalar:
    """`value[high:low]`, a bit<high - low + 1> (§8.7)."""
    return number(BitsType(high - low + 1), pattern(value) >> low, value.unknown >> low)


def put_slice(value: Scalar, high: int, low: int, part: Scalar) -> Scalar:
    """`value` with its bits high..low replaced."""
    mask = (1 << high + 1) - (1 << low)
    whole = pattern(value) & ~mask | pattern(part) << low & mask
    return number(value.type, whole, value.unknown & ~mask | part.unknown << low & mask)
