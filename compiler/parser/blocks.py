"""Actions, controls and parsers (P4_16 spec §13, §14)."""

from __future__ import annotations

from compiler import syntax
from compiler.parser.cursor import NAME_KINDS, ParseError
from compiler.parser.tables import TableParser


class BlockParser(TableParser):
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

    def control(self, annotations: syntax.Annotations) -> syntax.ControlTypeDeclaration | syntax.ControlDeclaration:
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

    def parser(self, annotations: syntax.Annotations) -> syntax.ParserTypeDeclaration | syntax.ParserDeclaration:
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
