"""Declarations of the top level, and what is special to parsers and controls (appendix H: declaration)."""

from __future__ import annotations

from collections.abc import Callable

from compiler import syntax
from compiler.diagnostics import Span
from compiler.lexer import END
from compiler.parser.cursor import NAME_KINDS, ParseError
from compiler.parser.tables import TableParser


class DeclarationParser(TableParser):
    def program(self) -> syntax.Program:
        """All declarations up to the end of the file; what cannot be read is reported and skipped."""
        start = self.token.span
        found: list[syntax.Declaration] = []
        while self.kind != END:
            if self.accept(";"):
                continue
            first = self._position
            try:
                found.append(self.declaration())
            except ParseError as error:
                self.report(error)
                self._forget(first)
                if self._position == first:
                    self.advance()
                self.synchronize()
                self.accept("}")
        return syntax.Program(self.span_from(start), tuple(found), frozenset(self.damaged))

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
            "control": self._control,
            "parser": self._parser,
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
        members = self.separated("}", self.name, trailing=True)
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

    # Actions

    def action(self, annotations: syntax.Annotations) -> syntax.ActionDeclaration:
        start = annotations[0].span if annotations else self.token.span
        self.expect("action")
        name = self.name()
        self.declare_value(name)
        with self.scope():
            parameters = self.parameters()
            body = self.block()
        return syntax.ActionDeclaration(self.span_from(start), annotations, name, parameters, body)

    # Controls

    def _control(self, annotations: syntax.Annotations) -> syntax.ControlTypeDeclaration | syntax.ControlDeclaration:
        start = annotations[0].span if annotations else self.token.span
        self.expect("control")
        name = self.name()
        self.declare_type(name)
        with self.scope():
            type_parameters = self.type_parameters()
            parameters = self.parameters()
            if self.accept(";"):
                span = self.span_from(start)
                return syntax.ControlTypeDeclaration(span, annotations, name, type_parameters, parameters)
            constructor_parameters = self.parameters() if self.kind == "(" else ()
            bodies: list[syntax.BlockStatement] = []

            def element() -> syntax.ControlLocal | None:
                if self.kind == "apply" and not bodies:
                    self.advance()
                    bodies.append(self.block(self.annotations()))
                    return None
                if bodies:
                    raise self.unexpected("'}': the apply block is the last part of a control")
                return self._control_local()

            locals_: tuple[syntax.ControlLocal, ...] = self.items(element)
        if not bodies:
            end = self._tokens[self._position - 1]
            self.report(ParseError(end, f"control {name} has no apply block", "apply { ... } before '}'"))
            bodies.append(syntax.BlockStatement(end.span, (), ()))
        return syntax.ControlDeclaration(
            self.span_from(start),
            annotations,
            name,
            type_parameters,
            parameters,
            constructor_parameters,
            locals_,
            bodies[0],
        )

    def _control_local(self) -> syntax.ControlLocal:
        annotations = self.annotations()
        if self.kind == "action":
            return self.action(annotations)
        if self.kind == "table":
            return self.table(annotations)
        return self._local(annotations, "an action, a table, an instance, a variable, a constant or apply")

    def _local(
        self, annotations: syntax.Annotations, hint: str
    ) -> syntax.ConstantDeclaration | syntax.VariableDeclaration | syntax.Instantiation:
        """A constant, variable or instance of a parser or control."""
        if self.kind == "const":
            return self.constant(annotations)
        known = self.at_type() or self.kind == "."
        if not known and not (self.kind in NAME_KINDS and self.peek().kind in (*NAME_KINDS, "<", "(")):
            raise self.unexpected(hint)
        start = annotations[0].span if annotations else self.token.span
        type_ref = self.type_ref()
        if self.kind == "(":
            return self.instantiation(start, annotations, type_ref)
        return self.variable(start, annotations, type_ref)

    # Parsers

    def _parser(self, annotations: syntax.Annotations) -> syntax.ParserTypeDeclaration | syntax.ParserDeclaration:
        start = annotations[0].span if annotations else self.token.span
        self.expect("parser")
        name = self.name()
        self.declare_type(name)
        with self.scope():
            type_parameters = self.type_parameters()
            parameters = self.parameters()
            if self.accept(";"):
                span = self.span_from(start)
                return syntax.ParserTypeDeclaration(span, annotations, name, type_parameters, parameters)
            constructor_parameters = self.parameters() if self.kind == "(" else ()
            states: list[syntax.ParserState] = []

            def element() -> syntax.ParserLocal | None:
                element_annotations = self.annotations()
                if self.kind == "state":
                    states.append(self._state(element_annotations))
                    return None
                if self.kind == "value_set":
                    return self._value_set(element_annotations)
                return self._local(element_annotations, "a state, a value_set, an instance, a variable or a constant")

            locals_: tuple[syntax.ParserLocal, ...] = self.items(element)
        return syntax.ParserDeclaration(
            self.span_from(start),
            annotations,
            name,
            type_parameters,
            parameters,
            constructor_parameters,
            locals_,
            tuple(states),
        )

    def _value_set(self, annotations: syntax.Annotations) -> syntax.ValueSetDeclaration:
        start = annotations[0].span if annotations else self.token.span
        self.expect("value_set")
        self.expect("<")
        element = self.type_ref()
        self.expect(">")
        self.expect("(")
        size = self.expression()
        self.expect(")")
        name = self.name()
        self.declare_value(name)
        self.semicolon()
        return syntax.ValueSetDeclaration(self.span_from(start), annotations, element, size, name)

    def _state(self, annotations: syntax.Annotations) -> syntax.ParserState:
        start = annotations[0].span if annotations else self.token.span
        self.expect("state")
        name = self.name()
        transitions: list[syntax.Transition] = []

        def element() -> syntax.BlockItem | None:
            if transitions:
                raise self.unexpected("'}': the transition is the last part of a state")
            if self.kind == "transition":
                transitions.append(self._transition())
                return None
            return self.block_item()

        self._in_parser_state = True
        try:
            with self.scope():
                items: tuple[syntax.BlockItem, ...] = self.items(element)
        finally:
            self._in_parser_state = False
        transition = transitions[0] if transitions else None
        return syntax.ParserState(self.span_from(start), annotations, name, items, transition)

    def _transition(self) -> syntax.Transition:
        start = self.expect("transition").span
        if self.kind != "select":
            state = self.name("a state or select")
            self.semicolon()
            return syntax.DirectTransition(self.span_from(start), state)
        self.advance()
        self.expect("(")
        keys = self.separated(")", self.expression)
        cases = self.items(self._select_case)
        return syntax.SelectTransition(self.span_from(start), keys, cases)

    def _select_case(self) -> syntax.SelectCase:
        start = self.token.span
        keysets = self.keyset()
        self.expect(":")
        state = self.name("a state")
        self.semicolon()
        return syntax.SelectCase(self.span_from(start), keysets, state)

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
