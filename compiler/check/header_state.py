"""What is known of the validity of headers at a point of a program; for `check/validity.py`.

Headers and unions in variables are numbered (numbering.py). An element whose index is not known stands for all
elements: it counts as valid if one of them is.
"""

from __future__ import annotations

from enum import Enum

from compiler import tree, types
from compiler.check.intervals import Map, assigned, joined, runs, values
from compiler.check.numbering import Numbering, Place


class Validity(Enum):
    VALID = "valid"
    INVALID = "invalid"
    UNKNOWN = "unknown"


class HeaderState:
    """The validity of the headers that were seen; `asked` are those whose validity the program asked for."""

    __slots__ = ("asked", "known")

    def __init__(self, known: Map = Validity.UNKNOWN, asked: Map = False) -> None:
        self.known = known
        self.asked = asked

    def copy(self) -> HeaderState:
        return HeaderState(self.known, self.asked)

    def join(self, other: HeaderState) -> HeaderState:
        """What is known where two paths meet."""
        return HeaderState(joined(self.known, other.known, Validity.UNKNOWN), joined(self.asked, other.asked, False))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HeaderState) and self.known == other.known and self.asked == other.asked

    __hash__ = None  # type: ignore[assignment]  # it changes

    def of(self, at: list[Place]) -> Validity:
        """Of the header that stands in one of these places; valid where nothing is known of the place."""
        if any(True in values(self.asked, place) for place in at):
            return Validity.VALID
        found = {value for place in at for value in values(self.known, place)}
        if not found or Validity.VALID in found:
            return Validity.VALID
        return Validity.UNKNOWN if Validity.UNKNOWN in found else Validity.INVALID

    def set(self, place: Place, value: Validity) -> None:
        """All headers in `place` become valid or invalid."""
        self.known = assigned(self.known, place, value)
        self.asked = assigned(self.asked, place, False)

    def copy_to(self, place: Place, source: Place) -> None:
        """The headers in `place` get the validity of those in `source`, which are as many."""
        shift = place.start - source.start
        asked = [part for part, is_asked in runs(self.asked, source) if is_asked]
        copied = [*runs(self.known, source), *((part, Validity.VALID) for part in asked)]
        for part, value in copied:
            self.set(range(part.start + shift, part.stop + shift), value)

    def ask(self, at: list[Place]) -> None:
        for place in at:
            self.asked = assigned(self.asked, place, True)


def header_numbering() -> Numbering:
    return Numbering(
        is_leaf=lambda type_: isinstance(type_, types.HeaderType | types.HeaderUnionType),
        is_entered=lambda type_: isinstance(type_, types.StructType | types.HeaderUnionType | types.StackType),
    )


def places(expression: tree.Expression, numbering: Numbering) -> list[Place]:
    """Where the value of an expression may stand; nowhere if it is computed. Where the index is not known, the place
    of all elements together: `elements` parts it.
    """
    match expression:
        case tree.VariableRef():
            return [numbering.variable(expression.declaration, expression.declaration.type)]
        case tree.Member(base=base):
            return [numbering.field(place, base.type, expression.name) for place in elements(base, numbering)]
        case tree.StackIndex(base=tree.Expression(type=types.StackType() as stack), index=tree.IntLiteral(value=index)):
            return [numbering.element(place, stack, index) for place in elements(expression.base, numbering)]
        case tree.StackIndex() | tree.StackNext() | tree.StackLast():
            return places(expression.base, numbering)
        case _:
            return []


def elements(expression: tree.Expression, numbering: Numbering) -> list[Place]:
    """The places of `places`, each of one value."""
    size = numbering.count(expression.type)
    if size == 0:
        return []
    return [place[at : at + size] for place in places(expression, numbering) for at in range(0, len(place), size)]


def is_exact(expression: tree.Expression) -> bool:
    """Whether the place of an expression is known: no index on the way is computed."""
    match expression:
        case tree.VariableRef():
            return True
        case tree.Member():
            return is_exact(expression.base)
        case tree.StackIndex(index=tree.IntLiteral()):
            return is_exact(expression.base)
        case _:
            return False


def text(expression: tree.Expression) -> str:
    """The place of a header in a message."""
    match expression:
        case tree.VariableRef():
            return expression.declaration.name
        case tree.Member():
            return f"{text(expression.base)}.{expression.name}"
        case tree.StackIndex(index=tree.IntLiteral(value=index)):
            return f"{text(expression.base)}[{index}]"
        case tree.StackIndex():
            return f"{text(expression.base)}[...]"
        case tree.StackNext():
            return f"{text(expression.base)}.next"
        case tree.StackLast():
            return f"{text(expression.base)}.last"
        case _:
            return "this header"
