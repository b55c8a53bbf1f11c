"""The compiler's work grows as the program does. Oracle: the number of its function calls, the same every time.

For programs of n, 2n and 4n of something, what the second doubling adds must be little more than twice what the first
one added: 2 is linear, 4 a square. Times and memory of larger programs: `scripts/bench growth`.
"""

from __future__ import annotations

import cProfile
import sys
from pathlib import Path

import pytest

from compiler.diagnostics import Diagnostics
from compiler.driver import compile_source

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from growing_programs import GROWING, LARGEST

SMALL = 8
LINEAR = 2.5
"""With room for logarithms, and for what happens only in larger programs."""


def _calls(text: str, *, compiles: bool) -> int:
    """How many functions compiling `text` calls. It must be a program if `compiles`: else the count says nothing."""
    diagnostics = Diagnostics()
    profile = cProfile.Profile()
    compiled = profile.runcall(compile_source, text, diagnostics)
    assert (compiled is not None) == compiles, diagnostics.render()
    return sum(entry.callcount for entry in profile.getstats())


@pytest.mark.parametrize("name", GROWING)
def test_calls_grow_with_the_program(name: str) -> None:
    grow = GROWING[name]
    base = min(SMALL, LARGEST.get(name, 4 * SMALL) // 4)
    compile_source(grow(base), Diagnostics())  # fills what is kept from run to run
    small, medium, large = (_calls(grow(size), compiles=name != "errors") for size in (base, 2 * base, 4 * base))
    assert large - medium < LINEAR * (medium - small) + SMALL, f"{small}, {medium}, {large}"
