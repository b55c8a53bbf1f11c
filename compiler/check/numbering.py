"""Numbers for what stands in variables: every variable has a range of them, every field and element a part of it."""

from __future__ import annotations

from collections.abc import Callable

from compiler import types

Place = range
"""The numbers of the leaves in a variable, field or element, in order."""


class Numbering:
    """What `is_leaf` has a number, followed by those of its parts if `is_entered`."""

    def __init__(self, is_leaf: Callable[[types.Type], bool], is_entered: Callable[[types.Type], bool]) -> None:
        self._is_leaf, self._is_entered = is_leaf, is_entered
        self._variables: dict[object, Place] = {}
        self._offsets: dict[types.FieldsType, tuple[int, ...]] = {}
        self._next = 0

    def variable(self, declaration: object, type_: types.Type) -> Place:
        """The place of a variable or parameter, which gets its numbers when it is first asked for."""
        place = self._variables.get(declaration)
        if place is None:
            place = range(self._next, self._next + self.count(type_))
            self._variables[declaration] = place
            self._next = place.stop
        return place

    def count(self, type_: types.Type) -> int:
        """The leaves in a value of a type."""
        if isinstance(type_, types.FieldsType):
            return self._fields(type_)[-1]
        own = int(self._is_leaf(type_))
        if isinstance(type_, types.StackType) and self._is_entered(type_):
            return own + type_.size * self.count(type_.element)
        return own

    def field(self, place: Place, type_: types.Type, name: str) -> Place:
        """The place of a field in a value of `type_` at `place`; empty where fields have no numbers."""
        if not isinstance(type_, types.FieldsType) or not self._is_entered(type_) or type_.field(name) is None:
            return place[:0]
        offsets, index = self._fields(type_), type_.index(name)
        return place[offsets[index] : offsets[index + 1]]

    def element(self, place: Place, type_: types.StackType, index: int) -> Place:
        size = self.count(type_.element)
        return place[size * index : size * (index + 1)]

    def _fields(self, type_: types.FieldsType) -> tuple[int, ...]:
        """Where each field begins in a value of a type, and where the last one ends."""
        offsets = self._offsets.get(type_)
        if offsets is None:
            found = [int(self._is_leaf(type_))]
            for field in type_.fields:
                found.append(found[-1] + (self.count(field.type) if self._is_entered(type_) else 0))
            offsets = self._offsets[type_] = tuple(found)
        return offsets
