"""Make a failing case small: delete or simplify a piece of it as long as the failure stays.

The pieces are those of the syntax tree: a run of statements, declarations, entries, cases; an `if` for one of its
branches; an expression for one of its operands or a literal. They are cut out of the text by their spans, so that what
is printed is what was run. Whether a cut leaves a program at all is for the compiler to say.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from compiler import syntax
from compiler.syntax.nodes import Node
from tests.fuzz.cases import Case
from tests.fuzz.reading import read_syntax

FILE = "program.p4"
LITERALS = ("0", "1", "true", "false")
Fails = Callable[[Case], bool]


@dataclass(frozen=True)
class Edit:
    """Replace text[begin:end]."""

    begin: int
    end: int
    text: str

    @property
    def saved(self) -> int:
        return self.end - self.begin - len(self.text)

    def apply(self, text: str) -> str:
        return text[: self.begin] + self.text + text[self.end :]


def shrink(case: Case, fails: Fails, attempts: int = 600) -> Case:
    """A smaller case for which `fails` still holds, as it does for `case`; asks it `attempts` times at most."""
    left = attempts

    def still(candidate: Case) -> bool:
        nonlocal left
        left -= 1
        return left >= 0 and fails(candidate)

    case = shrink_sequence(case, "packets", still)
    before = None
    while before != case and left > 0:
        before = case
        case = shrink_text(case, still)
        case = shrink_sequence(case, "entries", still)
        case = shrink_sequence(case, "packets", still)
    return case


def shrink_sequence(case: Case, name: str, fails: Fails) -> Case:
    """Drop packets or entries: runs of halves first, then of single ones."""
    items = list(getattr(case, name))
    size = max(1, len(items) // 2)
    while size >= 1 and items:
        begin = 0
        while begin < len(items):
            fewer = items[:begin] + items[begin + size :]
            changed: dict[str, Any] = {name: tuple(fewer)}
            candidate = dataclasses.replace(case, **changed)
            if fewer != items and (fewer or name != "packets") and fails(candidate):
                items, case = fewer, candidate
            else:
                begin += size
        size //= 2
    return case


def shrink_text(case: Case, fails: Fails) -> Case:
    """One pass over the edits, those that save most first; after each success they are computed anew."""
    tried: set[str] = set()
    progress = True
    while progress:
        progress = False
        for edit in edits(case.program):
            text = edit.apply(case.program)
            if text in tried:
                continue
            tried.add(text)
            candidate = case.with_program(text)
            if fails(candidate):
                case, progress = candidate, True
                break
    return tidy(case, fails)


def tidy(case: Case, fails: Fails) -> Case:
    """Without empty lines."""
    text = "\n".join(line for line in case.program.splitlines() if line.strip()) + "\n"
    candidate = case.with_program(text)
    return candidate if text != case.program and fails(candidate) else case


def edits(text: str) -> list[Edit]:
    """All cuts of one piece, the largest first; none if the text is no program."""
    try:
        tree = read_syntax(text, FILE)
    except ValueError:
        return []
    lines = [0]
    for line in text.splitlines(keepends=True):
        lines.append(lines[-1] + len(line))

    def place(node: Node) -> tuple[int, int]:
        span = node.span
        return lines[span.line - 1] + span.column - 1, lines[span.end_line - 1] + span.end_column - 1

    found: dict[Edit, None] = {}
    for node in nodes(tree):
        if node.span.file == FILE:
            for edit in edits_of(node, text, place):
                found[edit] = None
    return sorted((e for e in found if e.saved > 0), key=lambda e: -e.saved)


def nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in children(node):
        yield from nodes(child)


def children(node: Node) -> Iterator[Node]:
    for field in dataclasses.fields(node):
        value = getattr(node, field.name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Node):
                yield item


def edits_of(node: Node, text: str, place: Callable[[Node], tuple[int, int]]) -> Iterator[Edit]:
    for field in dataclasses.fields(node):
        value = getattr(node, field.name)
        if isinstance(value, tuple) and value and all(isinstance(v, Node) for v in value):
            yield from runs([v for v in value if v.span.file == FILE], text, place)
    begin, end = place(node)
    match node:
        case syntax.IfStatement(then_branch=then_branch, else_branch=else_branch):
            for branch in (then_branch, else_branch):
                if branch is not None:
                    yield Edit(begin, end, text[slice(*place(branch))])
            if else_branch is not None:
                yield Edit(place(then_branch)[1], end, "")
        case syntax.ForStatement(body=body) | syntax.ForInStatement(body=body):
            yield Edit(begin, end, text[slice(*place(body))])
        case syntax.Expression():
            for child in children(node):
                if isinstance(child, syntax.Expression):
                    yield Edit(begin, end, text[slice(*place(child))])
            for literal in LITERALS:
                yield Edit(begin, end, literal)
        case syntax.VariableDeclaration(name=name, value=value) if value is not None:
            yield Edit(place(name)[1], place(value)[1], "")


def runs(items: Sequence[Node], text: str, place: Callable[[Node], tuple[int, int]]) -> Iterator[Edit]:
    """Cut out runs of list elements: halves, quarters ... single ones, with the comma or semicolon that follows."""
    size = len(items)
    while size >= 1:
        for first in range(0, len(items), size):
            run = items[first : first + size]
            begin, end = place(run[0])[0], place(run[-1])[1]
            yield Edit(begin, end, "")
            rest = text[end:]
            if rest.lstrip()[:1] in (",", ";"):
                yield Edit(begin, end + len(rest) - len(rest.lstrip()) + 1, "")
            before = text[:begin].rstrip()
            if before.endswith(","):
                yield Edit(len(before) - 1, end, "")
        size //= 2
