"""Our compiler's JSON and P4Info on our switch: both rooms against the records of p4c and BMv2.

Where the record holds a fault of p4c, exceptions.yaml has the right result, marked `compiler: p4gate`.
"""

from __future__ import annotations

import json

import pytest

from compiler import driver
from compiler.diagnostics import Diagnostics

from .replay import CASES, case_names, replay


@pytest.mark.parametrize("name", case_names())
def test_compiled_case(name: str) -> None:
    diagnostics = Diagnostics()
    compiled = driver.compile_file(CASES / name / f"{name}.p4", diagnostics)
    assert compiled is not None, diagnostics.render()
    mismatches = replay(name, json.dumps(compiled.json).encode(), compiled.p4info, compiler="p4gate")
    assert not mismatches, f"{name}\n" + "\n".join(map(str, mismatches))
