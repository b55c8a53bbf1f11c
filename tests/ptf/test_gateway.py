"""The gateway under PTF, on both platforms: our compiler, our switch, ptf_tests/.

Oracle: the packets written out in the tests, built by scapy, and the standards' checksums and lengths.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

RUNNER = Path(__file__).resolve().parents[2] / "ptf_tests" / "run.py"


@pytest.mark.parametrize("platform", ["nn", "veth"])
def test_all_ptf_tests_pass(platform: str) -> None:
    if platform == "veth" and os.geteuid() != 0:
        pytest.skip("veth pairs need root; the same tests run on nn")
    result = subprocess.run(
        [sys.executable, RUNNER, "--platform", platform],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stdout
    assert re.search(r"^Ran \d{3,} tests", result.stdout, re.MULTILINE), result.stdout
