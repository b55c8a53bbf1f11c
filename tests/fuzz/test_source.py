"""Damaged source: a bounded slice of what `scripts/fuzz source` does. Oracle: none is needed; the compiler must answer
without a traceback, in bounded time and memory (survive.py).
"""

from __future__ import annotations

import pytest

from tests.fuzz.damaged import damaged
from tests.fuzz.survive import survive

PER_TEST = 12


@pytest.mark.parametrize("first", range(0, 36, PER_TEST))
def test_the_compiler_answers(first: int) -> None:
    for seed in range(first, first + PER_TEST):
        kind, detail = survive(damaged(seed))
        assert kind in ("ok", "refused"), f"seed {seed}: {kind}\n{detail}"


def test_the_same_text_for_the_same_seed() -> None:
    assert damaged(3) == damaged(3) != damaged(4)
