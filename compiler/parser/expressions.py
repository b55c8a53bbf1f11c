"""Expressions, by precedence climbing (appendix H: expression, argument, keysetExpression)."""

from __future__ import annotations

from compiler import syntax
from compiler.diagnostics import Span
from compiler.lexer import IDENTIFIER, INTEGER, STRING, integer_value, string_value
from compiler.parser.cursor import NAME_KINDS, ParseError
from compiler.parser.types import TYPE_KEYWORDS, TypeParser

_CONDITIONAL = 1
_PRECEDENCE = {
    "||": 2,
    "&&": 3,
    **dict.fromkeys(("==", "!="), 4),
    **dict.fromkeys(("<", ">", "<=", ">="), 5),
    "|": 6,
    "^": 7,
    "&": 8,
    **dict.fromkeys(("<<", ">>"), 9),
    **dict.fromkeys(("++", "+", "-", "|+|", "|-|"), 10),
    **dict.fromkeys(("*", "/", "%"), 11),
}
"""Binary operators; a higher number binds tighter. All of them are left-associative."""

_UNARY = frozenset({"!", "~", "-", "+"})

MAX_CHAIN = 1000
"""Operators or selections in a row; they make a tree as deep as they are many."""

_STARTS_CAST_OPERAND = frozenset({IDENTIFIER, INTEGER, "true", "false"})
"""Tokens that cannot follow a parenthesised value, so that a name before them in parentheses must have meant a type."""


class ExpressionParser(TypeParser):
    def expression(self) -> syntax.Expression:
        return self._binary(_CONDITIONAL, allow_greater=True)

    def expression_without_greater(self) -> syntax.Expression:
        return self._binary(_CONDITIONAL, allow_greater=False)

    def arguments(self) -> tuple[syntax.Argument, ...]:
        """`(argument, ...)`"""
        self.expect("(")
        return self.separated(")", self._argument)

    def _argument(self) -> syntax.Argument:
        start = self.token.span
        name: syntax.Name | None = None
        if self.kind in NAME_KINDS and self.peek().kind == "=":
            name = self.name()
            self.advance()
        value: syntax.Expression
        value = syntax.DontCareExpression(self.advance().span) if self.kind == "_" else self.expression()
        return syntax.Argument(self.span_from(start), name, value)

    # Sets of values

    def keyset(self) -> tuple[syntax.Expression, ...]:
        """The keysets before the `:` of a select case or table entry, one or a parenthesised list."""
        if self.kind == "(":
            found = self.attempt(self._keyset_list)
            if found is not None:
                return found
        return (self._simple_keyset(),)

    def _keyset_list(self) -> tuple[syntax.Expression, ...]:
        self.expect("(")
        found = self.separated(")", self._simple_keyset)
        if self.kind != ":" or not found:
            raise self.unexpected("':'")
        return found

    def _simple_keyset(self) -> syntax.Expression:
        token = self.token
        if token.kind == "default":
            self.advance()
            return syntax.DefaultKeyset(token.span)
        if token.kind == "_":
            self.advance()
            return syntax.DontCareExpression(token.span)
        value = self.expression()
        if self.accept("&&&"):
            mask = self.expression()
            return syntax.MaskExpression(self.span_from(token.span), value, mask)
        if self.kind == "..":
            return self.range_from(value)
        return value

    def range_from(self, low: syntax.Expression) -> syntax.RangeExpression:
        """`.. high` behind `low`"""
        self.expect("..")
        high = self.expression()
        return syntax.RangeExpression(low.span.to(high.span), low, high)

    # Operators

    def _binary(self, least: int, allow_greater: bool) -> syntax.Expression:
        left = self._unary()
        length = 0
        while True:
            operator = self.kind
            if operator == "?":
                if least > _CONDITIONAL:
                    return left
                left = self._conditional(left, allow_greater)
                continue
            if operator == ">":
                if not allow_greater:
                    return left
                if self.token.touches(self.peek()) and self.peek().kind in (">", ">="):
                    if self.peek().kind == ">=":
                        return left  # >>=
                    operator = ">>"
            precedence = _PRECEDENCE.get(operator, 0)
            if precedence < least or precedence == 0 or (operator == "+" and self.peek().kind == ":"):
                return left
            length += 1
            if length > MAX_CHAIN:
                raise ParseError(self.token, f"more than {MAX_CHAIN} operators in a row")
            self.advance()
            if operator == ">>":
                self.advance()
            right = self._binary(precedence + 1, allow_greater)
            left = syntax.BinaryExpression(left.span.to(right.span), operator, left, right)

    def _conditional(self, condition: syntax.Expression, allow_greater: bool) -> syntax.Expression:
        self.expect("?")
        with self.nested():
            if_true = self.expression()
            self.expect(":")
            if_false = self._binary(_CONDITIONAL, allow_greater)
        return syntax.ConditionalExpression(condition.span.to(if_false.span), condition, if_true, if_false)

    def _unary(self) -> syntax.Expression:
        token = self.token
        if token.kind in _UNARY:
            with self.nested():
                self.advance()
                operand = self._unary()
            return syntax.UnaryExpression(token.span.to(operand.span), token.kind, operand)
        if token.kind == "(":
            return self._cast_or_parenthesised()
        return self.postfix(self._primary())

    def _cast_or_parenthesised(self) -> syntax.Expression:
        start = self.token.span
        with self.nested():
            next_kind = self.peek().kind
            if next_kind in TYPE_KEYWORDS or next_kind in NAME_KINDS or next_kind == ".":
                cast_type = self.attempt(self._cast_type)
                if cast_type is not None:
                    operand = self._unary()
                    return syntax.CastExpression(start.to(operand.span), cast_type, operand)
            self.expect("(")
            inner = self.expression()
            self.expect(")")
            if (
                isinstance(inner, syntax.NameExpression)
                and self.is_type(inner.name) is None
                and self.kind in _STARTS_CAST_OPERAND
            ):
                unknown_type = syntax.NamedTypeRef(inner.span, inner.name, inner.is_absolute)
                operand = self._unary()
                return syntax.CastExpression(start.to(operand.span), unknown_type, operand)
        return self.postfix(inner)

    def _cast_type(self) -> syntax.TypeRef:
        """`(type)` with a type that is known."""
        self.expect("(")
        if not self.at_type():
            raise self.unexpected("a type")
        cast_type = self.type_ref()
        self.expect(")")
        return cast_type

    # Selections and calls

    def postfix(self, base: syntax.Expression) -> syntax.Expression:
        """`base` with all that follows it: `.member`, `[index]`, `(arguments)`, `<types>(arguments)`."""
        length = 0
        while True:
            kind = self.kind
            if kind == ".":
                self.advance()
                member = self.name("a member")
                base = syntax.MemberExpression(base.span.to(member.span), base, member)
            elif kind == "[":
                base = self._indexed(base)
            elif kind == "(":
                arguments = self._nested_arguments()
                base = syntax.CallExpression(self.span_from(base.span), base, (), arguments)
            elif kind == "<" and isinstance(base, (syntax.NameExpression, syntax.MemberExpression)):
                types = self.attempt(self._call_type_arguments)
                if types is None:
                    return base
                arguments = self._nested_arguments()
                base = syntax.CallExpression(self.span_from(base.span), base, types, arguments)
            else:
                return base
            length += 1
            if length > MAX_CHAIN:
                raise ParseError(self.token, f"more than {MAX_CHAIN} selections in a row")

    def _nested_arguments(self) -> tuple[syntax.Argument, ...]:
        with self.nested():
            return self.arguments()

    def _call_type_arguments(self) -> tuple[syntax.TypeRef, ...]:
        """`<types>` before a `(`; `a < b > (c)` as a comparison of comparisons would have no type."""
        types = self.type_arguments()
        if self.kind != "(":
            raise self.unexpected("'('")
        return types

    def _indexed(self, base: syntax.Expression) -> syntax.Expression:
        with self.nested():
            self.expect("[")
            first = self.expression()
            if self.accept(":"):
                low = self.expression()
                self.expect("]")
                return syntax.SliceExpression(self.span_from(base.span), base, first, low)
            if self._accept_plus_colon():
                width = self.expression()
                self.expect("]")
                return syntax.PlusSliceExpression(self.span_from(base.span), base, first, width)
            self.expect("]", "']', ':' or '+:'")
            return syntax.IndexExpression(self.span_from(base.span), base, first)

    def _accept_plus_colon(self) -> bool:
        """`+:`, which the grammar writes as two tokens."""
        if self.kind == "+" and self.peek().kind == ":":
            self.advance()
            self.advance()
            return True
        return self.accept("+:")

    # Operands

    def _primary(self) -> syntax.Expression:
        token = self.token
        kind = token.kind
        if kind in NAME_KINDS or kind == ".":
            return self._name_or_type()
        if kind == INTEGER:
            return self._integer()
        if kind == "{":
            with self.nested():
                return self._braces()
        if kind == "error" and self.peek().kind == ".":
            self.advance()
            return syntax.TypeExpression(token.span, syntax.ErrorTypeRef(token.span))
        if kind == STRING:
            self.advance()
            return syntax.StringLiteral(token.span, string_value(token.text))
        if kind in ("true", "false"):
            self.advance()
            return syntax.BoolLiteral(token.span, kind == "true")
        if kind == "this":
            self.advance()
            return syntax.ThisExpression(token.span)
        if kind == "{#}":
            self.advance()
            return syntax.InvalidHeaderExpression(token.span)
        if kind == "...":
            self.advance()
            return syntax.DefaultExpression(token.span)
        if kind in TYPE_KEYWORDS:
            raise self.unexpected(f"an expression; a cast is written ({kind}...) value")
        raise self.unexpected("an expression")

    def _integer(self) -> syntax.IntegerLiteral:
        token = self.advance()
        try:
            value, width, is_signed, base = integer_value(token.text)
        except ValueError:
            raise ParseError(token, f"{token.text} is no number", "digits") from None
        return syntax.IntegerLiteral(token.span, value, width, is_signed, base)

    def _name_or_type(self) -> syntax.Expression:
        """A name, or with a name that is a type: a constructor call, or a type before `.member`."""
        start = self.token
        is_absolute = start.kind == "."
        name = self.peek() if is_absolute else start
        if (self.is_global_type(name.text) if is_absolute else self.is_type(name.text)) is not True:
            self.accept(".")
            self.name()
            return syntax.NameExpression(self.span_from(start.span), name.text, is_absolute)
        type_ref = self._named_type()
        if self.kind == "(":
            arguments = self._nested_arguments()
            return syntax.ConstructorCall(self.span_from(start.span), type_ref, arguments)
        if self.kind == ".":
            return syntax.TypeExpression(type_ref.span, type_ref)
        raise ParseError(name, f"{name.text} is a type", "a value")

    def _braces(self) -> syntax.Expression:
        start = self.expect("{").span
        if self.kind in NAME_KINDS and self.peek().kind == "=":
            return self._struct_fields(start)
        elements = self.separated("}", self.expression, trailing=True)
        return syntax.ListExpression(self.span_from(start), elements)

    def _struct_fields(self, start: Span) -> syntax.StructExpression:
        fields: list[syntax.KeyValue] = []
        has_rest = False
        while self.kind != "}":
            if self.accept("..."):
                has_rest = True
                self.accept(",")
                break
            fields.append(self.key_value())
            if not self.accept(","):
                break
        self.expect("}", "',' or '}'")
        return syntax.StructExpression(self.span_from(start), tuple(fields), has_rest)

    def key_value(self) -> syntax.KeyValue:
        """`name = expression`"""
        name = self.name()
        self.expect("=")
        value = self.expression()
        return syntax.KeyValue(name.span.to(value.span), name, value)
