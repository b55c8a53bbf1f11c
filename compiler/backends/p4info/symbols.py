"""Ids and aliases, computed as p4c computes them (P4Runtime 1.4 §6.3, §6.4), so that a controller sees no difference.

An id is the kind of the object in its upper 8 bits and a hash of the name in its lower 24; a number in @id replaces the
hash. Where two hashes meet, the later name (in alphabetical order) takes the next number that is free. An alias is the
shortest suffix of the name that no other name has, counted in components between dots.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import IntEnum

from compiler.annotations import Annotations, find
from compiler.diagnostics import Diagnostics, Span


class Kind(IntEnum):
    """The upper 8 bits of an id (P4Ids.Prefix of p4info.proto)."""

    ACTION = 0x01
    TABLE = 0x02
    VALUE_SET = 0x03
    CONTROLLER_HEADER = 0x04
    ACTION_PROFILE = 0x11
    COUNTER = 0x12
    DIRECT_COUNTER = 0x13
    METER = 0x14
    DIRECT_METER = 0x15
    REGISTER = 0x16
    DIGEST = 0x17


class Symbols:
    """Names are added first; `assign_ids` then gives each its id, after which it can be asked for."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        self._diagnostics = diagnostics
        self._ids: dict[tuple[Kind, str], int | None] = {}
        self._taken: set[int] = set()
        self._suffixes: Counter[tuple[str, ...]] = Counter()
        self._names: set[str] = set()

    def add(self, kind: Kind, name: str, annotations: Annotations = (), span: Span | None = None) -> None:
        """Make a name known; `annotations` may hold its @id. The same name and kind again changes nothing."""
        if (kind, name) in self._ids:
            return
        self._ids[kind, name] = self._explicit_id(kind, annotations, span)
        if name not in self._names:
            self._names.add(name)
            components = tuple(name.split("."))
            self._suffixes.update(components[start:] for start in range(len(components)))

    def assign_ids(self) -> None:
        for kind, name in sorted(key for key, number in self._ids.items() if number is None):
            hashed = jenkins_one_at_a_time(name.encode())
            while (number := kind << 24 | hashed & 0xFFFFFF) in self._taken:
                hashed += 1
            self._taken.add(number)
            self._ids[kind, name] = number

    def id(self, kind: Kind, name: str) -> int:
        number = self._ids[kind, name]
        assert number is not None, "ids are assigned before they are asked for"
        return number

    def alias(self, name: str) -> str:
        components = tuple(name.split("."))
        for start in reversed(range(len(components))):
            if self._suffixes[components[start:]] < 2:
                return ".".join(components[start:])
        return name

    def _explicit_id(self, kind: Kind, annotations: Annotations, span: Span | None) -> int | None:
        annotation = find(annotations, "id")
        number = None if annotation is None else annotation.integer()
        if annotation is None or number is None:
            return None
        where = span or annotation.span
        if not 0 <= number < 1 << 32:
            self._diagnostics.error("invalid", f"@id {number} does not fit into 32 bits", where)
            return None
        if number >> 24 not in (0, kind):
            message = f"@id {number:#010x} has the wrong upper 8 bits"
            self._diagnostics.error("invalid", message, where, hint=f"none, or {int(kind):#04x}")
            return None
        number |= kind << 24
        if number in self._taken:
            self._diagnostics.error("invalid", f"@id {number:#010x} is given to two declarations", where)
            return None
        self._taken.add(number)
        return number


def jenkins_one_at_a_time(data: bytes) -> int:
    """Bob Jenkins' one-at-a-time hash, 32 bits."""
    value = 0
    for byte in data:
        value = (value + byte) & 0xFFFFFFFF
        value = (value + (value << 10)) & 0xFFFFFFFF
        value ^= value >> 6
    value = (value + (value << 3)) & 0xFFFFFFFF
    value ^= value >> 11
    return (value + (value << 15)) & 0xFFFFFFFF


def number_fields(annotations: Sequence[Annotations], spans: Sequence[Span], diagnostics: Diagnostics) -> list[int]:
    """Ids of what is inside an object (match fields, parameters, metadata): 1, 2, ... unless @id says otherwise."""
    ids: list[int | None] = []
    taken: set[int] = set()
    for given, span in zip(annotations, spans, strict=True):
        annotation = find(given, "id")
        number = annotation.integer() if annotation is not None else None
        if number is not None and not 0 < number < 1 << 32:
            diagnostics.error("invalid", f"{number} is not a valid @id", span, hint="a number from 1 to 0xffffffff")
            number = None
        elif number in taken:
            diagnostics.error("duplicate", f"@id {number} is used twice", span)
        if number is not None:
            taken.add(number)
        ids.append(number)
    result: list[int] = []
    candidate = 1
    for number in ids:
        if number is not None:
            candidate += 1
        else:
            while candidate in taken:
                candidate += 1
            number = candidate
            taken.add(number)
        result.append(number)
    return result
