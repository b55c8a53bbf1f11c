"""The model against BMv2's records of all golden programs, with p4c's JSON: packets, digests, counters, colours."""

from __future__ import annotations

import json

import pytest

from tests.bmv2_model.hashes import HASHES, crc
from tests.bmv2_model.records import ROOT, replay

NAMES = sorted(path.parent.name for path in ROOT.glob("*/steps.yaml"))
LEFT_OUT = {"clone_i2e": "a write that BMv2 refuses and half obeys"}


@pytest.mark.parametrize("name", [n for n in NAMES if n not in LEFT_OUT])
def test_the_model_does_what_is_recorded(name: str) -> None:
    assert replay(json.loads((ROOT / name / f"{name}.json").read_text()), ROOT / name) == []


@pytest.mark.parametrize(
    ("algorithm", "wanted"),
    [
        # catalogue of parametrised CRC algorithms: check values over "123456789"
        ("crc16", 0xBB3D),
        ("crc32", 0xCBF43926),
        ("crcCCITT", 0x29B1),
        ("crc8_custom", 0xF4),
        ("crc16_custom", 0xBB3D),
        ("crc32_custom", 0xCBF43926),
        # xxHash's own program, seed 0
        ("xxh64", 0x8CB841DB40E6AE83),
    ],
)
def test_hashes_give_the_published_values(algorithm: str, wanted: int) -> None:
    assert HASHES[algorithm](b"123456789") == wanted


def test_a_crc_is_the_same_from_either_end() -> None:
    for data in (b"", b"\0", b"abc", bytes(range(64))):
        assert HASHES["crc16"](data) == crc(16, 0x8005, 0, 0, True)(data)
        assert HASHES["crc32"](data) == crc(32, 0x04C11DB7, 0xFFFFFFFF, 0xFFFFFFFF, True)(data)
