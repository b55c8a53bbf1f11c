"""Operators: what they take and what they give (P4_16 spec §8.4 to §8.10)."""

from __future__ import annotations

from compiler import syntax, tree, types
from compiler.check import dispatch, fold, unbounded
from compiler.check.casts import coerce, describe, is_poison, number, to_integer
from compiler.check.context import Env, poisoned
from compiler.check.raw import RawDefault, RawStruct
from compiler.diagnostics import Span

_COMPARISONS = ("<", "<=", ">", ">=")
_Fixed = types.BitType | types.IntType


@dispatch.expression_rule(syntax.UnaryExpression)
def unary(env: Env, node: syntax.UnaryExpression) -> tree.Expression:
    operand = dispatch.expression(env, node.operand)
    if is_poison(operand):
        return poisoned(node.span)
    if node.operator == "!":
        if not isinstance(operand.type, types.BoolType):
            kind = "expected" if tree.is_literal(operand) else "type-error"
            env.error(kind, f"! takes a bool, not {describe(operand)}", node.span)
            return poisoned(node.span)
        return fold.unary("!", types.BOOL, node.span, operand)
    operand = to_integer(operand)
    if not isinstance(operand.type, types.BitType | types.IntType | types.InfIntType):
        env.type_error(f"{node.operator} takes a number, not {describe(operand)}", node.span)
        return poisoned(node.span)
    if node.operator == "~" and isinstance(operand.type, types.InfIntType):
        env.error("invalid", "~ takes a number of known width, not int", node.span)
        return poisoned(node.span)
    return fold.unary(node.operator, operand.type, node.span, operand)


@dispatch.expression_rule(syntax.BinaryExpression)
def binary(env: Env, node: syntax.BinaryExpression) -> tree.Expression:
    left, right = dispatch.expression(env, node.left), dispatch.expression(env, node.right)
    return operate(env, node.operator, node.span, left, right)


def operate(env: Env, op: str, span: Span, left: tree.Expression, right: tree.Expression) -> tree.Expression:
    """`left op right` of checked operands; also what `left op= right` assigns."""
    if is_poison(left, right):
        return poisoned(span)
    try:
        if op in ("&&", "||"):
            return _logical(env, op, span, left, right)
        if op in ("==", "!="):
            return _equality(env, op, span, left, right)
        if op == "++" and isinstance(left, tree.StringLiteral) and isinstance(right, tree.StringLiteral):
            return tree.StringLiteral(types.STRING, span, left.value + right.value)
        left, right = to_integer(left), to_integer(right)
        if not (_is_number(left) and _is_number(right)):
            wrong = right if _is_number(left) else left
            env.type_error(f"{op} cannot be applied to {describe(wrong)}", wrong.span)
            return poisoned(span)
        if op in ("<<", ">>"):
            return _shift(env, op, span, left, right)
        if op == "++":
            return _concatenation(env, span, left, right)
        return _arithmetic(env, op, span, left, right)
    except fold.FoldError as failure:
        kind = "invalid" if tree.is_literal(left) else "expr"
        env.error(kind, f"{op}: {failure}", span)
        return poisoned(span)


def _bounded(env: Env, left: tree.Expression, right: tree.Expression) -> tuple[tree.Expression, tree.Expression]:
    """Two `int` values that are compared, brought to one width if they are known at run time only."""
    if not unbounded.is_run_time(left) and not unbounded.is_run_time(right):
        return left, right
    widths = unbounded.width(left), unbounded.width(right)
    type_ = types.IntType(max(widths[0] or 1, widths[1] or 1))
    return number(env, left, type_), number(env, right, type_)


def align(env: Env, left: tree.Expression, right: tree.Expression) -> tuple[tree.Expression, tree.Expression] | None:
    """Two expressions brought to one type by implicit casts; None if there is none."""
    left_type, right_type = left.type, right.type
    if _is_open(left) and not _is_open(right):
        return coerce(env, left, right_type, "cannot compare"), right
    if _is_open(right) and not _is_open(left):
        return left, coerce(env, right, left_type, "cannot compare")
    if left_type == right_type:
        return left, right
    if isinstance(left_type, types.SerEnumType) or isinstance(right_type, types.SerEnumType):
        return align(env, to_integer(left), to_integer(right))
    if isinstance(left_type, types.InfIntType) and isinstance(right_type, _Fixed):
        return number(env, left, right_type), right
    if isinstance(right_type, types.InfIntType) and isinstance(left_type, _Fixed):
        return left, number(env, right, left_type)
    return None


@dispatch.expression_rule(syntax.ConditionalExpression)
def conditional(env: Env, node: syntax.ConditionalExpression) -> tree.Expression:
    """`c ? a : b` (§8.5.1): the branches have one type; `int` only if the condition is known."""
    condition = dispatch.expression(env, node.condition)
    then, otherwise = dispatch.expression(env, node.if_true), dispatch.expression(env, node.if_false)
    if is_poison(condition, then, otherwise):
        return poisoned(node.span)
    if not isinstance(condition.type, types.BoolType):
        env.type_error(f"the condition of ?: must be a bool, not {describe(condition)}", condition.span)
        return poisoned(node.span)
    aligned = align(env, then, otherwise)
    if aligned is None:
        env.type_error(
            f"the branches of ?: have different types, {describe(then)} and {describe(otherwise)}", node.span
        )
        return poisoned(node.span)
    then, otherwise = aligned
    if isinstance(then.type, types.InfIntType) and not isinstance(condition, tree.BoolLiteral):
        env.type_error("the branches of ?: need a width, as its condition is not known at compile time", node.span)
        return poisoned(node.span)
    return fold.conditional(then.type, node.span, condition, then, otherwise)


def _logical(env: Env, op: str, span: Span, left: tree.Expression, right: tree.Expression) -> tree.Expression:
    for operand in (left, right):
        if not isinstance(operand.type, types.BoolType):
            kind = "expected" if operand is left and tree.is_literal(operand) else "type-error"
            env.error(kind, f"{op} takes bools, not {describe(operand)}", operand.span)
            return poisoned(span)
    return fold.binary(op, types.BOOL, span, left, right)


def _equality(env: Env, op: str, span: Span, left: tree.Expression, right: tree.Expression) -> tree.Expression:
    aligned = align(env, left, right)
    if aligned is None or not _comparable(aligned[0].type):
        env.type_error(f"{describe(left)} cannot be compared with {describe(right)}", span)
        return poisoned(span)
    if isinstance(aligned[0].type, types.InfIntType):
        aligned = _bounded(env, *aligned)
    if is_poison(*aligned):
        return poisoned(span)
    return fold.binary(op, types.BOOL, span, *aligned)


def _comparable(type_: types.Type) -> bool:
    return not isinstance(
        type_,
        types.ExternType
        | types.ApplicableType
        | types.PackageType
        | types.VoidType
        | types.DontCareType
        | types.TypeVar,
    )


def _arithmetic(env: Env, op: str, span: Span, left: tree.Expression, right: tree.Expression) -> tree.Expression:
    """+ - * / % |+| |-| & | ^ and the order comparisons: operands of one type (§8.6 to §8.8)."""
    is_negative = any((fold.integer(operand) or 0) < 0 for operand in (left, right))
    aligned = align(env, left, right)
    if aligned is None:
        are_numbers = isinstance(left, tree.IntLiteral) and isinstance(right, tree.IntLiteral)
        kind = "invalid" if are_numbers else "type-error"
        message = f"{op} cannot be applied to {left.type} and {right.type}: they must be of one type"
        env.error(kind, message, span, hint=_cast_to(left, right))
        return poisoned(span)
    left, right = aligned
    type_ = left.type
    if op in ("/", "%") and isinstance(type_, types.IntType):
        env.type_error(f"{op} cannot be applied to signed values ({type_})", span)
        return poisoned(span)
    if op in ("/", "%") and is_negative:
        kind = "invalid" if tree.is_literal(left) and tree.is_literal(right) else "type-error"
        env.error(kind, f"{op} is not defined for negative numbers", span)
        return poisoned(span)
    if op in ("|+|", "|-|") and isinstance(type_, types.InfIntType):
        env.error("invalid", f"{op} takes numbers of known width, not int", span)
        return poisoned(span)
    if isinstance(type_, types.InfIntType) and op in _COMPARISONS:
        left, right = _bounded(env, left, right)
    if isinstance(type_, types.InfIntType) and op in ("/", "%"):
        for operand in (left, right):
            if unbounded.is_run_time(operand):
                env.type_error(f"{op} takes ints that are known at compile time", operand.span)
                return poisoned(span)
    return fold.binary(op, types.BOOL if op in _COMPARISONS else type_, span, left, right)


def _cast_to(left: tree.Expression, right: tree.Expression) -> str | None:
    """How two numbers of different types could be brought together."""
    if not isinstance(left.type, _Fixed) or not isinstance(right.type, _Fixed):
        return None
    if isinstance(left.type, types.IntType) != isinstance(right.type, types.IntType):
        return f"operands of one sign and width; a cast changes either, as in ({left.type}) value"
    wide = left.type if left.type.width >= right.type.width else right.type
    return f"operands of one width; widen the narrower with ({wide})"


def _shift(env: Env, op: str, span: Span, left: tree.Expression, right: tree.Expression) -> tree.Expression:
    """<< and >> (§8.5, §8.7): the amount is unsigned; an `int` can be shifted by a known amount only."""
    amount = fold.integer(right)
    if unbounded.is_run_time(right):
        env.type_error("the amount of a shift must be unsigned or known at compile time", right.span)
        return poisoned(span)
    if amount is not None and amount < 0:
        env.error("invalid", f"{op}: shifts with negative amounts are not permitted", span)
        return poisoned(span)
    if isinstance(right.type, types.IntType) and amount is None:
        env.type_error(f"the amount of a shift must be unsigned, not {right.type}", right.span)
        return poisoned(span)
    if isinstance(left.type, types.InfIntType) and amount is None:
        env.type_error("the width of the left operand of a shift must be known", left.span)
        return poisoned(span)
    if amount is not None and isinstance(left.type, _Fixed) and amount >= left.type.width:
        env.warning("overflow", f"{op}: a shift of {left.type} by {amount} loses all its bits", span)
    return fold.binary(op, left.type, span, left, right)


def _concatenation(env: Env, span: Span, left: tree.Expression, right: tree.Expression) -> tree.Expression:
    """++ (§8.6.1): the result has the signedness of the left operand."""
    left_type, right_type = left.type, right.type
    if not (isinstance(left_type, _Fixed) and isinstance(right_type, _Fixed)):
        wrong = right if isinstance(left_type, _Fixed) else left
        # p4c folds constants before it looks at types, and so names another class there
        kind = "invalid" if tree.is_literal(left) and tree.is_literal(right) else "type-error"
        env.error(kind, f"++ takes bit strings of known width, not {describe(wrong)}", wrong.span)
        return poisoned(span)
    width = left_type.width + right_type.width
    type_ = types.IntType(width) if isinstance(left_type, types.IntType) else types.BitType(width)
    return fold.binary("++", type_, span, left, right)


def _is_number(expression: tree.Expression) -> bool:
    return isinstance(expression.type, types.BitType | types.IntType | types.InfIntType)


def _is_open(expression: tree.Expression) -> bool:
    """Whether an aggregate takes its type from the other operand."""
    return isinstance(expression, RawStruct | RawDefault | tree.TupleExpression) or (
        isinstance(expression, tree.InvalidHeader) and isinstance(expression.type, types.DontCareType)
    )
