"""`base.name`: fields, enum and error members, stack properties, results of tables (P4_16 spec §8.2, §8.15 to §8.19,
§14.2.2).
"""

from __future__ import annotations

from dataclasses import replace

from compiler import syntax, tree, types
from compiler.check import dispatch, fold, typerefs
from compiler.check.casts import describe, is_poison
from compiler.check.context import Env, poisoned
from compiler.check.raw import RawStruct
from compiler.check.scopes import GenericType, TypeName, did_you_mean
from compiler.diagnostics import Note


@dispatch.expression_rule(syntax.MemberExpression)
def member(env: Env, node: syntax.MemberExpression) -> tree.Expression:
    type_ = type_of_base(env, node.base)
    if type_ is not None:
        return _type_member(env, node, type_)
    base = dispatch.expression(env, node.base)
    name = node.member.text
    if is_poison(base):
        return poisoned(node.span)
    if isinstance(base, tree.TableApply):
        return _table_result(env, node, base)
    match base.type:
        case types.FieldsType():
            return _field(env, node, base, base.type)
        case types.StackType():
            return _stack_member(env, node, base, base.type)
        case _:
            env.type_error(f"{describe(base)} has no member {name}", node.span)
            return poisoned(node.span)


def type_of_base(env: Env, base: syntax.Expression) -> types.Type | GenericType | None:
    """The type that stands before a dot, as in `E.member`; None if a value does."""
    if isinstance(base, syntax.TypeExpression):
        if isinstance(base.type, syntax.NamedTypeRef):
            return typerefs.named(env, base.type)
        return typerefs.resolve(env, base.type)
    if isinstance(base, syntax.NameExpression):
        symbol = (env.scope.root if base.is_absolute else env.scope).find(base.name)
        if isinstance(symbol, TypeName):
            env.use(base.name, absolute=base.is_absolute)
            return symbol.type
    return None


def _type_member(env: Env, node: syntax.MemberExpression, type_: types.Type | GenericType) -> tree.Expression:
    name = node.member.text
    if isinstance(type_, types.EnumType):
        if name in type_.members:
            return tree.EnumMember(type_, node.span, name, type_.members.index(name))
        known = type_.members
    elif isinstance(type_, types.SerEnumType):
        found = type_.member(name)
        if found is not None:
            return tree.EnumMember(type_, node.span, name, found.value)
        known = tuple(member.name for member in type_.members)
    elif isinstance(type_, types.ErrorCodeType):
        if name in env.checker.errors:
            return tree.ErrorMember(type_, node.span, name)
        known = tuple(env.checker.errors)
    elif isinstance(type_, types.PoisonType):
        return poisoned(node.span)
    else:
        text = type_.name if isinstance(type_, GenericType) else str(type_)
        env.type_error(f"the type {text} has no member {name}", node.span)
        return poisoned(node.span)
    env.type_error(f"{type_} has no member {name}", node.member.span, hint=did_you_mean(name, known))
    return poisoned(node.span)


def _field(env: Env, node: syntax.MemberExpression, base: tree.Expression, type_: types.FieldsType) -> tree.Expression:
    name = node.member.text
    field = type_.field(name)
    if field is None and (name in env.checker.damaged or not env.is_news(f"{type_}.{name}")):
        return poisoned(node.span)
    if field is None:
        known = [field.name for field in type_.fields]
        note = Note(f"{type_} is declared here", type_.span)
        hint = did_you_mean(name, known)
        env.type_error(f"{_kind(type_)} {type_} has no field {name}", node.member.span, note, hint=hint)
        return poisoned(node.span)
    if isinstance(field.type, types.PoisonType):
        return poisoned(node.span)
    if isinstance(base, RawStruct):
        return replace(base.values[base.names.index(name)], span=node.span)
    return fold.member(field.type, node.span, base, name)


def _kind(type_: types.FieldsType) -> str:
    if isinstance(type_, types.HeaderType):
        return "header"
    return "header union" if isinstance(type_, types.HeaderUnionType) else "struct"


def _stack_member(
    env: Env, node: syntax.MemberExpression, base: tree.Expression, type_: types.StackType
) -> tree.Expression:
    name = node.member.text
    if name == "size":
        return tree.IntLiteral(types.BitType(32), node.span, type_.size)
    if not types.is_header_stack(type_):
        env.type_error(f"an array of {type_.element} has no member {name}", node.member.span)
        return poisoned(node.span)
    if name in ("next", "last", "lastIndex") and not env.place.in_parser:
        env.type_error(f"{name} of a stack can only be used in a parser", node.span)
        return poisoned(node.span)
    if name == "next":
        return tree.StackNext(type_.element, node.span, base)
    if name == "last":
        return tree.StackLast(type_.element, node.span, base)
    if name == "lastIndex":
        return tree.StackLastIndex(types.BitType(32), node.span, base)
    hint = did_you_mean(name, ["size", "next", "last", "lastIndex"])
    env.type_error(f"a header stack has no member {name}", node.member.span, hint=hint)
    return poisoned(node.span)


def _table_result(env: Env, node: syntax.MemberExpression, base: tree.TableApply) -> tree.Expression:
    name = node.member.text
    if name in ("hit", "miss"):
        return replace(base, type=types.BOOL, span=node.span, result=tree.TableResult(name))
    if name == "action_run":
        env.type_error("action_run can only be the subject of a switch", node.span)
    else:
        hint = did_you_mean(name, ["hit", "miss", "action_run"])
        env.type_error(f"the result of a table has no member {name}", node.member.span, hint=hint)
    return poisoned(node.span)
