"""What the driver needs to know of an architecture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from compiler import tree
from compiler.diagnostics import Diagnostics

Block = tuple[type[tree.Parser] | type[tree.Control], int]
"""The kind of a block of the package, and its number of parameters."""


class Emit(Protocol):
    """A backend: the configuration of a target for a lowered program; None when errors were reported."""

    def __call__(
        self, program: tree.Program, diagnostics: Diagnostics, *, program_name: str
    ) -> dict[str, Any] | None: ...


@dataclass(frozen=True, slots=True)
class Architecture:
    """A package that programs may instantiate, and what becomes of them."""

    name: str
    """As behind --arch, and in P4Info."""
    header: str
    """The file in p4include/ that declares the package."""
    package: str
    """The type of `main`."""
    blocks: tuple[Block, ...]
    """What the package is made of, in order: `lower` and `emit` rely on it."""
    lower: Callable[[tree.Program, Diagnostics], tree.Program]
    """The typed tree made simple enough for `emit`, in place."""
    emit: Emit

    def fits(self, program: tree.Program) -> bool:
        """Whether main is this architecture's package with all its blocks."""
        if program.main is None or program.main.type.name != self.package:
            return False
        return tuple((type(block), len(block.parameters)) for block in tree.main_instances(program)) == self.blocks
