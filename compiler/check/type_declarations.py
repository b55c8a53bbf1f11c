"""Declarations of types: headers, structs, unions, enums, errors, match kinds, typedefs and new types (P4_16 spec §7.1
to §7.3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from compiler import syntax, tree, types
from compiler.annotations import Annotations
from compiler.check import annotating, constants, dispatch, fold, typerefs
from compiler.check.casts import coerce
from compiler.check.context import Env, poisoned
from compiler.check.scopes import Constant, GenericType, TypeName, Undefined, did_you_mean
from compiler.check.signatures import type_parameters
from compiler.diagnostics import Note, Span

FieldsNode = syntax.StructDeclaration | syntax.HeaderDeclaration | syntax.HeaderUnionDeclaration
_KINDS: dict[type, tuple[str, type[types.FieldsType]]] = {
    syntax.StructDeclaration: ("struct", types.StructType),
    syntax.HeaderDeclaration: ("header", types.HeaderType),
    syntax.HeaderUnionDeclaration: ("header_union", types.HeaderUnionType),
}


def declare_type(
    env: Env,
    name: syntax.Name,
    parameters: Sequence[syntax.Name],
    build: Callable[[Env, tuple[types.Type, ...]], types.Type],
) -> None:
    """Declare a type that may be generic; see `make_type`."""
    env.declare(name, make_type(env, name, parameters, build))


def make_type(
    env: Env,
    name: syntax.Name,
    parameters: Sequence[syntax.Name],
    build: Callable[[Env, tuple[types.Type, ...]], types.Type],
) -> TypeName | GenericType:
    """A type that may be generic. `build` makes it in a scope where the type parameters stand for the given types.

    A generic declaration is built once with its parameters as opaque types, so that what is wrong in it is found though
    nobody uses it.
    """
    if not parameters:
        return TypeName(build(env, ()))

    def specialise(arguments: tuple[types.Type, ...]) -> types.Type:
        inner = env.inner()
        for parameter, argument in zip(parameters, arguments, strict=True):
            inner.scope.declare(parameter.text, TypeName(argument), parameter.span)
        made = build(inner, arguments)
        env.checker.origins[made] = (generic, arguments)
        return made

    generic = GenericType(name.text, tuple(parameter.text for parameter in parameters), specialise)
    generic.specialise(type_parameters(env.inner(), parameters))
    return generic


@dispatch.declaration_rule(syntax.StructDeclaration)
@dispatch.declaration_rule(syntax.HeaderDeclaration)
@dispatch.declaration_rule(syntax.HeaderUnionDeclaration)
def fields_type(env: Env, node: FieldsNode) -> None:
    declare_type(env, node.name, node.type_parameters, lambda inner, arguments: _fields_type(inner, node, arguments))


def _fields_type(env: Env, node: FieldsNode, arguments: tuple[types.Type, ...]) -> types.Type:
    kind, class_ = _KINDS[type(node)]
    fields: list[types.Field] = []
    seen: dict[str, Span] = {}
    for field in node.fields:
        name = field.name.text
        type_ = typerefs.resolve(env, field.type)
        if type_ != types.POISON and not _may_hold(class_, type_):
            env.type_error(f"the field {name} of {kind} {node.name} cannot have the type {type_}", field.name.span)
            type_ = types.POISON
        if name in seen:
            note = Note(f"{name} is declared here", seen[name])
            env.error("duplicate", f"the field {name} of {kind} {node.name} is declared twice", field.name.span, note)
            continue
        seen[name] = field.name.span
        _match_annotation(env, field.annotations)
        fields.append(types.Field(name, type_, annotating.evaluate(env, field.annotations), field.name.span))
    made = class_(node.name.text, tuple(fields), arguments, annotating.evaluate(env, node.annotations), node.name.span)
    if typerefs.bounded(env, made, node.name.span) == types.POISON:
        return types.POISON
    if not any(isinstance(argument, types.TypeVar) for argument in arguments):
        env.checker.declared_types.append(made)
    return made


def _match_annotation(env: Env, annotations: syntax.Annotations) -> None:
    """`@match(kind)` says how a value set of the struct matches the field (§13.10): the kind must be one."""
    for annotation in annotations:
        for value in annotation.expressions if annotation.name == "match" else ():
            name = value.name if isinstance(value, syntax.NameExpression) else None
            if name is not None and name not in env.checker.match_kinds and name not in env.checker.damaged:
                kind = "not-found" if env.scope.find(name) is None else "type-error"
                hint = did_you_mean(name, env.checker.match_kinds)
                env.error(kind, f"the match kind {name} is not declared", value.span, hint=hint)
            elif name is None:
                env.type_error("@match holds a match kind", value.span)


def _may_hold(class_: type[types.FieldsType], type_: types.Type) -> bool:
    """Which types a field may have (§7.2.2 to §7.2.5, table in §7.2.8)."""
    if isinstance(type_, types.TypeVar):
        return True
    below = types.strip_new_types(type_)
    if class_ is types.HeaderUnionType:
        return isinstance(below, types.HeaderType)
    if class_ is types.HeaderType:
        if isinstance(below, types.StructType):
            return all(_may_hold(class_, field.type) for field in below.fields if field.type != types.POISON)
        if isinstance(below, types.StackType):
            return _may_hold(class_, below.element)
        return isinstance(below, types.BitType | types.IntType | types.VarbitType | types.BoolType | types.SerEnumType)
    return isinstance(
        below,
        types.BitType
        | types.IntType
        | types.VarbitType
        | types.BoolType
        | types.ErrorCodeType
        | types.EnumType
        | types.SerEnumType
        | types.FieldsType
        | types.StackType
        | types.TupleType,
    )


@dispatch.declaration_rule(syntax.EnumDeclaration)
def enum(env: Env, node: syntax.EnumDeclaration) -> None:
    members = tuple(member.text for member in _distinct(env, node.members, f"enum {node.name}"))
    made = types.EnumType(node.name.text, members, annotating.evaluate(env, node.annotations), node.name.span)
    env.checker.declared_types.append(made)
    env.declare(node.name, TypeName(made))


@dispatch.declaration_rule(syntax.SerializableEnumDeclaration)
def serializable_enum(env: Env, node: syntax.SerializableEnumDeclaration) -> None:
    underlying = typerefs.resolve(env, node.underlying)
    if not isinstance(underlying, types.BitType | types.IntType):
        if underlying != types.POISON:
            env.type_error(f"the members of an enum are of type bit or int, not {underlying}", node.underlying.span)
        env.declare(node.name, Undefined(node.name.text))
        return
    distinct = set(_distinct(env, [member.name for member in node.members], f"enum {node.name}"))
    members = []
    inner = env.inner()
    for member in node.members:
        value = _member_value(inner, member, underlying)
        number = fold.integer(value)
        if member.name in distinct and number is not None:
            inner.scope.declare(member.name.text, Constant(member.name.text, value), member.name.span)
            members.append(types.SerEnumMember(member.name.text, number, (), member.name.span))
    given = annotating.evaluate(env, node.annotations)
    made = types.SerEnumType(node.name.text, underlying, tuple(members), given, node.name.span)
    env.checker.declared_types.append(made)
    env.declare(node.name, TypeName(made))


def _member_value(env: Env, member: syntax.EnumMember, underlying: types.BitType | types.IntType) -> tree.Expression:
    """The value of a member, which must fit the underlying type (§7.2.1): nothing is cut off."""
    value = dispatch.expression(env, member.value)
    given = fold.integer(value)
    if isinstance(value.type, types.InfIntType) and given is not None and fold.wrap(given, underlying) != given:
        env.type_error(f"the value {given} of {member.name} does not fit in {underlying}", member.value.span)
        return poisoned(member.value.span)
    fitted = coerce(env, value, underlying, f"the value of {member.name}: cannot convert")
    constants.require_compile_time(env, fitted, f"the value of {member.name}")
    return fitted


@dispatch.declaration_rule(syntax.ErrorDeclaration)
def error(env: Env, node: syntax.ErrorDeclaration) -> None:
    _extend(env, env.checker.errors, node.members, "error")


@dispatch.declaration_rule(syntax.MatchKindDeclaration)
def match_kind(env: Env, node: syntax.MatchKindDeclaration) -> None:
    _extend(env, env.checker.match_kinds, node.members, "match_kind")


@dispatch.declaration_rule(syntax.TypedefDeclaration)
def typedef(env: Env, node: syntax.TypedefDeclaration) -> None:
    if isinstance(node.type, syntax.TypeRef):
        type_: types.Type = typerefs.resolve(env, node.type)
    else:
        dispatch.declaration(env, node.type)
        symbol = env.use(node.type.name.text)
        type_ = symbol.type if isinstance(symbol, TypeName) else types.POISON
    env.declare(node.name, TypeName(type_))


@dispatch.declaration_rule(syntax.NewTypeDeclaration)
def new_type(env: Env, node: syntax.NewTypeDeclaration) -> None:
    underlying = typerefs.resolve(env, node.type)
    given: Annotations = annotating.evaluate(env, node.annotations)
    if underlying == types.POISON:
        env.declare(node.name, TypeName(types.POISON))
        return
    below = types.strip_new_types(underlying)
    if not isinstance(below, types.BitType | types.IntType | types.BoolType | types.SerEnumType | types.VarbitType):
        env.type_error(f"a new type cannot be made of {underlying}", node.type.span)
    made = types.NewType(node.name.text, underlying, given, node.name.span)
    env.checker.declared_types.append(made)
    env.declare(node.name, TypeName(made))


def _distinct(env: Env, names: Sequence[syntax.Name], owner: str) -> list[syntax.Name]:
    seen: dict[str, syntax.Name] = {}
    for name in names:
        earlier = seen.setdefault(name.text, name)
        if earlier is not name:
            note = Note(f"{name} is declared here", earlier.span)
            env.error("duplicate", f"the member {name} of {owner} is declared twice", name.span, note)
    return list(seen.values())


def _extend(env: Env, known: list[str], names: Sequence[syntax.Name], owner: str) -> None:
    for name in _distinct(env, names, owner):
        if name.text in known:
            env.error("duplicate", f"the {owner} {name} is declared already", name.span)
        else:
            known.append(name.text)
