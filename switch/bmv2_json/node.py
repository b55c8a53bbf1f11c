"""A JSON value and the path to it, so that every complaint can say where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn

from switch.errors import BadProgram

WIDTH_MAX = 8192  # bits: an arithmetic value lies on the stack, and a key of that width in 128 pieces
SIZE_MAX = (1 << 31) - 1
LONG = 280  # characters of a path or a complaint


class Node:
    """One value inside the JSON; reading it as what it should be either gives that or raises BadProgram."""

    __slots__ = ("path", "value")

    def __init__(self, value: object, path: str) -> None:
        self.value = value
        self.path = path

    def fail(self, why: str) -> NoReturn:
        """One line, and not a long one, whatever stands in the JSON."""
        shown = [_printable(text) for text in (self.path or "JSON", why)]
        raise BadProgram(": ".join(text if len(text) <= LONG else text[: LONG - 3] + "..." for text in shown))

    def _wrong(self, expected: str) -> NoReturn:
        shown = repr(self.value)
        self.fail(f"expected {expected}, found {shown if len(shown) <= 60 else shown[:57] + '...'}")

    # ---- shapes

    @property
    def is_null(self) -> bool:
        return self.value is None

    def mapping(self) -> dict[str, object]:
        if not isinstance(self.value, dict):
            self._wrong("an object")
        return self.value

    def __contains__(self, key: str) -> bool:
        return key in self.mapping()

    def __getitem__(self, key: str) -> Node:
        members = self.mapping()
        if key not in members:
            self.fail(f"'{key}' is missing")
        return Node(members[key], f"{self.path}.{key}" if self.path else key)

    def get(self, key: str) -> Node | None:
        """The member, or None if it is absent or null."""
        if self.mapping().get(key) is None:
            return None
        return self[key]

    def items(self) -> list[Node]:
        if not isinstance(self.value, list):
            self._wrong("a list")
        return [Node(v, f"{self.path}[{i}]") for i, v in enumerate(self.value)]

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items())

    def list_at(self, key: str) -> list[Node]:
        """The items of a list member; an absent or null member is an empty list."""
        member = self.get(key)
        return member.items() if member is not None else []

    def exactly(self, length: int) -> list[Node]:
        items = self.items()
        if len(items) != length:
            self.fail(f"expected {length} items, found {len(items)}")
        return items

    # ---- scalars

    def text(self) -> str:
        if not isinstance(self.value, str):
            self._wrong("a string")
        return self.value

    def number(self) -> int:
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            self._wrong("an integer")
        return self.value

    def natural(self) -> int:
        value = self.number()
        if value < 0:
            self._wrong("an integer that is not negative")
        return value

    def width(self) -> int:
        """A number of bits that the switch computes with."""
        return self._at_most(WIDTH_MAX, "bits")

    def size(self) -> int:
        """A number of cells, entries or members."""
        return self._at_most(SIZE_MAX, "")

    def _at_most(self, most: int, unit: str) -> int:
        value = self.natural()
        if value > most:
            shown = str(value) if value < 1 << 64 else "a number of more than 64 bits"
            self.fail(f"{shown} is too large; the most is {most} {unit}".rstrip())
        return value

    def boolean(self) -> bool:
        if not isinstance(self.value, bool):
            self._wrong("true or false")
        return self.value

    def truth(self) -> bool:
        """true or false, which p4c sometimes writes as 1 or 0."""
        return bool(self.number()) if self.value in (0, 1) and not isinstance(self.value, bool) else self.boolean()

    def flag(self, key: str, default: bool = False) -> bool:
        member = self.get(key)
        return member.boolean() if member is not None else default

    def hex(self) -> int:
        """A hexstr: hexadecimal digits with or without 0x, possibly negative."""
        text = self.text()
        try:
            return int(text, 16)
        except ValueError:
            self._wrong("a hexadecimal string")

    def name(self) -> str:
        return self["name"].text()


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
