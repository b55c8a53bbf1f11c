"""Declarations of what an architecture offers: externs, extern functions, parser, control and package types (P4_16 spec
§7.2.9 to §7.2.12).
"""

from __future__ import annotations

from compiler import syntax, tree, types
from compiler.check import annotating, dispatch, typerefs
from compiler.check.context import Env
from compiler.check.scopes import FunctionTemplate, Overloads, TypeName
from compiler.check.signatures import signature, type_parameters
from compiler.check.type_declarations import declare_type
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
            constructors.append(signature(inner, method.parameters, types.VOID))
            continue
        made = signature(inner, method.parameters, typerefs.resolve(inner, method.result), variables)
        given = annotating.evaluate(env, method.annotations)
        methods.append(types.Method(method.name.text, made, method.is_abstract, given, method.name.span))
    given = annotating.evaluate(env, node.annotations)
    return types.ExternType(node.name.text, arguments, tuple(constructors), tuple(methods), given, node.name.span)


@dispatch.declaration_rule(syntax.ExternFunctionDeclaration)
def extern_function(env: Env, node: syntax.ExternFunctionDeclaration) -> None:
    inner = env.inner()
    variables = type_parameters(inner, node.type_parameters)
    type_ = signature(inner, node.parameters, typerefs.resolve(inner, node.result), variables)
    function = tree.ExternFunction(node.name.text, annotating.evaluate(env, node.annotations), node.name.span, type_)
    env.checker.extern_functions.append(function)
    add_overload(env, node.name, function, type_)


def add_overload(
    env: Env, name: syntax.Name, function: FunctionTemplate | tree.ExternFunction, type_: types.FunctionType
) -> None:
    """Make a function known beside those of the same name; two with the same parameter names are a duplicate (§6.7.2)."""
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
        apply = signature(inner, node.parameters, types.VOID)
        return types.ParserType(node.name.text, apply, (), arguments, given, node.name.span)

    declare_type(env, node.name, node.type_parameters, build)


@dispatch.declaration_rule(syntax.ControlTypeDeclaration)
def control_type(env: Env, node: syntax.ControlTypeDeclaration) -> None:
    def build(inner: Env, arguments: tuple[types.Type, ...]) -> types.Type:
        given = annotating.evaluate(inner, node.annotations)
        apply = signature(inner, node.parameters, types.VOID)
        return types.ControlType(node.name.text, apply, (), arguments, given, node.name.span)

    declare_type(env, node.name, node.type_parameters, build)


@dispatch.declaration_rule(syntax.PackageTypeDeclaration)
def package_type(env: Env, node: syntax.PackageTypeDeclaration) -> None:
    def build(inner: Env, arguments: tuple[types.Type, ...]) -> types.Type:
        given = annotating.evaluate(inner, node.annotations)
        constructor = signature(inner, node.parameters, types.VOID)
        return types.PackageType(node.name.text, constructor, arguments, given, node.name.span)

    declare_type(env, node.name, node.type_parameters, build)
