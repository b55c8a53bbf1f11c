"""The text of a filter -> a tree.

filter    = and { ("||" | "or") and }
and       = not { ("&&" | "and") not }
not       = ("!" | "not") not | "(" filter ")" | test
test      = FIELD ["&" MASK] [comparison VALUE]       FIELD alone: not 0; a header alone: it is valid
          | ("port" | "length" | "out" | "error") comparison VALUE
          | ("hit" | "miss" | "table" | "action" | "valid") "(" NAME ")"
          | "dropped" | "cloned" | "to_cpu"
comparison = "==" | "=" | "!=" | "<" | "<=" | ">" | ">="
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

CALLS = ("hit", "miss", "table", "action", "valid")
NUMBERS = ("port", "length", "out", "error")
FLAGS = ("dropped", "cloned", "to_cpu")
COMPARISONS = ("==", "=", "!=", "<", "<=", ">", ">=")

_TOKEN = re.compile(r"\s*(?:(&&|\|\||==|!=|<=|>=|[=<>!()&])|([A-Za-z0-9_.:/$\[\]-]+))")


class FilterError(ValueError):
    """What is wrong with a filter and where; as text: one line, then the filter with a caret."""

    def __init__(self, text: str, at: int, message: str) -> None:
        super().__init__(message)
        self.text, self.at, self.message = text, at, message

    def __str__(self) -> str:
        return f"filter: {self.message}\n  {self.text}\n  {' ' * self.at}^"


@dataclass(frozen=True, slots=True)
class And:
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Or:
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Not:
    inner: Node


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of the text and where it stands."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Compare:
    """`comparison` "": without one."""

    what: Word
    mask: Word | None
    comparison: str
    value: Word | None


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    name: Word


@dataclass(frozen=True, slots=True)
class Flag:
    name: str


Node: TypeAlias = And | Or | Not | Compare | Call | Flag


@dataclass(frozen=True, slots=True)
class Filter:
    text: str
    tree: Node


def parse(text: str) -> Filter:
    """Raises FilterError."""
    parser = _Parser(text)
    tree = parser.alternatives()
    if parser.now is not None:
        parser.fail(f"expected && or || here, not {parser.now.text}")
    return Filter(text, tree)


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.place = 0

    @property
    def now(self) -> Word | None:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def fail(self, message: str) -> NoReturn:
        raise FilterError(self.text, self.now.at if self.now is not None else len(self.text.rstrip()), message)

    def accept(self, *wanted: str) -> Word | None:
        found = self.now
        if found is None or found.text not in wanted:
            return None
        self.place += 1
        return found

    def word(self, what: str) -> Word:
        found = self.now
        if found is None:
            self.fail(f"expected {what} here, not the end")
        if not re.match(r"[A-Za-z0-9_.:$\[]", found.text):
            self.fail(f"expected {what} here, not {found.text}")
        self.place += 1
        return found

    def alternatives(self) -> Node:
        left = self.conjunction()
        while self.accept("||", "or"):
            left = Or(left, self.conjunction())
        return left

    def conjunction(self) -> Node:
        left = self.negation()
        while self.accept("&&", "and"):
            left = And(left, self.negation())
        return left

    def negation(self) -> Node:
        if self.accept("!", "not"):
            return Not(self.negation())
        if self.accept("("):
            inner = self.alternatives()
            if not self.accept(")"):
                self.fail("expected ) here")
            return inner
        return self.test()

    def test(self) -> Node:
        what = self.word("a field, a header or a test such as port==1")
        if what.text in FLAGS:
            return Flag(what.text)
        if what.text in CALLS and self.accept("("):
            name = self.word(f"the name that {what.text}() is about")
            if not self.accept(")"):
                self.fail("expected ) here")
            return Call(what.text, name)
        mask = self.word("a mask") if self.accept("&") else None
        comparison = self.accept(*COMPARISONS)
        if comparison is None:
            if what.text in NUMBERS:
                self.fail(f"expected a comparison such as {what.text}==1 here")
            return Compare(what, mask, "", None)
        sign = "==" if comparison.text == "=" else comparison.text
        return Compare(what, mask, sign, self.word("a value"))


def _tokens(text: str) -> list[Word]:
    found: list[Word] = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise FilterError(text, at, f"a filter has no place for {text[at]!r}")
        group = 1 if match.group(1) else 2
        found.append(Word(match.group(group), match.start(group)))
        at = match.end()
    return found
