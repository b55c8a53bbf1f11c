"""Names that no two things share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable


class Names:
    """The names that are taken. Finding a new one costs the same however many of its kind there are."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)
        self._counts: Counter[str] = Counter()

    def fresh(self, wanted: str) -> str:
        """`wanted`, or the first of wanted_0, wanted_1, ... that is free; it is taken from now on."""
        name = wanted
        while name in self.taken:
            name = f"{wanted}_{self._counts[wanted]}"
            self._counts[wanted] += 1
        self.taken.add(name)
        return name
