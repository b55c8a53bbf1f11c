"""Aggregates whose type is not known yet. `casts.coerce` turns them into typed nodes; none is left in a checked
program.

`{a, b}` is a `tree.TupleExpression` of a tuple type from the start, and `{#}` a `tree.InvalidHeader` of type `_`.
"""

from __future__ import annotations

from dataclasses import dataclass

from compiler import tree


@dataclass(frozen=True, eq=False, slots=True)
class RawStruct(tree.Expression):
    """`{f = x, g = y}`, with `has_rest` where `...` follows. Its type is a struct without a name, of these fields."""

    names: tuple[str, ...]
    values: tuple[tree.Expression, ...]
    has_rest: bool


@dataclass(frozen=True, eq=False, slots=True)
class RawDefault(tree.Expression):
    """`...`: the default value of a type to be seen; its own type is `_`."""
