"""`for` loops (P4_16 spec §12.8)."""

from __future__ import annotations

from compiler import syntax, tree, types
from compiler.check import dispatch, statements
from compiler.check.casts import coerce, describe, is_poison, settle
from compiler.check.context import Env


@dispatch.statement_rule(syntax.ForStatement)
def for_(env: Env, node: syntax.ForStatement) -> list[tree.Statement]:
    if not _allowed(env, node):
        return []
    inner = env.inner()
    init = statements.items(inner, node.init)
    condition = statements.require_bool(inner, dispatch.expression(inner, node.condition), "the condition of for")
    update = statements.items(inner, node.update)
    body = statements.branch(inner.in_loop(), node.body)
    return [] if is_poison(condition) else [tree.For(node.span, init, condition, update, body)]


@dispatch.statement_rule(syntax.ForInStatement)
def for_in(env: Env, node: syntax.ForInStatement) -> list[tree.Statement]:
    """`for (type name in collection)`: a range, a header stack or a `list`."""
    if not _allowed(env, node):
        return []
    if isinstance(node.collection, syntax.RangeExpression):
        ends: tuple[tree.Expression, ...] = (
            dispatch.expression(env, node.collection.low),
            dispatch.expression(env, node.collection.high),
        )
        collection = None
    else:
        ends = ()
        collection = settle(env, dispatch.expression(env, node.collection))
    inner = env.inner()
    variable = statements.variable(inner, node.variable)
    body = statements.branch(inner.in_loop(), node.body)
    if variable is None:
        return []
    if collection is None:
        low, high = (coerce(env, end, variable.type, "cannot loop from or to") for end in ends)
        if is_poison(low, high):
            return []
        if not isinstance(variable.type, types.BitType | types.IntType):
            env.type_error(f"a loop over a range needs a number, not {variable.type}", node.variable.name.span)
            return []
        set_type = types.SetType(variable.type)
        collection = tree.Range(set_type, node.collection.span, low, high)
    elif is_poison(collection):
        return []
    elif not isinstance(collection.type, types.StackType | types.ListType):
        env.error("unsupported", f"for cannot go over {describe(collection)}", node.span, hint="a range, stack or list")
        return []
    elif collection.type.element != variable.type:
        message = f"the elements are of type {collection.type.element}, not {variable.type}"
        env.type_error(message, node.variable.name.span)
        return []
    return [tree.ForIn(node.span, variable, collection, body)]


def _allowed(env: Env, node: syntax.Statement) -> bool:
    if env.place.in_parser:
        env.error("invalid", "for cannot be used in a parser", node.span)
        return False
    return True
