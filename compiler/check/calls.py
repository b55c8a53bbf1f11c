"""Calls: functions, actions, extern functions and methods, `apply`, and the methods every header and stack has (P4_16
spec §8.17, §8.18, §8.20).
"""

from __future__ import annotations

from dataclasses import replace

from compiler import syntax, tree, types
from compiler.check import arguments, dispatch, methods, typerefs
from compiler.check.applications import application, direct_application, receiver_of
from compiler.check.arguments import Given
from compiler.check.casts import describe, is_poison
from compiler.check.context import Env, poisoned
from compiler.check.copying import specialise_function
from compiler.check.members import type_of_base
from compiler.check.scopes import FunctionTemplate, GenericType, Overloads, Undefined
from compiler.diagnostics import Span


@dispatch.expression_rule(syntax.CallExpression)
def call(env: Env, node: syntax.CallExpression) -> tree.Expression:
    callee = node.callee
    if isinstance(callee, syntax.MemberExpression):
        return _member_call(env, node, callee)
    given = arguments.evaluate(env, node.arguments)
    if not isinstance(callee, syntax.NameExpression):
        env.type_error("this cannot be called", callee.span)
        return poisoned(node.span)
    symbol = env.look_up(callee.name, callee.span, absolute=callee.is_absolute)
    match symbol:
        case Overloads():
            return _function_call(env, node, symbol, given)
        case tree.Action():
            return _action_call(env, node, symbol, given)
        case Undefined():
            return poisoned(node.span)
        case _:
            env.type_error(f"{callee.name} cannot be called", callee.span, *env.note(callee.name))
            return poisoned(node.span)


def _function_call(env: Env, node: syntax.CallExpression, overloads: Overloads, given: list[Given]) -> tree.Expression:
    candidates = [(candidate, candidate.signature) for candidate in overloads.candidates]
    chosen = arguments.choose(env, candidates, given, overloads.name, node.span)
    if chosen is None:
        return poisoned(node.span)
    callee, signature = chosen
    type_arguments = typerefs.arguments(env, node.type_arguments)
    bound = arguments.bind(env, signature, type_arguments, given, node.span, overloads.name)
    if bound is None:
        return poisoned(node.span)
    result = bound.signature.result
    if isinstance(callee, FunctionTemplate):
        if types.INF_INT in bound.type_arguments:
            env.type_error(
                f"{overloads.name}: the width of a number cannot be inferred", node.span, hint="8w... or a cast"
            )
            return poisoned(node.span)
        function = specialise_function(env.checker, callee, bound.type_arguments)
        return tree.FunctionCall(result, node.span, bound.arguments, function, order=bound.order)
    if overloads.name == "verify" and not env.place.in_parser:
        env.type_error("verify can only be called in parsers", node.span)
        return poisoned(node.span)
    if overloads.name == "static_assert":
        return _static_assert(env, node.span, bound.arguments)
    return tree.ExternFunctionCall(
        result, node.span, bound.arguments, callee, bound.type_arguments, bound.signature, order=bound.order
    )


def _static_assert(env: Env, span: Span, given: tuple[tree.Expression, ...]) -> tree.Expression:
    """`static_assert(condition, message)`: evaluated here, always true in what remains (core.p4)."""
    condition = given[0]
    if not isinstance(condition, tree.BoolLiteral):
        env.type_error("static_assert: the condition must be known at compile time", condition.span)
    elif not condition.value:
        message = (
            given[1].value if len(given) > 1 and isinstance(given[1], tree.StringLiteral) else "the condition is false"
        )
        env.error("expected", f"static_assert failed: {message}", span)
    return tree.BoolLiteral(types.BOOL, span, True)


def _action_call(env: Env, node: syntax.CallExpression, action: tree.Action, given: list[Given]) -> tree.Expression:
    if env.place.kind not in ("apply", "action"):
        env.type_error(f"the action {action.name} can only be called in controls and actions", node.span)
        return poisoned(node.span)
    if node.type_arguments:
        env.type_error(f"{action.name} takes no type arguments", node.span)
    signature = env.checker.signatures[action]
    bound = arguments.bind(
        env, signature, (), given, node.span, action.name, compile_time=False, missing="uninitialized"
    )
    if bound is None:
        return poisoned(node.span)
    return tree.ActionCall(types.VOID, node.span, bound.arguments, action, order=bound.order)


def _member_call(env: Env, node: syntax.CallExpression, callee: syntax.MemberExpression) -> tree.Expression:
    name = callee.member.text
    if name == "apply":
        applied = direct_application(env, node, callee.base)
        if applied is not None:
            return applied
    type_ = type_of_base(env, callee.base)
    if type_ is not None:
        return _type_call(env, node, callee, type_)
    if isinstance(callee.base, syntax.NameExpression):
        symbol = env.use(callee.base.name, absolute=callee.base.is_absolute)
        if isinstance(symbol, tree.Table):
            return methods.table_method(env, node, symbol, name)
    inner = env.at(replace(env.place, unevaluated=True)) if name in methods.SIZES else env
    base = dispatch.expression(inner, callee.base)
    given = arguments.evaluate(env, node.arguments)
    if is_poison(base):
        return poisoned(node.span)
    if name == "apply" and isinstance(base.type, types.ApplicableType):
        return application(env, node, base, base.type, given)
    if isinstance(base.type, types.ExternType):
        return _method_call(env, node, base, base.type, name, given)
    return methods.builtin(env, node, base, callee.member, given)


def _type_call(
    env: Env, node: syntax.CallExpression, callee: syntax.MemberExpression, type_: types.Type | GenericType
) -> tree.Expression:
    """`h_t.minSizeInBits()`: the only calls on a type that is not a parser or control."""
    if isinstance(type_, types.PoisonType):
        return poisoned(node.span)
    if isinstance(type_, types.Type):
        size = methods.size_of(env, type_, callee.member.text, node.span)
        if size is not None and not node.arguments:
            return size
    env.type_error(f"{callee.member} cannot be called on a type", callee.member.span)
    return poisoned(node.span)


def _method_call(
    env: Env,
    node: syntax.CallExpression,
    base: tree.Expression,
    type_: types.ExternType,
    name: str,
    given: list[Given],
) -> tree.Expression:
    what = f"{type_}.{name}"
    candidates = [(method, method.signature) for method in type_.methods if method.name == name]
    if not candidates:
        methods.no_method(env, node, type_, name)
        return poisoned(node.span)
    chosen = arguments.choose(env, candidates, given, what, node.span)
    receiver = receiver_of(base)
    if chosen is None:
        return poisoned(node.span)
    if receiver is None:
        env.type_error(f"{describe(base)} is not an instance", base.span)
        return poisoned(node.span)
    method, signature = chosen
    type_arguments = typerefs.arguments(env, node.type_arguments)
    bound = arguments.bind(env, signature, type_arguments, given, node.span, what)
    if bound is None:
        return poisoned(node.span)
    problem = methods.packet_problem(type_, name, bound)
    if problem is not None:
        env.type_error(problem, bound.arguments[0].span if bound.arguments else node.span)
        return poisoned(node.span)
    return tree.MethodCall(
        bound.signature.result,
        node.span,
        bound.arguments,
        receiver,
        method,
        bound.type_arguments,
        bound.signature,
        order=bound.order,
    )
