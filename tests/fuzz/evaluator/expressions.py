"""Expressions (P4_16 §8): evaluated from left to right as they are written (§8.1)."""

from __future__ import annotations

from abc import abstractmethod

from compiler import syntax
from tests.fuzz.evaluator.convert import convert
from tests.fuzz.evaluator.operators import binary, take_slice, unary
from tests.fuzz.evaluator.places import Element, Field, Place, Slice, Temporary, Variable
from tests.fuzz.evaluator.scopes import Binding, Scope, TypeName
from tests.fuzz.evaluator.types import BIT32, BOOL, INT, BitsType, EnumType, SerializableEnumType
from tests.fuzz.evaluator.typing import Typing, member_number
from tests.fuzz.evaluator.values import (
    Applied,
    Marker,
    Record,
    Scalar,
    Stack,
    Struct,
    Tuple,
    Union,
    Value,
    boolean,
    copy,
    number,
    undefined,
)


class ParserFailed(Exception):
    """The parser goes to reject (§13.5); `error` is a member of the type error."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


DATA = (Scalar, Struct, Union, Stack, Tuple)


class Expressions(Typing):
    @abstractmethod
    def call(self, call: syntax.CallExpression, scope: Scope) -> Value | None:
        """The result of a call; None for void."""

    def evaluate(self, expression: syntax.Expression, scope: Scope) -> Value:
        match expression:
            case syntax.IntegerLiteral(value=value, width=None):
                return Scalar(INT, value)
            case syntax.IntegerLiteral(value=value, width=width, is_signed=is_signed):
                assert width is not None
                return number(BitsType(width, is_signed), value)
            case syntax.BoolLiteral(value=value):
                return boolean(value)
            case syntax.UnaryExpression(operator=operator, operand=operand):
                return unary(operator, self.scalar(operand, scope))
            case syntax.BinaryExpression():
                return self.binary(expression, scope)
            case syntax.ConditionalExpression(condition=condition, if_true=if_true, if_false=if_false):
                return self.evaluate(if_true if self.condition(condition, scope) else if_false, scope)
            case syntax.CastExpression(type=type_, operand=operand):
                return convert(self.evaluate(operand, scope), self.type_of(type_, scope))
            case syntax.CallExpression():
                result = self.call(expression, scope)
                assert result is not None
                return result
            case syntax.ListExpression(elements=elements):
                return Tuple([self.evaluate(e, scope) for e in elements])
            case syntax.StructExpression(fields=fields, has_rest=has_rest):
                return Record({f.name.text: self.evaluate(f.value, scope) for f in fields}, has_rest)
            case syntax.InvalidHeaderExpression():
                return Marker("{#}")
            case syntax.DefaultExpression():
                return Marker("...")
            case syntax.DontCareExpression():
                return Marker("_")
            case syntax.MemberExpression(base=syntax.TypeExpression(type=type_), member=member):
                return self.enum_member(type_, member.text, scope)
            case syntax.MemberExpression(base=base, member=member):
                return self.member(base, member.text, scope)
            case syntax.SliceExpression(base=base, high=high, low=low):
                whole = self.scalar(base, scope)
                return take_slice(whole, self.number_of(high, scope), self.number_of(low, scope))
            case syntax.NameExpression() | syntax.IndexExpression():
                return readable(self.place(expression, scope).read())
        raise TypeError(f"{type(expression).__name__} at {expression.span}")

    def scalar(self, expression: syntax.Expression, scope: Scope) -> Scalar:
        value = self.evaluate(expression, scope)
        assert isinstance(value, Scalar)
        return value

    def condition(self, expression: syntax.Expression, scope: Scope) -> bool:
        """Raises Undefined where it is not known."""
        return bool(self.scalar(expression, scope).known())

    def binary(self, expression: syntax.BinaryExpression, scope: Scope) -> Scalar:
        """`&&` and `||` evaluate their second operand only if the first leaves it open (§8.5)."""
        operator = expression.operator
        if operator in ("&&", "||"):
            first = self.scalar(expression.left, scope)
            if bool(first.known()) == (operator == "||"):
                return first
            return self.scalar(expression.right, scope)
        left = self.evaluate(expression.left, scope)
        return binary(operator, left, self.evaluate(expression.right, scope))

    def enum_member(self, type_: syntax.TypeRef, name: str, scope: Scope) -> Scalar:
        """`E.A`, `error.NoError` (§8.2, §8.3)."""
        enum = self.type_of(type_, scope)
        if isinstance(enum, SerializableEnumType):
            return number(enum, dict(enum.members)[name])
        assert isinstance(enum, EnumType)
        return Scalar(enum, member_number(enum, name))

    def member(self, base: syntax.Expression, name: str, scope: Scope) -> Value:
        """A field; a stack's size and lastIndex; what a table's application says."""
        if isinstance(base, syntax.NameExpression):
            binding = scope.find(base.name)
            if isinstance(binding, TypeName):
                return self.enum_member(syntax.NamedTypeRef(base.span, base.name), name, scope)
        place = self.place(base, scope)
        whole = place.read()
        match whole, name:
            case Stack(), "size":
                return number(BIT32, whole.type.size)
            case Stack(), "lastIndex":
                return number(BIT32, whole.next - 1) if whole.next else undefined(BIT32)
            case Stack(), "next" | "last":
                return readable(self.stack_element(place, name).read())
            case Applied(hit, action_run), _:
                return Applied(hit, action_run) if name == "action_run" else Scalar(BOOL, int(hit == (name == "hit")))
        return readable(Field(place, name).read())

    # ---- l-values (§6.7)

    def place(self, expression: syntax.Expression, scope: Scope) -> Place:
        """Where the value of an expression stands, its indexes evaluated; for other expressions: nowhere lasting."""
        match expression:
            case syntax.NameExpression(name=name):
                return Variable(scope.holder(name), name)
            case syntax.MemberExpression(base=syntax.TypeExpression()):
                return Temporary(self.evaluate(expression, scope))
            case syntax.MemberExpression(base=base, member=member):
                return self.member_place(base, member.text, expression, scope)
            case syntax.IndexExpression(base=base, index=index):
                whole = self.place(base, scope)
                return Element(whole, self.number_of(index, scope))
            case syntax.SliceExpression(base=base, high=high, low=low):
                whole = self.place(base, scope)
                return Slice(whole, self.number_of(high, scope), self.number_of(low, scope))
            case syntax.CallExpression():
                return Temporary(self.call(expression, scope) or Marker("_"))
        return Temporary(self.evaluate(expression, scope))

    def member_place(self, base: syntax.Expression, name: str, expression: syntax.Expression, scope: Scope) -> Place:
        if isinstance(base, syntax.NameExpression) and isinstance(scope.find(base.name), TypeName):
            return Temporary(self.evaluate(expression, scope))
        whole = self.place(base, scope)
        if isinstance(whole.read(), Stack) and name in ("next", "last"):
            return self.stack_element(whole, name)
        if isinstance(whole.read(), Struct | Union):
            return Field(whole, name)
        return Temporary(self.member(base, name, scope))

    def stack_element(self, place: Place, name: str) -> Element:
        """`next` and `last` of a stack, in parsers (§8.20)."""
        stack = place.read()
        assert isinstance(stack, Stack)
        index = stack.next if name == "next" else stack.next - 1
        if not 0 <= index < stack.type.size:
            raise ParserFailed("StackOutOfBounds")
        return Element(place, index)


def readable(binding: Binding) -> Value:
    """A copy of what a place holds."""
    assert not isinstance(binding, TypeName), binding
    return copy(binding)  # type: ignore[arg-type]
