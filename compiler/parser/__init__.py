"""Tokens -> syntax tree, by recursive descent; all of P4_16 v1.2.5 (appendix H of the specification).

One class, in layers that build on one another; to be read in this order: cursor.py (tokens, scope of type names,
errors), types.py, expressions.py, annotations.py, statements.py, tables.py, blocks.py, declarations.py.
"""

from __future__ import annotations

from compiler.diagnostics import Diagnostics
from compiler.lexer import Token
from compiler.parser.declarations import DeclarationParser
from compiler.syntax import Program

__all__ = ["parse"]


def parse(tokens: list[Token], text: str, diagnostics: Diagnostics) -> Program:
    """The syntax tree of `tokens`, read from `text`. Syntax errors are reported; what could be read is returned."""
    return DeclarationParser(tokens, text, diagnostics).program()
