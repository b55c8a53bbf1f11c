"""`int` values that are known at run time only: `(int)x + 1` (P4_16 spec §7.1.6.5, §8.11.1).

No run-time value is of type `int`, but p4c lets numbers of known width be cast to it, computes without loss, and wants
a cast back. Every operation on `int` has a result of known size, so that the whole expression can be computed in
`int<K>` for a K that is large enough.
"""

from __future__ import annotations

from dataclasses import replace

from compiler import tree, types
from compiler.check import fold
from compiler.diagnostics import Span

LARGEST_WIDTH = 2048
"""Bits of the widest number: as many as p4c takes."""

_Fixed = types.BitType | types.IntType


def is_run_time(expression: tree.Expression) -> bool:
    """Whether an expression of type `int` holds a run-time value."""
    match expression:
        case tree.Cast(type=types.InfIntType(), operand=operand):
            return not isinstance(operand.type, types.InfIntType)
        case tree.Binary(type=types.InfIntType()):
            return is_run_time(expression.left) or is_run_time(expression.right)
        case tree.Unary(type=types.InfIntType()):
            return is_run_time(expression.operand)
        case tree.Conditional(type=types.InfIntType()):
            return is_run_time(expression.then) or is_run_time(expression.otherwise)
        case _:
            return False


def width(expression: tree.Expression) -> int | None:
    """The bits that surely hold the value as a signed number; None if that cannot be told."""
    match expression:
        case tree.IntLiteral():
            return expression.value.bit_length() + 1
        case tree.Cast(operand=tree.Expression(type=types.BitType() as type_)):
            return type_.width + 1
        case tree.Cast(operand=tree.Expression(type=types.IntType() as type_)):
            return type_.width
        case tree.Unary():
            inner = width(expression.operand)
            return None if inner is None else inner + 1
        case tree.Conditional():
            return _combined(width(expression.then), width(expression.otherwise), "?")
        case tree.Binary(op="<<" | ">>"):
            left, amount = width(expression.left), fold.integer(expression.right)
            if left is None or amount is None:
                return None
            return left + amount if expression.op == "<<" else left
        case tree.Binary():
            return _combined(width(expression.left), width(expression.right), expression.op)
        case _:
            return None


def _combined(left: int | None, right: int | None, op: str) -> int | None:
    if left is None or right is None:
        return None
    match op:
        case "+" | "-":
            return max(left, right) + 1
        case "*":
            return left + right
        case "&" | "|" | "^" | "?":
            return max(left, right)
        case _:
            return None


def fixed(expression: tree.Expression, bits: int) -> tree.Expression:
    """The expression computed in `int<bits>`, which must be at least its `width`."""
    type_ = types.IntType(bits)
    match expression:
        case tree.IntLiteral():
            return fold.literal(type_, expression.span, expression.value)
        case tree.Cast(operand=operand):
            if isinstance(operand.type, types.BitType):
                operand = fold.cast(types.BitType(bits), expression.span, operand)
            return fold.cast(type_, expression.span, operand)
        case tree.Unary():
            return fold.unary(expression.op, type_, expression.span, fixed(expression.operand, bits))
        case tree.Conditional():
            then, otherwise = fixed(expression.then, bits), fixed(expression.otherwise, bits)
            return replace(expression, type=type_, then=then, otherwise=otherwise)
        case tree.Binary():
            is_shift = expression.op in ("<<", ">>")
            right = expression.right if is_shift else fixed(expression.right, bits)
            return fold.binary(expression.op, type_, expression.span, fixed(expression.left, bits), right)
        case _:
            raise AssertionError(type(expression).__name__)


def cut(expression: tree.Expression, type_: _Fixed, span: Span, bits: int) -> tree.Expression:
    """`(type_) expression`: the lowest bits."""
    same = fold.cast(types.IntType(type_.width), span, fixed(expression, max(bits, type_.width, 1)))
    return fold.cast(type_, span, same)
