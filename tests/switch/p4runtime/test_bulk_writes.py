"""The native path for writes and reads of table entries. Oracle: the Python path, on the same requests."""

from __future__ import annotations

import pytest

from tests.fuzz.write_paths import PROGRAMS, compare


@pytest.mark.parametrize("name", PROGRAMS)
def test_both_paths_answer_the_same_and_leave_the_same_entries(name: str) -> None:
    paths = compare(name, seed=1, count=150)
    assert paths.decoded > 100
