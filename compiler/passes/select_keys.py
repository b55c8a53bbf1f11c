"""Evaluate the keys of a select that BMv2 cannot take as they are into variables.

Before: any key.   After: a field known at compile time, or a field of the last element of a stack.
"""

from __future__ import annotations

from dataclasses import replace

from compiler import tree
from compiler.passes import build
from compiler.passes.expand_stack_indexes import is_field_of_last
from compiler.passes.paths import static_path


def select_keys(program: tree.Program) -> tree.Program:
    for parser in tree.all_parsers(program):
        for state in parser.states:
            if isinstance(state.transition, tree.Select):
                keys = tuple(_field(key, state) for key in state.transition.keys)
                state.transition = replace(state.transition, keys=keys)
    return program


def _field(key: tree.Expression, state: tree.ParserState) -> tree.Expression:
    if static_path(key) is not None or is_field_of_last(key):
        return key
    variable = build.ref(build.variable(f"{state.name}_key", key.type, key.span), key.span)
    state.statements.append(tree.Assign(key.span, variable, key))
    return variable
