"""Types that the control plane sees as strings: `@p4runtime_translation("...", string) type bit<9> port_id_t`.

P4Runtime 1.4, "User-defined types", "PSA Metadata Translation". The mapping between strings and numbers is the
switch's: a string that is a decimal number stands for that number, if nothing else does (so "3" is port 3); any other
string gets the lowest number from 1 up that is free, 0 last. A number that the data plane shows first appears as a
decimal number. So strings and numbers correspond one to one, and a client reads what it wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from finsy.proto import p4t

from switch.p4runtime.status import INVALID_ARGUMENT, RESOURCE_EXHAUSTED, StatusError

UNKNOWN_WIDTH = 32
MAX_DIGITS = 40


@dataclass(frozen=True)
class Names:
    """Strings and their numbers, both ways."""

    numbers: dict[str, int]
    strings: dict[int, str]


class Translation:
    """Of one type. `narrow` bounds its numbers to what the data plane's fields of this type hold."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._width = 0  # bits; 0: not known yet
        self._numbers: dict[str, int] = {}
        self._strings: dict[int, str] = {}
        self._asked: set[int] = set()  # by the update that is under way, which nothing else holds yet
        self.in_use: Callable[[], set[int]] | None = None  # what entries hold, asked when no number is free

    def narrow(self, width: int) -> None:
        """A field or parameter of this type has `width` bits."""
        if width:
            self._width = min(width, self._width) if self._width else width

    def begin_update(self) -> None:
        """What was asked for before is in the state now, or was not wanted."""
        self._asked.clear()

    def number(self, data: bytes, what: str) -> int:
        """The number of a string, a new one if need be. Raises StatusError."""
        try:
            text = data.decode()
        except UnicodeDecodeError:
            raise StatusError(INVALID_ARGUMENT, f"{what}: a {self.name} is a string in UTF-8") from None
        if not text:
            raise StatusError(INVALID_ARGUMENT, f"{what}: an empty string is no {self.name}")
        number = self._numbers.get(text)
        if number is None:
            number = self._assign(text, self._choose(text, what))
        self._asked.add(number)
        return number

    def string(self, number: int) -> bytes:
        """The string of a number, which gets its decimal digits if it has none."""
        text = self._strings.get(number)
        if text is None:
            text = str(number)
            while text in self._numbers:  # a client gave this name to another number
                text = "#" + text
            self._assign(text, number)
        return text.encode()

    def names(self) -> Names:
        """All that are given now."""
        return Names(dict(self._numbers), dict(self._strings))

    @contextmanager
    def taking_back(self, before: Names) -> Iterator[None]:
        """While a batch is taken back, the names that were given before it are known, and those that it gave; then
        those before it only."""
        self._numbers |= before.numbers
        try:
            yield
        finally:
            self._numbers, self._strings = before.numbers, before.strings

    def _assign(self, text: str, number: int) -> int:
        self._numbers[text], self._strings[number] = number, text
        return number

    def _choose(self, text: str, what: str) -> int:
        limit = 1 << (self._width or UNKNOWN_WIDTH)
        if text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS and text == str(int(text)):
            meant = int(text)
            if meant < limit and meant not in self._strings:
                return meant
        number = self._free(limit)
        if number is None:
            self._reclaim()
            number = self._free(limit)
        if number is None:
            raise StatusError(RESOURCE_EXHAUSTED, f"{what}: all {limit} values of {self.name} are in use")
        return number

    def _free(self, limit: int) -> int | None:
        if len(self._strings) >= limit:
            return None
        return next((n for n in (*range(1, min(limit, len(self._strings) + 2)), 0) if n not in self._strings), None)

    def _reclaim(self) -> None:
        """Forget the strings that nothing refers to any more."""
        if self.in_use is None:
            return
        kept = self.in_use() | self._asked
        for number in self._strings.keys() - kept:
            del self._numbers[self._strings.pop(number)]


@dataclass(frozen=True)
class Types:
    """P4Info's named types; `strings`: those that are translated to strings."""

    info: p4t.P4TypeInfo
    strings: Mapping[str, Translation] = field(default_factory=dict)


def string_types(info: p4t.P4TypeInfo) -> dict[str, Translation]:
    """A translation for each type that is seen as a string; types of one URI share it."""
    found: dict[str, Translation] = {}
    by_uri: dict[str, Translation] = {}
    for name, spec in info.new_types.items():
        if spec.HasField("translated_type") and spec.translated_type.HasField("sdn_string"):
            uri = spec.translated_type.uri
            found[name] = by_uri.setdefault(uri, Translation(name)) if uri else Translation(name)
    return found
