"""The parser's place in the token list, its scope of type names, and how it goes on after an error.

A rule that cannot go on raises `ParseError`. The nearest list of things (statements, fields, table properties,
declarations) reports it, skips to where the next thing may begin (`synchronize`), and continues. The names in the text
that was skipped are remembered: what they would have declared is not missing, only unreadable.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from compiler.diagnostics import Diagnostics, Note, Span
from compiler.lexer import END, IDENTIFIER, INTEGER, KEYWORDS, STRING, UNKNOWN, Token
from compiler.syntax import Name

T = TypeVar("T")

NAME_KINDS = frozenset({IDENTIFIER, "actions", "apply", "entries", "key", "priority", "state", "type", "list"})
"""Tokens that may name something: keywords that mean something in few places are names elsewhere (appendix H)."""

DECLARATION_KEYWORDS = frozenset(
    {"control", "parser", "header", "header_union", "struct", "enum", "package", "typedef", "extern", "match_kind"}
)
"""Only ever at top level (as statements: never), so that one of them at the start of a line ends any unclosed block."""

MAX_DEPTH = 100
"""Nested brackets and blocks, more than any program has; keeps the stack of this and later stages within bounds."""


class ParseError(Exception):
    """A rule met a token that it has no use for."""

    def __init__(self, token: Token, message: str, hint: str | None = None, notes: tuple[Note, ...] = ()) -> None:
        super().__init__(message)
        self.token = token
        self.message = message
        self.hint = hint
        self.notes = notes


def describe(token: Token) -> str:
    """The token as a message names it."""
    if token.kind == END:
        return "end of file"
    if token.kind == UNKNOWN:
        if token.text == '"':
            return 'text behind a " that has no second one'
        return f"character {token.text}" if token.text.isprintable() else f"character U+{ord(token.text):04X}"
    if token.kind in (IDENTIFIER, INTEGER, STRING):
        return f"{token.kind} {token.text}" if "\n" not in token.text else token.kind
    return f"'{token.text}'"


class Cursor:
    """One token of lookahead, `peek` for more, and speculation where the grammar needs it."""

    def __init__(self, tokens: list[Token], text: str, diagnostics: Diagnostics) -> None:
        self._tokens = tokens
        self._text = text
        self._diagnostics = diagnostics
        self._position = 0
        self._depth = 0
        self._last_reported = -1
        self._failed: set[tuple[str, int]] = set()
        self._scopes: list[dict[str, bool]] = [{}]  # name -> is it a type; the innermost scope last
        self.token = tokens[0]
        self.kind = tokens[0].kind
        self.damaged: set[str] = set()

    # Tokens

    def peek(self, distance: int = 1) -> Token:
        """The token `distance` places ahead; behind the end, the END token."""
        return self._tokens[min(self._position + distance, len(self._tokens) - 1)]

    def advance(self) -> Token:
        token = self.token
        if token.kind != END:
            self._move_to(self._position + 1)
        return token

    def accept(self, kind: str) -> bool:
        """Step over the token if it is of this kind."""
        if self.kind != kind:
            return False
        self.advance()
        return True

    def expect(self, kind: str, hint: str | None = None) -> Token:
        if self.kind != kind:
            raise self.unexpected(hint or f"'{kind}'")
        return self.advance()

    def name(self, hint: str = "a name") -> Name:
        token = self.token
        if token.kind not in NAME_KINDS:
            raise self.unexpected(hint)
        self.advance()
        return Name(token.span, token.text)

    def unexpected(self, hint: str, *notes: Note) -> ParseError:
        return ParseError(self.token, f"unexpected {describe(self.token)}", hint, notes)

    def end_of_previous(self) -> Span:
        """The place right behind the token before this one."""
        span = self._tokens[self._position - 1].span
        return Span(span.file, span.end_line, span.end_column, span.end_line, span.end_column + 1)

    def span_from(self, start: Span) -> Span:
        """From `start` to the end of the token before this one."""
        return start.to(self._tokens[self._position - 1].span)

    def _move_to(self, position: int) -> None:
        self._position = position
        self.token = self._tokens[position]
        self.kind = self.token.kind

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Guards the stack: a rule that calls itself is entered through this."""
        if self._depth >= MAX_DEPTH:
            raise ParseError(self.token, f"nested more than {MAX_DEPTH} deep")
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def attempt(self, rule: Callable[[], T]) -> T | None:
        """What `rule` reads, or None with the place unchanged where it raises ParseError.

        A rule that failed at a place is not tried there again, so that speculation in speculation stays cheap.
        """
        start = self._position
        identity = (rule.__name__, start)
        if identity in self._failed:
            return None
        try:
            return rule()
        except ParseError:
            self._failed.add(identity)
            self._move_to(start)
            return None

    # Type names (appendix H: the grammar needs to know which identifiers are types)

    @contextmanager
    def scope(self) -> Iterator[None]:
        self._scopes.append({})
        try:
            yield
        finally:
            self._scopes.pop()

    def declare_type(self, name: Name) -> None:
        self._scopes[-1][name.text] = True

    def declare_value(self, name: Name) -> None:
        self._scopes[-1][name.text] = False

    def is_type(self, name: str) -> bool | None:
        """Whether `name` is a type where it stands; None when nothing of that name is declared."""
        for scope in reversed(self._scopes):
            if name in scope:
                return scope[name]
        return None

    def is_global_type(self, name: str) -> bool | None:
        return self._scopes[0].get(name)

    # Errors

    def report(self, error: ParseError) -> None:
        """Report the error, but only one at any token: what follows from it there is no news."""
        if error.token.start == self._last_reported:
            return
        self._last_reported = error.token.start
        self._diagnostics.error("syntax", error.message, error.token.span, *error.notes, hint=error.hint)

    def complain(self, span: Span, message: str, hint: str | None = None) -> None:
        """Report an error that does not keep the parser from going on."""
        self._diagnostics.error("syntax", message, span, hint=hint)

    def recover(self, error: ParseError, start: int) -> None:
        """Report the error in the thing that begins at token `start`, and skip the rest of it."""
        self.report(self._with_suggestion(error, self._tokens[start]))
        self._forget(start)
        kinds = [token.kind for token in self._tokens[start : self._position]]
        self.synchronize(max(0, kinds.count("{") - kinds.count("}")))

    def _with_suggestion(self, error: ParseError, first: Token) -> ParseError:
        """Where the thing begins with a name that means nothing but is nearly a keyword, that is the likely cause."""
        if first.kind != IDENTIFIER or self.is_type(first.text) is not None:
            return error
        near = difflib.get_close_matches(first.text, KEYWORDS, n=1, cutoff=0.75)
        if near:
            error.notes = (*error.notes, Note(f"{first.text} is no keyword; did you mean {near[0]}?", first.span))
        return error

    def synchronize(self, depth: int = 0) -> None:
        """Skip the rest of the thing in which an error was found, `depth` braces of which are open.

        Stops behind a `;` or a block, or before the `}` that closes the enclosing block, or before a declaration that
        cannot stand in a block.
        """
        while self.kind != END:
            kind = self.kind
            if (depth == 0 and kind == "}") or self.starts_declaration():
                return
            token = self.advance()
            if kind == IDENTIFIER:
                self.damaged.add(token.text)
            elif kind == "{":
                depth += 1
            elif kind == "}":
                depth -= 1
                if depth == 0:
                    return
            elif kind == ";" and depth == 0:
                return

    def starts_declaration(self) -> bool:
        """Whether a declaration of the top level begins here: its keyword stands first in its line."""
        if self.kind not in DECLARATION_KEYWORDS or (self.kind == "match_kind" and self.peek().kind != "{"):
            return False
        return self._position == 0 or self._tokens[self._position - 1].row < self.token.row

    def items(self, rule: Callable[[], T | None]) -> tuple[T, ...]:
        """`{ item item ... }`, where `rule` reads an item (None: nothing worth keeping); mends errors item by item."""
        opening = self.expect("{")
        found: list[T] = []
        while self.kind != "}" and self.kind != END and not self.starts_declaration():
            start = self._position
            try:
                item = rule()
                if item is not None:
                    found.append(item)
            except ParseError as error:
                self.recover(error, start)
        if not self.accept("}"):
            self.report(self.unexpected("'}'", Note("to close this block", opening.span)))
        return tuple(found)

    def separated(self, close: str, rule: Callable[[], T], trailing: bool = False) -> tuple[T, ...]:
        """`item, item, ... close`, perhaps none, with the closing token; `trailing` allows a comma before it."""
        found: list[T] = []
        if self.accept(close):
            return ()
        while True:
            found.append(rule())
            if not self.accept(","):
                break
            if trailing and self.kind == close:
                break
        self.expect(close, f"',' or '{close}'")
        return tuple(found)

    def _forget(self, start: int) -> None:
        """Remember the names in the text from token `start` on, which was read and is thrown away."""
        for token in self._tokens[start : self._position]:
            if token.kind == IDENTIFIER:
                self.damaged.add(token.text)
