"""What is known of the validity of headers at a point of a program; for `check/validity.py`.

A place is a tuple: a variable or parameter, then names of fields and indices of stack elements. An element whose index
is not known stands for all elements: it counts as valid if one of them is.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from compiler import tree, types

Place = tuple[object, ...]


class Validity(Enum):
    VALID = "valid"
    INVALID = "invalid"
    UNKNOWN = "unknown"


class HeaderState:
    """The validity of the headers that were seen; `asked` are those whose validity the program asked for."""

    def __init__(self, known: dict[Place, Validity] | None = None, asked: frozenset[Place] = frozenset()) -> None:
        self.known = known if known is not None else {}
        self.asked = asked

    def copy(self) -> HeaderState:
        return HeaderState(dict(self.known), self.asked)

    def join(self, other: HeaderState) -> HeaderState:
        """What is known where two paths meet."""
        met = {place: self._meet(place, value, other) for place, value in self.known.items()}
        return HeaderState(met, self.asked & other.asked)

    @staticmethod
    def _meet(place: Place, value: Validity, other: HeaderState) -> Validity:
        return value if other.known.get(place) is value else Validity.UNKNOWN

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HeaderState) and self.known == other.known and self.asked == other.asked

    __hash__ = None  # type: ignore[assignment]  # it changes

    def of(self, at: list[Place]) -> Validity:
        """Of the header that stands at one of these places; valid where nothing is known of the place."""
        found = {Validity.VALID if place in self.asked else self.known.get(place, Validity.UNKNOWN) for place in at}
        if not found or Validity.VALID in found:
            return Validity.VALID
        return Validity.UNKNOWN if Validity.UNKNOWN in found else Validity.INVALID

    def set(self, place: Place, value: Validity) -> None:
        self.known[place] = value
        self.asked -= {place}

    def set_all(self, place: Place, type_: types.Type, value: Validity) -> None:
        for header in headers(place, type_):
            self.set(header, value)

    def ask(self, at: list[Place]) -> None:
        self.asked |= frozenset(at)


def headers(place: Place, type_: types.Type) -> Iterator[Place]:
    """The places of all headers and unions within a value of a type."""
    match type_:
        case types.HeaderType():
            yield place
        case types.HeaderUnionType():
            yield place
            for field in type_.fields:
                yield (*place, field.name)
        case types.StructType():
            for field in type_.fields:
                yield from headers((*place, field.name), field.type)
        case types.StackType() if isinstance(type_.element, types.HeaderType | types.HeaderUnionType):
            for index in range(type_.size):
                yield from headers((*place, index), type_.element)


def places(expression: tree.Expression) -> list[Place]:
    """Where the value of an expression stands; none where it stands nowhere."""
    match expression:
        case tree.VariableRef():
            return [(expression.declaration,)]
        case tree.Member():
            return [(*place, expression.name) for place in places(expression.base)]
        case tree.StackIndex(index=tree.IntLiteral(value=index)):
            return [(*place, index) for place in places(expression.base)]
        case tree.StackIndex() | tree.StackNext() | tree.StackLast():
            size = expression.base.type.size if isinstance(expression.base.type, types.StackType) else 0
            return [(*place, index) for place in places(expression.base) for index in range(size)]
        case _:
            return []


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
