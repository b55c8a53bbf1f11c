"""The architectures that a program may be written for: a file each, and the table that lists them.

An architecture is a package description, a header in p4include/, the passes that make programs for it simple enough,
and a backend. `docs/compiler.md` tells how to add one.
"""

from __future__ import annotations

from compiler import tree
from compiler.architectures.architecture import Architecture
from compiler.architectures.v1model import V1MODEL
from compiler.diagnostics import Diagnostics

__all__ = ["ARCHITECTURES", "Architecture", "architecture_of"]

ARCHITECTURES: dict[str, Architecture] = {architecture.name: architecture for architecture in (V1MODEL,)}
"""By name, as behind --arch."""


def architecture_of(program: tree.Program, diagnostics: Diagnostics, wanted: str | None = None) -> Architecture | None:
    """The architecture that `program` is written for, told from its package; it must be `wanted` if that is given.

    None, with an error reported, when there is none. Raises KeyError when there is no architecture called `wanted`.
    """
    candidates = [ARCHITECTURES[wanted]] if wanted is not None else list(ARCHITECTURES.values())
    main = program.main
    if main is None:
        return None  # reported by the checker
    for candidate in candidates:
        if candidate.fits(program):
            return candidate
    known = " or ".join(f"a {candidate.package} as {candidate.header} declares it" for candidate in candidates)
    message = f"main is a {main.type.name} that this compiler has no target for"
    if wanted is not None:
        message = f"main is a {main.type.name}, which is not of the architecture {wanted}"
    diagnostics.error("unsupported", message, main.span, hint=known)
    return None
