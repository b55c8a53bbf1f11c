"""Methods that the language itself defines: of tables, headers, unions, stacks, and the sizes of types (P4_16 spec
§8.17 to §8.19, §9, §14.2).
"""

from __future__ import annotations

from compiler import syntax, tree, types
from compiler.check import fold
from compiler.check.arguments import Bound, Given
from compiler.check.casts import describe, is_poison
from compiler.check.context import Env, poisoned
from compiler.check.expressions import require_lvalue
from compiler.check.generics import has_variables
from compiler.check.scopes import did_you_mean
from compiler.diagnostics import Note, Span

_METHODS: dict[type, tuple[str, ...]] = {
    types.HeaderType: ("isValid", "setValid", "setInvalid"),
    types.HeaderUnionType: ("isValid",),
    types.StackType: ("push_front", "pop_front"),
}
SIZES = ("minSizeInBits", "minSizeInBytes", "maxSizeInBits", "maxSizeInBytes")


def table_method(env: Env, node: syntax.CallExpression, table: tree.Table, name: str) -> tree.Expression:
    if name != "apply":
        env.type_error(f"a table has no method {name}", node.span, hint="apply")
    elif node.arguments:
        env.type_error("apply of a table takes no arguments", node.span)
    elif env.place.kind not in ("apply", "key"):
        env.type_error(f"the table {table.name} can only be applied in the apply block of its control", node.span)
    else:
        return tree.TableApply(types.VOID, node.span, table, tree.TableResult.NONE)
    return poisoned(node.span)


def builtin(
    env: Env, node: syntax.CallExpression, base: tree.Expression, member: syntax.Name, given: list[Given]
) -> tree.Expression:
    """A method of a header, union, stack or other value."""
    name = member.text
    if name in SIZES:
        size = size_of(env, base.type, name, node.span)
        if size is not None:
            return _without_arguments(env, node, name, size)
    if isinstance(base.type, types.HeaderType | types.HeaderUnionType):
        is_union = isinstance(base.type, types.HeaderUnionType)
        if name == "isValid":
            call = tree.HeaderCall(types.BOOL, node.span, tree.HeaderOp.IS_VALID, base)
            return _without_arguments(env, node, name, call)
        if name in ("setValid", "setInvalid") and not is_union:
            if not require_lvalue(env, base, f"{name} cannot change"):
                return poisoned(node.span)
            call = tree.HeaderCall(types.VOID, node.span, tree.HeaderOp(name), base)
            return _without_arguments(env, node, name, call)
    if types.is_header_stack(base.type) and name in ("push_front", "pop_front"):
        return _stack_call(env, node, base, name, given)
    if isinstance(base.type, types.FieldsType) and base.type.field(name) is not None:
        env.type_error(f"{name} is a field and cannot be called", member.span)
        return poisoned(node.span)
    note = (Note(f"{base.type} is declared here", base.type.span),) if isinstance(base.type, types.FieldsType) else ()
    hint = did_you_mean(name, _METHODS.get(type(base.type), ()))
    env.type_error(f"{describe(base)} has no method {name}", member.span, *note, hint=hint)
    return poisoned(node.span)


def size_of(env: Env, type_: types.Type, name: str, span: Span) -> tree.Expression | None:
    """minSizeInBits() and its sisters, which are compile-time `int` values (§9); None if the type has no size or `name`
    is another.
    """
    if name not in SIZES or has_variables(type_):
        return None
    try:
        bits = types.min_bits(type_) if name.startswith("min") else types.max_bits(type_)
    except TypeError:
        return None
    return tree.IntLiteral(types.INF_INT, span, (bits + 7) // 8 if name.endswith("Bytes") else bits)


def no_method(env: Env, node: syntax.CallExpression, type_: types.ExternType, name: str) -> None:
    hint = did_you_mean(name, [method.name for method in type_.methods])
    env.type_error(
        f"the extern {type_} has no method {name}", node.span, Note(f"{type_} is declared here", type_.span), hint=hint
    )


def packet_problem(type_: types.ExternType, name: str, bound: Bound) -> str | None:
    """What is wrong with a call on packet_in or packet_out that its declaration cannot say (§13.8, §16.1); None if
    nothing is.
    """
    if type_.name == "packet_in" and name == "extract" and bound.type_arguments:
        header = bound.type_arguments[0]
        if isinstance(header, types.TypeVar):
            return None
        if not isinstance(header, types.HeaderType):
            return f"extract takes a header, not {header}"
        varbits = [field for field in header.fields if isinstance(field.type, types.VarbitType)]
        if len(bound.arguments) == 1 and varbits:
            return f"extract of {header}, which has a varbit field, needs the size of that field"
        if len(bound.arguments) == 2 and len(varbits) != 1:
            return f"extract with a size needs a header with exactly one varbit field, {header} has {len(varbits)}"
    if type_.name == "packet_in" and name == "lookahead" and bound.type_arguments:
        type_argument = bound.type_arguments[0]
        if not _is_fixed(type_argument):
            return f"lookahead needs a type of fixed size, not {type_argument}"
    if (
        type_.name == "packet_out"
        and name == "emit"
        and bound.type_arguments
        and not _emittable(bound.type_arguments[0])
    ):
        return f"emit takes headers, stacks, unions and structs of them, not {bound.type_arguments[0]}"
    return None


def _is_fixed(type_: types.Type) -> bool:
    """Whether every value of a type has the same number of bits."""
    match type_:
        case types.HeaderType() | types.StructType():
            return all(_is_fixed(field.type) for field in type_.fields)
        case types.TupleType():
            return all(map(_is_fixed, type_.elements))
        case types.StackType():
            return _is_fixed(type_.element)
        case types.NewType():
            return _is_fixed(type_.underlying)
        case _:
            return isinstance(type_, types.BitType | types.IntType | types.BoolType | types.SerEnumType | types.TypeVar)


def _emittable(type_: types.Type) -> bool:
    match type_:
        case types.HeaderType() | types.HeaderUnionType() | types.TypeVar():
            return True
        case types.StackType():
            return _emittable(type_.element)
        case types.StructType():
            return all(_emittable(field.type) for field in type_.fields)
        case types.TupleType():
            return all(map(_emittable, type_.elements))
        case _:
            return False


def _without_arguments(env: Env, node: syntax.CallExpression, name: str, result: tree.Expression) -> tree.Expression:
    if node.arguments or node.type_arguments:
        env.type_error(f"{name} takes no arguments", node.span)
        return poisoned(node.span)
    return result


def _stack_call(
    env: Env, node: syntax.CallExpression, base: tree.Expression, name: str, given: list[Given]
) -> tree.Expression:
    """push_front and pop_front (§8.18): by a known number that is not negative."""
    if len(given) != 1:
        env.type_error(f"{name} takes one argument, the number of elements", node.span)
        return poisoned(node.span)
    value = given[0].value
    if is_poison(value) or not require_lvalue(env, base, f"{name} cannot change"):
        return poisoned(node.span)
    count = fold.integer(value)
    if count is None or count < 0:
        env.type_error(f"{name} takes a number that is known at compile time and not negative", value.span)
        return poisoned(node.span)
    return tree.StackCall(types.VOID, node.span, tree.StackOp(name), base, count)
