"""Declarations of parsers and controls as templates: plain, generic, and several of one name (P4_16 spec §13.2, §14,
§17).

A generic declaration is checked once with its type parameters as opaque types, which finds what is wrong in it, and
once more for each list of types it is instantiated with, which makes the template. (Expressions in it may take a
different shape with each type, so that a copy with types replaced would not do.)

`EmptyControl()` may leave its type arguments to where it is used: such a plan is *pending* until `casts.coerce` fits it
to a parameter of a package or constructor, whose type completes it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from compiler import syntax, tree, types
from compiler.annotations import Annotations
from compiler.check import arguments
from compiler.check.arguments import Given
from compiler.check.context import Env
from compiler.check.generics import Bindings, infer, occurs
from compiler.check.placement import reported_at
from compiler.check.scopes import Alternatives, GenericTemplate, GenericType, InstancePlan, Template, TypeName
from compiler.check.signatures import type_parameters
from compiler.diagnostics import Diagnostics, Note, Severity, Span

Node: TypeAlias = syntax.ParserDeclaration | syntax.ControlDeclaration
Check: TypeAlias = Callable[[Env, "tuple[types.Type, ...]"], Template]
"""Checks a declaration in a scope where its type parameters stand for the given types."""


def declare(env: Env, node: Node, check: Check) -> None:
    """Check the declaration and make its name known."""
    if not node.type_parameters:
        template = check(env, ())
        env.checker.templates.append(template)
        declare_alternative(env, node.name, template, template.type.constructor)
        return
    errors = env.checker.diagnostics.error_count
    for parameter in (*node.parameters, *node.constructor_parameters):
        for name in node.type_parameters:
            if name.text == parameter.name.text:
                note = Note(f"{name} is declared here", name.span)
                env.error("duplicate", f"{name} is a type parameter and a parameter", parameter.name.span, note)
    inner = env.inner()
    variables = type_parameters(inner, node.type_parameters)
    opaque = check(inner, variables)
    env.checker.templates.append(opaque)
    is_right = env.checker.diagnostics.error_count == errors

    def specialise(given: tuple[types.Type, ...]) -> Template:
        made = _checked_again(env, node, check, given, forward=is_right)
        env.checker.origins[made.type] = (generic, given)
        return made

    generic = GenericTemplate(
        node.name.text,
        tuple(name.text for name in node.type_parameters),
        lambda given: generic.template(given).type,
        check=specialise,
        variables=variables,
    )
    generic.templates[variables] = opaque
    env.checker.origins[opaque.type] = (generic, variables)
    declare_alternative(env, node.name, generic, opaque.type.constructor)


def _checked_again(env: Env, node: Node, check: Check, given: tuple[types.Type, ...], forward: bool) -> Template:
    """The template for these types. Warnings were given before; errors can only come from the types."""
    outer = env.checker.diagnostics
    env.checker.diagnostics = Diagnostics(outer.sources)
    inner = env.inner()
    for name, type_ in zip(node.type_parameters, given, strict=True):
        inner.scope.declare(name.text, TypeName(type_), name.span)
    try:
        made = check(inner, given)
    finally:
        found = env.checker.diagnostics.items
        env.checker.diagnostics = outer
    made.is_used = True
    errors = [item for item in found if item.severity is Severity.ERROR] if forward else []
    for item in errors:
        note = Note(f"with the types {', '.join(map(str, given))}", node.name.span)
        env.error(item.kind, item.message, item.span, *item.notes, note, hint=item.hint)
    return made


def declare_alternative(
    env: Env,
    name: syntax.Name,
    symbol: Template | GenericTemplate | GenericType | TypeName,
    constructor: tuple[types.ParameterType, ...],
) -> None:
    """Make a parser, control or package known beside those of its name, unless the constructors have the same
    parameters.
    """
    earlier = env.scope.here(name.text)
    known = earlier.candidates if isinstance(earlier, Alternatives) else [earlier]
    names = [parameter.name for parameter in constructor]
    for candidate in known:
        parameters = constructor_of(candidate)
        if parameters is None or [parameter.name for parameter in parameters] == names:
            env.declare(name, symbol)
            return
    if isinstance(earlier, Alternatives):
        earlier.candidates.append(symbol)
    else:
        assert isinstance(earlier, Template | GenericType | TypeName)
        env.scope.replace(name.text, Alternatives(name.text, [earlier, symbol]), name.span)


def constructor_of(symbol: object) -> tuple[types.ParameterType, ...] | None:
    """The constructor parameters of a parser, control or package; None for anything else."""
    match symbol:
        case Template():
            return symbol.type.constructor
        case GenericTemplate():
            return symbol.opaque.type.constructor
        case GenericType():
            made = next(iter(symbol.made.values()))
            return made.constructor.parameters if isinstance(made, types.PackageType) else None
        case TypeName(type=types.PackageType() as package):
            return package.constructor.parameters
        case _:
            return None


def choose(
    env: Env, alternatives: Alternatives, given: list[Given], span: Span
) -> Template | GenericTemplate | GenericType | TypeName | None:
    """The one whose constructor takes the arguments; None after saying that there is none."""
    candidates = [
        (candidate, types.FunctionType(constructor_of(candidate) or (), types.VOID))
        for candidate in alternatives.candidates
    ]
    chosen = arguments.choose(env, candidates, given, alternatives.name, span)
    return chosen[0] if chosen else None


# --- instances ---


def plan(
    env: Env, template: Template, given: list[Given], name: str, annotations: Annotations, span: Span
) -> InstancePlan | None:
    """An instance of a parser or control; None after saying what is wrong."""
    template.is_used = True
    signature = types.FunctionType(template.type.constructor, types.VOID)
    with reported_at(env, template.type.span, f"{template.type} is instantiated here"):
        bound = arguments.bind(env, signature, (), given, span, str(template.type), constructor=True)
    if bound is None or not _may_stand_here(env, template, span):
        return None
    return InstancePlan(name, annotations, span, template, None, bound.arguments)


def _may_stand_here(env: Env, template: Template, span: Span) -> bool:
    if isinstance(template.type, types.ParserType) and isinstance(
        env.place.template.skeleton if env.place.template else None, tree.Control
    ):
        env.type_error(f"the parser {template.type} cannot be instantiated in a control", span)
        return False
    if isinstance(template.type, types.ControlType) and env.place.in_parser:
        env.type_error(f"the control {template.type} cannot be instantiated in a parser", span)
        return False
    return True


def generic_plan(
    env: Env,
    generic: GenericTemplate,
    type_arguments: tuple[types.Type, ...],
    given: list[Given],
    name: str,
    annotations: Annotations,
    span: Span,
) -> InstancePlan | None:
    """An instance of a generic parser or control. Type arguments that are left out or `_` are found from the
    constructor's arguments; if these do not tell, the plan is pending.
    """
    wanted = type_arguments or (types.DONT_CARE,) * len(generic.variables)
    if len(wanted) != len(generic.variables):
        env.type_error(
            f"{generic.name} takes {len(generic.variables)} type arguments, {len(wanted)} are given",
            span,
            *env.note(generic.name),
        )
        return None
    if types.DONT_CARE not in wanted:
        return None if types.POISON in wanted else plan(env, generic.template(wanted), given, name, annotations, span)
    opaque = generic.opaque
    opaque.is_used = True
    signature = types.FunctionType(opaque.type.constructor, types.VOID, generic.variables)
    bound = arguments.bind(env, signature, wanted, given, span, generic.name, constructor=True, unknown=True)
    if bound is None:
        return None
    if types.DONT_CARE not in bound.type_arguments:
        return plan(env, generic.template(bound.type_arguments), given, name, annotations, span)
    if not _may_stand_here(env, opaque, span):
        return None
    known: Bindings = {
        variable: None if isinstance(found, types.DontCareType) else found
        for variable, found in zip(generic.variables, bound.type_arguments, strict=True)
    }
    pending = InstancePlan(name, annotations, span, opaque, None, bound.arguments)

    def complete(wanted_type: types.Type | None) -> bool:
        bindings = dict(known)
        if wanted_type is not None:
            infer(env.checker, opaque.type, wanted_type, bindings)
        chosen = []
        for variable in generic.variables:
            found = bindings[variable]
            if found is None and _in_signature(env, variable, opaque):
                return False
            chosen.append(types.DONT_CARE if found is None else found)
        made = plan(env, generic.template(tuple(chosen)), given, name, annotations, span)
        if made is None:
            return False
        pending.made_of, pending.arguments, pending.complete = made.made_of, made.arguments, None
        return True

    pending.complete = complete
    return pending


def _in_signature(env: Env, variable: types.TypeVar, template: Template) -> bool:
    parameters = (*template.type.signature.parameters, *template.type.constructor)
    return any(occurs(env.checker, variable, parameter.type) for parameter in parameters)


def require_complete(env: Env, made: InstancePlan) -> bool:
    """Says so if the type arguments of an instance are not known and nothing that follows can tell them."""
    if made.complete is None or made.complete(None):
        return True
    parameters = ", ".join(map(str, made.type.arguments)) if isinstance(made.type, types.ApplicableType) else ""
    name = made.type.name if isinstance(made.type, types.ApplicableType) else made.name
    env.type_error(f"the type arguments of {name} cannot be inferred", made.span, hint=f"{name}<{parameters}>(...)")
    return False
