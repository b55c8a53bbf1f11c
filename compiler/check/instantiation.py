"""Instantiations of externs, parsers, controls and packages (P4_16 spec §11.3, §15, §17, §18.2).

At top level extern objects and packages are made at once, parsers and controls when a package is given them. Inside a
parser or control an instantiation is a plan, carried out for each instance of the parser or control around it
(elaboration.py).
"""

from __future__ import annotations

from compiler import syntax, tree, types
from compiler.annotations import Annotations
from compiler.check import annotating, arguments, casts, dispatch, templates, typerefs
from compiler.check.abstract_methods import implements, require_methods
from compiler.check.arguments import Given
from compiler.check.context import Env, Place, poisoned
from compiler.check.elaboration import realise_top_level
from compiler.check.functions import check_function
from compiler.check.placement import reported_at
from compiler.check.scopes import (
    Alternatives,
    GenericTemplate,
    GenericType,
    InstancePlan,
    Template,
    TypeName,
    Undefined,
)
from compiler.diagnostics import Note, Span

Made = InstancePlan | tree.ExternInstance | tree.Package


@dispatch.declaration_rule(syntax.Instantiation)
def instantiation(env: Env, node: syntax.Instantiation) -> None:
    given = arguments.evaluate(env, node.arguments)
    annotations = annotating.evaluate(env, node.annotations)
    made = _make(env, node.type, given, node.name.text, annotations, node.name.span, typerefs.UNDECLARED)
    if env.place.kind == "top" and isinstance(made, InstancePlan):
        env.error("invalid", f"{node.name}: parsers and controls cannot be instantiated at top level", node.name.span)
    if node.name.text == "main" and isinstance(made, InstancePlan | tree.ExternInstance):
        env.error("invalid", f"main must be a package, not {made.type}", node.name.span)
        made = None
    if isinstance(made, InstancePlan) and not templates.require_complete(env, made):
        made = None
    if made is None:
        env.declare(node.name, Undefined(node.name.text))
        if node.name.text == "main":
            env.checker.main_is_damaged = True
        return
    if node.initializer is not None:
        _initializer(env, node, made)
    elif isinstance(made, InstancePlan | tree.ExternInstance):
        require_methods(env, made, made.span)
    if not env.declare(node.name, made):
        return
    if isinstance(made, tree.Package):
        if node.name.text == "main":
            env.checker.main = made
    elif isinstance(made, InstancePlan):
        if env.place.template is not None:
            env.place.template.plans.append(made)
    else:
        env.checker.instances.append(made)


@dispatch.statement_rule(syntax.Instantiation)
def local_instantiation(env: Env, node: syntax.Instantiation) -> list[tree.Statement]:
    env.error("invalid", "instances cannot be made in blocks; declare them in the control or parser", node.span)
    env.scope.declare(node.name.text, Undefined(node.name.text), node.name.span)
    return []


@dispatch.expression_rule(syntax.ConstructorCall)
def constructor_call(env: Env, node: syntax.ConstructorCall) -> tree.Expression:
    """An instance without a name, which is called as its type."""
    given = arguments.evaluate(env, node.arguments)
    ref = node.type if isinstance(node.type, syntax.NamedTypeRef) else node.type.base
    is_static = env.place.kind in ("top", "parser", "control", "entry")
    if not is_static and env.place.template is None:
        env.error("invalid", f"{ref.name}: instances cannot be made while packets are processed", node.span)
        return poisoned(node.span)
    made = _make(env, node.type, given, ref.name, (), node.span, "not-found")
    if made is None:
        return poisoned(node.span)
    if isinstance(made, InstancePlan | tree.ExternInstance):
        require_methods(env, made, node.span)
    if not is_static and not isinstance(made.type, types.ExternType):
        env.error("invalid", f"{ref.name}: only externs can be instantiated among statements", node.span)
        return poisoned(node.span)
    if isinstance(made, InstancePlan) and env.place.template is not None:
        env.place.template.plans.append(made)
    return tree.InstanceRef(made.type, node.span, made)  # type: ignore[arg-type]


def _make(
    env: Env,
    ref: syntax.TypeRef,
    given: list[Given],
    name: str,
    annotations: Annotations,
    span: Span,
    undeclared: str,
) -> Made | None:
    """What an instantiation makes; None after saying what is wrong. `undeclared`: the class of error of an unknown
    type (see typerefs).
    """
    if not isinstance(ref, syntax.NamedTypeRef | syntax.SpecializedTypeRef):
        env.type_error("this type cannot be instantiated", ref.span)
        return None
    base = ref if isinstance(ref, syntax.NamedTypeRef) else ref.base
    symbol = env.look_up(base.name, base.span, absolute=base.is_absolute, what="type", kind=undeclared)
    type_arguments = typerefs.arguments(env, ref.arguments) if isinstance(ref, syntax.SpecializedTypeRef) else ()
    if isinstance(symbol, Alternatives):
        symbol = templates.choose(env, symbol, given, span) or Undefined(base.name)
    env.checker.unused_packages.pop(base.name, None)
    if type_arguments and isinstance(symbol, Template | TypeName) and symbol.type != types.POISON:
        env.type_error(f"{base.name} is not generic", ref.span, *env.note(base.name))
        return None
    match symbol:
        case Template():
            return templates.plan(env, symbol, given, name, annotations, span)
        case GenericTemplate():
            return templates.generic_plan(env, symbol, type_arguments, given, name, annotations, span)
        case TypeName(type=types.ExternType() as extern):
            return _extern(env, extern, extern.constructors, given, name, annotations, span)
        case TypeName(type=types.PackageType() as package):
            return _package(env, package, package.constructor, given, name, annotations, span)
        case GenericType():
            return _generic(env, symbol, type_arguments, given, name, annotations, span)
        case TypeName(type=types.PoisonType()) | Undefined():
            return None
        case _:
            env.type_error(f"{base.name} cannot be instantiated", base.span, *env.note(base.name))
            return None


def _generic(
    env: Env,
    generic: GenericType,
    type_arguments: tuple[types.Type, ...],
    given: list[Given],
    name: str,
    annotations: Annotations,
    span: Span,
) -> Made | None:
    """A generic extern or package; type arguments that are left out are found from the constructor's
    arguments (§8.20).
    """
    if type_arguments and types.DONT_CARE not in type_arguments:
        type_ = typerefs.specialise(env, generic, type_arguments, span)
        if isinstance(type_, types.ExternType):
            return _extern(env, type_, type_.constructors, given, name, annotations, span)
        if isinstance(type_, types.PackageType):
            return _package(env, type_, type_.constructor, given, name, annotations, span)
        if type_ != types.POISON:
            env.type_error(f"{generic.name} cannot be instantiated", span, *env.note(generic.name))
        return None
    variables = tuple(types.TypeVar(parameter, span) for parameter in generic.parameters)
    open_type = generic.specialise(variables)
    wanted = type_arguments or (types.DONT_CARE,) * len(generic.parameters)
    if len(wanted) != len(generic.parameters):
        env.type_error(f"{generic.name} takes {len(generic.parameters)} type arguments, {len(wanted)} are given", span)
        return None
    if isinstance(open_type, types.PackageType):
        return _generic_package(env, generic, open_type, variables, wanted, given, name, annotations, span)
    if not isinstance(open_type, types.ExternType):
        env.type_error(f"{generic.name} cannot be instantiated", span, *env.note(generic.name))
        return None
    candidates = [(c, types.FunctionType(c.parameters, c.result, variables)) for c in open_type.constructors]
    chosen = arguments.choose(env, candidates, given, generic.name, span) if candidates else None
    if chosen is None:
        if not candidates:
            env.type_error(f"{generic.name} has no constructor", span, *env.note(generic.name))
        return None
    bound = arguments.bind(env, chosen[1], wanted, given, span, generic.name, constructor=True)
    if bound is None:
        return None
    for parameter, argument in zip(generic.parameters, bound.type_arguments, strict=True):
        if isinstance(argument, types.DontCareType):
            hint = f"{generic.name}<{', '.join(generic.parameters)}>(...)"
            env.type_error(f"{generic.name}: nothing tells the type argument {parameter}", span, hint=hint)
            return None
    type_ = generic.specialise(bound.type_arguments)
    assert isinstance(type_, types.ExternType)
    return _extern(env, type_, type_.constructors, given, name, annotations, span)


def _generic_package(
    env: Env,
    generic: GenericType,
    open_type: types.PackageType,
    variables: tuple[types.TypeVar, ...],
    wanted: tuple[types.Type, ...],
    given: list[Given],
    name: str,
    annotations: Annotations,
    span: Span,
) -> tree.Package | None:
    """A package whose type arguments follow from the parsers and controls it is given."""
    constructor = open_type.constructor
    with reported_at(env, open_type.span, f"{generic.name} is instantiated here"):
        if not _fit_applicables(env, constructor, given):
            return None
        signature = types.FunctionType(constructor.parameters, constructor.result, variables)
        found = arguments.inferred(env, signature, wanted, given, span, generic.name)
    if found is None:
        return None
    type_ = generic.specialise(found)
    assert isinstance(type_, types.PackageType)
    return _package(env, type_, type_.constructor, given, name, annotations, span)


def _extern(
    env: Env,
    type_: types.ExternType,
    constructors: tuple[types.FunctionType, ...],
    given: list[Given],
    name: str,
    annotations: Annotations,
    span: Span,
) -> InstancePlan | tree.ExternInstance | None:
    if not constructors:
        env.type_error(f"the extern {type_} has no constructor", span, Note(f"{type_} is declared here", type_.span))
        return None
    chosen = arguments.choose(env, [(c, c) for c in constructors], given, str(type_), span)
    bound = arguments.bind(env, chosen[1], (), given, span, str(type_), constructor=True) if chosen else None
    if bound is None:
        return None
    if env.place.template is not None:
        return InstancePlan(name, annotations, span, type_, bound.signature, bound.arguments)
    full_name = annotating.control_plane_name(name, annotations, "")
    return tree.ExternInstance(name, annotations, span, type_, bound.signature, bound.arguments, full_name)


def _package(
    env: Env,
    type_: types.PackageType,
    constructor: types.FunctionType,
    given: list[Given],
    name: str,
    annotations: Annotations,
    span: Span,
) -> tree.Package | None:
    if env.place.kind != "top":
        env.error("invalid", "packages can only be instantiated at top level", span)
        return None
    with reported_at(env, type_.span, f"{type_} is instantiated here"):
        if not _fit_applicables(env, constructor, given):
            return None
        bound = arguments.bind(env, constructor, (), given, span, str(type_), constructor=True)
    if bound is None:
        return None
    made: dict[str, tree.Expression] = {}
    for parameter, argument in zip(constructor.parameters, bound.arguments, strict=True):
        made[parameter.name] = realise_top_level(env.checker, argument)
    return tree.Package(name, annotations, span, type_, made)


def _fit_applicables(env: Env, constructor: types.FunctionType, given: list[Given]) -> bool:
    """Compare the parsers and controls given to a package with what it asks for, before type parameters are sought in
    them.
    """
    fine = True
    for position, argument in enumerate(given):
        named = [p for p in constructor.parameters if p.name == argument.name]
        at_position = constructor.parameters[position : position + 1] if argument.name is None else named
        for parameter in at_position:
            problem = casts.applicable_problem(argument.value.type, parameter.type, with_types=False)
            if problem is not None:
                note = Note(f"{parameter.name} is declared here", parameter.span)
                env.type_error(problem, argument.value.span, note)
                fine = False
    return fine


def _initializer(env: Env, node: syntax.Instantiation, made: Made) -> None:
    if not isinstance(made, InstancePlan | tree.ExternInstance) or not isinstance(made.type, types.ExternType):
        env.type_error("only instances of externs can have an initializer", node.span)
        return
    inner = env.at(Place("function", None, template=env.place.template))
    inner.scope.declare("this", made, node.name.span)
    for item in node.initializer or ():
        if isinstance(item, syntax.Instantiation):
            instantiation(inner, item)
            continue
        template = check_function(inner, item)
        method = next((m for m in made.type.methods if m.name == item.name.text and m.abstract), None)
        if method is None:
            env.type_error(f"{made.type} has no abstract method {item.name}", item.name.span)
        elif not implements(template.signature, method.signature):
            note = Note(f"{item.name} is declared here", method.span)
            env.type_error(f"{item.name} does not have the signature of the abstract method", item.name.span, note)
        else:
            made.methods[item.name.text] = template.function
    require_methods(env, made, made.span)
