"""Intent in, table entries out, over P4Runtime.

intent/ (YAML -> validated models) -> planner/ (models -> desired entries by name, pure) -> p4runtime/ (schema of the
switch, read-back, writes) with diff.py between them (desired against held -> ordered writes, pure) -> apply.py joins
them for one gateway -> cli.py for all of them.
"""
