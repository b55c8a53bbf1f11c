"""Expressions that must be known at compile time (P4_16 spec §18.1)."""

from __future__ import annotations

from compiler import rewrite, syntax, tree, types
from compiler.check import dispatch, fold
from compiler.check.casts import coerce, describe, is_poison
from compiler.check.context import Env
from compiler.check.raw import RawStruct


def is_compile_time(expression: tree.Expression, *, directionless: bool = False) -> bool:
    """Whether a value is known once all instances are: a literal, or made of literals and constructor
    parameters only. With `directionless`, parameters without a direction will do, too (as in p4c, where they may be
    passed on).
    """
    for node in rewrite.walk(expression):
        match node:
            case tree.VariableRef(declaration=tree.Parameter(direction=tree.Direction.NONE)) if directionless:
                pass
            case tree.VariableRef():
                if not isinstance(node.declaration, tree.ConstructorParameter):
                    return False
            case RawStruct():
                if not all(is_compile_time(value, directionless=directionless) for value in node.values):
                    return False
            case tree.Call() | tree.TableApply() | tree.HeaderCall() | tree.StackCall() | tree.ValueSetRef():
                return False
            case tree.StackNext() | tree.StackLast() | tree.StackLastIndex():
                return False
    return True


def require_compile_time(
    env: Env, expression: tree.Expression, what: str, kind: str = "type-error", *, directionless: bool = False
) -> bool:
    """Says so if the value of an expression is not known at compile time."""
    if is_poison(expression) or is_compile_time(expression, directionless=directionless):
        return True
    env.error(kind, f"{what} must be known at compile time", expression.span)
    return False


def integer(env: Env, node: syntax.Expression, what: str, kind: str = "type-error") -> int | None:
    """The number that a local compile-time expression (§18.1) stands for; None after saying what is wrong, as an
    error of `kind`.
    """
    expression = dispatch.expression(env, node)
    if is_poison(expression):
        return None
    value = fold.integer(expression)
    if value is None:
        message = f"{what} must be an integer that is known at compile time, not {describe(expression)}"
        env.error(kind, message, node.span)
    return value


def constant(env: Env, node: syntax.Expression, type_: types.Type, what: str) -> tree.Expression:
    """A compile-time value of a type; poisoned after saying what is wrong."""
    expression = coerce(env, dispatch.expression(env, node), type_, f"{what}: cannot convert")
    require_compile_time(env, expression, what)
    return expression
