"""Types as they are written (appendix H: typeRef, typeArg, typeParameters)."""

from __future__ import annotations

from abc import abstractmethod

from compiler import syntax
from compiler.parser.cursor import NAME_KINDS, Cursor, ParseError

_PLAIN_TYPES: dict[str, type[syntax.TypeRef]] = {
    "bool": syntax.BoolTypeRef,
    "error": syntax.ErrorTypeRef,
    "match_kind": syntax.MatchKindTypeRef,
    "string": syntax.StringTypeRef,
    "void": syntax.VoidTypeRef,
}

TYPE_KEYWORDS = frozenset({*_PLAIN_TYPES, "bit", "int", "varbit", "tuple"})
"""Keywords with which only a type begins. (`list` may be a name; `error` may be `error.X`, which callers look at.)"""


class TypeParser(Cursor):
    """Reads types; their widths and sizes are expressions, which a subclass reads."""

    @abstractmethod
    def expression(self) -> syntax.Expression: ...

    @abstractmethod
    def expression_without_greater(self) -> syntax.Expression:
        """An expression that ends before a `>` outside brackets."""

    def type_ref(self) -> syntax.TypeRef:
        """A type; an unknown identifier counts as one, since nothing else may stand here."""
        with self.nested():
            start = self.token.span
            result = self._simple_type()
            while self.kind == "[":
                self.advance()
                size = self.expression()
                self.expect("]")
                result = syntax.StackTypeRef(self.span_from(start), result, size)
            return result

    def at_type(self) -> bool:
        """Whether a type begins here for certain."""
        kind = self.kind
        if kind == "error":
            return self.peek().kind != "."
        if kind in TYPE_KEYWORDS:
            return True
        if kind == "list":
            return self.peek().kind == "<"
        if kind == ".":
            return self.is_global_type(self.peek().text) is True
        return kind in NAME_KINDS and self.is_type(self.token.text) is True

    def type_arguments(self) -> tuple[syntax.TypeRef, ...]:
        """`<T, _, void, ...>`, perhaps `<>`; a place where it failed once fails at once, as in `a < b < c < d ...`"""
        identity = ("type arguments", self._position)
        if identity in self._failed:
            raise self.unexpected("type arguments")
        try:
            self.expect("<")
            return self.separated(">", self._type_argument)
        except ParseError:
            self._failed.add(identity)
            raise

    def type_parameters(self) -> tuple[syntax.Name, ...]:
        """`<T, U>` or nothing; the names are types in the scope that is open."""
        if not self.accept("<"):
            return ()
        names = self.separated(">", self.name)
        for name in names:
            self.declare_type(name)
        return names

    def declarator(self, type_ref: syntax.TypeRef) -> tuple[syntax.TypeRef, syntax.Name]:
        """`name` or `name[size]`, which makes the type an array."""
        name = self.name()
        sizes: list[syntax.Expression] = []
        while self.accept("["):
            sizes.append(self.expression())
            self.expect("]")
        for size in reversed(sizes):
            type_ref = syntax.StackTypeRef(self.span_from(type_ref.span), type_ref, size)
        return type_ref, name

    def _simple_type(self) -> syntax.TypeRef:
        token = self.token
        kind = token.kind
        if (kind in NAME_KINDS and not (kind == "list" and self.peek().kind == "<")) or kind == ".":
            return self._named_type()
        self.advance()
        if kind in _PLAIN_TYPES:
            return _PLAIN_TYPES[kind](token.span)
        if kind == "bit":
            width = self._width()
            return syntax.BitTypeRef(self.span_from(token.span), width)
        if kind == "int":
            width = self._width()
            return syntax.IntTypeRef(self.span_from(token.span), width)
        if kind == "varbit":
            max_width = self._width()
            if max_width is None:
                raise self.unexpected("'<' and the greatest width")
            return syntax.VarbitTypeRef(self.span_from(token.span), max_width)
        if kind == "tuple":
            elements = self.type_arguments()
            return syntax.TupleTypeRef(self.span_from(token.span), elements)
        if kind == "list":
            self.expect("<")
            element = self._type_argument()
            self.expect(">")
            return syntax.ListTypeRef(self.span_from(token.span), element)
        raise ParseError(token, f"unexpected '{token.text}'" if token.text else "unexpected end of file", "a type")

    def _named_type(self) -> syntax.NamedTypeRef | syntax.SpecializedTypeRef:
        start = self.token.span
        is_absolute = self.accept(".")
        name = self.name("a type")
        named = syntax.NamedTypeRef(self.span_from(start), name.text, is_absolute)
        if self.kind != "<":
            return named
        arguments = self.type_arguments()
        if not arguments:
            raise self.unexpected("type arguments")
        return syntax.SpecializedTypeRef(self.span_from(start), named, arguments)

    def _width(self) -> syntax.Expression | None:
        """`<width>` or nothing."""
        if not self.accept("<"):
            return None
        width = self.expression_without_greater()
        self.expect(">")
        return width

    def _type_argument(self) -> syntax.TypeRef:
        if self.kind == "_":
            return syntax.DontCareTypeRef(self.advance().span)
        return self.type_ref()
