"""Sets of values: labels of select and keys of table entries (P4_16 spec §8.13, §13.6, §14.2.1.4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from compiler import syntax, tree, types
from compiler.check import constants, dispatch, fold
from compiler.check.casts import coerce, is_poison, to_integer
from compiler.check.context import Env, poisoned
from compiler.check.placement import reported_at
from compiler.diagnostics import Span

Shape: TypeAlias = "Sequence[types.Type | Shape]"
"""The types of keys, grouped as the keys are: labels are grouped alike (§13.6)."""


def is_wildcard(node: syntax.Expression) -> bool:
    """`_` or `default`."""
    return isinstance(node, syntax.DontCareExpression | syntax.DefaultKeyset)


def label(env: Env, node: syntax.Expression, type_: types.Type, what: str, at: Span) -> tree.Expression:
    """A label for a key of `type_`: a value, `&&&`, `..` or `_`. One of a wrong type is reported at `at`."""
    if is_wildcard(node):
        return tree.DontCare(type_, node.span)
    if isinstance(node, syntax.MaskExpression):
        value, mask = _pair(env, node.value, node.mask, type_, what, "&&&", at)
        return (
            poisoned(node.span) if is_poison(value, mask) else tree.Mask(types.SetType(type_), node.span, value, mask)
        )
    if isinstance(node, syntax.RangeExpression):
        low, high = _pair(env, node.low, node.high, type_, what, "..", at)
        if is_poison(low, high):
            return poisoned(node.span)
        first, last = fold.integer(low), fold.integer(high)
        if first is not None and last is not None and first > last:
            env.warning("invalid", f"the range {first} .. {last} is empty", node.span)
        return tree.Range(types.SetType(type_), node.span, low, high)
    value = dispatch.expression(env, node)
    with reported_at(env, at, "this label"):
        value = coerce(env, value, type_, f"{what}: cannot compare")
    _require_known(env, value, what)
    return value


def _require_known(env: Env, value: tree.Expression, what: str) -> None:
    """Entries are known at compile time; labels of select must be so on some targets only (§13.6)."""
    if env.place.kind != "state":
        constants.require_compile_time(env, value, what, "invalid")
    elif not is_poison(value) and not constants.is_compile_time(value):
        env.target_error("invalid", f"{what} must be known at compile time", value.span)


def labels(
    env: Env, nodes: Sequence[syntax.Expression], shape: Shape, what: str, node: syntax.Node, at: Span
) -> tuple[tree.Expression, ...] | None:
    """One label for each key. A single `_` or `default` stands for all; None after saying what is wrong.

    Labels of a wrong type or number are reported at `at`, with a note at their own place.
    """
    if len(nodes) == 1 and is_wildcard(nodes[0]):
        return tuple(tree.DontCare(type_, nodes[0].span) for type_ in flat(shape))
    if len(nodes) == 1 and len(shape) != 1 and isinstance(nodes[0], syntax.ListExpression):
        nodes = nodes[0].elements
    if len(nodes) != len(shape):
        message = f"{len(nodes)} labels are given for {len(shape)} keys"
        with reported_at(env, at, "these labels"):
            env.type_error(message, nodes[0].span.to(nodes[-1].span) if nodes else node.span)
        return None
    made: list[tree.Expression] = []
    for given, part in zip(nodes, shape, strict=True):
        elements = given.elements if isinstance(given, syntax.ListExpression) else (given,)
        if isinstance(part, types.Type):
            made.append(label(env, elements[0] if len(elements) == 1 else given, part, what, at))
            continue
        inner = labels(env, elements, part, what, given, at)
        if inner is None:
            return None
        made += inner
    return None if is_poison(*made) else tuple(made)


def flat(shape: Shape) -> list[types.Type]:
    """The types of the keys of a shape, in order."""
    return [type_ for part in shape for type_ in ([part] if isinstance(part, types.Type) else flat(part))]


def _scalars(type_: types.Type) -> list[types.Type]:
    """What a value set of this type matches, in order."""
    if isinstance(type_, types.StructType):
        return [scalar for field in type_.fields for scalar in _scalars(field.type)]
    if isinstance(type_, types.TupleType):
        return [scalar for element in type_.elements for scalar in _scalars(element)]
    return [type_]


def value_set(env: Env, nodes: Sequence[syntax.Expression], key_types: Sequence[types.Type]) -> tree.Expression | None:
    """The reference to a value set, if that is what the label of a select is; poisoned if it does not fit the keys."""
    if len(nodes) != 1 or not isinstance(nodes[0], syntax.NameExpression):
        return None
    symbol = env.use(nodes[0].name)
    if not isinstance(symbol, tree.ValueSet):
        return None
    element = symbol.element
    if _scalars(element) != list(key_types):
        keys = ", ".join(map(str, key_types))
        env.type_error(f"a value set of {element} cannot be a label for {keys}", nodes[0].span, *env.note(symbol.name))
        return poisoned(nodes[0].span)
    return tree.ValueSetRef(types.SetType(element), nodes[0].span, symbol)


def _pair(
    env: Env, first: syntax.Expression, second: syntax.Expression, type_: types.Type, what: str, op: str, at: Span
) -> tuple[tree.Expression, tree.Expression]:
    below = types.strip_new_types(type_)
    if isinstance(below, types.SerEnumType):
        below = below.underlying
    if not isinstance(below, types.BitType | types.IntType | types.PoisonType):
        env.type_error(f"{op} takes numbers, the key is of type {type_}", first.span.to(second.span))
        return poisoned(first.span), poisoned(second.span)
    made = []
    for node in (first, second):
        value = dispatch.expression(env, node)
        value = value if value.type == type_ else to_integer(value)
        with reported_at(env, at, "this label"):
            value = value if value.type == type_ else coerce(env, value, below, f"{what}: cannot compare")
        constants.require_compile_time(env, value, what, "invalid")
        made.append(value)
    return made[0], made[1]
