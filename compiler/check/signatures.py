"""Parameter lists: syntax -> signatures and parameter declarations (P4_16 spec §6.8, §6.7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from compiler import syntax, tree, types
from compiler.annotations import has
from compiler.check import annotating, constants, dispatch, typerefs
from compiler.check.context import Env
from compiler.check.generics import has_variables
from compiler.check.scopes import TypeName
from compiler.diagnostics import Note, Span


def type_parameters(env: Env, names: Iterable[syntax.Name]) -> tuple[types.TypeVar, ...]:
    """Declare type parameters as opaque types in `env`."""
    variables = []
    for name in names:
        variable = types.TypeVar(name.text, name.span)
        env.declare(name, TypeName(variable))
        variables.append(variable)
    return tuple(variables)


def signature(
    env: Env,
    parameters: Sequence[syntax.Parameter],
    result: types.Type,
    variables: tuple[types.TypeVar, ...] = (),
    *,
    constructor: bool = False,
    optional: bool = False,
) -> types.FunctionType:
    """The type of something with these parameters; their default values go to `Checker.defaults`.

    `constructor`: parsers, controls and packages may be given. `optional`: @optional parameters are allowed.
    """
    seen: dict[str, Span] = {}
    made = []
    for parameter in parameters:
        name = parameter.name.text
        if name in seen:
            note = Note(f"{name} is declared here", seen[name])
            env.error("duplicate", f"the parameter {name} is declared twice", parameter.name.span, note)
        seen.setdefault(name, parameter.name.span)
        checked = _parameter(env, parameter, constructor)
        if checked.optional and not optional:
            env.error("invalid", f"{name}: an optional parameter is not allowed here", parameter.name.span)
        made.append(checked)
    return types.FunctionType(tuple(made), result, variables)


def declare(
    env: Env, signature: types.FunctionType, defaults: dict[Span, tree.Expression] | None = None
) -> list[tree.Parameter]:
    """Make run-time parameters and declare their names in `env`. (Duplicates were reported with the signature.)"""
    known = env.checker.defaults if defaults is None else defaults
    made = []
    for formal in signature.parameters:
        parameter = tree.Parameter(
            formal.name,
            formal.annotations,
            formal.span,
            formal.type,
            tree.Direction(formal.direction),
            known.get(formal.span),
            formal.optional,
        )
        _declare(env, parameter)
        made.append(parameter)
    return made


def declare_constructor(env: Env, parameters: Iterable[types.ParameterType]) -> list[tree.ConstructorParameter]:
    """Make constructor parameters and declare their names in `env`; they are directionless (§6.8)."""
    made = []
    for formal in parameters:
        if formal.direction:
            env.error("invalid", f"the constructor parameter {formal.name} cannot have a direction", formal.span)
        default = env.checker.defaults.get(formal.span)
        parameter = tree.ConstructorParameter(
            formal.name, formal.annotations, formal.span, formal.type, default, formal.optional
        )
        _declare(env, parameter)
        made.append(parameter)
    return made


def _declare(env: Env, parameter: tree.Parameter | tree.ConstructorParameter) -> None:
    name = parameter.name
    earlier = env.scope.declare(name, parameter, parameter.span)
    if earlier is None:
        env.note_shadowing(name, parameter, parameter.span)
    elif earlier != parameter.span and isinstance(env.scope.here(name), tree.ConstructorParameter):
        note = Note(f"{name} is declared here", earlier)
        env.error("duplicate", f"the parameter {name} is declared twice", parameter.span, note)


def _parameter(env: Env, node: syntax.Parameter, constructor: bool) -> types.ParameterType:
    type_ = typerefs.resolve(env, node.type)
    direction = node.direction.value
    name, span = node.name.text, node.name.span
    if direction and isinstance(type_, types.ExternType):
        env.type_error(f"{name}: a parameter of the extern type {type_} cannot have a direction", span)
    if direction and isinstance(type_, types.InfIntType | types.StringType | types.ApplicableType | types.PackageType):
        env.type_error(f"{name}: a parameter of type {type_} cannot have a direction", span)
    if isinstance(type_, types.ApplicableType | types.PackageType) and not constructor:
        env.type_error(f"{name}: only constructors can have a parameter of type {type_}", span)
    if isinstance(type_, types.VoidType):
        env.type_error(f"{name}: a parameter cannot be void", span)
    if node.default is not None:
        if direction in ("out", "inout"):
            message = f"{name}: {direction} parameters cannot have a default value"
            env.error("invalid", message, node.default.span)
        else:
            what = f"the default value of {name}"
            if isinstance(type_, types.ApplicableType) and has_variables(type_):
                value = dispatch.expression(env, node.default)  # fitted where the type is known
                constants.require_compile_time(env, value, what)
            else:
                value = constants.constant(env, node.default, type_, what)
            env.checker.defaults[span] = value
    given = annotating.evaluate(env, node.annotations)
    return types.ParameterType(name, type_, direction, node.default is not None, has(given, "optional"), given, span)
