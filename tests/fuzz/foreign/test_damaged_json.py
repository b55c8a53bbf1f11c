"""Damaged BMv2 JSON: a bounded slice of what `scripts/fuzz json` does. Oracle: none is needed; the switch must load
it or say in one line what is wrong where, in bounded time and memory (survive.py).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz import quick_cc
from tests.fuzz.foreign.damaged import damaged
from tests.fuzz.foreign.survive import survive

PER_TEST = 20
FOUND = sorted((Path(__file__).parent / "found").glob("*.json"))


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return quick_cc.environment(tmp_path_factory.mktemp("quick"))


@pytest.mark.parametrize("first", range(0, 40, PER_TEST))
def test_the_switch_answers(first: int, environ: dict[str, str]) -> None:
    for seed in range(first, first + PER_TEST):
        kind, detail = survive(damaged(seed), environ)
        assert kind in ("ok", "refused"), f"seed {seed}: {kind}\n{detail}"


@pytest.mark.parametrize("path", FOUND, ids=lambda p: p.stem)
def test_what_was_found_is_answered(path: Path, environ: dict[str, str]) -> None:
    kind, detail = survive(path.read_bytes(), environ)
    assert kind in ("ok", "refused"), f"{kind}\n{detail}"


def test_the_same_text_for_the_same_seed() -> None:
    assert damaged(3) == damaged(3) != damaged(4)
