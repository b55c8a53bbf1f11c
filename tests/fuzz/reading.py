"""P4 text -> syntax tree, for the evaluator."""

from __future__ import annotations

from compiler import lexer, parser, source, syntax
from compiler.diagnostics import Diagnostics


def read_syntax(text: str, file: str = "program.p4") -> syntax.Program:
    """The tree of a program without syntax errors. Raises ValueError with what the parser said."""
    diagnostics = Diagnostics()
    preprocessed = source.preprocess(text, file, diagnostics, (), (), ())
    tree = parser.parse(lexer.tokenize(preprocessed), preprocessed.text, diagnostics)
    if diagnostics.has_errors:
        raise ValueError(diagnostics.render())
    return tree
