"""What the tests of the front end share: read text, and write a syntax tree in one line."""

from __future__ import annotations

import dataclasses
from enum import Enum
from pathlib import Path
from typing import Any

from compiler import syntax
from compiler.diagnostics import Diagnostics, Span
from compiler.lexer import Token, tokenize
from compiler.parser import parse
from compiler.source import preprocess

GOLDEN = Path(__file__).parents[2] / "golden"
PROGRAMS = sorted(path for path in (GOLDEN / "v1model").glob("*/*.p4"))


def lex(text: str) -> list[Token]:
    """The tokens of `text`, without the end."""
    return tokenize(preprocess(text, "test.p4", Diagnostics()))[:-1]


def read(text: str) -> tuple[syntax.Program, Diagnostics]:
    """The syntax tree of `text`, which may have errors."""
    diagnostics = Diagnostics()
    source = preprocess(text, "test.p4", diagnostics)
    return parse(tokenize(source), source.text, diagnostics), diagnostics


def tree(text: str) -> syntax.Program:
    """The syntax tree of `text`, which must have no error."""
    program, diagnostics = read(text)
    assert not diagnostics.items, diagnostics.render()
    return program


def errors(text: str) -> list[tuple[int, int]]:
    """Line and column of each error in `text`."""
    _, diagnostics = read(text)
    return [(item.span.line, item.span.column) for item in diagnostics.sorted()]


def expression(text: str, before: str = "") -> str:
    """The shape of an expression; `before` holds declarations that it needs."""
    program = tree(f"{before}\nconst bool x = {text};")
    constant = program.declarations[-1]
    assert isinstance(constant, syntax.ConstantDeclaration)
    return shape(constant.value)


def statement(text: str, before: str = "") -> str:
    """The shape of the statements in an action's body."""
    program = tree(f"{before}\naction a() {{ {text} }}")
    action = program.declarations[-1]
    assert isinstance(action, syntax.ActionDeclaration)
    return " ".join(shape(item) for item in action.body.items)


def declaration(text: str, before: str = "") -> str:
    """The shape of the last declaration of `text`."""
    return shape(tree(f"{before}\n{text}").declarations[-1])


def shape(node: Any) -> str:
    """A node as `(Class field ...)`: spans left out, names and numbers as they are, None as -, tuples in brackets."""
    if isinstance(node, tuple):
        return "[" + " ".join(shape(item) for item in node) + "]"
    if node is None:
        return "-"
    if isinstance(node, Enum):
        return str(node.value) or "none"
    if isinstance(node, syntax.Name):
        return node.text
    if isinstance(node, syntax.NameExpression):
        return ("." if node.is_absolute else "") + node.name
    if isinstance(node, syntax.NamedTypeRef):
        return f"type:{'.' if node.is_absolute else ''}{node.name}"
    if isinstance(node, syntax.IntegerLiteral):
        sign = "s" if node.is_signed else "w"
        return str(node.value) if node.width is None else f"{node.width}{sign}{node.value}"
    if isinstance(node, syntax.BinaryExpression):
        return f"({shape(node.left)} {node.operator} {shape(node.right)})"
    if isinstance(node, syntax.UnaryExpression):
        return f"({node.operator}{shape(node.operand)})"
    if isinstance(node, syntax.MemberExpression):
        return f"{shape(node.base)}.{node.member}"
    if isinstance(node, syntax.Node):
        fields = [shape(getattr(node, f.name)) for f in dataclasses.fields(node) if f.name != "span"]
        name = type(node).__name__
        for ending in ("Expression", "Declaration", "Statement", "TypeRef"):
            name = name.removesuffix(ending)
        return f"({' '.join([name, *fields])})"
    return str(node)


def every_node(node: Any) -> list[syntax.Node]:
    """All nodes below `node`, itself included."""
    if isinstance(node, tuple):
        return [found for item in node for found in every_node(item)]
    if not isinstance(node, syntax.Node):
        return []
    below = [getattr(node, f.name) for f in dataclasses.fields(node)]
    return [node, *(found for part in below if not isinstance(part, Span) for found in every_node(part))]
