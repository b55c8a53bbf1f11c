"""L-values (P4_16 §6.7): where a value stands, so that it can be read and replaced. Indexes have been evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from tests.fuzz.evaluator.convert import convert
from tests.fuzz.evaluator.operators import put_slice, take_slice
from tests.fuzz.evaluator.scopes import Binding, Scope
from tests.fuzz.evaluator.values import (
    Scalar,
    Stack,
    Struct,
    Tuple,
    Undefined,
    Union,
    Value,
    Varbit,
    copy,
    is_valid,
    make_unknown,
    undefined,
)


@dataclass
class Variable:
    """A variable or parameter; also an instance, a table: whatever has a name."""

    scope: Scope
    name: str

    def read(self) -> Binding:
        return self.scope.names[self.name]

    def write(self, value: Value) -> None:
        self.scope.names[self.name] = value


@dataclass
class Temporary:
    """The value of an expression that is no l-value."""

    value: Binding

    def read(self) -> Binding:
        return self.value

    def write(self, value: Value) -> None:
        raise TypeError("a value that has no place was written")


@dataclass
class Field:
    """`base.name`"""

    base: Place
    name: str

    def read(self) -> Value:
        whole = self.base.read()
        assert isinstance(whole, (Struct, Union))
        return whole.fields[self.name]

    def write(self, value: Value) -> None:
        """A header's field stays unknown while the header is invalid (§8.27). `u.h = e` makes the union's other headers
        invalid, and so it does when e is invalid (§8.21)."""
        whole = self.base.read()
        if isinstance(whole, Union):
            leave_only(whole, self.name if is_valid(value) else "")
            whole.fields[self.name] = copy(value)
            return
        assert isinstance(whole, Struct)
        if whole.valid is False:
            disturb_union(self.base)
            return
        whole.fields[self.name] = copy(value)


@dataclass
class Element:
    """`base[index]` of a stack or tuple; one that is out of range does not exist (§8.20, §8.27)."""

    base: Place
    index: int

    def read(self) -> Value:
        whole = self.base.read()
        assert isinstance(whole, (Stack, Tuple))
        if 0 <= self.index < len(whole.elements):
            return whole.elements[self.index]
        assert isinstance(whole, Stack)
        nothing = undefined(whole.type.element)
        if not isinstance(nothing, Struct):
            raise Undefined
        nothing.nowhere = True
        return nothing

    def write(self, value: Value) -> None:
        whole = self.base.read()
        assert isinstance(whole, Stack)
        if 0 <= self.index < len(whole.elements):
            whole.elements[self.index] = copy(value)


@dataclass
class Slice:
    """`base[high:low]`"""

    base: Place
    high: int
    low: int

    def read(self) -> Scalar:
        whole = self.base.read()
        assert isinstance(whole, Scalar)
        return take_slice(whole, self.high, self.low)

    def write(self, value: Value) -> None:
        whole = self.base.read()
        assert isinstance(whole, Scalar) and isinstance(value, Scalar)
        self.base.write(put_slice(whole, self.high, self.low, value))


Place: TypeAlias = Variable | Temporary | Field | Element | Slice


def set_validity(place: Place, valid: bool) -> None:
    """setValid() and setInvalid() (§8.18, §8.21): what was invalid has unknown fields afterwards."""
    header = place.read()
    assert isinstance(header, Struct) and header.valid is not None
    if header.nowhere:
        return
    if valid and isinstance(place, Field):
        union = place.base.read()
        if isinstance(union, Union):
            leave_only(union, place.name)
    elif not valid and isinstance(place, Field) and isinstance(place.base.read(), Union):
        union = place.base.read()
        assert isinstance(union, Union)
        leave_only(union, "")
    if header.valid != valid:
        header.valid = valid
        make_unknown(header)


def leave_only(union: Union, name: str) -> None:
    """Make the other headers of the union invalid."""
    for other, header in union.fields.items():
        if other != name and isinstance(header, Struct) and header.valid:
            header.valid = False
            make_unknown(header)


def disturb_union(header_place: Place) -> None:
    """A field of an invalid header was written: if it stands in a union, the fields of the others may change."""
    if isinstance(header_place, Field):
        union = header_place.base.read()
        if isinstance(union, Union):
            for header in union.fields.values():
                make_unknown(header)


def store(place: Place, value: Value) -> None:
    """Assignment: the value takes the type of what stands there."""
    now = place.read()
    assert isinstance(now, Scalar | Struct | Stack | Union | Tuple | Varbit)
    place.write(convert_like(value, now))


def convert_like(value: Value, like: Value) -> Value:
    """`value` with the type of `like`."""
    if isinstance(like, Scalar | Struct | Stack | Union):
        return convert(value, like.type)
    if isinstance(like, Tuple) and isinstance(value, Tuple):
        return Tuple([convert_like(v, n) for v, n in zip(value.elements, like.elements, strict=True)])
    return value
