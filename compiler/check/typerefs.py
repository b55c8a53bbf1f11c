"""Types as written -> types (P4_16 spec §7)."""

from __future__ import annotations

from compiler import syntax, types
from compiler.check import constants
from compiler.check.context import Env, unreachable
from compiler.check.scopes import Alternatives, GenericType, Template, TypeName, Undefined
from compiler.check.unbounded import LARGEST_WIDTH
from compiler.diagnostics import Span

LARGEST_VARBIT = 1 << 16
"""Bits of the widest varbit: more than the largest packet of most networks."""
LARGEST_VALUE = 1 << 16
"""Scalars in a struct, tuple or array: each takes room in every copy and in the JSON."""


UNDECLARED = "syntax"
"""The class of error of a name that should be a type and is not declared: to the grammar it is no type, so that nothing
can be declared with it (appendix H). Only where the grammar takes any name (type arguments) it is `not-found`."""


def resolve(env: Env, ref: syntax.TypeRef, undeclared: str = UNDECLARED) -> types.Type:
    """The type that `ref` stands for; poison after saying what is wrong."""
    match ref:
        case syntax.BitTypeRef():
            width = 1 if ref.width is None else _width(env, ref.width, "bit", smallest=0)
            return types.POISON if width is None else types.BitType(width)
        case syntax.IntTypeRef():
            if ref.width is None:
                return types.INF_INT
            width = _width(env, ref.width, "int", smallest=1)
            return types.POISON if width is None else types.IntType(width)
        case syntax.VarbitTypeRef():
            width = _width(env, ref.max_width, "varbit", smallest=0)
            return types.POISON if width is None else types.VarbitType(width)
        case syntax.NamedTypeRef():
            return _named(env, ref, undeclared)
        case syntax.SpecializedTypeRef():
            return _specialised(env, ref, undeclared)
        case syntax.StackTypeRef():
            return _stack(env, ref)
        case syntax.TupleTypeRef():
            return _tuple(env, ref)
        case syntax.ListTypeRef():
            element = resolve(env, ref.element)
            return types.POISON if element == types.POISON else types.ListType(element)
        case _:
            return _BASIC.get(type(ref)) or unreachable(ref)


def named(env: Env, ref: syntax.NamedTypeRef, undeclared: str = UNDECLARED) -> types.Type | GenericType:
    """What a type name stands for, generic declarations without their arguments included."""
    symbol = env.look_up(ref.name, ref.span, absolute=ref.is_absolute, what="type", kind=undeclared)
    match symbol:
        case TypeName():
            return symbol.type
        case GenericType():
            return symbol
        case Template():
            return symbol.type
        case Alternatives():
            env.type_error(f"{ref.name} stands for several declarations", ref.span, *env.note(ref.name))
            return types.POISON
        case Undefined():
            return types.POISON
        case _:
            env.type_error(f"{ref.name} is not a type", ref.span, *env.note(ref.name))
            return types.POISON


def arguments(env: Env, refs: tuple[syntax.TypeRef, ...]) -> tuple[types.Type, ...]:
    """Type arguments, `_` included."""
    return tuple(resolve(env, ref, undeclared="not-found") for ref in refs)


def specialise(env: Env, generic: GenericType, given: tuple[types.Type, ...], span: Span) -> types.Type:
    """A generic type with arguments; says so if their number is wrong."""
    if len(given) != len(generic.parameters):
        env.type_error(
            f"{generic.name} takes {len(generic.parameters)} type arguments, {len(given)} are given",
            span,
            *env.note(generic.name),
        )
        return types.POISON
    if types.POISON in given:
        return types.POISON
    return generic.specialise(given)


def _named(env: Env, ref: syntax.NamedTypeRef, undeclared: str) -> types.Type:
    found = named(env, ref, undeclared)
    if isinstance(found, GenericType):
        env.type_error(
            f"{ref.name} needs type arguments",
            ref.span,
            *env.note(ref.name),
            hint=f"{ref.name}<{', '.join(found.parameters)}>",
        )
        return types.POISON
    return found


def _specialised(env: Env, ref: syntax.SpecializedTypeRef, undeclared: str) -> types.Type:
    found = named(env, ref.base, undeclared)
    given = arguments(env, ref.arguments)
    if isinstance(found, GenericType):
        return specialise(env, found, given, ref.span)
    if found != types.POISON:
        env.type_error(f"{found} is not generic", ref.span, *env.note(ref.base.name))
    return types.POISON


def _tuple(env: Env, ref: syntax.TupleTypeRef) -> types.Type:
    elements = arguments(env, ref.elements)
    for element, written in zip(elements, ref.elements, strict=True):
        if isinstance(
            element, types.ExternType | types.ApplicableType | types.PackageType | types.VoidType | types.DontCareType
        ):
            env.type_error(f"a tuple cannot have an element of type {element}", written.span)
            return types.POISON
    return types.POISON if types.POISON in elements else bounded(env, types.TupleType(elements), ref.span)


def _stack(env: Env, ref: syntax.StackTypeRef) -> types.Type:
    element = resolve(env, ref.element)
    size = constants.integer(env, ref.size, "the size of an array")
    if size is None or element == types.POISON:
        return types.POISON
    if size < 0:
        env.error("overlimit", f"an array cannot have {size} elements", ref.size.span)
        return types.POISON
    if not _may_be_element(element):
        env.type_error(f"an array cannot have elements of type {element}", ref.span)
        return types.POISON
    return bounded(env, types.StackType(element, size), ref.span)


def bounded(env: Env, type_: types.Type, span: Span) -> types.Type:
    """`type_`, if a value of it is not too large. Call it for each type that is made, so that all inside it are."""
    count = types.scalars(type_)
    if count <= LARGEST_VALUE:
        return type_
    message = f"a value of type {str(type_)[:80]} has {count} fields: at most {LARGEST_VALUE} are possible"
    env.error("overlimit", message, span)
    return types.POISON


def _may_be_element(type_: types.Type) -> bool:
    """What arrays and header stacks are made of (§7.2.8)."""
    if isinstance(type_, types.StackType):
        return not types.is_header_stack(type_)
    below = types.strip_new_types(type_)
    return isinstance(
        below,
        types.BitType
        | types.IntType
        | types.BoolType
        | types.VarbitType
        | types.EnumType
        | types.SerEnumType
        | types.FieldsType
        | types.TypeVar,
    )


def _width(env: Env, node: syntax.Expression, what: str, smallest: int) -> int | None:
    width = constants.integer(env, node, f"the width of {what}", "expected")
    if width is not None and width < smallest:
        env.error("invalid", f"{what}<{width}>: the width must be at least {smallest}", node.span)
        return None
    largest = LARGEST_VARBIT if what == "varbit" else LARGEST_WIDTH
    if width is not None and width > largest:
        kind = "unsupported" if width < 1 << 31 else "overlimit"
        env.error(kind, f"{what}<{width}>: at most {largest} bits are possible", node.span)
        return None
    return width


_BASIC: dict[type, types.Type] = {
    syntax.BoolTypeRef: types.BOOL,
    syntax.ErrorTypeRef: types.ERROR,
    syntax.MatchKindTypeRef: types.MATCH_KIND,
    syntax.StringTypeRef: types.STRING,
    syntax.VoidTypeRef: types.VOID,
    syntax.DontCareTypeRef: types.DONT_CARE,
}
