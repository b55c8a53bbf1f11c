"""Arguments of calls and constructors: overloads, type arguments, order, defaults, directions (P4_16 spec §6.7, §6.8,
§8.20).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from compiler import syntax, tree, types
from compiler.check import constants, dispatch
from compiler.check.casts import coerce, describe, is_pending, is_poison, settle
from compiler.check.context import Env
from compiler.check.expressions import require_lvalue
from compiler.check.generics import Bindings, infer, occurs, substitute_signature
from compiler.check.scopes import InstancePlan, did_you_mean
from compiler.diagnostics import Note, Span

_T = TypeVar("_T")

AT_PARAMETER = "at parameter"
"""A missing argument is a type-error at the parameter it is missing for (p4c's place in tables)."""


@dataclass(frozen=True, slots=True)
class Given:
    """An argument as written, checked; `_` is a `tree.DontCare`."""

    name: str | None
    value: tree.Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Bound:
    """A call that fits: the signature with type parameters replaced, and an argument for each parameter, in their
    order. `order` as in `tree.Call`.
    """

    signature: types.FunctionType
    type_arguments: tuple[types.Type, ...]
    arguments: tuple[tree.Expression, ...]
    order: tuple[int, ...]


def evaluate(env: Env, arguments: Sequence[syntax.Argument]) -> list[Given]:
    """Check the values of arguments."""
    given = []
    for argument in arguments:
        name = argument.name.text if argument.name else None
        given.append(Given(name, dispatch.expression(env, argument.value), argument.span))
    return given


def choose(
    env: Env, candidates: Sequence[tuple[_T, types.FunctionType]], given: Sequence[Given], what: str, span: Span
) -> tuple[_T, types.FunctionType] | None:
    """The overload that the number and names of the arguments select (§6.7.2)."""
    if len(candidates) == 1:
        return candidates[0]
    fitting = [candidate for candidate in candidates if _accepts(candidate[1], given)]
    if len(fitting) == 1:
        return fitting[0]
    exact = [candidate for candidate in fitting if len(candidate[1].parameters) == len(given)]
    if len(exact) == 1:
        return exact[0]
    if fitting:
        env.error("duplicate", f"{what}: the call fits several declarations", span)
    else:
        hint = " or ".join(f"{what}{_parameters(signature)}" for _, signature in candidates) or None
        env.type_error(f"{what}: no declaration takes these arguments", span, hint=hint)
    return None


def bind(
    env: Env,
    signature: types.FunctionType,
    type_arguments: Sequence[types.Type],
    given: Sequence[Given],
    span: Span,
    what: str,
    *,
    compile_time: bool = True,
    constructor: bool = False,
    unknown: bool = False,
    missing: str = "type-error",
) -> Bound | None:
    """Fit a call to a signature; None after saying what is wrong.

    `compile_time`: whether directionless parameters take compile-time values only (they do, but for actions).
    `constructor`: these values may not even come from directionless parameters of the surroundings.
    `unknown`: whether type parameters that nothing tells are left open (those of packages are).
    `missing`: the class of error of a missing argument, or AT_PARAMETER.
    """
    values = _in_order(env, signature, given, span, what, missing)
    if values is None:
        return None
    specialised = _specialise(env, signature, type_arguments, values, span, what, unknown)
    if specialised is None:
        return None
    concrete, chosen = specialised
    arguments = []
    for parameter, value in zip(concrete.parameters, values, strict=True):
        arguments.append(_fit(env, parameter, value, span, what, compile_time, constructor))
    if is_poison(*arguments):
        return None
    return Bound(concrete, chosen, tuple(arguments), _order(concrete, given))


def _order(signature: types.FunctionType, given: Sequence[Given]) -> tuple[int, ...]:
    """The positions of the parameters in the order in which the arguments are written, defaults last; empty where
    these are in order.
    """
    names = [parameter.name for parameter in signature.parameters]
    written = [names.index(argument.name) for argument in given if argument.name is not None]
    if written == sorted(written):
        return ()
    return (*written, *(i for i in range(len(names)) if i not in written))


def inferred(
    env: Env,
    signature: types.FunctionType,
    type_arguments: Sequence[types.Type],
    given: Sequence[Given],
    span: Span,
    what: str,
) -> tuple[types.Type, ...] | None:
    """The type arguments of a call, `_` where nothing tells; None after saying that the call does not fit."""
    values = _in_order(env, signature, given, span, what, "type-error")
    specialised = _specialise(env, signature, type_arguments, values, span, what, True) if values is not None else None
    return None if specialised is None else specialised[1]


def _specialise(
    env: Env,
    signature: types.FunctionType,
    type_arguments: Sequence[types.Type],
    values: Sequence[tree.Expression | None],
    span: Span,
    what: str,
    unknown: bool,
) -> tuple[types.FunctionType, tuple[types.Type, ...]] | None:
    """Replace type parameters by the given type arguments, or by what the values tell."""
    variables = signature.type_parameters
    if not variables:
        if type_arguments:
            env.type_error(f"{what} takes no type arguments", span)
            return None
        return signature, ()
    if type_arguments and len(type_arguments) != len(variables):
        env.type_error(f"{what} takes {len(variables)} type arguments, {len(type_arguments)} are given", span)
        return None
    if types.POISON in type_arguments:
        return None
    bindings: Bindings = dict.fromkeys(variables, None)
    for variable, type_ in zip(variables, type_arguments, strict=False):
        if not isinstance(type_, types.DontCareType):
            bindings[variable] = type_
    open_: Bindings = {variable: known for variable, known in bindings.items() if known is None}
    for parameter, value in zip(signature.parameters, values, strict=True):
        if value is not None and open_ and not is_pending(value):
            infer(env.checker, parameter.type, value.type, open_)
    bindings.update(open_)
    chosen = []
    for variable in variables:
        known = bindings[variable]
        if known is None and (unknown or not _is_needed(env, variable, signature, values)):
            known = types.DONT_CARE
        if known is None:
            if not any(value is not None and is_poison(value) for value in values):
                env.type_error(
                    f"{what}: the type argument {variable.name} cannot be inferred", span, hint=f"{what}<...>(...)"
                )
            return None
        chosen.append(known)
    mapping = dict(zip(variables, chosen, strict=True))
    return substitute_signature(env.checker, signature, mapping), tuple(chosen)


def _is_needed(
    env: Env, variable: types.TypeVar, signature: types.FunctionType, values: Sequence[tree.Expression | None]
) -> bool:
    """Whether a type parameter stands in the result or in a parameter that is given."""
    used = [p.type for p, value in zip(signature.parameters, values, strict=True) if value is not None]
    return any(occurs(env.checker, variable, type_) for type_ in (*used, signature.result))


def _accepts(signature: types.FunctionType, given: Sequence[Given]) -> bool:
    names = [parameter.name for parameter in signature.parameters]
    if len(given) > len(names):
        return False
    filled = {argument.name or names[i] for i, argument in enumerate(given)}
    if not filled <= set(names):
        return False
    return all(p.name in filled or p.has_default or p.optional for p in signature.parameters)


def _missing(env: Env, parameter: types.ParameterType, span: Span, what: str, kind: str) -> None:
    """Say that a parameter gets no argument: at the call, or for AT_PARAMETER at the parameter, if it is one that the
    control plane would set.
    """
    message = f"{what}: no argument is given for the parameter {parameter.name}"
    if kind == AT_PARAMETER and not parameter.direction:
        env.type_error(message, parameter.span, Note(f"{what} is called here", span))
    else:
        kind = "type-error" if kind == AT_PARAMETER else kind
        env.error(kind, message, span, Note(f"{parameter.name} is declared here", parameter.span))


def _in_order(
    env: Env, signature: types.FunctionType, given: Sequence[Given], span: Span, what: str, missing: str
) -> list[tree.Expression | None] | None:
    """The values in the order of the parameters, None where there is none and none is needed."""
    names = [parameter.name for parameter in signature.parameters]
    filled: dict[str, Given] = {}
    fine = True
    if len({argument.name is None for argument in given}) > 1:
        env.error("invalid", f"{what}: either all arguments are named or none", span)
        return None
    for i, argument in enumerate(given):
        if argument.name is None and i >= len(names):
            env.type_error(f"{what} takes {len(names)} arguments, {len(given)} are given", argument.span)
            return None
        name = argument.name if argument.name is not None else names[i]
        if name not in names:
            hint = did_you_mean(name, names)
            env.type_error(f"{what} has no parameter {name}", argument.span, hint=hint)
            fine = False
        elif name in filled:
            note = Note(f"{name} is given here", filled[name].span)
            env.error("duplicate", f"{what}: {name} is given twice", argument.span, note)
            fine = False
        else:
            filled[name] = argument
    values: list[tree.Expression | None] = []
    for parameter in signature.parameters:
        found = filled.get(parameter.name)
        if found is not None:
            values.append(found.value)
        elif parameter.has_default or parameter.optional:
            values.append(None)
        elif fine:
            _missing(env, parameter, span, what, missing)
            return None
    return values if fine else None


def _fit(
    env: Env,
    parameter: types.ParameterType,
    value: tree.Expression | None,
    span: Span,
    what: str,
    compile_time: bool,
    constructor: bool,
) -> tree.Expression:
    """The argument for one parameter, of its type."""
    if value is None:
        return _default(env, parameter, span)
    if isinstance(value, tree.DontCare) and not is_poison(value):
        if parameter.direction != "out" and not parameter.optional:
            env.type_error(f"{what}: _ can only be given for an out parameter", value.span)
        return replace(value, type=parameter.type)
    if parameter.direction in ("out", "inout"):
        return _fit_out(env, parameter, value, what)
    fitted = settle(env, coerce(env, value, parameter.type, f"{what}: cannot pass"))
    if not constructor and isinstance(fitted.type, types.ApplicableType | types.PackageType):
        env.type_error(f"{what}: {describe(fitted)} cannot be an argument of a call", fitted.span)
        return replace(fitted, type=types.POISON)
    if parameter.direction == "in" and isinstance(fitted.type, types.StringType):
        env.type_error(f"{what}: a string cannot be the argument of a parameter with a direction", fitted.span)
        return replace(fitted, type=types.POISON)
    if parameter.direction == "in" and not _has_width(env, fitted, what):
        return replace(fitted, type=types.POISON)
    if not parameter.direction and compile_time and not isinstance(parameter.type, types.ExternType):
        what = f"{what}: the argument for {parameter.name}"
        constants.require_compile_time(env, fitted, what, directionless=not constructor)
    return fitted


def _default(env: Env, parameter: types.ParameterType, span: Span) -> tree.Expression:
    """The default value for a parameter that is left out; a `DontCare` if it is optional."""
    default = env.checker.defaults.get(parameter.span)
    if default is None:
        return tree.DontCare(parameter.type, span)
    plan: object = default.instance if isinstance(default, tree.InstanceRef) else None
    if isinstance(plan, InstancePlan) and env.place.template is not None:
        plan = replace(plan)  # an instance of its own, here
        env.place.template.plans.append(plan)
        default = tree.InstanceRef(default.type, span, plan)  # type: ignore[arg-type]
    return coerce(env, replace(default, span=span), parameter.type)


def _has_width(env: Env, value: tree.Expression, what: str) -> bool:
    """Says so if a run-time value is, or holds, an `int`: nothing gave it a width."""
    if isinstance(value, tree.TupleExpression):
        told = [_has_width(env, element, what) for element in value.elements]
        return all(told)
    if isinstance(value.type, types.InfIntType):
        env.type_error(f"{what}: the width of this number cannot be inferred", value.span, hint="8w... or a cast")
        return False
    return True


def _fit_out(env: Env, parameter: types.ParameterType, value: tree.Expression, what: str) -> tree.Expression:
    if is_poison(value) or not require_lvalue(
        env, value, f"{what}: the {parameter.direction} parameter cannot write to"
    ):
        return replace(value, type=types.POISON)
    if value.type != parameter.type:
        note = Note(f"{parameter.name} is declared here", parameter.span)
        env.type_error(
            f"{what}: cannot pass {describe(value)} for the {parameter.direction} parameter {parameter.name}"
            f" of type {parameter.type}",
            value.span,
            note,
        )
        return replace(value, type=types.POISON)
    return value


def _parameters(signature: types.FunctionType) -> str:
    return "(" + ", ".join(f"{p.direction} {p.type} {p.name}".strip() for p in signature.parameters) + ")"
