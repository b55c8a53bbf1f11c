"""Every test of this folder has a cache of its own and no colours of the environment."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    for name in ("NO_COLOR", "P4GATE_NO_CACHE", "SOURCE_DATE_EPOCH", "P4C_16_INCLUDE_PATH"):
        monkeypatch.delenv(name, raising=False)
    return folder
