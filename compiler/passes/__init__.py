"""The typed tree made simpler, pass by pass, until a backend can write it down.

`run_passes` is the list. Each pass is a file of the same name, whose docstring says what holds before and after it.
They change the declarations of the tree in place; whoever wants the tree as the checker made it (P4Info) reads it
first.

What they build on: `paths` (what storage does a statement touch), `clone` (copies with new variables), `calls` (copy-in
and copy-out), `build` (constructors).
"""

from __future__ import annotations

from compiler import tree
from compiler.diagnostics import Diagnostics
from compiler.passes.bind_table_actions import bind_table_actions
from compiler.passes.compare_varbits import compare_varbits
from compiler.passes.expand_aggregates import expand_aggregates
from compiler.passes.expand_stack_indexes import expand_stack_indexes
from compiler.passes.field_arguments import field_arguments
from compiler.passes.fold import fold
from compiler.passes.hoist_declarations import hoist_declarations
from compiler.passes.inline_actions import inline_actions
from compiler.passes.inline_controls import inline_controls
from compiler.passes.inline_functions import inline_functions
from compiler.passes.inline_parsers import inline_parsers
from compiler.passes.lower_dynamic_slices import lower_dynamic_slices
from compiler.passes.lower_loops import lower_loops
from compiler.passes.lower_returns import lower_returns
from compiler.passes.lower_slices import lower_slices
from compiler.passes.lower_switch import lower_switch
from compiler.passes.make_actions import make_actions
from compiler.passes.order_effects import order_effects
from compiler.passes.propagate_copies import propagate_copies
from compiler.passes.remove_dead_stores import remove_dead_stores
from compiler.passes.select_keys import select_keys
from compiler.passes.split_states import split_states
from compiler.passes.start_values import start_values
from compiler.passes.table_keys import table_keys
from compiler.passes.tidy_scopes import tidy_scopes

__all__ = ["run_passes"]


def run_passes(program: tree.Program, diagnostics: Diagnostics) -> tree.Program:
    """Make `program` simple enough for the BMv2 backend, in place. Its result is of use only if no errors were
    reported.
    """
    # Structure: loops, initial values; calls become statements of their own.
    start_values(program)
    bind_table_actions(program)
    lower_loops(program, diagnostics)
    order_effects(program)
    table_keys(program)
    lower_switch(program)

    # Calls: one body for each block of the package.
    program, results = lower_returns(program)
    inline_functions(program, results)
    inline_actions(program)
    split_states(program)
    inline_parsers(program)
    inline_controls(program)
    hoist_declarations(program)
    tidy_scopes(program)
    lower_dynamic_slices(program)
    fold(program)
    table_keys(program)

    # Values: only scalars, and copies of whole headers.
    expand_stack_indexes(program)
    expand_aggregates(program)
    compare_varbits(program)
    lower_slices(program)
    propagate_copies(program)
    fold(program)
    field_arguments(program)
    remove_dead_stores(program)

    # Control flow: parser states in straight lines, controls as graphs of tables.
    tidy_scopes(program)
    split_states(program)
    select_keys(program)
    make_actions(program, diagnostics)
    return program
