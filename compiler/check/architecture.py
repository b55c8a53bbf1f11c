"""Declarations of what an architecture offers: externs, extern functions, parser, control and package types (P4_16 spec
§7.2.9 to §7.2.12).
"""

from __future__ import annotations

from compiler import syntax, tree, types
from compiler.check import annotating, dispatch, typerefs
from compiler.check.context import Env
from compiler.check.scopes import FunctionTemplate, Overloads, TypeName
from compiler.check.signatures import signature, type_parameters
from compiler.check.templates import constructor_of, declare_alternative
from compiler.check.type_declarations import declare_type, make_type
from compiler.diagnostics import Note


@dispatch.declaration_rule(syntax.ExternDeclaration)
def extern(env: Env, node: syntax.ExternDeclaration) -> None:
    name = node.name.text
    earlier = env.scope.here(name)
    if isinstance(earlier, TypeName) and isinstance(earlier.type, types.ExternType) and not earlier.type.methods:
        if node.is_forward:
            return
        inner = env.inner()
        made = _extern_type(inner, node, ())
        env.scope.replace(name, TypeName(made), node.name.span)
        return
    declare_type(env, node.name, node.type_parameters, lambda inner, arguments: _extern_type(inner, node, arguments))


def _extern_type(env: Env, node: syntax.ExternDeclaration, arguments: tuple[types.Type, ...]) -> types.ExternType:
    constructors: list[types.FunctionType] = []
    methods: list[types.Method] = []
    for method in node.methods:
        inner = env.inner()
        variables = type_parameters(inner, method.type_parameters)
        if method.result is None:
            if method.name.text != node.name.text:
                env.error("invalid", f"{method.name} is neither a method nor a constructor of {node.name}", method.span)
            constructors.append(signature(inner, method.parameters, types.VOID, constructor=True, optional=True))
            continue
        if method.name.text == node.name.text:
            env.error("invalid", f"the constructor {method.name} cannot have a result", method.name.span)
            continue
        result = typerefs.resolve(inner, method.result)
        if isinstance(result, types.InfIntType | types.ApplicableType | types.PackageType):
            env.type_error(f"{method.name}: a method cannot give a value of type {result}", method.result.span)
        made = signature(inner, method.parameters, result, variables, optional=True)
        given = annotating.evaluate(env, method.annotations)
        methods.append(types.Method(method.name.text, made, method.is_abstract, given, method.name.span))
    _distinct(env, node, [("", c) for c in constructors] + [(m.name, m.signature) for m in methods])
    given = annotating.evaluate(env, node.annotations)
    return types.ExternType(node.name.text, arguments, tuple(constructors), tuple(methods), given, node.name.span)


def _distinct(env: Env, node: syntax.ExternDeclaration, methods: list[tuple[str, types.FunctionType]]) -> None:
    """Methods of one name must differ in the number or names of their parameters (§6.7.2)."""
    seen: set[tuple[str, tuple[str, ...]]] = set()
    written = [method for method in node.methods if method.result is None]
    written += [method for method in node.methods if method.result is not None and method.name.text != node.name.text]
    for method, (name, made) in zip(written, methods, strict=True):
        identity = name, tuple(parameter.name for parameter in made.parameters)
        if identity in seen:
            env.error("duplicate", f"{method.name} is declared twice with the same parameters", method.name.span)
        seen.add(identity)


@dispatch.declaration_rule(syntax.ExternFunctionDeclaration)
def extern_function(env: Env, node: syntax.ExternFunctionDeclaration) -> None:
    inner = env.inner()
    variables = type_parameters(inner, node.type_parameters)
    result = typerefs.resolve(inner, node.result)
    type_ = signature(inner, node.parameters, result, variables, optional=True)
    function = tree.ExternFunction(node.name.text, annotating.evaluate(env, node.annotations), node.name.span, type_)
    env.checker.extern_functions.append(function)
    add_overload(env, node.name, function, type_)


def add_overload(
    env: Env, name: syntax.Name, function: FunctionTemplate | tree.ExternFunction, type_: types.FunctionType
) -> None:
    """Make a function known beside those of the same name; two with the same parameter names are a
    duplicate (§6.7.2).
    """
    known = env.scope.here(name.text)
    if not isinstance(known, Overloads):
        env.declare(name, Overloads(name.text, [function]))
        return
    names = [parameter.name for parameter in type_.parameters]
    for candidate in known.candidates:
        other = candidate.signature
        if [parameter.name for parameter in other.parameters] == names:
            earlier = candidate.span if isinstance(candidate, tree.ExternFunction) else candidate.function.span
            note = Note(f"{name} is declared here", earlier)
            env.error("duplicate", f"{name} is declared twice with the same parameters", name.span, note)
            return
    known.candidates.append(function)


@dispatch.declaration_rule(syntax.ParserTypeDeclaration)
def parser_type(env: Env, node: syntax.ParserTypeDeclaration) -> None:
    def build(inner: Env, arguments: tuple[types.Type, ...]) -> types.Type:
        given = annotating.evaluate(inner, node.annotations)
        apply = signature(inner, node.parameters, types.VOID, optional=True)
        return types.ParserType(node.name.text, apply, (), arguments, given, node.name.span)

    declare_type(env, node.name, node.type_parameters, build)


@dispatch.declaration_rule(syntax.ControlTypeDeclaration)
def control_type(env: Env, node: syntax.ControlTypeDeclaration) -> None:
    def build(inner: Env, arguments: tuple[types.Type, ...]) -> types.Type:
        given = annotating.evaluate(inner, node.annotations)
        apply = signature(inner, node.parameters, types.VOID, optional=True)
        return types.ControlType(node.name.text, apply, (), arguments, given, node.name.span)

    declare_type(env, node.name, node.type_parameters, build)


@dispatch.declaration_rule(syntax.PackageTypeDeclaration)
def package_type(env: Env, node: syntax.PackageTypeDeclaration) -> None:
    def build(inner: Env, arguments: tuple[types.Type, ...]) -> types.Type:
        given = annotating.evaluate(inner, node.annotations)
        constructor = signature(inner, node.parameters, types.VOID, constructor=True, optional=True)
        return types.PackageType(node.name.text, constructor, arguments, given, node.name.span)

    env.checker.unused_packages[node.name.text] = node.name.span
    symbol = make_type(env, node.name, node.type_parameters, build)
    declare_alternative(env, node.name, symbol, constructor_of(symbol) or ())
