"""The recorded programs (tests/golden/v1model) as these tests use them: JSON and packets."""

from __future__ import annotations

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2] / "golden" / "v1model"


def json_path(name: str) -> Path:
    return ROOT / name / f"{name}.json"


def packets(name: str) -> list[tuple[int, bytes]]:
    """(port, bytes) of every packet that was sent to the switch."""
    steps = yaml.load((ROOT / name / "steps.yaml").read_text(), Loader=yaml.CSafeLoader)
    return [(s["packet"]["port"], bytes.fromhex(s["packet"]["hex"])) for s in steps if "packet" in s]
