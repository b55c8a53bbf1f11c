"""The expression behind #if and #elif (ISO C 6.10.1), in 64-bit arithmetic as GNU cpp's.

`defined` and `__has_include` are answered while the line is expanded; identifiers that are left are 0. A branch that
is not taken (behind `&&`, `||`, `?:`) may divide by zero.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from compiler.preprocessor.expansion import Expander, Stream
from compiler.preprocessor.tokens import IDENTIFIER, NUMBER, STRING, Token, spelled

_NUMBER = re.compile(r"(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)|(?P<dec>[0-9]+))(?P<suffix>[uUlL]*)")
_BITS = 64
_MASK = (1 << _BITS) - 1
MAX_DEPTH = 100
HAS_INCLUDE = ("__has_include", "__has_include_next")

_LEVEL: dict[str, int] = {
    operator: level
    for level, operators in enumerate(
        ("||", "&&", "|", "^", "&", "== !=", "< > <= >=", "<< >>", "+ -", "* / %")  # those that bind least first
    )
    for operator in operators.split()
}
"""How strongly a binary operator binds."""


class ConditionError(Exception):
    """An expression that has no value; the text says why."""


class Number(NamedTuple):
    """A value of intmax_t, or of uintmax_t."""

    value: int
    unsigned: bool = False


HasInclude = Callable[[str, bool, bool], bool]
"""(name, is in <>, is __has_include_next) -> whether such a file is found."""


def evaluate(tokens: list[Token], expander: Expander, has_include: HasInclude) -> bool:
    """Whether the condition holds. Raises ConditionError, and what expansion raises."""
    expanded = _answered(expander, tokens, has_include)
    if not expanded:
        raise ConditionError("#if without an expression")
    reader = _Reader(expanded)
    number = reader.ternary(True, 0)
    if reader.peek() is not None:
        raise ConditionError(f"{reader.peek()} is not expected here")
    return number.value != 0


def _answered(expander: Expander, tokens: list[Token], has_include: HasInclude) -> list[Token]:
    """The tokens expanded, with a number in place of each `defined NAME` and `__has_include(...)`."""
    stream = expander.stream(tokens)
    found: list[Token] = []
    while (token := stream.next()) is not None:
        if token.kind == IDENTIFIER and token.text == "defined":
            name = _defined_name(stream)
            answer = name in expander.macros or name in HAS_INCLUDE
            found.append(Token(NUMBER, str(int(answer)), token.space))
        elif token.kind == IDENTIFIER and token.text in HAS_INCLUDE:
            answer = _has_include(stream, has_include, token.text.endswith("next"))
            found.append(Token(NUMBER, str(int(answer)), token.space))
        else:
            found.append(token)
    return found


def _defined_name(stream: Stream) -> str:
    token = stream.raw()
    in_parentheses = token is not None and token.text == "("
    if in_parentheses:
        token = stream.raw()
    if token is None or token.kind != IDENTIFIER:
        raise ConditionError("defined needs the name of a macro")
    if in_parentheses:
        closing = stream.raw()
        if closing is None or closing.text != ")":
            raise ConditionError("defined( has no closing parenthesis")
    return token.text


def _has_include(stream: Stream, has_include: HasInclude, is_next: bool) -> bool:
    opening = stream.raw()
    if opening is None or opening.text != "(":
        raise ConditionError('__has_include needs (<file>) or ("file")')
    first = stream.next()
    if first is not None and first.kind == STRING:
        name, in_angles = first.text[1:-1], False
    elif first is not None and first.text == "<":
        parts: list[Token] = []
        while (token := stream.raw()) is not None and token.text != ">":
            parts.append(token)
        name, in_angles = spelled(parts), True
    else:
        raise ConditionError('__has_include needs (<file>) or ("file")')
    closing = stream.raw()
    if closing is None or closing.text != ")":
        raise ConditionError("__has_include( has no closing parenthesis")
    return has_include(name, in_angles, is_next)


class _Reader:
    """A recursive-descent reader; `live` is False in a branch whose value is not asked for."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._index = 0

    def peek(self) -> str | None:
        return self._tokens[self._index].text if self._index < len(self._tokens) else None

    def ternary(self, live: bool, depth: int) -> Number:
        if depth > MAX_DEPTH:
            raise ConditionError("parentheses are nested too deeply")
        condition = self._binary(0, live, depth)
        if self.peek() != "?":
            return condition
        self._index += 1
        yes = self.ternary(live and condition.value != 0, depth + 1)
        if self.peek() != ":":
            raise ConditionError("? without :")
        self._index += 1
        no = self.ternary(live and condition.value == 0, depth + 1)
        chosen = yes if condition.value else no
        return _number(chosen.value, yes.unsigned or no.unsigned)

    def _binary(self, least: int, live: bool, depth: int) -> Number:
        """Operands joined by operators of level `least` and above, by precedence climbing."""
        left = self._unary(live, depth)
        while (operator := self.peek()) is not None and (level := _LEVEL.get(operator, -1)) >= least:
            self._index += 1
            if operator == "||":
                right = self._binary(level + 1, live and left.value == 0, depth)
                left = Number(int(left.value != 0 or right.value != 0))
            elif operator == "&&":
                right = self._binary(level + 1, live and left.value != 0, depth)
                left = Number(int(left.value != 0 and right.value != 0))
            else:
                left = _operate(operator, left, self._binary(level + 1, live, depth), live)
        return left

    def _unary(self, live: bool, depth: int) -> Number:
        signs: list[str] = []
        while (operator := self.peek()) in ("+", "-", "!", "~", "--", "++"):
            assert operator is not None
            if operator in ("--", "++"):
                raise ConditionError(f"{operator} cannot stand in #if")
            signs.append(operator)
            self._index += 1
        number = self._primary(live, depth)
        for sign in reversed(signs):
            if sign == "-":
                number = _number(-number.value, number.unsigned)
            elif sign == "~":
                number = _number(~number.value, number.unsigned)
            elif sign == "!":
                number = Number(int(number.value == 0))
        return number

    def _primary(self, live: bool, depth: int) -> Number:
        if self._index >= len(self._tokens):
            raise ConditionError("an operand is missing at the end of #if")
        token = self._tokens[self._index]
        self._index += 1
        if token.text == "(":
            number = self.ternary(live, depth + 1)
            if self.peek() != ")":
                raise ConditionError("a closing parenthesis is missing")
            self._index += 1
            return number
        if token.kind == NUMBER:
            return _literal(token.text)
        if token.kind == IDENTIFIER:
            if self.peek() == "(":
                raise ConditionError(f"{token.text} is not a macro with arguments")
            return Number(0)
        if token.kind == STRING and len(token.text) == 3 and token.text[0] == "'":
            return Number(ord(token.text[1]))
        raise ConditionError(f"{token.text} cannot stand in #if")


def _number(value: int, unsigned: bool) -> Number:
    value &= _MASK
    if not unsigned and value >> (_BITS - 1):
        value -= 1 << _BITS
    return Number(value, unsigned)


def _literal(text: str) -> Number:
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise ConditionError(f"{text} is not an integer of the preprocessor")
    if match["hex"]:
        value = int(match["hex"], 16)
    elif match["bin"]:
        value = int(match["bin"], 2)
    elif match["dec"][0] == "0":
        if not set(match["dec"]) <= set("01234567"):
            raise ConditionError(f"{text} is not an octal number")
        value = int(match["dec"], 8)
    else:
        value = int(match["dec"])
    if value > _MASK:
        raise ConditionError(f"{text} does not fit into 64 bits")
    return Number(value, "u" in match["suffix"].lower() or value >> (_BITS - 1) == 1)


def _operate(operator: str, left: Number, right: Number, live: bool) -> Number:
    if operator in ("<<", ">>"):
        amount = right.value if operator == "<<" else -right.value
        if amount >= 0:
            return _number(left.value << amount if amount < _BITS else 0, left.unsigned)
        return _number(left.value >> min(-amount, _BITS), left.unsigned)
    unsigned = left.unsigned or right.unsigned
    a, b = _number(left.value, unsigned).value, _number(right.value, unsigned).value
    if operator in _COMPARISONS:
        return Number(int(_COMPARISONS[operator](a, b)))
    if operator in ("/", "%"):
        if b == 0:
            if live:
                raise ConditionError("division by zero in #if")
            return Number(0, unsigned)
        quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        return _number(quotient if operator == "/" else a - b * quotient, unsigned)
    return _number(_ARITHMETIC[operator](a, b), unsigned)


_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}
_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "&": lambda a, b: a & b,
}
