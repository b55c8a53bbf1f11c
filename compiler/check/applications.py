"""`apply` of parsers and controls: of instances, and of types as if they were instances (P4_16 spec §13.9, §14.3,
§15.1).
"""

from __future__ import annotations

from typing import Any

from compiler import syntax, tree, types
from compiler.check import arguments, templates, typerefs
from compiler.check.arguments import Given
from compiler.check.casts import describe
from compiler.check.context import Env, poisoned
from compiler.check.scopes import Alternatives, GenericTemplate, InstancePlan, Template


def direct_application(env: Env, node: syntax.CallExpression, base: syntax.Expression) -> tree.Expression | None:
    """`C.apply(...)`, `C<T>.apply(...)`: an instance without a name, applied on the spot (§15.1); None if `base` is not
    the type of a parser or control.
    """
    type_arguments: tuple[syntax.TypeRef, ...] = ()
    match base:
        case syntax.NameExpression():
            named: syntax.NameExpression | syntax.NamedTypeRef = base
        case syntax.TypeExpression(type=syntax.NamedTypeRef() as ref):
            named = ref
        case syntax.TypeExpression(type=syntax.SpecializedTypeRef() as ref):
            named, type_arguments = ref.base, ref.arguments
        case _:
            return None
    symbol = (env.scope.root if named.is_absolute else env.scope).find(named.name)
    if isinstance(symbol, Alternatives):
        symbol = templates.choose(env, symbol, [], base.span)
        if symbol is None:
            return poisoned(node.span)
    if not isinstance(symbol, Template | GenericTemplate):
        return None
    given = arguments.evaluate(env, node.arguments)
    plan: InstancePlan | None
    if isinstance(symbol, Template):
        if type_arguments:
            env.type_error(f"{named.name} is not generic", base.span, *env.note(named.name))
            return poisoned(node.span)
        plan = templates.plan(env, symbol, [], named.name, (), base.span)
    else:
        wanted = typerefs.arguments(env, type_arguments) or _inferred(env, symbol, given, node)
        plan = templates.generic_plan(env, symbol, wanted, [], named.name, (), base.span)
    if plan is None or not templates.require_complete(env, plan):
        return poisoned(node.span)
    assert isinstance(plan.made_of, Template)
    if env.place.template is not None:
        env.place.template.plans.append(plan)
    reference = tree.InstanceRef(plan.type, node.span, plan)  # type: ignore[arg-type]
    return application(env, node, reference, plan.made_of.type, given)


def _inferred(
    env: Env, generic: GenericTemplate, given: list[Given], node: syntax.CallExpression
) -> tuple[types.Type, ...]:
    """The type arguments that the arguments of `apply` tell; none if they are wrong, which is said."""
    signature = types.FunctionType(generic.opaque.type.signature.parameters, types.VOID, generic.variables)
    bound = arguments.bind(env, signature, (), given, node.span, f"{generic.name}.apply", unknown=True)
    return bound.type_arguments if bound is not None else (types.POISON,) * len(generic.variables)


def application(
    env: Env, node: syntax.CallExpression, base: tree.Expression, type_: types.ApplicableType, given: list[Given]
) -> tree.Expression:
    """`apply` of a parser in a state, or of a control in an apply block."""
    is_parser = isinstance(type_, types.ParserType)
    if env.place.kind != ("state" if is_parser else "apply"):
        where = "parser states" if is_parser else "the apply blocks of controls"
        env.type_error(f"{type_} can only be applied in {where}", node.span)
        return poisoned(node.span)
    bound = arguments.bind(env, type_.signature, (), given, node.span, f"{type_}.apply")
    receiver = receiver_of(base)
    if bound is None:
        return poisoned(node.span)
    if receiver is None:
        env.type_error(f"{describe(base)} cannot be applied", base.span)
        return poisoned(node.span)
    if is_parser:
        return tree.ParserApply(types.VOID, node.span, bound.arguments, receiver, order=bound.order)
    return tree.ControlApply(types.VOID, node.span, bound.arguments, receiver, order=bound.order)


def receiver_of(base: tree.Expression) -> Any:
    """The object that a method is called on. (Inside templates that may be a plan, which no typed tree keeps.)"""
    if isinstance(base, tree.InstanceRef):
        return base.instance
    if isinstance(base, tree.VariableRef):
        return base.declaration
    return None
