"""Questions about typed trees that many ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from compiler.diagnostics import Span
from compiler.tree.base import Block, Expression, Statement
from compiler.tree.declarations import Control, ExternInstance, Parser, Program
from compiler.tree.expressions import (
    BoolLiteral,
    EnumMember,
    ErrorMember,
    InstanceRef,
    IntLiteral,
    InvalidHeader,
    MatchKindMember,
    StringLiteral,
    StructExpression,
    TupleExpression,
)
from compiler.types import HeaderType


def is_literal(expression: Expression) -> bool:
    """Whether the value is known: a literal, or an aggregate of literals."""
    match expression:
        case IntLiteral() | BoolLiteral() | StringLiteral() | EnumMember() | ErrorMember() | MatchKindMember():
            return True
        case InvalidHeader():
            return True
        case StructExpression():
            return all(map(is_literal, expression.fields))
        case TupleExpression():
            return all(map(is_literal, expression.elements))
        case _:
            return False


def header_of(expression: Expression) -> HeaderType | None:
    """The header type of an expression, or None."""
    return expression.type if isinstance(expression.type, HeaderType) else None


def as_block(statements: Statement | Sequence[Statement] | None, span: Span) -> Block:
    """A block of the statements; a block stays itself."""
    if isinstance(statements, Block):
        return statements
    if statements is None:
        return Block(span, ())
    return Block(span, (statements,) if isinstance(statements, Statement) else tuple(statements))


def main_instances(program: Program) -> list[Parser | Control]:
    """The parsers and controls given to the main package, in the order of its parameters. (Inner ones are in their
    `instances`.)
    """
    arguments = program.main.arguments.values() if program.main else []
    instances = [argument.instance for argument in arguments if isinstance(argument, InstanceRef)]
    return [instance for instance in instances if isinstance(instance, Parser | Control)]


def all_instances(program: Program) -> Iterator[Parser | Control]:
    """Every parser and control instance below main, outer before inner."""

    def below(instance: Parser | Control) -> Iterator[Parser | Control]:
        yield instance
        for inner in instance.instances:
            if isinstance(inner, Parser | Control):
                yield from below(inner)

    for instance in main_instances(program):
        yield from below(instance)


def all_controls(program: Program) -> Iterator[Control]:
    """Every control instance below main, outer before inner."""
    return (instance for instance in all_instances(program) if isinstance(instance, Control))


def all_parsers(program: Program) -> Iterator[Parser]:
    """Every parser instance below main, outer before inner."""
    return (instance for instance in all_instances(program) if isinstance(instance, Parser))


def extern_instances(program: Program) -> Iterator[ExternInstance]:
    """Every extern instance: at top level, then below main in the order of the package's arguments."""
    yield from program.instances
    for instance in all_instances(program):
        yield from (inner for inner in instance.instances if isinstance(inner, ExternInstance))
