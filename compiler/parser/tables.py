"""Tables (P4_16 spec §14.2)."""

from __future__ import annotations

from compiler import syntax
from compiler.diagnostics import Note
from compiler.lexer import INTEGER
from compiler.parser.cursor import ParseError
from compiler.parser.statements import StatementParser

_OTHER_NAMES = {"match": "key", "keys": "key", "reads": "key", "action": "actions", "entry": "entries"}
"""What properties of tables are called elsewhere (P4_14) or by mistake."""


class TableParser(StatementParser):
    def table(self, annotations: syntax.Annotations) -> syntax.TableDeclaration:
        start = annotations[0].span if annotations else self.token.span
        self.expect("table")
        name = self.name()
        self.declare_value(name)
        properties = self.items(self._property)
        return syntax.TableDeclaration(self.span_from(start), annotations, name, properties)

    def _property(self) -> syntax.TableProperty:
        first = self.token
        annotations = self.annotations()
        is_const = self.accept("const")
        token = self.token
        if token.kind in ("key", "actions") and (annotations or is_const):
            raise ParseError(first, f"unexpected '{first.text}'", f"nothing before '{token.kind}'")
        if token.kind == "key":
            return self._key()
        if token.kind == "actions":
            return self._actions()
        if token.kind == "entries":
            self.advance()
            self.expect("=")
            entries = self.items(self._entry)
            return syntax.EntriesProperty(self.span_from(first.span), annotations, is_const, entries)
        name = self.name("a table property")
        self.expect("=")
        value = self._property_value(name)
        self.semicolon()
        return syntax.CustomProperty(self.span_from(first.span), annotations, is_const, name, value)

    def _property_value(self, name: syntax.Name) -> syntax.Expression:
        try:
            return self.expression()
        except ParseError as error:
            meant = _OTHER_NAMES.get(name.text)
            if meant is not None:
                error.notes = (*error.notes, Note(f"{name} is no property of tables; did you mean {meant}?", name.span))
            raise

    def _key(self) -> syntax.KeyProperty:
        start = self.expect("key").span
        self.expect("=")
        elements = self.items(self._key_element)
        return syntax.KeyProperty(self.span_from(start), elements)

    def _key_element(self) -> syntax.KeyElement:
        start = self.token.span
        expression = self.expression()
        self.expect(":")
        match_kind = self.name("a match kind")
        annotations = self.annotations()
        self.semicolon()
        return syntax.KeyElement(self.span_from(start), expression, match_kind, annotations)

    def _actions(self) -> syntax.ActionsProperty:
        start = self.expect("actions").span
        self.expect("=")
        actions = self.items(self._listed_action)
        return syntax.ActionsProperty(self.span_from(start), actions)

    def _listed_action(self) -> syntax.ActionReference:
        reference = self._action_reference()
        self.semicolon()
        return reference

    def _action_reference(self) -> syntax.ActionReference:
        start = self.token.span
        annotations = self.annotations()
        name_start = self.token.span
        is_absolute = self.accept(".")
        name = self.name("an action")
        action = syntax.NameExpression(self.span_from(name_start), name.text, is_absolute)
        arguments = self.arguments() if self.kind == "(" else None
        return syntax.ActionReference(self.span_from(start), annotations, action, arguments)

    def _entry(self) -> syntax.TableEntry:
        start = self.token.span
        is_const = self.accept("const")
        priority: syntax.Expression | None = None
        if self.kind == "priority" and self.peek().kind == "=":
            self.advance()
            self.advance()
            priority = self._priority()
            self.expect(":")
        keysets = self.keyset()
        self.expect(":")
        action = self._action_reference()
        annotations = self.annotations()
        self.semicolon()
        return syntax.TableEntry(self.span_from(start), is_const, priority, keysets, action, annotations)

    def _priority(self) -> syntax.Expression:
        if self.kind == INTEGER:
            return self._integer()
        self.expect("(", "a number or '('")
        priority = self.expression()
        self.expect(")")
        return priority
