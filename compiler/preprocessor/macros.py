"""Macros and their definitions (ISO C 6.10.3), with GNU's named variadic parameters."""

from __future__ import annotations

from dataclasses import dataclass, field

from compiler.diagnostics import Span
from compiler.preprocessor.tokens import IDENTIFIER, PARAMETER, Token

VARIADIC = "__VA_ARGS__"
NOT_A_MACRO = frozenset({"defined", "__has_include", "__has_include_next", VARIADIC, "__VA_OPT__"})


class MacroError(Exception):
    """A definition that cannot be understood; the text says why."""


@dataclass(slots=True)
class Macro:
    """`parameters` is None for a macro without parentheses. In `body`, tokens of kind PARAMETER stand for arguments.

    `special` is the name of a macro whose text depends on where it is used: `__LINE__`, `__FILE__` ...
    """

    name: str
    body: list[Token]
    parameters: list[str] | None = None
    is_variadic: bool = False
    span: Span | None = None
    special: bool = False
    disabled: bool = field(default=False, compare=False)

    def same_as(self, other: Macro) -> bool:
        """Whether a second definition says the same (ISO C 6.10.3p2)."""
        mine = [(token.text, token.space and bool(index)) for index, token in enumerate(self.body)]
        theirs = [(token.text, token.space and bool(index)) for index, token in enumerate(other.body)]
        return mine == theirs and self.parameters == other.parameters and self.is_variadic == other.is_variadic


def define(tokens: list[Token], span: Span | None) -> Macro:
    """The macro that the tokens behind `#define` describe. Raises MacroError."""
    if not tokens:
        raise MacroError("#define without a name")
    name = tokens[0]
    if name.kind != IDENTIFIER:
        raise MacroError(f"{name.text} is no name for a macro")
    if name.text in NOT_A_MACRO:
        raise MacroError(f"{name.text} cannot be defined")
    if len(tokens) > 1 and tokens[1].text == "(" and not tokens[1].space:
        parameters, is_variadic, rest = _parameters(name.text, tokens)
    else:
        parameters, is_variadic, rest = None, False, tokens[1:]
    body = _body(rest, parameters)
    if body and (body[0].text == "##" or body[-1].text == "##"):
        raise MacroError("## cannot stand at either end of a macro")
    return Macro(name.text, body, parameters, is_variadic, span)


def _body(tokens: list[Token], parameters: list[str] | None) -> list[Token]:
    """The tokens without their places: what a macro makes stands where it is used."""
    names = parameters or ()
    return [
        Token(PARAMETER if token.kind == IDENTIFIER and token.text in names else token.kind, token.text, token.space)
        for token in tokens
    ]


def _parameters(name: str, tokens: list[Token]) -> tuple[list[str], bool, list[Token]]:
    """(names, whether the last one takes all further arguments, the tokens behind the parenthesis)."""
    parameters: list[str] = []
    is_variadic = False
    index = 2
    if index < len(tokens) and tokens[index].text == ")":
        return parameters, False, tokens[index + 1 :]
    while True:
        token = tokens[index] if index < len(tokens) else None
        if token is None:
            raise MacroError(f"the parameters of {name} have no closing parenthesis")
        if token.text == "...":
            parameters.append(VARIADIC)
            is_variadic = True
            index += 1
        elif token.kind == IDENTIFIER:
            if token.text in parameters:
                raise MacroError(f"{name} has two parameters called {token.text}")
            if token.text == VARIADIC:
                raise MacroError(f"{VARIADIC} cannot be the name of a parameter")
            parameters.append(token.text)
            index += 1
            if index < len(tokens) and tokens[index].text == "...":
                is_variadic = True
                index += 1
        else:
            raise MacroError(f"{token.text} is no name for a parameter of {name}")
        closing = tokens[index].text if index < len(tokens) else ""
        index += 1
        if closing == ")":
            return parameters, is_variadic, tokens[index:]
        if closing != "," or is_variadic:
            raise MacroError(f"the parameters of {name} have no closing parenthesis")
