"""The architecture that a program is written for, told from its package. There is one so far: v1model.

The backends rely on what is made sure of here.
"""

from __future__ import annotations

from compiler import tree
from compiler.diagnostics import Diagnostics

_V1SWITCH: tuple[tuple[type[tree.Parser] | type[tree.Control], int], ...] = (
    (tree.Parser, 4),
    (tree.Control, 2),
    (tree.Control, 3),
    (tree.Control, 3),
    (tree.Control, 2),
    (tree.Control, 2),
)
"""Parser, VerifyChecksum, Ingress, Egress, ComputeChecksum and Deparser with their numbers of parameters."""


def require_v1model(program: tree.Program, diagnostics: Diagnostics) -> bool:
    """Whether main is the V1Switch that v1model.p4 declares, which is reported if it is not."""
    main = program.main
    if main is None:
        return False  # reported by the checker
    blocks = tuple((type(block), len(block.parameters)) for block in tree.main_instances(program))
    if main.type.name == "V1Switch" and blocks == _V1SWITCH:
        return True
    message = f"main is a {main.type.name} that this compiler has no target for"
    diagnostics.error("unsupported", message, main.span, hint="a V1Switch as v1model.p4 declares it")
    return False
