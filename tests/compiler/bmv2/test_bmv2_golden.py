"""Our JSON of every golden program gives the recorded packets. Oracle: BMv2's records (tests/golden), on the model of
tests/bmv2_model, which is itself held to them with p4c's JSON. Where p4c is at fault (tests/golden/README.md) our
program does what the specification says: `SPECIFIED`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from compiler import driver
from compiler.diagnostics import Diagnostics
from tests.bmv2_model.records import ROOT, replay

NAMES = sorted(path.parent.name for path in ROOT.glob("*/steps.yaml"))

NOT_MODELLED = {
    "clone_i2e": "a write that BMv2 refuses and half obeys",
}
"""What the model leaves out; these programs are compiled, and run on the real switches by the tests of
switch/.
"""

SPECIFIED = {
    # exit copies the arguments out (§12.6)
    "exit_copy_out": {"020000": ["020255"]},
    # for loops in an apply block run (§12.8)
    "for_loops_control": {
        "000000000000000000": ["000000000000001808"],
        "03ffffffff00000000": ["03ffffffff03201808"],
        "088000000100000000": ["08800000011c021808"],
        "c81234567800000000": ["c8123456781c0d1808"],
    },
    # no match in a select raises error.NoMatch, which this program writes as 2 (§13.6)
    "parser_reject": {"04aa": ["0204aa"]},
}
"""Packets out, by packet in, where the record holds a fault of p4c."""


@cache
def compiled(name: str) -> dict[str, Any]:
    diagnostics = Diagnostics()
    result = driver.compile_file(ROOT / name / f"{name}.p4", diagnostics)
    assert result is not None, diagnostics.render()
    return result.json


@pytest.mark.parametrize("name", [n for n in NAMES if n not in NOT_MODELLED])
def test_our_json_gives_the_recorded_packets(name: str) -> None:
    assert replay(compiled(name), ROOT / name, SPECIFIED.get(name)) == []


@pytest.mark.parametrize("name", sorted(NOT_MODELLED))
def test_the_others_compile(name: str) -> None:
    assert compiled(name)["pipelines"]
