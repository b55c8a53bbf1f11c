"""Small constructors of tree nodes, for the passes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from compiler import tree
from compiler import types as t
from compiler.diagnostics import Span


def variable(name: str, type_: t.Type, span: Span) -> tree.Variable:
    """A new variable. Names need not be unique: the backend tells variables apart by identity."""
    return tree.Variable(name, (), span, type_)


def ref(declaration: tree.Variable | tree.Parameter, span: Span | None = None) -> tree.VariableRef:
    return tree.VariableRef(declaration.type, span or declaration.span, declaration)


def boolean(value: bool, span: Span) -> tree.BoolLiteral:
    return tree.BoolLiteral(t.BOOL, span, value)


def integer(value: int, type_: t.Type, span: Span) -> tree.IntLiteral:
    return tree.IntLiteral(type_, span, value)


def negation(operand: tree.Expression) -> tree.Expression:
    """`!operand`, without double negations."""
    if isinstance(operand, tree.Unary) and operand.op == "!":
        return operand.operand
    if isinstance(operand, tree.BoolLiteral):
        return boolean(not operand.value, operand.span)
    return tree.Unary(t.BOOL, operand.span, "!", operand)


def binary(op: str, left: tree.Expression, right: tree.Expression, type_: t.Type | None = None) -> tree.Binary:
    """`left op right`, of the type of `left` if none is given."""
    return tree.Binary(type_ or left.type, left.span, op, left, right)


def equal(left: tree.Expression, right: tree.Expression) -> tree.Binary:
    return binary("==", left, right, t.BOOL)


def all_of(operands: Iterable[tree.Expression], span: Span) -> tree.Expression:
    """The conjunction of `operands`; true for none."""
    result: tree.Expression | None = None
    for operand in operands:
        result = operand if result is None else binary("&&", result, operand, t.BOOL)
    return result if result is not None else boolean(True, span)


def any_of(operands: Iterable[tree.Expression], span: Span) -> tree.Expression:
    """The disjunction of `operands`; false for none."""
    result: tree.Expression | None = None
    for operand in operands:
        result = operand if result is None else binary("||", result, operand, t.BOOL)
    return result if result is not None else boolean(False, span)


def member(base: tree.Expression, field: t.Field) -> tree.Member:
    return tree.Member(field.type, base.span, base, field.name)


def element(base: tree.Expression, index: int) -> tree.Expression:
    """`base[index]` of a stack or a tuple."""
    if isinstance(base.type, t.TupleType):
        return tree.TupleIndex(base.type.elements[index], base.span, base, index)
    assert isinstance(base.type, t.StackType)
    return tree.StackIndex(base.type.element, base.span, base, integer(index, t.INF_INT, base.span))


def is_valid(header: tree.Expression) -> tree.HeaderCall:
    return tree.HeaderCall(t.BOOL, header.span, tree.HeaderOp.IS_VALID, header)


def set_valid(header: tree.Expression, span: Span) -> tree.Statement:
    return tree.CallStatement(span, tree.HeaderCall(t.VOID, span, tree.HeaderOp.SET_VALID, header))


def set_invalid(header: tree.Expression, span: Span) -> tree.Statement:
    return tree.CallStatement(span, tree.HeaderCall(t.VOID, span, tree.HeaderOp.SET_INVALID, header))


def members(header: tree.Expression) -> list[tree.Expression]:
    """The members of the union that the l-value `header` is a member of; `header` alone if it is in none."""
    if isinstance(header, tree.Member) and isinstance(header.base.type, t.HeaderUnionType):
        return [member(header.base, field) for field in header.base.type.fields]
    return [header]


def invalidate(target: tree.Expression, span: Span, *, in_parser: bool = False) -> list[tree.Statement]:
    """What makes every header at or below the l-value `target` invalid; nothing if there is none. With a member of a
    union that is the whole union (spec §8.21). In a parser, `next` of a stack is its first element again.
    """
    match target.type:
        case t.HeaderType():
            return [set_invalid(header, span) for header in members(target)]
        case t.HeaderUnionType():
            return [set_invalid(member(target, f), span) for f in target.type.fields]
        case t.StructType():
            return [s for f in target.type.fields for s in invalidate(member(target, f), span, in_parser=in_parser)]
        case t.StackType() if in_parser and t.is_header_stack(target.type):
            return [
                tree.CallStatement(span, tree.StackCall(t.VOID, span, tree.StackOp.POP_FRONT, target, target.type.size))
            ]
        case t.StackType():
            parts = [element(target, i) for i in range(target.type.size)]
            return [s for part in parts for s in invalidate(part, span, in_parser=in_parser)]
        case t.TupleType():
            parts = [element(target, i) for i in range(len(target.type.elements))]
            return [s for part in parts for s in invalidate(part, span, in_parser=in_parser)]
        case _:
            return []


def conditional(
    condition: tree.Expression,
    then: Sequence[tree.Statement],
    otherwise: Sequence[tree.Statement] = (),
    span: Span | None = None,
) -> tree.If:
    span = span or condition.span
    return tree.If(
        span, condition, tree.Block(span, tuple(then)), tree.Block(span, tuple(otherwise)) if otherwise else None
    )
