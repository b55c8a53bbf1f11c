"""Functions and actions (P4_16 spec §10, §14.1)."""

from __future__ import annotations

from compiler import syntax, tree, types
from compiler.check import annotating, dispatch, statements, typerefs
from compiler.check.architecture import add_overload
from compiler.check.context import Env, Place
from compiler.check.initialized import warn_uninitialized
from compiler.check.scopes import FunctionTemplate
from compiler.check.signatures import declare, signature, type_parameters
from compiler.diagnostics import Note


@dispatch.declaration_rule(syntax.FunctionDeclaration)
def function(env: Env, node: syntax.FunctionDeclaration) -> None:
    template = check_function(env, node)
    add_overload(env, node.name, template, template.signature)


def check_function(env: Env, node: syntax.FunctionDeclaration) -> FunctionTemplate:
    """Check a function's body once, with its type parameters as opaque types. Its own name is not yet known inside: no
    recursion.
    """
    outer = env.inner()
    variables = type_parameters(outer, node.type_parameters)
    result = typerefs.resolve(outer, node.result)
    type_ = signature(outer, node.parameters, result, variables)
    inner = outer.at(Place("function", result))
    parameters = declare(inner, type_)
    body = statements.block(inner, node.body)
    if result not in (types.VOID, types.POISON) and not _always_returns(body):
        env.error("insufficient", f"the function {node.name} does not return a value on all paths", node.name.span)
    given = annotating.evaluate(env, node.annotations)
    warn_uninitialized(body, env.checker.diagnostics, parameters, node.name.text)
    made = tree.Function(node.name.text, given, node.name.span, parameters, result, body, variables)
    template = FunctionTemplate(type_, made)
    template.made[variables] = made
    env.checker.function_origins[made] = (template, variables)
    return template


@dispatch.declaration_rule(syntax.ActionDeclaration)
def action(env: Env, node: syntax.ActionDeclaration) -> None:
    type_ = signature(env, node.parameters, types.VOID)
    data: types.ParameterType | None = None
    for parameter in type_.parameters:
        if isinstance(parameter.type, types.InfIntType | types.StringType | types.ExternType | types.ListType):
            env.type_error(
                f"{parameter.name}: an action cannot have a parameter of type {parameter.type}", parameter.span
            )
        if not parameter.direction:
            data = data or parameter
        elif data is not None:
            note = Note(f"{parameter.name} follows", parameter.span)
            env.type_error(f"{data.name}: parameters without direction must stand at the end", data.span, note)
            break
    inner = env.at(Place("action", template=env.place.template))
    parameters = declare(inner, type_)
    body = statements.block(inner, node.body)
    warn_uninitialized(body, env.checker.diagnostics, parameters, node.name.text)
    given = annotating.evaluate(env, node.annotations)
    name = annotating.control_plane_name(node.name.text, given, "")
    made = tree.Action(node.name.text, given, node.name.span, parameters, body, name)
    env.checker.signatures[made] = type_
    env.declare(node.name, made)
    template = env.place.template
    if template is not None and isinstance(template.skeleton, tree.Control):
        template.skeleton.actions.append(made)
    else:
        env.checker.actions.append(made)


def _always_returns(statement: tree.Statement) -> bool:
    """Whether every path through a statement ends in return."""
    match statement:
        case tree.Return() | tree.Exit():
            return True
        case tree.Block():
            return any(map(_always_returns, statement.statements))
        case tree.If():
            return (
                statement.otherwise is not None
                and _always_returns(statement.then)
                and _always_returns(statement.otherwise)
            )
        case tree.Switch():
            has_default = any(case.default for case in statement.cases)
            return has_default and all(_always_returns(case.body) for case in statement.cases)
        case _:
            return False
