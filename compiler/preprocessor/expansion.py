"""Macro expansion (ISO C 6.10.3), with GNU cpp's answers where the standard leaves a choice.

What a macro expands to is put on a stack of contexts and read again from there; a macro is disabled while tokens of
its context are left. An identifier that is met while its macro is disabled is painted: it never expands again.
Arguments are expanded on their own before they are put in place of a parameter, unless `#` or `##` stands beside it.

A macro that doubles itself makes 2^n tokens of n lines. The expander counts what it makes and gives up at
MAX_TOKENS: `ExpansionLimit`.
"""

from __future__ import annotations

from collections.abc import Callable

from compiler.preprocessor.macros import VARIADIC, Macro
from compiler.preprocessor.tokens import (
    IDENTIFIER,
    OTHER,
    PARAMETER,
    STRING,
    Token,
    scan,
    single,
    spelled,
    stick_together,
)

MAX_TOKENS = 1_000_000
"""Tokens that macros may make in one run: some 20 times what the largest public programs need."""

CHARACTERS_PER_TOKEN = 16

VA_OPT = "__VA_OPT__"
OMITTED = ", ##"
"""A key among the arguments: no variable arguments were given. No parameter can have this name."""

Refill = Callable[[], "list[Token] | None"]
"""Gives the tokens of the next line of text, for a macro call that goes on there; None at the end of the file."""


class ExpansionLimit(Exception):
    """Macros make more than MAX_TOKENS tokens, or are nested too deeply."""


class CallError(Exception):
    """A macro call with the wrong number of arguments, or without an end."""


class _Context:
    """Tokens to be read before all else; `macro` is enabled again behind the last."""

    __slots__ = ("macro", "position", "tokens")

    def __init__(self, tokens: list[Token], macro: Macro | None) -> None:
        self.tokens = tokens
        self.macro = macro
        self.position = 0


class Expander:
    """Knows the macros; `special` gives the text of `__LINE__` and the like for the name and the token of the text
    that stands for its place.
    """

    def __init__(self, macros: dict[str, Macro], special: Callable[[str, Token | None], str]) -> None:
        self.macros = macros
        self.special = special
        self.made = 0

    def stream(self, tokens: list[Token], refill: Refill | None = None) -> Stream:
        return Stream(self, tokens, refill)

    def expand(self, tokens: list[Token], outer: Stream | None = None) -> list[Token]:
        """All that `tokens` expand to, an argument of a call in `outer` or a text. Raises ExpansionLimit, CallError."""
        stream = Stream(self, tokens, None, outer)
        found: list[Token] = []
        while (token := stream.next()) is not None:
            found.append(token)
        return found

    def give_up(self) -> None:
        """After a CallError: no macro is being expanded any more."""
        for macro in self.macros.values():
            macro.disabled = False

    def count(self, tokens: int) -> None:
        self.made += tokens
        if self.made > MAX_TOKENS:
            raise ExpansionLimit

    def count_text(self, length: int) -> None:
        """Count a token of `length` characters that `#` or `##` makes: text can double itself, too."""
        self.count(length // CHARACTERS_PER_TOKEN)


class Stream:
    """Tokens of a text, read one by one with macros expanded.

    `from_text`: whether the last token stands in the text as it is; else it came out of a macro, `call` is the token of
    the text that names the outermost one, and `last` the last token of the text that belongs to the call.
    """

    def __init__(
        self, expander: Expander, tokens: list[Token], refill: Refill | None = None, outer: Stream | None = None
    ) -> None:
        self._expander = expander
        self._outer = outer
        self._base = tokens
        self._position = 0
        self._refill = refill
        self._contexts: list[_Context] = []
        self._collecting = False
        self.from_text = True
        self.call: Token | None = None
        self.last: Token | None = None

    def raw(self) -> Token | None:
        """The next token, unexpanded; for the operand of `defined`."""
        collecting, self._collecting = self._collecting, True
        try:
            return self.next()
        finally:
            self._collecting = collecting

    def next(self) -> Token | None:
        """The next token that is no macro; None at the end."""
        macros = self._expander.macros
        contexts = self._contexts
        while True:
            if contexts:
                context = contexts[-1]
                if context.position >= len(context.tokens):
                    contexts.pop()
                    if context.macro is not None:
                        context.macro.disabled = False
                    continue
                token = context.tokens[context.position]
                context.position += 1
                from_text = False
            else:
                if self._position >= len(self._base) and not self._more():
                    return None
                token = self._base[self._position]
                self._position += 1
                self.last = token
                from_text = True
            self.from_text = from_text
            if token.kind != IDENTIFIER or token.painted:
                return token
            macro = macros.get(token.text)
            if macro is None:
                return token
            if macro.disabled:
                return token.paint()
            if self._collecting:
                return token
            if from_text:
                self.call = token
            if not self._enter(macro, token):
                self.from_text = from_text
                return token

    def _more(self) -> bool:
        """Whether the text has more tokens. Only a macro call goes on in the next line."""
        while self._collecting and self._refill is not None:
            tokens = self._refill()
            if tokens is None:
                return False
            if tokens:
                tokens[0] = tokens[0].with_space(True)
                self._base, self._position = tokens, 0
                return True
        return False

    def _enter(self, macro: Macro, name: Token) -> bool:
        """Put what `macro` expands to on the stack; False when it is a function-like macro without arguments."""
        if macro.special:
            tokens = scan(self._expander.special(name.text, self._place(name)))
        elif macro.parameters is None:
            tokens = self._substitute(macro, macro.body, {})
        else:
            arguments = self._arguments(macro)
            if arguments is None:
                return False
            tokens = self._substitute(macro, macro.body, arguments)
        self._expander.count(len(tokens) + 1)
        if tokens:
            tokens[0] = tokens[0].with_space(name.space)
        macro.disabled = True
        self._contexts.append(_Context(tokens, macro))
        return True

    def _place(self, name: Token) -> Token | None:
        """The token of the text where `name` stands: itself, or the name of the outermost macro that made it."""
        if name.line is not None:
            return name
        if self.call is not None and self.call.line is not None:
            return self.call
        return self._outer._place(name) if self._outer is not None else None

    # Arguments

    def _arguments(self, macro: Macro) -> dict[str, list[Token]] | None:
        """Parameter -> tokens of a call; None, with nothing consumed, when no parenthesis follows."""
        assert macro.parameters is not None
        collecting, self._collecting = self._collecting, True
        last = self.last
        try:
            opening = self.next()
            if opening is None:
                return None
            if opening.text != "(":
                self._put_back(opening)
                self.last = last
                return None
            found = self._collect(macro)
        finally:
            self._collecting = collecting
        wanted = len(macro.parameters)
        if wanted == 0 and found == [[]]:
            found = []
        # GNU cpp drops the comma of `, ## ARGS` where ARGS is left out, but not where it is there and empty.
        omitted = macro.is_variadic and (len(found) < wanted or found == [[]])
        if macro.is_variadic and len(found) == wanted - 1:
            found.append([])
        if len(found) != wanted:
            at_least = "at least " if macro.is_variadic else ""
            count = wanted - 1 if macro.is_variadic else wanted
            raise CallError(
                f"macro {macro.name} takes {at_least}{count} argument{'' if count == 1 else 's'}, here are {len(found)}"
            )
        arguments = dict(zip(macro.parameters, found, strict=True))
        if omitted:
            arguments[OMITTED] = []
        return arguments

    def _put_back(self, token: Token) -> None:
        """Read `token` again. It may have come from a context, from the text, or from the text's next line."""
        if self.from_text:
            self._position -= 1
        else:
            self._contexts.append(_Context([token], None))

    def _collect(self, macro: Macro) -> list[list[Token]]:
        """The arguments behind an opening parenthesis, split at commas outside inner parentheses."""
        assert macro.parameters is not None
        most = len(macro.parameters) if macro.is_variadic else -1
        arguments: list[list[Token]] = [[]]
        depth = 0
        while True:
            token = self.next()
            if token is None:
                raise CallError(f"the arguments of macro {macro.name} have no closing parenthesis")
            if token.text == "(":
                depth += 1
            elif token.text == ")":
                if depth == 0:
                    return arguments
                depth -= 1
            elif token.text == "," and depth == 0 and len(arguments) != most:
                arguments.append([])
                continue
            arguments[-1].append(token)
            self._expander.count(1)

    # Substitution

    def _substitute(self, macro: Macro, body: list[Token], arguments: dict[str, list[Token]]) -> list[Token]:
        """`body` with its parameters replaced, `#` and `##` carried out."""
        if not arguments and not any(token.text == "##" for token in body):
            return list(body)
        variadic = macro.parameters[-1] if macro.parameters and macro.is_variadic else None
        expanded: dict[str, list[Token]] = {}
        made: list[Token] = []
        paste = False  # whether ## stands before the next token
        comma_from: Token | None = None  # the comma of `, ## __VA_ARGS__`
        index = 0
        while index < len(body):
            token = body[index]
            index += 1
            if token.text == "##" and token.kind == OTHER:
                paste = True
                following = body[index] if index < len(body) else None
                if made and made[-1].text == "," and following is not None and following.text == variadic:
                    comma_from = made[-1]
                continue
            pasted_next = index < len(body) and body[index].text == "##" and body[index].kind == OTHER
            if token.text == "#" and macro.parameters is not None and _is_parameter(body, index):
                piece = [_stringified(arguments[body[index].text], token.space)]
                self._expander.count_text(len(piece[0].text))
                index += 1
            elif token.text == VA_OPT and variadic is not None:
                inner, index = _parenthesized(body, index)
                piece = self._substitute(macro, inner, arguments) if arguments[variadic] else []
                piece = _spaced(piece, token.space)
            elif token.kind == PARAMETER:
                argument = arguments[token.text]
                if not (paste or pasted_next):
                    if token.text not in expanded:
                        expanded[token.text] = self._expanded(argument)
                    argument = expanded[token.text]
                piece = _spaced(argument, token.space)
            else:
                piece = [token]
            if paste and comma_from is not None:
                if not piece and OMITTED in arguments:
                    made.pop()
                made += piece
            elif paste:
                _paste(made, piece)
                self._expander.count_text(len(made[-1].text) if made else 0)
            else:
                made += piece
            paste, comma_from = False, None
            self._expander.count(0 if len(made) < 1000 else len(piece))
        return made

    def _expanded(self, argument: list[Token]) -> list[Token]:
        names = self._expander.macros
        if not any(token.kind == IDENTIFIER and token.text in names for token in argument):
            return argument
        return self._expander.expand(argument, self)


def _is_parameter(body: list[Token], index: int) -> bool:
    return index < len(body) and body[index].kind == PARAMETER


def _spaced(tokens: list[Token], space: bool) -> list[Token]:
    return [tokens[0].with_space(space), *tokens[1:]] if tokens else []


def _parenthesized(body: list[Token], index: int) -> tuple[list[Token], int]:
    """The tokens between the parenthesis at `index` and its partner, and the index behind it."""
    if index >= len(body) or body[index].text != "(":
        raise CallError(f"{VA_OPT} needs text in parentheses")
    depth = 0
    for end in range(index, len(body)):
        if body[end].text == "(":
            depth += 1
        elif body[end].text == ")":
            depth -= 1
            if depth == 0:
                return body[index + 1 : end], end + 1
    raise CallError(f"{VA_OPT} has no closing parenthesis")


def _stringified(argument: list[Token], space: bool) -> Token:
    """The argument as a string literal (`#`, ISO C 6.10.3.2)."""
    parts: list[str] = []
    for index, token in enumerate(argument):
        text = token.text
        if token.kind == STRING:
            text = text.replace("\\", "\\\\").replace('"', '\\"')
        parts.append((" " if token.space and index else "") + text)
    return Token(STRING, '"' + "".join(parts) + '"', space)


def _paste(made: list[Token], piece: list[Token]) -> None:
    """`made ## piece`: the last token of one and the first of the other become one (ISO C 6.10.3.3).

    Where that is no token they stay two, side by side, as in GNU cpp for assembler text.
    """
    if not piece or not made:
        made += piece
        return
    left, right = made[-1], piece[0]
    joined = single(left.text + right.text)
    if joined is None:
        made.append(right.with_space(False))
    else:
        made[-1] = joined.with_space(left.space)
    made += piece[1:]


__all__ = ["MAX_TOKENS", "VARIADIC", "CallError", "Expander", "ExpansionLimit", "Stream", "spelled", "stick_together"]
