"""P4 programs that grow in one dimension at a time: `GROWING[name](n)` is a v1model program whose size is about `n`.

The benchmark measures with them how compile time grows; the tests count the compiler's steps. template.py is what all
have in common, the other files say where they grow.
"""

from __future__ import annotations

from collections.abc import Callable

from growing_programs.in_calls import (
    action_calls,
    action_nesting,
    control_nesting,
    externs,
    function_calls,
    function_nesting,
    hashes,
    inner_controls,
    one_control_many_calls,
)
from growing_programs.in_data import (
    header_fields,
    headers,
    late_values,
    local_variables,
    metadata_fields,
    stack_size,
    stack_statements,
    struct_copies,
    wide_struct_copies,
)
from growing_programs.in_expressions import (
    concatenations,
    conditional_expressions,
    conjunctions,
    nested_parentheses,
    slices,
    sums,
)
from growing_programs.in_parsers import branching_states, parser_statements, select_cases, states, sub_parsers
from growing_programs.in_statements import (
    action_statements,
    constant_loop,
    early_returns,
    early_returns_in_action,
    else_if_chain,
    else_if_chain_in_action,
    else_if_tables,
    exits,
    exits_in_inner_controls,
    ifs,
    ifs_in_action,
    ifs_in_parser,
    loops,
    nested_blocks,
    nested_ifs,
    nested_ifs_in_action,
    statements,
    switch_cases,
    switch_cases_in_action,
)
from growing_programs.in_tables import action_run, actions, const_entries, keys, tables, tables_with_hit
from growing_programs.in_text import (
    annotated,
    comments,
    conditional_text,
    constants,
    definitions,
    enum_members,
    errors,
    macros,
    one_long_line,
    struct_nesting,
    typedefs,
)

_Grow = Callable[[int], str]
_ALL: list[_Grow] = [
    *(tables, tables_with_hit, actions, action_run, keys, const_entries),
    *(states, branching_states, select_cases, parser_statements, sub_parsers, ifs_in_parser),
    *(header_fields, headers, metadata_fields, struct_copies, wide_struct_copies, struct_nesting),
    *(statements, action_statements, local_variables, late_values, slices, externs, hashes),
    *(else_if_chain, else_if_chain_in_action, else_if_tables, ifs, ifs_in_action, nested_ifs, nested_ifs_in_action),
    *(nested_blocks, early_returns, early_returns_in_action, exits, exits_in_inner_controls),
    *(switch_cases, switch_cases_in_action),
    *(inner_controls, one_control_many_calls, control_nesting, function_nesting, function_calls),
    *(action_nesting, action_calls),
    *(sums, nested_parentheses, conjunctions, concatenations, conditional_expressions),
    *(stack_size, stack_statements, constant_loop, loops),
    *(constants, typedefs, enum_members, annotated, comments, one_long_line, macros, definitions),
    *(conditional_text, errors),
]
GROWING: dict[str, _Grow] = {getattr(grow, "__name__", ""): grow for grow in _ALL}
"""By name. All but `errors` are programs that compile."""

_DEEPEST = 40  # the parser refuses what is nested more than 100 deep; an `if` and its block are two
LARGEST = {
    **dict.fromkeys(("nested_ifs", "nested_ifs_in_action", "nested_blocks"), _DEEPEST),
    **dict.fromkeys(("nested_parentheses", "conditional_expressions"), _DEEPEST),
    **dict.fromkeys(("control_nesting", "function_nesting", "action_nesting", "struct_nesting"), 96),
    **dict.fromkeys(("else_if_chain", "else_if_chain_in_action", "else_if_tables"), 480),
    **dict.fromkeys(("sums", "conjunctions"), 960),
    **dict.fromkeys(("concatenations",), 192),
}
"""How far a dimension can grow, where that is not far: the limits of the language, of the parser, or of sense."""
