"""Random well-typed v1model programs, with entries and packets: the same for the same seed.

They are text from the start, made in the direction of types: who needs a bit<7> asks for one and gets a variable, a
literal, a sum, a call with side effects ... context.py says what can be named at a place; then expressions.py,
statements.py, routines.py (functions, actions), tables.py, parsers.py, and program.py, which puts a case together.

Nothing is generated that v1model cannot do (division by run-time values, tables in loops ...), and little whose result
the specification leaves open: variables start with values, and fields of headers that may be invalid are mostly read
where they are known to be valid.
"""

from tests.fuzz.generator.program import generate

__all__ = ["generate"]
