"""The lowered tree of a v1model program in, BMv2 JSON 2.23 out (behavioral-model, docs/JSON_format.md).

    layout.py        header_types, headers, header_stacks, unions: where everything is stored
    expressions.py   expressions: wrap-around made explicit, bool and integers told apart
    externs.py       calls of externs; calculations, learn_lists, field_lists
    primitives.py    statements as primitives with jumps: actions
    labels.py        select labels and entry keys: values with masks, bounds
    parsers.py       parsers, parse_vsets
    tables.py        tables, entries, action_profiles
    controls.py      pipelines: the graph of tables and conditions
    checksums.py     checksums, deparsers
    arrays.py        counter_arrays, meter_arrays, register_arrays
    program.py       puts the sections together

What BMv2 cannot do is reported as an error of kind "unsupported" with its place and reason.
"""

from compiler.backends.bmv2.program import emit

__all__ = ["emit"]
