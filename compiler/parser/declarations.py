"""Declarations of the top level: types, externs, packages, and the program as a whole (appendix H: declaration)."""

from __future__ import annotations

from collections.abc import Callable

from compiler import syntax
from compiler.diagnostics import Span
from compiler.lexer import END
from compiler.parser.blocks import BlockParser
from compiler.parser.cursor import NAME_KINDS, ParseError


class DeclarationParser(BlockParser):
    def program(self) -> syntax.Program:
        """All declarations up to the end of the file; what cannot be read is reported and skipped."""
        found: list[syntax.Declaration] = []
        while self.kind != END:
            if self.accept(";"):
                continue
            first = self._position
            try:
                found.append(self.declaration())
            except ParseError as error:
                if self._position == first:
                    self.advance()
                self.recover(error, first)
                self.accept("}")
        return syntax.Program(self.token.span, tuple(found), frozenset(self.damaged))

    def declaration(self) -> syntax.Declaration:
        annotations = self.annotations()
        start = annotations[0].span if annotations else self.token.span
        rule = self._rules().get(self.kind)
        if rule is not None:
            return rule(annotations)
        if self.kind in ("error", "match_kind") and self.peek().kind == "{":
            return self._members()
        if self.kind not in NAME_KINDS and self.kind != "." and not self.at_type():
            raise self.unexpected("a declaration")
        type_ref = self.type_ref()
        if self.kind == "(":
            return self.instantiation(start, annotations, type_ref)
        if self.kind in NAME_KINDS and self.peek().kind in (";", "=", "["):
            variable = self.variable(start, annotations, type_ref)
            self.complain(
                variable.name.span, "a variable cannot stand outside of a control, parser, action or function"
            )
            return variable
        return self.function(start, annotations, type_ref)

    def _rules(self) -> dict[str, Callable[[syntax.Annotations], syntax.Declaration]]:
        return {
            "const": self.constant,
            "header": self._header,
            "struct": self._struct,
            "header_union": self._header_union,
            "enum": self._enum,
            "typedef": self._typedef,
            "type": self._new_type,
            "action": self.action,
            "control": self.control,
            "parser": self.parser,
            "extern": self._extern,
            "package": self._package,
        }

    # Types

    def _header(self, annotations: syntax.Annotations) -> syntax.HeaderDeclaration:
        return syntax.HeaderDeclaration(*self._fields(annotations))

    def _struct(self, annotations: syntax.Annotations) -> syntax.StructDeclaration:
        return syntax.StructDeclaration(*self._fields(annotations))

    def _header_union(self, annotations: syntax.Annotations) -> syntax.HeaderUnionDeclaration:
        return syntax.HeaderUnionDeclaration(*self._fields(annotations))

    def _fields(
        self, annotations: syntax.Annotations
    ) -> tuple[Span, syntax.Annotations, syntax.Name, tuple[syntax.Name, ...], tuple[syntax.StructField, ...]]:
        """`header name<T> { fields }`: span, annotations, name, type parameters and fields."""
        start = annotations[0].span if annotations else self.token.span
        self.advance()
        name = self.name()
        self.declare_type(name)
        with self.scope():
            type_parameters = self.type_parameters()
            fields = self.items(self._field)
        return self.span_from(start), annotations, name, type_parameters, fields

    def _field(self) -> syntax.StructField:
        start = self.token.span
        annotations = self.annotations()
        type_ref, name = self.declarator(self.type_ref())
        self.semicolon()
        return syntax.StructField(self.span_from(start), annotations, type_ref, name)

    def _enum(self, annotations: syntax.Annotations) -> syntax.EnumDeclaration | syntax.SerializableEnumDeclaration:
        start = annotations[0].span if annotations else self.token.span
        self.expect("enum")
        if self.kind in NAME_KINDS and self.peek().kind == "{":
            name = self.name()
            self.declare_type(name)
            self.expect("{")
            members = self.separated("}", self.name, trailing=True)
            return syntax.EnumDeclaration(self.span_from(start), annotations, name, members)
        underlying = self.type_ref()
        name = self.name()
        self.declare_type(name)
        self.expect("{")
        values = self.separated("}", self._enum_member, trailing=True)
        return syntax.SerializableEnumDeclaration(self.span_from(start), annotations, underlying, name, values)

    def _enum_member(self) -> syntax.EnumMember:
        name = self.name()
        self.expect("=", "'=' and a value, as in every member of an enum with an underlying type")
        value = self.expression()
        return syntax.EnumMember(name.span.to(value.span), name, value)

    def _members(self) -> syntax.Declaration:
        """`error { names }` or `match_kind { names }`"""
        keyword = self.advance()
        self.expect("{")
        members = self.separated("}", self.name, trailing=keyword.kind == "match_kind")
        if keyword.kind == "error":
            return syntax.ErrorDeclaration(self.span_from(keyword.span), members)
        return syntax.MatchKindDeclaration(self.span_from(keyword.span), members)

    def _typedef(self, annotations: syntax.Annotations) -> syntax.TypedefDeclaration:
        start = annotations[0].span if annotations else self.token.span
        self.expect("typedef")
        inner_annotations = self.annotations()
        aliased: syntax.TypeRef | syntax.DerivedTypeDeclaration
        if self.kind == "header":
            aliased, name = self._header(inner_annotations), self.name()
        elif self.kind == "struct":
            aliased, name = self._struct(inner_annotations), self.name()
        elif self.kind == "header_union":
            aliased, name = self._header_union(inner_annotations), self.name()
        elif self.kind == "enum":
            aliased, name = self._enum(inner_annotations), self.name()
        else:
            aliased, name = self.declarator(self.type_ref())
        self.declare_type(name)
        self.semicolon()
        return syntax.TypedefDeclaration(self.span_from(start), annotations, aliased, name)

    def _new_type(self, annotations: syntax.Annotations) -> syntax.NewTypeDeclaration:
        start = annotations[0].span if annotations else self.token.span
        self.expect("type")
        type_ref, name = self.declarator(self.type_ref())
        self.declare_type(name)
        self.semicolon()
        return syntax.NewTypeDeclaration(self.span_from(start), annotations, type_ref, name)

    # Externs

    def _extern(self, annotations: syntax.Annotations) -> syntax.ExternDeclaration | syntax.ExternFunctionDeclaration:
        start = annotations[0].span if annotations else self.token.span
        self.expect("extern")
        following = self.peek().kind
        if self.kind in NAME_KINDS and following == ";":
            name = self.name()
            self.declare_type(name)
            self.semicolon()
            return syntax.ExternDeclaration(self.span_from(start), annotations, name, (), (), True)
        if self.kind in NAME_KINDS and (following == "{" or (following == "<" and self._is_generic_object())):
            return self._extern_object(start, annotations)
        with self.scope():
            result, name, type_parameters, parameters = self._prototype()
        self.declare_value(name)
        self.semicolon()
        return syntax.ExternFunctionDeclaration(
            self.span_from(start), annotations, result, name, type_parameters, parameters
        )

    def _is_generic_object(self) -> bool:
        """Whether `name<names>` is followed by `{`: an object, not a function whose result type is generic."""
        distance = 2
        while self.peek(distance).kind in NAME_KINDS or self.peek(distance).kind == ",":
            distance += 1
        return self.peek(distance).kind == ">" and self.peek(distance + 1).kind == "{"

    def _extern_object(self, start: Span, annotations: syntax.Annotations) -> syntax.ExternDeclaration:
        name = self.name()
        self.declare_type(name)

        def method() -> syntax.MethodPrototype:
            return self._method(name.text)

        with self.scope():
            type_parameters = self.type_parameters()
            methods = self.items(method)
        return syntax.ExternDeclaration(self.span_from(start), annotations, name, type_parameters, methods, False)

    def _method(self, object_name: str) -> syntax.MethodPrototype:
        start = self.token.span
        annotations = self.annotations()
        is_abstract = self.accept("abstract")
        result: syntax.TypeRef | None = None
        with self.scope():
            if self.token.text == object_name and self.peek().kind == "(":
                name = self.name()
                type_parameters: tuple[syntax.Name, ...] = ()
                parameters = self.parameters()
            else:
                result, name, type_parameters, parameters = self._prototype()
        self.semicolon()
        return syntax.MethodPrototype(
            self.span_from(start), annotations, is_abstract, result, name, type_parameters, parameters
        )

    def _prototype(
        self,
    ) -> tuple[syntax.TypeRef, syntax.Name, tuple[syntax.Name, ...], tuple[syntax.Parameter, ...]]:
        """`result name<T>(parameters)`, in a scope that the caller opened."""
        result = self.type_ref()
        name = self.name()
        type_parameters = self.type_parameters()
        return result, name, type_parameters, self.parameters()

    # Packages

    def _package(self, annotations: syntax.Annotations) -> syntax.PackageTypeDeclaration:
        start = annotations[0].span if annotations else self.token.span
        self.expect("package")
        name = self.name()
        self.declare_type(name)
        with self.scope():
            type_parameters = self.type_parameters()
            parameters = self.parameters()
        self.semicolon()
        return syntax.PackageTypeDeclaration(self.span_from(start), annotations, name, type_parameters, parameters)
