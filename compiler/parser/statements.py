"""Statements, and the declarations that may stand among them (appendix H: statementOrDeclaration).

What begins with an identifier may be a declaration (`T x;`), an instantiation (`T(a) x;`), an assignment or a call. The
scope of type names decides; a name that nobody declared counts as a type when another name follows it, so that the
checker can say that the type is missing.
"""

from __future__ import annotations

from compiler import syntax
from compiler.diagnostics import Note, Span
from compiler.parser.annotations import AnnotationParser
from compiler.parser.cursor import NAME_KINDS, ParseError
from compiler.parser.expressions import MAX_CHAIN

ASSIGNMENT_OPERATORS = frozenset({"=", "*=", "/=", "%=", "+=", "-=", "|+|=", "|-|=", "<<=", ">>=", "&=", "|=", "^="})

_INSTEAD_OF = {
    "++": "'=' or '('; P4 has no ++, write += 1",
    "==": "'=' or '('; = assigns, == compares",
    ";": "'=' or '('; a call needs parentheses",
}
"""What is expected in the place of an operator that other languages have there."""

_NOT_IN_PARSERS = {
    syntax.ReturnStatement: "return",
    syntax.ExitStatement: "exit",
    syntax.SwitchStatement: "switch",
    syntax.ForStatement: "for",
    syntax.ForInStatement: "for",
    syntax.BreakStatement: "break",
    syntax.ContinueStatement: "continue",
    syntax.Instantiation: "an instantiation",
}
"""What the grammar of parser states leaves out (parserStatement)."""


class StatementParser(AnnotationParser):
    _in_parser_state = False

    def block(self, annotations: syntax.Annotations = ()) -> syntax.BlockStatement:
        """`{ ... }`, a scope of its own"""
        start = self.token.span
        with self.nested(), self.scope():
            items: tuple[syntax.BlockItem, ...] = self.items(self.block_item)
        return syntax.BlockStatement(self.span_from(start), annotations, items)

    def block_item(self) -> syntax.BlockItem:
        item = self._block_item()
        if self._in_parser_state and type(item) in _NOT_IN_PARSERS:
            what = _NOT_IN_PARSERS[type(item)]
            self.complain(
                item.span, f"{what} cannot stand in a parser state", "an assignment, a call, if, or a transition"
            )
        return item

    def statement(self) -> syntax.Statement:
        """One statement where no declaration may stand, e.g. behind `if (...)`."""
        item = self.block_item()
        if isinstance(item, syntax.Declaration):
            self.complain(
                item.span, "a declaration cannot stand here", "a statement; put braces around the declaration"
            )
            return syntax.EmptyStatement(item.span)
        return item

    def _block_item(self) -> syntax.BlockItem:
        kind = self.kind
        if kind in NAME_KINDS or kind == ".":
            return self._from_name(())
        if kind == "if":
            return self._if()
        if kind == "{":
            return self.block()
        if kind == "@":
            return self._annotated()
        if self.at_type() or kind == "const":
            return self._declaration(())
        rule = {
            ";": self._empty,
            "return": self._return,
            "switch": self._switch,
            "for": self._for,
            "exit": self._exit,
            "break": self._break,
            "continue": self._continue,
        }.get(kind)
        if rule is not None:
            return rule()
        if kind in ("(", "this"):
            statement = self._assignment_or_call()
            self.semicolon()
            return statement
        raise self.unexpected("a statement")

    def semicolon(self) -> None:
        """`;`; where it is missing at the end of a line, say so and go on as if it were there."""
        if self.accept(";"):
            return
        if self._tokens[self._position - 1].row < self.token.row:
            self.report(self.unexpected("';'", Note("it is missing here", self.end_of_previous())))
        else:
            raise self.unexpected("';'")

    # Declarations among statements

    def _annotated(self) -> syntax.BlockItem:
        annotations = self.annotations()
        if self.kind == "{":
            return self.block(annotations)
        if self.kind == "for":
            return self._for(annotations)
        if self.kind in NAME_KINDS or self.kind == ".":
            item = self._from_name(annotations)
            if isinstance(item, syntax.Statement):
                self.complain(
                    annotations[0].span, "an assignment or call takes no annotation", "a declaration or block"
                )
            return item
        return self._declaration(annotations)

    def _declaration(self, annotations: syntax.Annotations) -> syntax.BlockItem:
        """A constant, variable or instance; starts with `const` or a type."""
        if self.kind == "const":
            return self.constant(annotations)
        start = annotations[0].span if annotations else self.token.span
        type_ref = self.type_ref()
        if self.kind == "(":
            return self.instantiation(start, annotations, type_ref)
        if self.kind == "." and not annotations:
            return self._call_on_type(type_ref)
        return self.variable(start, annotations, type_ref)

    def _call_on_type(self, type_ref: syntax.TypeRef) -> syntax.Statement:
        """`T.apply(...);`"""
        call = self.postfix(syntax.TypeExpression(type_ref.span, type_ref))
        if not isinstance(call, syntax.CallExpression):
            if self.kind in ASSIGNMENT_OPERATORS and isinstance(call, syntax.MemberExpression):
                return self._assignment_to_type(call)
            raise self.unexpected("a call")
        self.semicolon()
        return syntax.CallStatement(self.span_from(call.span), call)

    def _assignment_to_type(self, target: syntax.MemberExpression) -> syntax.Statement:
        """`T.field = value;`, for the checker to say that T is a type, not a variable."""
        operator = self.advance().kind
        value = self.expression()
        self.semicolon()
        return syntax.AssignmentStatement(self.span_from(target.span), target, operator, value)

    def constant(self, annotations: syntax.Annotations) -> syntax.ConstantDeclaration:
        start = annotations[0].span if annotations else self.token.span
        self.expect("const")
        type_ref, name = self.declarator(self.type_ref())
        self.expect("=")
        value = self.expression()
        self.declare_value(name)
        self.semicolon()
        return syntax.ConstantDeclaration(self.span_from(start), annotations, type_ref, name, value)

    def variable(
        self, start: Span, annotations: syntax.Annotations, type_ref: syntax.TypeRef
    ) -> syntax.VariableDeclaration:
        """The rest of a variable declaration behind its type, with `;`."""
        declaration = self._variable_without_semicolon(start, annotations, type_ref)
        self.semicolon()
        return syntax.VariableDeclaration(
            self.span_from(start), annotations, declaration.type, declaration.name, declaration.value
        )

    def _variable_without_semicolon(
        self, start: Span, annotations: syntax.Annotations, type_ref: syntax.TypeRef
    ) -> syntax.VariableDeclaration:
        type_ref, name = self.declarator(type_ref)
        value = self.expression() if self.accept("=") else None
        self.declare_value(name)
        return syntax.VariableDeclaration(self.span_from(start), annotations, type_ref, name, value)

    def instantiation(
        self, start: Span, annotations: syntax.Annotations, type_ref: syntax.TypeRef
    ) -> syntax.Instantiation:
        """The rest of an instantiation behind its type."""
        return self._instance(start, annotations, type_ref, self.arguments())

    def _instance(
        self,
        start: Span,
        annotations: syntax.Annotations,
        type_ref: syntax.TypeRef,
        arguments: tuple[syntax.Argument, ...],
    ) -> syntax.Instantiation:
        type_ref, name = self.declarator(type_ref)
        initializer: tuple[syntax.FunctionDeclaration | syntax.Instantiation, ...] | None = None
        if self.accept("="):
            with self.scope():
                initializer = self.items(self._initializer_item)
        self.declare_value(name)
        self.semicolon()
        return syntax.Instantiation(self.span_from(start), annotations, type_ref, arguments, name, initializer)

    def _initializer_item(self) -> syntax.FunctionDeclaration | syntax.Instantiation:
        annotations = self.annotations()
        start = annotations[0].span if annotations else self.token.span
        result = self.type_ref()
        if self.kind == "(":
            return self.instantiation(start, annotations, result)
        return self.function(start, annotations, result)

    # Functions

    def function(
        self, start: Span, annotations: syntax.Annotations, result: syntax.TypeRef
    ) -> syntax.FunctionDeclaration:
        """The rest of a function behind its result type."""
        name = self.name()
        self.declare_value(name)
        with self.scope():
            type_parameters = self.type_parameters()
            parameters = self.parameters()
            body = self.block()
        return syntax.FunctionDeclaration(
            self.span_from(start), annotations, result, name, type_parameters, parameters, body
        )

    def parameters(self) -> tuple[syntax.Parameter, ...]:
        """`(parameter, ...)`; the names are values in the scope that is open."""
        self.expect("(")
        return self.separated(")", self._parameter)

    def _parameter(self) -> syntax.Parameter:
        start = self.token.span
        annotations = self.annotations()
        direction = syntax.Direction.NONE
        if self.kind in ("in", "out", "inout"):
            direction = syntax.Direction(self.advance().kind)
        type_ref, name = self.declarator(self.type_ref())
        default = self.expression() if self.accept("=") else None
        self.declare_value(name)
        return syntax.Parameter(self.span_from(start), annotations, direction, type_ref, name, default)

    # Statements that begin with a name

    def _from_name(self, annotations: syntax.Annotations) -> syntax.BlockItem:
        following = self.peek(2 if self.kind == "." else 1).kind
        if self.at_type():
            # `T.apply();` and `T<X>.apply();` are calls, and so seen by _declaration.
            return self._declaration(annotations)
        if following in NAME_KINDS and (self.kind == "." or self.is_type(self.token.text) is None):
            return self._declaration(annotations)  # of a type that is not declared
        if following == "<" and self.is_type(self.token.text) is None:
            declaration = self.attempt(self._unknown_generic_type)
            if declaration is not None:
                return self.variable(declaration.span, annotations, declaration)
        statement = self._assignment_or_call()
        if (
            self.kind in NAME_KINDS
            and isinstance(statement, syntax.CallStatement)
            and isinstance(statement.call.callee, syntax.NameExpression)
            and self._tokens[self._position - 1].row == self.token.row
        ):
            callee = statement.call.callee
            type_ref = syntax.NamedTypeRef(callee.span, callee.name, callee.is_absolute)
            return self._instance(statement.span, annotations, type_ref, statement.call.arguments)
        self.semicolon()
        return statement

    def _unknown_generic_type(self) -> syntax.TypeRef:
        """`Unknown<T>` before a name."""
        type_ref = self.type_ref()
        if self.kind not in NAME_KINDS:
            raise self.unexpected("a name")
        return type_ref

    def _assignment_or_call(self) -> syntax.AssignmentStatement | syntax.CallStatement:
        """Without the `;`, as in the head of a for loop."""
        start = self.token.span
        target = self.postfix(self._target_start())
        if isinstance(target, syntax.CallExpression):
            return syntax.CallStatement(target.span, target)
        operator = self.kind
        if operator == ">" and self.peek().kind == ">=" and self.token.touches(self.peek()):
            self.advance()
            operator = ">>="
        if operator not in ASSIGNMENT_OPERATORS:
            raise self.unexpected(_INSTEAD_OF.get(operator, "'=' or '('"))
        self.advance()
        value = self.expression()
        return syntax.AssignmentStatement(self.span_from(start), target, operator, value)

    def _target_start(self) -> syntax.Expression:
        if self.kind == "(":
            with self.nested():
                self.advance()
                inner = self.postfix(self._target_start())
                self.expect(")")
            return inner
        return self._primary()

    # The other statements

    def _empty(self) -> syntax.Statement:
        return syntax.EmptyStatement(self.advance().span)

    def _return(self) -> syntax.Statement:
        start = self.advance().span
        value = None if self.kind == ";" else self.expression()
        self.semicolon()
        return syntax.ReturnStatement(self.span_from(start), value)

    def _exit(self) -> syntax.Statement:
        start = self.advance().span
        self.semicolon()
        return syntax.ExitStatement(self.span_from(start))

    def _break(self) -> syntax.Statement:
        start = self.advance().span
        self.semicolon()
        return syntax.BreakStatement(self.span_from(start))

    def _continue(self) -> syntax.Statement:
        start = self.advance().span
        self.semicolon()
        return syntax.ContinueStatement(self.span_from(start))

    def _if(self) -> syntax.Statement:
        """An `if` with all its `else if`s, read in a loop because there may be many."""
        branches: list[tuple[Span, syntax.Expression, syntax.Statement]] = []
        otherwise: syntax.Statement | None = None
        while True:
            start = self.expect("if").span
            self.expect("(")
            condition = self.expression()
            self.expect(")", "')'; == compares, = assigns" if self.kind == "=" else None)
            with self.nested():
                branches.append((start, condition, self.statement()))
            if not self.accept("else"):
                break
            if self.kind != "if":
                with self.nested():
                    otherwise = self.statement()
                break
            if len(branches) >= MAX_CHAIN // 2:
                raise ParseError(self.token, f"more than {MAX_CHAIN // 2} else-ifs in a row")
        for start, condition, then_branch in reversed(branches):
            otherwise = syntax.IfStatement(self.span_from(start), condition, then_branch, otherwise)
        assert otherwise is not None
        return otherwise

    def _switch(self) -> syntax.Statement:
        start = self.advance().span
        self.expect("(")
        subject = self.expression()
        self.expect(")")
        with self.nested():
            cases = self.items(self._switch_case)
        return syntax.SwitchStatement(self.span_from(start), subject, cases)

    def _switch_case(self) -> syntax.SwitchCase:
        start = self.token.span
        label: syntax.Expression
        label = syntax.DefaultKeyset(self.advance().span) if self.kind == "default" else self.expression()
        self.expect(":")
        body = self.block() if self.kind == "{" else None
        return syntax.SwitchCase(self.span_from(start), label, body)

    def _for(self, annotations: syntax.Annotations = ()) -> syntax.Statement:
        start = annotations[0].span if annotations else self.token.span
        self.expect("for")
        self.expect("(")
        with self.nested(), self.scope():
            init: list[syntax.BlockItem] = []
            while self.kind != ";":
                item = self._for_head_item()
                if self.kind == "in" and not init and isinstance(item, syntax.VariableDeclaration):
                    return self._for_in(start, annotations, item)
                init.append(item)
                if not self.accept(","):
                    break
            self.expect(";", "',' or ';'")
            condition = self.expression()
            self.expect(";")
            update = self.separated(")", self._assignment_or_call)
            body = self.statement()
        return syntax.ForStatement(self.span_from(start), annotations, tuple(init), condition, update, body)

    def _for_head_item(self) -> syntax.BlockItem:
        start = self.token.span
        annotations = self.annotations()
        if annotations or self.at_type() or (self.kind in NAME_KINDS and self.peek().kind in NAME_KINDS):
            return self._variable_without_semicolon(start, annotations, self.type_ref())
        return self._assignment_or_call()

    def _for_in(
        self, start: Span, annotations: syntax.Annotations, variable: syntax.VariableDeclaration
    ) -> syntax.Statement:
        self.expect("in")
        collection = self.expression()
        if self.kind == "..":
            collection = self.range_from(collection)
        self.expect(")")
        body = self.statement()
        return syntax.ForInStatement(self.span_from(start), annotations, variable, collection, body)
