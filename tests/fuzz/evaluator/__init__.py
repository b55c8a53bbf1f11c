"""What a v1model program means: a direct interpreter of the syntax tree, written from P4_16 v1.2.5 for obviousness.

It reads the tree as the parser builds it and shares nothing with the compiler behind that: values carry their types, so
that nothing is inferred, rewritten or folded beforehand.

types.py     types as values          values.py     what variables hold, with a mark on what is undefined
scopes.py    names                    places.py     l-values
operators.py arithmetic on numbers    expressions.py, calls.py, statements.py, tables.py, parsers.py, externs.py
program.py   declarations and instances; pipeline.py: a packet through v1model's blocks

Undefined values (§8.27) are marked bit by bit and infect what is computed from them; where one would decide what
happens next, `Undefined` is raised and nothing can be said of the packet.
"""

from tests.fuzz.evaluator.pipeline import Emitted, Pipeline
from tests.fuzz.evaluator.values import Undefined

__all__ = ["Emitted", "Pipeline", "Undefined"]
