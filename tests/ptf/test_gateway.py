"""The gateway under PTF, on both platforms: our compiler, our switch, ptf_tests/.

Oracle: the packets written out in the tests, built by scapy; the standards' checksums and lengths; a model of the
gateway for random frames. Where p4c or BMv2 are on the PATH, they take our part in turn and must pass the same tests.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

RUNNER = Path(__file__).resolve().parents[2] / "ptf_tests" / "run.py"


@pytest.mark.parametrize("platform", ["nn", "veth"])
def test_all_ptf_tests_pass(platform: str) -> None:
    if platform == "veth" and os.geteuid() != 0:
        pytest.skip("veth pairs need root; the same tests run on nn")
    run_ptf("--platform", platform)


def test_bmv2_forwards_what_we_compile() -> None:
    if shutil.which("simple_switch_grpc") is None:
        pytest.skip("no simple_switch_grpc on the PATH")
    run_ptf("--target", "bmv2")


def test_our_switch_forwards_what_p4c_compiles() -> None:
    if shutil.which("p4c-bm2-ss") is None:
        pytest.skip("no p4c-bm2-ss on the PATH")
    run_ptf("--compiler", "p4c")


def run_ptf(*options: str) -> None:
    """Run all PTF tests; every one must pass, and there must be as many as there ever were."""
    command = [sys.executable, str(RUNNER), *options]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    assert result.returncode == 0, result.stdout
    ran = re.search(r"^Ran (\d+) tests", result.stdout, re.MULTILINE)
    assert ran is not None and int(ran[1]) >= 122, result.stdout
