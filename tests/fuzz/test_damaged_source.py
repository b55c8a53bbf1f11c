"""Damaged source: a bounded slice of what `scripts/fuzz source` does. Oracle: none is needed; the compiler must answer
without a traceback, in bounded time and memory (survive.py).
"""

from __future__ import annotations

import pytest

from tests.fuzz.damaged import HEAD, TAIL, damaged, ingress
from tests.fuzz.survive import survive

PER_TEST = 12


@pytest.mark.parametrize("first", range(0, 24, PER_TEST))
def test_the_compiler_answers(first: int) -> None:
    for seed in range(first, first + PER_TEST):
        kind, detail = survive(damaged(seed))
        assert kind in ("ok", "refused"), f"seed {seed}: {kind}\n{detail}"


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "const int a0 = 7; " + " ".join(f"const int a{i + 1} = a{i} * a{i};" for i in range(60)) + TAIL,
        ingress("r.write(0, 1);", "register<bit<32>>(2147483648) r;"),
        ingress("").replace("h_t[4]", "h_t[2147483648]"),
    ],
    ids=["squares without end", "a size beyond P4Info's int32", "a stack that no memory holds"],
)
def test_what_was_found_is_refused(text: str) -> None:
    assert survive(text.encode()) == ("refused", "")


def test_the_same_text_for_the_same_seed() -> None:
    assert damaged(3) == damaged(3) != damaged(4)
