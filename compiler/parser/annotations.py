"""Annotations (P4_16 spec §20)."""

from __future__ import annotations

from compiler import syntax
from compiler.diagnostics import Note
from compiler.lexer import END, IDENTIFIER, KEYWORDS, Token
from compiler.parser.cursor import NAME_KINDS
from compiler.parser.expressions import ExpressionParser


class AnnotationParser(ExpressionParser):
    def annotations(self) -> syntax.Annotations:
        """All annotations that stand here, perhaps none."""
        if self.kind != "@":
            return ()
        found: list[syntax.Annotation] = []
        while self.kind == "@":
            found.append(self._annotation())
        return tuple(found)

    def _annotation(self) -> syntax.Annotation:
        at = self.expect("@")
        if self.token.text == "pragma" and at.touches(self.token):
            return self._pragma(at)
        name = self._annotation_name()
        if self.kind == "(":
            return self._unstructured(at, name)
        if self.kind == "[":
            return self._structured(at, name)
        return syntax.Annotation(self.span_from(at.span), name, syntax.AnnotationForm.BARE)

    def _annotation_name(self) -> str:
        token = self.token
        if token.kind != IDENTIFIER and token.kind not in KEYWORDS:
            raise self.unexpected("the name of an annotation")
        return self.advance().text

    def _pragma(self, at: Token) -> syntax.Annotation:
        """`@pragma name tokens`, up to the end of the line."""
        row = self.advance().row
        name = self._annotation_name()
        tokens: list[Token] = []
        while self.kind != END and self.token.row == row:
            tokens.append(self.advance())
        return syntax.Annotation(
            self.span_from(at.span),
            name,
            syntax.AnnotationForm.UNSTRUCTURED,
            tokens=tuple(syntax.AnnotationToken(token.span, token.text) for token in tokens),
            body=self._text[tokens[0].start : tokens[-1].stop] if tokens else "",
            is_pragma=True,
        )

    def _unstructured(self, at: Token, name: str) -> syntax.Annotation:
        """`@name(tokens)`: any tokens with balanced parentheses; read once more as expressions, if they are that."""
        opening = self.expect("(")
        body_start = self._position
        tokens: list[Token] = []
        depth = 0
        while depth > 0 or self.kind != ")":
            if self.kind == END:
                raise self.unexpected("')'", Note("to close this one", opening.span))
            if self.kind == "(":
                depth += 1
            elif self.kind == ")":
                depth -= 1
            tokens.append(self.advance())
        closing = self.advance()
        end = self._position
        self._move_to(body_start)
        values = self.attempt(self._body_values) or self.attempt(self._body_pairs)
        self._move_to(end)
        expressions, pairs = values if values is not None else ((), ())
        return syntax.Annotation(
            at.span.to(closing.span),
            name,
            syntax.AnnotationForm.UNSTRUCTURED,
            tokens=tuple(syntax.AnnotationToken(token.span, token.text) for token in tokens),
            body=self._text[opening.stop : closing.start],
            expressions=expressions,
            pairs=pairs,
        )

    def _structured(self, at: Token, name: str) -> syntax.Annotation:
        """`@name[expression, ...]` or `@name[key = expression, ...]`"""
        self.expect("[")
        if self.kind in NAME_KINDS and self.peek().kind == "=":
            pairs = self.separated("]", self.key_value, trailing=True)
            return syntax.Annotation(self.span_from(at.span), name, syntax.AnnotationForm.KEY_VALUE, pairs=pairs)
        expressions = self.separated("]", self.expression, trailing=True)
        return syntax.Annotation(self.span_from(at.span), name, syntax.AnnotationForm.LIST, expressions=expressions)

    def _body_values(self) -> tuple[tuple[syntax.Expression, ...], tuple[syntax.KeyValue, ...]]:
        return self.separated(")", self._body_value, trailing=True), ()

    def _body_value(self) -> syntax.Expression:
        if self.at_type():
            found = self.attempt(self._body_type)
            if found is not None:
                return found
        return self.expression()

    def _body_type(self) -> syntax.TypeExpression:
        type_ref = self.type_ref()
        if self.kind not in (",", ")"):
            raise self.unexpected("',' or ')'")
        return syntax.TypeExpression(type_ref.span, type_ref)

    def _body_pairs(self) -> tuple[tuple[syntax.Expression, ...], tuple[syntax.KeyValue, ...]]:
        return (), self.separated(")", self.key_value, trailing=True)
