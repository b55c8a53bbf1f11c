"""The native path for writes on damaged requests. Oracle: sanitizers, and that taking back leaves nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.sanitized_writes import NoSanitizers, build, run
from tests.fuzz.write_paths import PROGRAMS


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        return build(tmp_path_factory.mktemp("sanitized"))
    except NoSanitizers as reason:
        pytest.skip(f"the C compiler has no sanitizers: {reason}")


@pytest.mark.parametrize("name", PROGRAMS)
def test_damaged_requests_are_read_within_their_bounds(name: str, binary: Path, tmp_path: Path) -> None:
    said = run(binary, name, seed=1, count=200, scratch=tmp_path)
    requests, updates = (int(part.split()[0]) for part in said.split(", ")[:2])
    assert requests == 200 and updates > 50
