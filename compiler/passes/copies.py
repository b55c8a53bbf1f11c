"""What local variables are known to hold at one point of the program, for propagate_copies.

A store costs what it makes wrong, not what is known: copies are found by the storage that they read. A log of changes
lets a branch be left as if it had not been entered, which costs what changed inside.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from compiler import tree
from compiler.passes.paths import Path


@dataclass(frozen=True, slots=True)
class Copy:
    """`value` reads the storage `reads`. One that is not `simple` is not to be repeated by a loop deeper than `depth`,
    where it was made.
    """

    value: tree.Expression
    reads: tuple[Path, ...]
    simple: bool
    depth: int


class Copies:
    def __init__(self) -> None:
        self.depth = 0
        self._known: dict[tree.Variable, Copy] = {}
        self._at: defaultdict[Path, dict[tree.Variable, None]] = defaultdict(dict)
        """By what a copy reads."""
        self._below: defaultdict[Path, dict[tree.Variable, None]] = defaultdict(dict)
        """By every path above what a copy reads."""
        self._log: list[tuple[tree.Variable, Copy | None]] = []
        """What was known of a variable before each change."""

    def value(self, variable: tree.Variable) -> tree.Expression | None:
        """What may be read in the place of `variable`; None if that is the variable itself."""
        copy = self._known.get(variable)
        return copy.value if copy is not None and (copy.simple or copy.depth == self.depth) else None

    def add(self, variable: tree.Variable, value: tree.Expression, reads: Iterable[Path], simple: bool) -> None:
        self._set(variable, Copy(value, tuple(reads), simple, self.depth))

    def forget(self, written: Iterable[Path]) -> None:
        """Drop what storing to `written` makes wrong."""
        for path in written:
            if isinstance(path.root, tree.Variable):
                self._set(path.root, None)
            for above in path.above():
                self._drop(self._at.get(above))
            self._drop(self._at.get(path))
            self._drop(self._below.get(path))

    @contextmanager
    def branch(self) -> Iterator[set[tree.Variable]]:
        """Code that may run or not. Afterwards the same is known as before, and the set has the variables for which
        that need not hold any more: they are for `drop`.
        """
        mark = len(self._log)
        changed: set[tree.Variable] = set()
        yield changed
        while len(self._log) > mark:
            variable, before = self._log.pop()
            changed.add(variable)
            self._replace(variable, before)

    def drop(self, variables: Iterable[tree.Variable]) -> None:
        for variable in variables:
            self._set(variable, None)

    def _drop(self, variables: dict[tree.Variable, None] | None) -> None:
        if variables:
            self.drop(tuple(variables))

    def _set(self, variable: tree.Variable, copy: Copy | None) -> None:
        before = self._replace(variable, copy)
        if before is not copy:
            self._log.append((variable, before))

    def _replace(self, variable: tree.Variable, copy: Copy | None) -> Copy | None:
        before = self._known.pop(variable, None)
        if before is not None:
            for path in before.reads:
                self._at[path].pop(variable, None)
                for above in path.above():
                    self._below[above].pop(variable, None)
        if copy is not None:
            self._known[variable] = copy
            for path in copy.reads:
                self._at[path][variable] = None
                for above in path.above():
                    self._below[above][variable] = None
        return before
